//! What Python's `xmlrpc.client` and curl make of each fault, where they are there.

use std::process::{Child, Command, Stdio};

use mock_xend::{Address, Face, MockXend, Release};

use crate::peer::{builder, scenario};
use crate::shared_python::oracle;

/// A fault, how Python's client ends (the value, or the name of the exception), and the exit status of curl.
///
/// Python's client reads a reply in pieces and does not ask whether it got as many bytes as the head says: of a cut reply
/// it sees that the document is no XML, and nothing of a length that is too large.
const SEEN: [(&str, &str, i32); 32] = [
    (r#"{ delay = "20ms" }"#, "hello", 0),
    (r#"{ pause = { at = "body", time = "20ms" } }"#, "hello", 0),
    (r#"{ drip = { bytes = 9, every = "1ms" } }"#, "hello", 0),
    (r#"{ split = [1] }"#, "hello", 0),
    (r#"{ bandwidth = 10000 }"#, "hello", 0),
    (r#"{ close = "start" }"#, "RemoteDisconnected", 52),
    (r#"{ close = 5 }"#, "BadStatusLine", 52),
    (r#"{ close = "body" }"#, "ExpatError", 18),
    (r#"{ close = { body = 40 } }"#, "ExpatError", 18),
    (r#"{ close = "params[0]" }"#, "ExpatError", 18),
    (r#"{ close = "end" }"#, "hello", 0),
    (r#"{ half-close = "body" }"#, "ExpatError", 18),
    (r#"{ reset = "start" }"#, "ConnectionResetError", 56),
    (r#"{ reset = "body" }"#, "ConnectionResetError", 56),
    (r#"{ stall = "start" }"#, "TimeoutError", 28),
    (r#"{ stall = "body" }"#, "TimeoutError", 28),
    (r#"{ truncate = "body" }"#, "TimeoutError", 28),
    (r#"{ garbage = { at = "start", length = 16 } }"#, "BadStatusLine", 1),
    (r#"{ insert = { at = "start", text = "junk\r\n" } }"#, "BadStatusLine", 1),
    (r#"{ insert = { at = "body", text = "junk" } }"#, "ExpatError", 0),
    (r#"{ content-length = "missing" }, { close = "end" }"#, "hello", 0),
    (r#"{ content-length = "repeated" }"#, "hello", 0),
    (r#"{ content-length = { more = 9 } }, { close = "end" }"#, "hello", 18),
    (r#"{ content-length = { less = 9 } }"#, "ExpatError", 0),
    (r#"{ content-length = { text = "abc" } }, { close = "end" }"#, "hello", 8),
    (r#"{ chunked = { size = 8 } }"#, "hello", 0),
    (r#"{ chunked = { size = 8, broken = "size-not-hex" } }"#, "IncompleteRead", 56),
    (r#"{ chunked = { size = 8, broken = "no-last-chunk" } }, { close = "end" }"#, "IncompleteRead", 18),
    (r#""bare-line-feeds""#, "hello", 0),
    (r#""unasked-continue""#, "hello", 0),
    (r#""http-0.9""#, "BadStatusLine", 1),
    (r#"{ refuse = "always" }"#, "hello", 0),
];

/// Whether a client sees the fault only by its own deadline.
fn stalls(faults: &str) -> bool {
    faults.contains("stall") || faults.contains("truncate")
}

fn mocks() -> Vec<MockXend> {
    let start = |(faults, ..): &(&str, &str, i32)| {
        let script = format!(
            "[[expect]]\nface = \"xmlrpc\"\ntimes = \"any\"\nreply = {{ value = \"hello\" }}\nfaults = [{faults}]\n"
        );
        let builder = builder(Release::V4_1).scenario(scenario(&script));
        builder.listen(Face::XmlRpc, Address::any_port()).start().expect("it starts")
    };
    SEEN.iter().map(start).collect()
}

fn url(mock: &MockXend) -> String {
    format!("http://{}/RPC2", mock.listening()[0].1.to_string().trim_start_matches("tcp:"))
}

#[test]
fn python_sees_each_fault_as_what_it_is() {
    let program = r#"
import sys, xmlrpc.client
for argument in sys.argv[1:]:
    seconds, url = argument.split(" ")
    class Transport(xmlrpc.client.Transport):
        def make_connection(self, host):
            connection = super().make_connection(host)
            connection.timeout = float(seconds)
            return connection
    try:
        print(xmlrpc.client.ServerProxy(url, Transport()).greet())
    except Exception as error:
        print(type(error).__name__)
"#;
    let Some(mut python) = oracle::python(&["python3"], "import xmlrpc.client") else { return };
    let mocks = mocks();
    let seconds = |faults: &str| if stalls(faults) { "0.2" } else { "30" };
    let arguments = mocks.iter().zip(SEEN).map(|(mock, (faults, ..))| format!("{} {}", seconds(faults), url(mock)));
    let output = python.args(["-c", program]).args(arguments).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen: Vec<_> = SEEN.iter().map(|(faults, ..)| *faults).zip(said.lines()).collect();
    assert_eq!(seen, SEEN.map(|(faults, python, _)| (faults, python)));
}

#[test]
fn curl_sees_each_fault_as_what_it_is() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("left out: there is no curl");
        return;
    }
    let call = "<methodCall><methodName>greet</methodName></methodCall>";
    let mocks = mocks();
    let start = |(mock, (faults, ..)): (&MockXend, (&str, &str, i32))| -> Child {
        let seconds = if stalls(faults) { "0.5" } else { "30" };
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--output", "/dev/null", "--max-time", seconds, "--data", call, &url(mock)]);
        curl.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("curl is there")
    };
    let running: Vec<_> = mocks.iter().zip(SEEN).map(start).collect();
    let status = |mut child: Child| child.wait().expect("it ends").code();
    let seen: Vec<_> = SEEN.iter().map(|(faults, ..)| *faults).zip(running.into_iter().map(status)).collect();
    assert_eq!(seen, SEEN.map(|(faults, _, curl)| (faults, Some(curl))));
}
