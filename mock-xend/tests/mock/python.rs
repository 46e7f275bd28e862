//! Python's own XML-RPC client lists, pauses, and gets a fault.

use mock_xend::{Face, Release};

use crate::shared_python::check;

#[test]
fn pythons_client_lists_pauses_and_gets_a_fault() {
    let program = r#"
for server in (tcp, unix):
    print(server.xend.domains(0))
    print(server.xend.domain.pause("vm1"))
    try:
        server.xend.domain.pause("nosuch")
    except xmlrpc.client.Fault as fault:
        print(fault)
"#;
    let each = "['Domain-0', 'vm1', 'vm2']\nNone\n<Fault 3: 'nosuch'>\n";
    check(Face::XmlRpc, Release::V3_0_3, program, &each.repeat(2));
}
