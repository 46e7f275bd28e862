//! Python's own XML-RPC client, where there is one.

use std::process::Command;

use mock_xend::{Address, Face, MockXend, Release};

/// Lists, pauses, and gets a fault, over TCP and over a Unix socket.
const PROGRAM: &str = r#"
import http.client, socket, sys, xmlrpc.client

class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[2])

class UnixTransport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return UnixConnection("localhost")

for server in (xmlrpc.client.ServerProxy(sys.argv[1], allow_none=True),
               xmlrpc.client.ServerProxy("http://localhost/RPC2", UnixTransport(), allow_none=True)):
    print(server.xend.domains(0))
    print(server.xend.domain.pause("vm1"))
    try:
        server.xend.domain.pause("nosuch")
    except xmlrpc.client.Fault as fault:
        print(fault)
"#;

#[test]
fn pythons_client_lists_pauses_and_gets_a_fault() {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    if python(&["-c", ""]).is_err() {
        eprintln!("left out: there is no python3");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xmlrpc.sock");
    let mock = MockXend::builder()
        .release(Release::V3_0_3)
        .listen(Face::XmlRpc, Address::any_port())
        .listen(Face::XmlRpc, Address::Unix(path.clone()))
        .start()
        .unwrap();
    let url = format!("http://{}/RPC2", mock.listening()[0].1.to_string().trim_start_matches("tcp:"));
    let output = python(&["-c", PROGRAM, &url, path.to_str().unwrap()]).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let each = "['Domain-0', 'vm1', 'vm2']\nNone\n<Fault 3: 'nosuch'>\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), each.repeat(2));
}
