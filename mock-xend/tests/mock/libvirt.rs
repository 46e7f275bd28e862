//! The replies that were fed to libvirt's client, from their scenario.

use mock_xend::{Face, Release};
use serde::Deserialize;

use crate::peer::{daemon, get, post, run, send};

#[derive(Deserialize)]
struct Row {
    scenario: String,
    op: String,
    reply: Wanted,
}

#[derive(Deserialize)]
struct Wanted {
    raw: Option<String>,
    status: Option<u16>,
    reason: Option<String>,
    #[serde(default)]
    body: String,
    times: Option<usize>,
    #[serde(default)]
    nolen: bool,
}

#[test]
fn each_of_the_42_replies_can_be_provoked() {
    let text = |path: &str| str::from_utf8(xend_fixtures::file(path).unwrap().bytes()).unwrap();
    let rows: Vec<Row> = serde_json::from_str(text("tables/libvirt-outcomes.json")).unwrap();
    assert_eq!(rows.len(), 42);
    let daemon = daemon(Release::V3_0_2, text("scenarios/libvirt-replies.toml"));
    for Row { scenario, op, reply: wanted } in rows {
        let path = format!("/xend/domain/{scenario}-{op}");
        let request = if op == "pause" { post(&path, "op=pause") } else { get(&path) };
        let (reply, closed) = run(send(&daemon, Face::Sxp, &[&request]));
        assert!(closed, "{path}");
        if let Some(raw) = wanted.raw {
            assert_eq!(reply, raw, "{path}");
            continue;
        }
        let (head, body) = reply.split_once("\r\n\r\n").unwrap();
        let status = head.lines().next().unwrap();
        let expected = format!("HTTP/1.1 {} ", wanted.status.unwrap_or(200));
        assert!(status.starts_with(&expected), "{path}: {status}");
        if let Some(reason) = wanted.reason {
            assert_eq!(status, expected + &reason, "{path}");
        }
        assert_eq!(body, wanted.body.repeat(wanted.times.unwrap_or(1)), "{path}");
        // A 204 has neither body nor length, whatever it is told.
        let has_length = !wanted.nolen && wanted.status != Some(204);
        assert_eq!(head.contains("Content-length:"), has_length, "{path}");
    }
    assert!(daemon.report().is_empty());
}

/// Those that are shipped are well-formed, and each of their expectations can be reached.
#[test]
fn shipped_scenarios_are_well_formed() {
    let mut count = 0;
    for file in xend_fixtures::files("scenarios/").filter(|file| file.path.ends_with(".toml")) {
        let scenario = crate::peer::scenario(str::from_utf8(file.bytes()).unwrap());
        assert!(!scenario.is_empty(), "{}", file.path);
        count += 1;
    }
    assert!(count >= 15);
}
