//! Python's own XML-RPC client logs in over TCP and goes on over a Unix socket. It catches nothing: this dialect knows no
//! faults.

use mock_xend::{Face, Release};

use crate::shared_python::check;

#[test]
fn pythons_client_uses_the_xen_api_over_tcp_and_a_unix_socket() {
    let program = r#"
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
    let expected = "[('Domain-0', 'Running', True), ('vm1', 'Running', False), ('vm2', 'Paused', False)]\n\
                    {'Status': 'Success', 'Value': ''}\n\
                    ['VM_BAD_POWER_STATE', '11111111-1111-1111-1111-111111111111', 'Halted', 'Paused']\n\
                    DateTime 2147483648\n\
                    577\n";
    check(Face::XenApi, Release::V4_1, program, expected);
}
