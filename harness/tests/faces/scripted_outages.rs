//! Outages of real hosts, as shipped scenarios: what a client learns of each.

use std::path::Path;

use mock_xend::{Daemon, Scenario};
use xend_client::{Client, Error, ErrorCode, Face, Release};
use xend_wire::operation::{CREATE, DESTROY, INFO, LIST, PAUSE, UNPAUSE};
use xend_wire::sexpr::Document;

use crate::faces::daemon::{client, run, scripted};

const CONFIG: &str = "(vm (name new) (memory 16) (vcpus 1) (image (linux (kernel /srv/xend/etc/vmlinuz))))";

fn outage(name: &str, release: Release) -> Daemon {
    let path = format!("scenarios/{name}.toml");
    let file = xend_fixtures::file(&path).unwrap_or_else(|| panic!("{path} is there"));
    let text = str::from_utf8(file.bytes()).unwrap();
    scripted(release, Scenario::parse(&path, text, Path::new(".")).unwrap_or_else(|error| panic!("{error}")))
}

fn ask(client: &Client, operation: xend_wire::operation::Operation, domain: &str) -> Result<Document<'static>, Error> {
    run(client.call(operation, &[("domain", domain)].into_iter().collect()))
}

fn list(client: &Client) -> Result<Document<'static>, Error> {
    run(client.call(LIST, &[("", ""); 0].into_iter().collect()))
}

fn create(client: &Client, config: &str) -> Result<Document<'static>, Error> {
    run(client.call(CREATE, &[("config", config)].into_iter().collect()))
}

/// The code and the message of a failure.
fn why(result: Result<Document<'static>, Error>) -> (ErrorCode, String) {
    let error = result.expect_err("it fails");
    (error.code(), error.message().to_owned())
}

/// All that the scenario expects has come.
fn as_expected(daemon: &Daemon) {
    assert_eq!(daemon.report().to_string(), "");
}

#[test]
fn every_operation_is_a_501_that_names_it() {
    let daemon = outage("every-operation-501", Release::V4_1);
    let client = client(&daemon, Face::Sxp);
    for (operation, word) in [(PAUSE, "pause"), (UNPAUSE, "unpause"), (DESTROY, "destroy")] {
        let (code, message) = why(ask(&client, operation, "vm1"));
        assert_eq!(code, ErrorCode::VmmCmdFormatError, "{word}");
        assert!(message.contains(&format!("Operation not implemented: {word}")), "{message}");
    }
    assert!(list(&client).is_ok());
    as_expected(&daemon);
}

#[test]
fn domain_0_refuses_and_no_other() {
    for face in [Face::Sxp, Face::XmlRpc] {
        let daemon = outage("domain-0-refuses", Release::V4_1);
        let client = client(&daemon, face);
        for domain in ["Domain-0", "0"] {
            let (code, message) = why(ask(&client, PAUSE, domain));
            assert_eq!(code, ErrorCode::WrongStateForOp, "{face}");
            assert!(message.contains("Cannot pause privileged domain 0"), "{message}");
            assert!(why(ask(&client, DESTROY, domain)).1.contains("Cannot destroy privileged domain 0"));
        }
        assert!(ask(&client, PAUSE, "vm1").is_ok(), "{face}");
        as_expected(&daemon);
    }
}

#[test]
fn a_create_with_an_interface_fails_at_the_hotplug_script() {
    for face in [Face::Sxp, Face::XmlRpc] {
        let daemon = outage("hotplug-script-fails", Release::V4_1);
        let client = client(&daemon, face);
        let with_vif = CONFIG.replace("(memory 16)", "(memory 16) (device (vif (bridge xenbr0)))");
        let (_, message) = why(create(&client, &with_vif));
        assert!(message.contains("Hotplug scripts not working"), "{message}");
        assert!(create(&client, CONFIG).is_ok());
        as_expected(&daemon);
    }
}

#[test]
fn release_3_1_says_nothing_of_what_it_lost() {
    let daemon = outage("silent-500", Release::V3_1);
    let client = client(&daemon, Face::Sxp);
    for _ in 0..2 {
        assert_eq!(why(ask(&client, PAUSE, "vm1")).0, ErrorCode::VmNotFound);
    }
    assert!(ask(&client, PAUSE, "vm1").is_ok());
    as_expected(&daemon);
}

#[test]
fn text_beyond_ascii_arrives_as_it_is() {
    let daemon = outage("not-ascii", Release::V4_1);
    for face in [Face::Sxp, Face::XmlRpc] {
        let (_, message) = why(ask(&client(&daemon, face), PAUSE, "vm1"));
        assert!(message.contains("Domäne 'vm1' wurde nicht gestartet – später"), "{face}: {message}");
    }
    let (_, message) = why(ask(&client(&daemon, Face::XmlRpc), UNPAUSE, "vm1"));
    assert!(message.contains("ドメイン 'vm1' は実行されていません"), "{message}");
    as_expected(&daemon);
}

#[test]
fn a_gateway_answers_for_the_daemon() {
    for face in [Face::Sxp, Face::XmlRpc] {
        let daemon = outage("gateway-recovers", Release::V4_1);
        let client = client(&daemon, face);
        for _ in 0..3 {
            let error = list(&client).expect_err("the gateway's page");
            assert_eq!(error.status(), Some(502), "{face}: {error}");
        }
        assert!(list(&client).is_ok(), "{face}");
        as_expected(&daemon);
    }
}

#[test]
fn a_create_kills_the_daemon_until_it_is_started_again() {
    let daemon = outage("daemon-dies", Release::V4_1);
    let client = client(&daemon, Face::Sxp);
    let error = create(&client, CONFIG).expect_err("no reply");
    assert!(error.may_have_happened(), "{error}");
    assert_eq!(error.code(), ErrorCode::UnableToVerifyState);
    for _ in 0..2 {
        assert_eq!(why(list(&client)).0, ErrorCode::CommunicationNotEstablished);
    }
    assert!(list(&client).is_ok());
    as_expected(&daemon);
}

#[test]
fn a_guest_is_gone_after_the_third_look() {
    for face in [Face::Sxp, Face::XmlRpc] {
        let daemon = outage("guest-crashes", Release::V3_0_3);
        let client = client(&daemon, face);
        for _ in 0..3 {
            assert!(ask(&client, INFO, "vm1").is_ok(), "{face}");
        }
        assert_eq!(why(ask(&client, INFO, "vm1")).0, ErrorCode::VmNotFound, "{face}");
        as_expected(&daemon);
    }
}

#[test]
fn memory_is_short_and_then_free_again() {
    let daemon = outage("out-of-memory", Release::V4_1);
    let client = client(&daemon, Face::Sxp);
    for _ in 0..2 {
        assert_eq!(why(create(&client, CONFIG)).0, ErrorCode::OutOfMemory);
    }
    assert_eq!(daemon.with_world(|world| world.node.free_memory), 1024);
    assert!(create(&client, CONFIG).is_ok());
    as_expected(&daemon);
}

#[test]
fn a_session_is_forgotten_between_two_calls() {
    let daemon = outage("session-expires", Release::V4_1);
    let client = client(&daemon, Face::XenApi);
    // The client logs in again and repeats the call.
    for _ in 0..6 {
        assert!(list(&client).is_ok());
    }
    let journal = daemon.journal();
    let count = |method: &str, reply: &str| {
        let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        journal.exchanges().filter(|it| holds(&it.request, method) && holds(&it.reply, reply)).count()
    };
    assert_eq!((count("VM.", "SESSION_INVALID"), count("session.login", "Success")), (2, 3));
    as_expected(&daemon);
}
