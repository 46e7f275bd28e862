//! Every word of the vocabulary of replies, in bytes.

use std::fmt::Write;

use mock_xend::{Face, Release};

use crate::peer::{call, daemon, post, run, send, shown};

/// Words that any face can say, then those of one.
const ANY: [&str; 11] = [
    r#""simulate""#,
    r#""close""#,
    r#""hang""#,
    r#""internal-error""#,
    r#"{ unknown-domain = "vm1" }"#,
    r#"{ error = "Device 0 (vif) could not be connected. Hotplug scripts not working." }"#,
    r#"{ text = { body = "busy", status = 503 } }"#,
    r#"{ text = { body = "<a/>", content-type = "text/html", status = 200, reason = "Fine" } }"#,
    r#"{ raw = "HTTP/1.1 200 OK\r\nContent-length: 99\r\n\r\n(node (host a))" }"#,
    r#"{ raw-base64 = "/wAK" }"#,
    r#"{ body-file = { path = "tests/mock/body.sxp" } }"#,
];
const SXP: [&str; 7] = [
    r#""bad-request""#,
    r#""invalid-request""#,
    r#""too-large""#,
    r#"{ not-implemented = "pause" }"#,
    r#"{ not-found = "Not found: vm1" }"#,
    r#"{ xend-err = { text = "it's so", status = 202 } }"#,
    r#"{ sexpr = { body = "(domain (name vm1))" } }"#,
];
const XMLRPC: [&str; 4] = [
    r#"{ unknown-method = "xend.domain.pause" }"#,
    r#"{ fault = { code = 2, string = "a < b" } }"#,
    r#"{ value = { struct = [["a", 1], ["b", [true, 1.5, { nil = true }, { base64 = "aGk=" }, { dateTime = "19980717T14:08:55" }]]] } }"#,
    r#"{ failure = ["VM_BAD_POWER_STATE", "ref", "Running", "Halted"] }"#,
];

#[test]
fn every_reply_in_bytes() {
    let _snapshots = crate::snapshots();
    for release in [Release::V3_0_2, Release::V3_1, Release::V4_1] {
        let mut text = String::new();
        let sxp = ANY.iter().chain(&SXP).map(|word| (Face::Sxp, word));
        for (face, word) in sxp.chain(ANY.iter().chain(&XMLRPC).map(|word| (Face::XmlRpc, word))) {
            let scenario = format!("[[expect]]\nface = \"{face}\"\noperation = \"domain.destroy\"\nreply = {word}\n");
            let daemon = daemon(release, &scenario);
            let request = match face {
                Face::Sxp => post("/xend/domain/vm1", "op=destroy"),
                _ => call("xend.domain.destroy", &["vm1"]),
            };
            let (reply, closed) = run(send(&daemon, face, &[&request]));
            let end = if closed { "closed" } else { "open" };
            writeln!(text, "=== {face} {word}, then {end}\n{}", shown(&reply)).unwrap();
            assert!(daemon.report().is_empty(), "{word}");
        }
        insta::assert_snapshot!(format!("replies-{release}"), text);
    }
}

#[test]
fn a_reply_can_be_cut_and_late_and_left_open() {
    let check = |keys: &str, expected: &str| {
        let scenario = format!(
            "[[expect]]\nface = \"sxp\"\npath = \"/xend/node\"\nreply = {{ sexpr = {{ body = \"(a)\" }} }}\n{keys}\n"
        );
        let daemon = daemon(Release::V4_1, &scenario);
        let (reply, closed) = run(async {
            let begin = tokio::time::Instant::now();
            let answer = send(&daemon, Face::Sxp, &[&crate::peer::get("/xend/node")]).await;
            assert!(begin.elapsed() >= std::time::Duration::from_millis(if keys.contains("delay") { 250 } else { 0 }));
            answer
        });
        let reply = reply.replace("\r\n", "|");
        assert_eq!(format!("{}, {closed}", &reply[reply.len().saturating_sub(12)..]), expected, "{keys}");
    };
    check("", "o-cache||(a), true");
    check("delay = \"250ms\"", "o-cache||(a), true");
    check("cut = 12", "HTTP/1.1 200, true");
    check("cut = 12\nthen = \"keep-open\"", "HTTP/1.1 200, false");
    check("then = \"keep-open\"", "o-cache||(a), false");
}
