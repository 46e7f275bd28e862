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
