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

/// What `xmlrpclib.dumps` of CPython 2.7.18 writes of these values.
#[test]
fn a_scripted_value_is_written_as_python_writes_it() {
    let script =
        "[[expect]]\nface = \"xmlrpc\"\nreply = { value = [1e20, 1e-07, 1.5e300, -1e16, 0.1, \"a\\r\\nb\"] }\n";
    let daemon = daemon(Release::V4_1, script);
    let (reply, _) = run(send(&daemon, Face::XmlRpc, &[&call("xend.node.info", &[])]));
    let written = "<value><array><data>\n<value><double>1e+20</double></value>\n<value><double>1e-07</double></value>\n\
                   <value><double>1.5e+300</double></value>\n<value><double>-1e+16</double></value>\n\
                   <value><double>0.1</double></value>\n<value><string>a\r\nb</string></value>\n</data></array></value>\n";
    assert!(reply.contains(written), "{reply}");
}

/// Captures `unix-pause-unknown` and `delete-unknown`: these operations make a plain error of any exception.
#[test]
fn an_unknown_domain_is_told_as_the_operation_tells_it() {
    let script = "[[expect]]\nface = \"xmlrpc\"\ntimes = \"any\"\nreply = { unknown-domain = \"nosuch\" }\n";
    let plain = ("<int>3</int>", "<string>nosuch</string>");
    let wrapped = ("<int>2</int>", "<string>&lt;Fault 3: 'nosuch'&gt;</string>");
    for (release, method, (code, text)) in [
        (Release::V3_0_2, "xend.domain.pause", wrapped),
        (Release::V3_0_2, "xend.domain.unpause", wrapped),
        (Release::V3_0_2, "xend.domain.destroy", plain),
        (Release::V3_0_3, "xend.domain.pause", plain),
        (Release::V3_1, "xend.domain.delete", wrapped),
        (Release::V4_1, "xend.domain.delete", wrapped),
    ] {
        let (reply, _) = run(send(&daemon(release, script), Face::XmlRpc, &[&call(method, &["nosuch"])]));
        assert!(reply.contains(code) && reply.contains(text), "{method} of {release}: {reply}");
    }
}

/// Captures of kind `xenapi-VM.*-bad`: the Xen-API knows a domain by its reference.
#[test]
fn the_xen_api_calls_an_unknown_domain_an_invalid_reference() {
    let script = "[[expect]]\nface = \"xenapi\"\nreply = { unknown-domain = \"vm9\" }\n";
    let daemon = daemon(Release::V4_1, script);
    let (reply, _) = run(send(&daemon, Face::XenApi, &[&call("VM.get_name_label", &["session", "vm9"])]));
    let words = ["HANDLE_INVALID", "VM", "vm9"].map(|word| format!("<value><string>{word}</string></value>\n"));
    assert!(reply.contains(&words.concat()), "{reply}");
}

#[test]
fn a_path_distinguishes_calls_too() {
    let script = "[[expect]]\nface = \"xmlrpc\"\npath = \"/RPC2\"\nreply = { value = \"one\" }\n\
                  [[expect]]\npath = { not = \"/RPC2\" }\nreply = { fault = { code = 1, string = \"other\" } }\nface = \"xmlrpc\"\n";
    let daemon = daemon(Release::V4_1, script);
    let of = |path: &str| {
        let request = String::from_utf8(call("xend.node.info", &[])).unwrap().replacen("/RPC2", path, 1);
        run(send(&daemon, Face::XmlRpc, &[request.as_bytes()])).0
    };
    assert!(of("/elsewhere").contains("<string>other</string>"));
    assert!(of("/RPC2?a=b").contains("<string>one</string>"));
    assert!(daemon.report().is_empty(), "{:?}", daemon.report());
}
