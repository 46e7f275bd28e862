//! Sessions of the Xen-API. The replies have the forms of the captures `xenapi-*` (`xmlrpc-4.1`).

use xend_client::{Client, ErrorCode, Face, Fate, Release};
use xend_wire::operation;

use crate::peer::{Requests, client, conversation, reply, run};

fn success(value: &str) -> Vec<u8> {
    envelope("Success", &format!("<name>Value</name><value>{value}</value>"))
}

fn failure(words: &[&str]) -> Vec<u8> {
    let words: String = words.iter().map(|word| format!("<value><string>{word}</string></value>")).collect();
    envelope("Failure", &format!("<name>ErrorDescription</name><value><array><data>{words}</data></array></value>"))
}

fn envelope(status: &str, member: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><struct>\n<member>\n<name>Status</name>\n\
         <value><string>{status}</string></value>\n</member>\n<member>\n{member}\n</member>\n</struct></value>\n</param>\n\
         </params>\n</methodResponse>\n"
    );
    reply("200 OK", &body)
}

fn references(references: &[&str]) -> Vec<u8> {
    let items: String = references.iter().map(|it| format!("<value><string>{it}</string></value>")).collect();
    success(&format!("<array><data>{items}</data></array>"))
}

const VM1: &str = "11111111-1111-1111-1111-111111111111";

fn xenapi(replies: Vec<Vec<u8>>) -> (Client, Requests) {
    conversation(client(Face::XenApi).credentials("root", "secret"), replies)
}

/// Returns the methods that were called with their string parameters, such as `VM.pause(s1, VM1)`.
fn calls(noted: &Requests) -> Vec<String> {
    let between = |text: &str, from: &str, to: &str| -> Vec<String> {
        text.split(from).skip(1).filter_map(|rest| rest.split(to).next()).map(str::to_owned).collect()
    };
    let call = |request: &String| {
        let method = between(request, "<methodName>", "</methodName>").concat();
        format!("{method}({})", between(request, "<string>", "</string>").join(", "))
    };
    noted.lock().unwrap().iter().map(call).collect()
}

/// A session is opened by the first call, shared by all clones, and closed by `logout`. Names of domains are replaced
/// by references.
#[test]
fn a_session_is_opened_once() {
    run(async {
        let (client, noted) = xenapi(vec![success("s1"), references(&[VM1]), success(""), success(""), success("")]);
        client.pause("vm1").await.unwrap();
        client.clone().unpause(VM1).await.unwrap();
        client.logout().await.unwrap();
        client.logout().await.unwrap();
        let vm1 = format!("(s1, {VM1})");
        assert_eq!(
            calls(&noted),
            [
                "session.login_with_password(root, secret)".to_owned(),
                "VM.get_by_name_label(s1, vm1)".to_owned(),
                format!("VM.pause{vm1}"),
                format!("VM.unpause{vm1}"),
                "session.logout(s1)".to_owned(),
            ]
        );
    });
}

#[test]
fn an_id_is_looked_up_among_all() {
    let record = |uuid: &str, domid: &str| {
        let member = |name: &str, value: &str| {
            format!("<member><name>{name}</name><value><string>{value}</string></value></member>")
        };
        let members =
            [member("domid", domid), member("uuid", uuid), member("power_state", "Running"), member("name_label", "x")];
        format!("<member><name>{uuid}</name><value><struct>{}</struct></value></member>", members.concat())
    };
    let records = success(&format!(
        "<struct>{}{}</struct>",
        record("00000000-0000-0000-0000-000000000000", "0"),
        record(VM1, "5")
    ));
    run(async {
        let (client, noted) = xenapi(vec![success("s1"), references(&[]), records, success("")]);
        client.destroy("5").await.unwrap();
        assert_eq!(calls(&noted)[3], format!("VM.hard_shutdown(s1, {VM1})"));
    });
}

#[test]
fn a_domain_that_is_not_there_is_not_found() {
    run(async {
        let (client, _) = xenapi(vec![success("s1"), references(&[])]);
        let error = client.pause("nosuch").await.unwrap_err();
        assert_eq!((error.code(), error.fate()), (ErrorCode::VmNotFound, Fate::Refused));
        assert_eq!(
            error.to_string(),
            "domain.pause nosuch: no domain has the name or id nosuch (ERR_VM_NOT_FOUND, refused)"
        );
    });
    run(async {
        let (client, _) = xenapi(vec![success("s1"), failure(&["HANDLE_INVALID", "VM", VM1])]);
        assert_eq!(client.domain(VM1).await.unwrap_err().code(), ErrorCode::VmNotFound);
    });
}

/// A method that no operation needs is called in the session of the client, or in the one that is given.
#[test]
fn any_method_is_called() {
    run(async {
        let refused = failure(&["SESSION_INVALID", "s0"]);
        let (client, noted) = xenapi(vec![success("s1"), success("Paused"), refused]);
        let params = [VM1.into()];
        let state = client.call_method(operation::INFO, None, "VM.get_power_state", &params).await.unwrap();
        assert_eq!(state.value().as_str(), Some("Paused"));
        let error = client.call_method(operation::INFO, Some("s0"), "VM.get_all", &[]).await.unwrap_err();
        assert_eq!((error.daemon_code(), error.fate()), (Some("SESSION_INVALID"), Fate::Refused));
        assert_eq!(calls(&noted)[1..], [format!("VM.get_power_state(s1, {VM1})"), "VM.get_all(s0)".to_owned()]);
    });
    run(async {
        let (client, noted) = conversation(client(Face::Sxp), vec![]);
        let error = client.call_method(operation::INFO, None, "VM.get_all", &[]).await.unwrap_err();
        assert_eq!((error.unsupported().is_some(), error.fate()), (true, Fate::Invalid));
        assert!(calls(&noted).is_empty());
    });
}

/// The daemon forgets its sessions when it restarts. It refuses a request for this reason without doing it, so the
/// client sends the request again.
#[test]
fn a_session_that_was_forgotten_is_opened_again() {
    run(async {
        let (client, noted) =
            xenapi(vec![success("s1"), success(""), failure(&["SESSION_INVALID", "s1"]), success("s2"), success("")]);
        client.pause(VM1).await.unwrap();
        client.pause(VM1).await.unwrap();
        assert_eq!(calls(&noted)[4], format!("VM.pause(s2, {VM1})"));
    });
}

#[test]
fn who_opens_a_session_must_be_known_and_accepted() {
    run(async {
        let (client, noted) = conversation(client(Face::XenApi), vec![]);
        let error = client.domains().await.unwrap_err();
        assert_eq!((error.code(), error.fate()), (ErrorCode::CredentialsNotSet, Fate::Invalid));
        assert!(calls(&noted).is_empty());
    });
    run(async {
        let (client, _) = xenapi(vec![failure(&["SESSION_AUTHENTICATION_FAILED"])]);
        let error = client.domains().await.unwrap_err();
        assert_eq!((error.code(), error.fate()), (ErrorCode::UnacceptedCredentials, Fate::Refused));
    });
}

/// Bytes become MiB, and fields get the names that they have on the other faces. Fields that only the Xen-API has keep
/// their names.
#[test]
fn a_record_is_that_of_the_other_faces() {
    let member = |name: &str, value: &str| format!("<member><name>{name}</name><value>{value}</value></member>");
    let string = |name: &str, value: &str| member(name, &format!("<string>{value}</string>"));
    let record = [
        string("uuid", VM1),
        string("domid", "1"),
        string("name_label", "vm1"),
        string("memory_dynamic_max", "67108864"),
        string("memory_static_max", "134217728"),
        string("VCPUs_max", "1"),
        member("VCPUs_params", &format!("<struct>{}{}</struct>", string("cap", "0"), string("weight", "256"))),
        string("actions_after_crash", "restart"),
        string("power_state", "Paused"),
        string("PV_kernel", "/srv/xend/etc/vmlinuz"),
    ];
    run(async {
        let (client, _) = xenapi(vec![success("s1"), success(&format!("<struct>{}</struct>", record.concat()))]);
        let domain = client.domain(VM1).await.unwrap();
        assert_eq!((domain.name(), domain.domid(), domain.uuid()), (Some("vm1"), Some(1), Some(VM1)));
        assert_eq!((domain.memory_mib(), domain.max_memory_mib(), domain.vcpus()), (Some(64), Some(128), Some(1)));
        assert_eq!((domain.field("cpu_weight"), domain.action_on("crash")), (Some("256"), Some("restart")));
        assert_eq!(domain.power_state(), Some(xend_client::PowerState::Paused));
        assert_eq!(domain.field("PV_kernel"), Some("/srv/xend/etc/vmlinuz"));
    });
}

#[test]
fn what_the_xen_api_lacks_opens_no_session() {
    run(async {
        let (client, noted) = xenapi(vec![]);
        let error = client.sedf("vm1").await.unwrap_err();
        let unsupported = error.unsupported().unwrap();
        assert_eq!(
            (unsupported.face, unsupported.release, unsupported.operation),
            (Face::XenApi, Release::V4_1, "domain.sedf")
        );
        assert_eq!(
            error.to_string(),
            "domain.sedf vm1: no such operation `domain.sedf` on the xenapi face of 4.1 (ERR_VMM_CMD_FORMAT_ERROR, nothing was sent)"
        );
        let error = client.shutdown(VM1, "crash").await.unwrap_err();
        assert_eq!((error.code(), error.fate()), (ErrorCode::BadParameter, Fate::Invalid));
        assert_eq!(
            error.message(),
            "invalid argument `reason`, expected poweroff or halt, because the xenapi face supports no other"
        );
        assert!(calls(&noted).is_empty());
    });
}

/// The futures of the client are `Send`, so that a program can run each on a thread of its own.
#[test]
fn what_a_client_does_can_be_sent_to_another_thread() {
    fn can_be_sent<T: Send>(_: T) {}
    let (client, _) = xenapi(vec![]);
    can_be_sent(client.records());
    can_be_sent(client.node());
    can_be_sent(client.create_and_start("(vm)"));
    can_be_sent(client.set_autostart("vm1", true));
    can_be_sent(client.devices("vm1", "vif"));
    can_be_sent(client.logout());
}

/// What a method returns is never taken for something else: for no domain, for an empty list or for a reference.
#[test]
fn what_was_looked_up_must_be_what_was_asked_for() {
    let member = |name: &str, value: &str| format!("<member><name>{name}</name><value>{value}</value></member>");
    let of = |members: &[(&str, &str)]| {
        format!("<struct>{}</struct>", members.iter().map(|(name, value)| member(name, value)).collect::<String>())
    };
    let fault = of(&[("faultCode", "<int>1</int>"), ("faultString", "boom")]);
    let vm = of(&[("name_label", "vm1"), ("power_state", "Running"), ("metrics", "m1"), ("domid", "1")]);
    let check = |name: &str, arguments: &[(&str, &str)], replies: Vec<Vec<u8>>, last: &str| {
        run(async {
            let (client, noted) = xenapi([vec![success("s1")], replies].concat());
            let operation = operation::find(name).expect("it is known");
            let error = client.call(operation, &arguments.iter().copied().collect()).await.expect_err(last);
            let outcome = (error.fate(), error.code());
            assert_eq!(outcome, (Fate::Sent, ErrorCode::CommunicationNotEstablished), "{name}: {error}");
            assert_eq!(calls(&noted).last().map(String::as_str), Some(last), "{name}: {error}");
        });
    };
    let by_id = [("domain", "5")];
    for records in ["x", &*fault, &of(&[("a", &fault)]), "<array><data></data></array>"] {
        check("domain.pause", &by_id, vec![references(&[]), success(records)], "VM.get_all_records(s1)");
        check("domain.records_in_state", &[("state", "all")], vec![success(records)], "VM.get_all_records(s1)");
    }
    let by_name = [("domain", "vm1")];
    check("domain.pause", &by_name, vec![references(&[""])], "VM.get_by_name_label(s1, vm1)");
    let record = "VM_metrics.get_record(s1, m1)";
    for metrics in [of(&[("a", "b")]), of(&[("VCPUs_flags", "online")])] {
        check("domain.vcpus", &by_name, vec![references(&[VM1]), success(&vm), success(&metrics)], record);
    }
    let disk = [("domain", "vm1"), ("config", "(vbd (uname phy:/dev/vg/x) (dev sda2) (mode w))")];
    let images = vec![references(&[VM1]), success(&vm), success(&of(&[("a", "junk")]))];
    check("device.attach", &disk, images, "VDI.get_all_records(s1)");
}

/// While the session is opened, nothing has been done of the operation that needs it.
#[test]
fn a_session_that_fails_leaves_no_doubt_about_the_operation() {
    let check = |name: &str, fate: Fate, code: ErrorCode| {
        run(async {
            let (client, _) = xenapi(vec![reply("502 Bad Gateway", "later")]);
            let operation = operation::find(name).expect("it is known");
            let arguments =
                if name == "session.login" { vec![("user", "root"), ("password", "secret")] } else { vec![] };
            let arguments = if name == "domain.pause" { vec![("domain", "vm1")] } else { arguments };
            let error = client.call(operation, &arguments.into_iter().collect()).await.expect_err(name);
            assert_eq!(
                (error.operation(), error.fate(), error.code()),
                ("session.login", fate, code),
                "{name}: {error}"
            );
        });
    };
    check("domain.list", Fate::Sent, ErrorCode::CommunicationNotEstablished);
    check("domain.pause", Fate::Sent, ErrorCode::CommunicationNotEstablished);
    check("session.login", Fate::Unknown, ErrorCode::UnableToVerifyState);
}

/// A name that the daemon can't be asked for is refused before a session is opened, and never changed into another.
#[test]
fn a_name_that_no_document_can_hold_is_not_sent() {
    for name in [&b"\xff\xfe"[..], b"\x01"] {
        run(async {
            let (client, noted) = xenapi(vec![success("s1")]);
            let arguments = [("domain", name)].into_iter().collect();
            let error = client.call(operation::PAUSE, &arguments).await.expect_err("it is refused");
            assert_eq!(error.fate(), Fate::Invalid, "{error}");
            assert!(calls(&noted).is_empty(), "{:?}", calls(&noted));
        });
    }
}
