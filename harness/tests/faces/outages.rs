//! Outages of the transport: what the client learns when the scenarios of this kind in `fixtures/scenarios` are played.

use std::path::Path;
use std::time::Duration;

use mock_xend::{Daemon, MockXend, Scenario};
use xend_client::{Client, Face, Release};

use crate::faces::daemon::{client, run, scripted};

fn scenario(name: &str) -> Scenario {
    let path = format!("scenarios/{name}.toml");
    let file = xend_fixtures::file(&path).unwrap_or_else(|| panic!("{path} is there"));
    let text = str::from_utf8(file.bytes()).expect("a text");
    Scenario::parse(&path, text, Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

fn daemon(name: &str) -> Daemon {
    scripted(Release::V3_0_3, scenario(name))
}

/// What came of an operation: the error code, whether the request was sent, and how the message begins.
async fn learns(client: &Client, operation: &str) -> String {
    let shown = |error: xend_client::Error| {
        let message: String = error.message().chars().take(60).collect();
        format!("{} {:?}: {message}", error.code(), error.fate())
    };
    match operation {
        "list" => client.domains().await.map_or_else(shown, |names| names.join(" ")),
        "info" => client.domain("vm1").await.map_or_else(shown, |domain| format!("{:?}", domain.memory_mib())),
        "records" => client.records().await.map_or_else(shown, |domains| format!("{} domains", domains.len())),
        "pause" => client.pause("vm1").await.map_or_else(shown, |()| "done".to_owned()),
        "destroy" => client.destroy("vm1").await.map_or_else(shown, |()| "done".to_owned()),
        _ => panic!("{operation} is not asked for"),
    }
}

/// Plays a scenario on a face: what each of the operations learns.
fn play(name: &str, face: Face, operations: &[&str]) -> Vec<String> {
    let daemon = daemon(name);
    let client = client(&daemon, face);
    let learned = run(async {
        let mut learned = Vec::new();
        for operation in operations {
            learned.push(learns(&client, operation).await);
        }
        learned
    });
    let report = daemon.report();
    let unused: Vec<_> = report.lines().filter(|line| !line.starts_with("unused")).collect();
    assert_eq!(unused, Vec::<&str>::new(), "{name} on {face}");
    learned
}

#[test]
fn each_outage_is_told_for_what_it_is() {
    let plays: [(&str, &[Face], &[&str]); 10] = [
        ("cut-in-record", &[Face::Sxp, Face::XmlRpc], &["info"]),
        ("gateway-502", &[Face::Sxp, Face::XmlRpc], &["list", "pause"]),
        ("half-written-length", &[Face::Sxp, Face::XmlRpc], &["list", "pause"]),
        ("resets", &[Face::Sxp, Face::XmlRpc], &["pause", "pause", "pause"]),
        ("stalls", &[Face::Sxp, Face::XmlRpc], &["list", "destroy"]),
        ("chunking-proxy", &[Face::Sxp, Face::XmlRpc], &["list", "list", "list"]),
        ("wrong-lengths", &[Face::Sxp, Face::XmlRpc], &["list", "list", "list"]),
        ("old-proxy", &[Face::Sxp, Face::XmlRpc], &["list", "list"]),
        ("line-noise", &[Face::Sxp, Face::XmlRpc], &["list", "list", "list"]),
        ("slow-line", &[Face::Sxp], &["records"]),
    ];
    let mut text = String::new();
    for (name, faces, operations) in plays {
        for &face in faces {
            text += &format!("{name} on {face}\n");
            for (operation, learned) in operations.iter().zip(play(name, face, operations)) {
                text += &format!("  {operation}: {learned}\n");
            }
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../snapshots/harness"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("outages", text));
}

#[test]
fn a_client_with_time_reads_a_long_list_over_a_slow_line_and_one_without_gives_up() {
    let daemon = daemon("slow-line");
    let (learned, took) = run(async {
        let begin = tokio::time::Instant::now();
        let patient = client(&daemon, Face::Sxp).within(Duration::from_secs(300));
        (learns(&patient, "records").await, begin.elapsed())
    });
    assert_eq!(learned, "5000 domains");
    assert!((Duration::from_secs(55)..Duration::from_secs(65)).contains(&took), "{took:?}");
    let daemon = self::daemon("slow-line");
    let learned = run(async {
        let hasty = client(&daemon, Face::Sxp).within(Duration::from_secs(20));
        learns(&hasty, "records").await
    });
    assert!(learned.starts_with("ERR_COMMUNICATION_NOT_ESTABLISHED"), "{learned}");
}

#[test]
fn a_client_that_keeps_its_connection_finds_the_daemon_again_after_a_restart() {
    let mock = MockXend::builder().release(Release::V3_0_3).scenario(scenario("daemon-restarts")).start().unwrap();
    let uri = mock.uri(Face::Sxp).unwrap().parse().unwrap();
    let client = Client::new(uri).release(Release::V3_0_3).keep_alive(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert_eq!(learns(&client, "list").await, "Domain-0 vm1 vm2");
        // The connection closes under this one, and nobody listens for a new one.
        let lost = learns(&client, "pause").await;
        assert!(lost.starts_with("ERR_UNABLE_TO_VERIFY_STATE") || lost.starts_with("ERR_COMMUNICATION"), "{lost}");
        loop {
            let found = learns(&client, "list").await;
            if !found.starts_with("ERR_COMMUNICATION_NOT_ESTABLISHED") {
                assert_eq!(found, "Domain-0 vm1 vm2");
                break;
            }
        }
    });
    assert!(mock.stop().is_empty());
}
