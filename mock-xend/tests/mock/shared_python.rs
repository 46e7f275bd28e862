//! Python's own XML-RPC client against a mock, where there is a Python.

#[path = "../../../oracles/python.rs"]
pub(crate) mod oracle;

use mock_xend::{Address, Face, MockXend, Release};

/// Gives a program the two servers `tcp` and `unix`.
const PROLOGUE: &str = r#"
import http.client, socket, sys, xmlrpc.client

class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[2])

class UnixTransport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return UnixConnection("localhost")

tcp = xmlrpc.client.ServerProxy(sys.argv[1], allow_none=True)
unix = xmlrpc.client.ServerProxy("http://localhost/RPC2", UnixTransport(), allow_none=True)
"#;

/// Runs a program against both listeners of one mock, and checks what it prints.
#[track_caller]
pub(crate) fn check(face: Face, release: Release, program: &str, expected: &str) {
    let Some(mut python) = oracle::python(&["python3"], "import xmlrpc.client") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xend.sock");
    let mock = MockXend::builder()
        .release(release)
        .listen(face, Address::any_port())
        .listen(face, Address::Unix(path.clone()))
        .start()
        .unwrap();
    let url = format!("http://{}/RPC2", mock.listening()[0].1.to_string().trim_start_matches("tcp:"));
    let output = python.args(["-c", &format!("{PROLOGUE}{program}"), &url, path.to_str().unwrap()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}
