//! Python's own XML-RPC client, where there is one.

use std::process::Command;

use mock_xend::{Address, Face, MockXend, Release};

/// Logs in over TCP, goes on over a Unix socket, and catches nothing: this dialect knows no faults.
const PROGRAM: &str = r#"
import http.client, socket, sys, xmlrpc.client

class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[2])

class UnixTransport(xmlrpc.client.Transport):
    def make_connection(self, host):
        return UnixConnection("localhost")

tcp = xmlrpc.client.ServerProxy(sys.argv[1])
unix = xmlrpc.client.ServerProxy("http://localhost/RPC2", UnixTransport())
session = tcp.session.login_with_password("root", "x")["Value"]
vms = unix.VM.get_all_records(session)["Value"]
print(sorted((vm["name_label"], vm["power_state"], vm["is_control_domain"]) for vm in vms.values()))
print(unix.VM.pause(session, "11111111-1111-1111-1111-111111111111"))
print(unix.VM.start(session, "11111111-1111-1111-1111-111111111111", False)["ErrorDescription"])
host, = tcp.host.get_all(session)["Value"]
metrics = tcp.host_metrics.get_record(session, tcp.host.get_metrics(session, host)["Value"])["Value"]
print(type(metrics["last_updated"]).__name__, metrics["memory_total"])
print(len(tcp.host.list_methods(session)["Value"]))
"#;

#[test]
fn pythons_client_uses_the_xen_api_over_tcp_and_a_unix_socket() {
    let python = |arguments: &[&str]| Command::new("python3").args(arguments).output();
    if python(&["-c", ""]).is_err() {
        eprintln!("left out: there is no python3");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xen-api.sock");
    let mock = MockXend::builder()
        .release(Release::V4_1)
        .listen(Face::XenApi, Address::any_port())
        .listen(Face::XenApi, Address::Unix(path.clone()))
        .start()
        .unwrap();
    let url = format!("http://{}/RPC2", mock.listening()[0].1.to_string().trim_start_matches("tcp:"));
    let output = python(&["-c", PROGRAM, &url, path.to_str().unwrap()]).unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let expected = "[('Domain-0', 'Running', True), ('vm1', 'Running', False), ('vm2', 'Paused', False)]\n\
                    {'Status': 'Success', 'Value': ''}\n\
                    ['VM_BAD_POWER_STATE', '11111111-1111-1111-1111-111111111111', 'Halted', 'Paused']\n\
                    DateTime 2147483648\n\
                    577\n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}
