//! The bytes of every request, on every face.

use xend_client::{Face, Release};
use xend_wire::operation::OPERATIONS;

use crate::peer::{Then, ask, client, run};

#[test]
fn bytes_of_every_operation() {
    let _snapshots = crate::snapshots();
    for face in [Face::Sxp, Face::XmlRpc] {
        let mut shown = String::new();
        for operation in OPERATIONS {
            let requests = Release::ALL.map(|release| {
                let client = client(face).release(release);
                run(ask(&client, operation, Then::Close(Vec::new()))).0
            });
            assert!(requests.iter().all(|request| *request == requests[0]), "{} differs by release", operation.name);
            let request = String::from_utf8(requests[0].clone()).expect("ASCII");
            shown += &format!("=== {}\n{}\n", operation.name, request.replace("\r\n", "\\r\\n\n"));
        }
        insta::assert_snapshot!(format!("requests-{face}"), shown);
    }
}
