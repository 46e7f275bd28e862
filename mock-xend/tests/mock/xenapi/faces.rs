//! One state behind three faces, and what the table of methods says of them.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use mock_xend::{Address, Error, Face, MockXend, Release, Scenario, Simulation, xenapi_methods};
use serde_json::{Value, json};

use super::values::{call, daemon, exchange};
use crate::peer::run;

const VM1: &str = "11111111-1111-1111-1111-111111111111";

#[test]
fn what_one_face_does_the_others_see() {
    for release in [Release::V3_1, Release::V3_4, Release::V4_1] {
        run(async {
            let daemon = daemon(release);
            let login = ["root".into(), "x".into()];
            let session = call(&daemon, Face::XenApi, "session.login_with_password", &login).await["Value"].clone();
            let get = async |field: &str| {
                let method = format!("VM.get_{field}");
                call(&daemon, Face::XenApi, &method, &[session.clone(), json!(VM1)]).await["Value"].clone()
            };
            let post = async |form: &str| {
                let head = "POST /xend/domain/vm1 HTTP/1.0\r\nContent-Type: application/x-www-form-urlencoded\r\n";
                let request = format!("{head}Content-Length: {}\r\n\r\n{form}", form.len());
                String::from_utf8(exchange(&daemon, Face::Sxp, request.as_bytes()).await).unwrap()
            };
            let legacy = async |method: &str, params: &[Value]| call(&daemon, Face::XmlRpc, method, params).await;

            assert!(post("op=pause").await.starts_with("HTTP/1.1 20"));
            assert_eq!(get("power_state").await, "Paused");
            assert_eq!(legacy("xend.domain.unpause", &[json!("vm1")]).await, Value::Null);
            assert_eq!(get("power_state").await, "Running");
            let params = [session.clone(), json!(VM1), json!("100663296")];
            call(&daemon, Face::XenApi, "VM.set_memory_dynamic_max_live", &params).await;
            let record = legacy("xend.domain", &[json!("vm1")]).await;
            assert!(record.as_array().unwrap().contains(&json!(["memory", 96])), "{release}: {record}");
            let params = [session.clone(), json!(VM1), json!("other")];
            call(&daemon, Face::XenApi, "VM.set_name_label", &params).await;
            assert_eq!(legacy("xend.domain", &[json!(VM1)]).await[2], record[2]);
            assert_eq!(get("name_label").await, "other");
            let listed = exchange(&daemon, Face::Sxp, b"GET /xend/domain HTTP/1.0\r\n\r\n").await;
            assert!(String::from_utf8(listed).unwrap().contains("other"));
        });
    }
}

/// Sessions are known to every listener (protocol reference §5.2): each call here has a connection of its own.
#[test]
fn sessions_belong_to_a_daemon_and_references_are_the_same_in_every_run() {
    run(async {
        let (one, other) = (daemon(Release::V4_1), daemon(Release::V4_1));
        let login = ["root".into(), "x".into()];
        let session = call(&one, Face::XenApi, "session.login_with_password", &login).await["Value"].clone();
        let refused = call(&other, Face::XenApi, "VM.get_all", std::slice::from_ref(&session)).await;
        assert_eq!(refused["ErrorDescription"], json!(["SESSION_INVALID", session]));
        let same = call(&other, Face::XenApi, "session.login_with_password", &login).await["Value"].clone();
        assert_eq!(same, session);
        for method in ["host.get_all_records", "VM.get_all_records", "SR.get_all", "network.get_all_records"] {
            let records = call(&one, Face::XenApi, method, std::slice::from_ref(&session)).await;
            assert_eq!(records, call(&other, Face::XenApi, method, std::slice::from_ref(&session)).await);
        }
    });
}

/// Each method is called with a reference where there is one and text for the rest.
#[test]
fn the_table_tells_how_far_the_mock_goes() {
    for (release, count) in [(Release::V3_0_3, 0), (Release::V3_1, 369), (Release::V3_4, 498), (Release::V4_1, 577)] {
        assert_eq!(xenapi_methods(release).count(), count, "{release}");
        let counts: Vec<usize> = xenapi_methods(release).map(|(name, _)| expected_count(release, name)).collect();
        for ((name, simulation), count) in xenapi_methods(release).zip(counts) {
            // Each has a daemon of its own: some are meant to destroy.
            let daemon = daemon(release);
            let answer = run(async {
                let login = ["root".into(), "x".into()];
                let session = call(&daemon, Face::XenApi, "session.login_with_password", &login).await["Value"].clone();
                call(&daemon, Face::XenApi, "event.register", &[session.clone(), json!(["VM"])]).await;
                call(&daemon, Face::XenApi, "Async.VM.pause", &[session.clone(), json!(VM1)]).await;
                let class = name.split('.').next().unwrap();
                let all =
                    call(&daemon, Face::XenApi, &format!("{class}.get_all"), std::slice::from_ref(&session)).await;
                let reference = all["Value"][0].as_str().map_or_else(|| json!("x"), |reference| json!(reference));
                let text = std::iter::repeat(json!("1"));
                let params: Vec<_> = [session, reference].into_iter().chain(text).take(count).collect();
                call(&daemon, Face::XenApi, name, &params).await
            });
            let gives_up =
                answer["ErrorDescription"][1].as_str().is_some_and(|text| text.contains("does not simulate"));
            let has_no_such = answer["ErrorDescription"][0] == "HANDLE_INVALID";
            let expected = simulation == Simulation::ScriptedOnly;
            assert!(gives_up == expected || has_no_such, "{name} at {release}: {answer}");
        }
    }
}

/// How many arguments a method says it takes.
fn expected_count(release: Release, name: &str) -> usize {
    let many = vec![json!("1"); 8];
    let daemon = daemon(release);
    let answer = run(async {
        let login = ["root".into(), "x".into()];
        let session = call(&daemon, Face::XenApi, "session.login_with_password", &login).await["Value"].clone();
        let method = format!("Async.{name}");
        let params: Vec<_> = [session].into_iter().chain(many).collect();
        call(&daemon, Face::XenApi, &method, &params).await
    });
    match answer["ErrorDescription"][2].as_str() {
        Some(count) => count.parse().unwrap(),
        // No `Async.` form: the login, or an attribute that is told.
        None => 2,
    }
}

#[test]
fn releases_before_3_1_have_no_xen_api() {
    let mock = MockXend::builder().release(Release::V3_0_3).listen(Face::XenApi, Address::any_port());
    assert!(matches!(mock.start(), Err(Error::NoXenApi(Release::V3_0_3))));
}

/// What the mock does not simulate, a scenario can.
#[test]
fn a_scenario_comes_before_the_world() {
    let scenario =
        "[[expect]]\nface = \"xenapi\"\nmethod = \"VTPM.create\"\nreply = { failure = [\"VM_BAD_POWER_STATE\"] }\n";
    let scenario = Scenario::parse("vtpm.toml", scenario, std::path::Path::new(".")).unwrap();
    let daemon = MockXend::builder().release(Release::V4_1).scenario(scenario).build().unwrap();
    run(async {
        let answer = call(&daemon, Face::XenApi, "VTPM.create", &[json!("any"), json!({})]).await;
        assert_eq!(answer, json!({ "Status": "Failure", "ErrorDescription": ["VM_BAD_POWER_STATE"] }));
        let answer = call(&daemon, Face::XenApi, "VTPM.create", &[json!("any"), json!({})]).await;
        assert_eq!(answer["ErrorDescription"], json!(["SESSION_INVALID", "any"]));
    });
}

/// Protocol reference §5.1: no fault ever comes, but a request that can't be parsed closes the connection (§1.7).
#[test]
fn what_is_no_call_closes_the_connection() {
    run(async {
        let daemon = daemon(Release::V4_1);
        let post = |body: &str| format!("POST /RPC2 HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        for body in ["", "<methodCall>", "<methodResponse/>"] {
            assert_eq!(exchange(&daemon, Face::XenApi, post(body).as_bytes()).await, b"", "{body}");
        }
        let refused = exchange(&daemon, Face::XenApi, b"GET /RPC2 HTTP/1.1\r\n\r\n").await;
        assert!(refused.starts_with(b"HTTP/1.1 501 Unsupported method ('GET')\r\n"));
    });
}

#[test]
fn the_program_listens_for_it_where_the_release_has_it() {
    let program = |release: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mock-xend"));
        command.args(["--release", release, "--xenapi", "tcp:127.0.0.1:0"]).stdout(Stdio::piped());
        command.stderr(Stdio::piped()).spawn().unwrap()
    };
    let mut child = program("3.1");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.starts_with("LISTENING xenapi tcp:127.0.0.1:"), "{line}");
    let refused = program("3.0.3").wait_with_output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let _snapshots = crate::snapshots();
    insta::assert_snapshot!("no-xen-api", String::from_utf8(refused.stderr).unwrap());
}
