//! The bytes of every request on every face.

use xend_client::{Face, Operation, Release};
use xend_wire::operation::{ALL, Implementation};

use crate::peer::{Then, ask, client, run};

#[test]
fn bytes_of_every_operation() {
    let _snapshots = crate::snapshots();
    for face in [Face::Sxp, Face::XmlRpc] {
        let mut shown = String::new();
        for &operation in ALL {
            for (first, last, request) in by_release(operation, face) {
                let request = request.replace("\r\n", "\\r\\n\n");
                shown += &format!("=== {} {first} to {last}\n{request}\n", operation.name());
            }
        }
        insta::assert_snapshot!(format!("requests-{face}"), shown);
    }
}

/// Returns the request as text, once for each range of releases in which it is the same. Releases without the operation
/// send nothing.
fn by_release(operation: Operation, face: Face) -> Vec<(Release, Release, String)> {
    let is_one = |way: Implementation| way == Implementation::Request;
    let mut requests: Vec<(Release, Release, String)> = Vec::new();
    for release in
        Release::ALL.iter().copied().filter(|&release| operation.implementation(face, release).ok().is_none_or(is_one))
    {
        let client = client(face).release(release);
        let (request, answer) = run(ask(&client, operation, Then::Close(Vec::new())));
        let request = String::from_utf8(request).expect("ASCII");
        assert_eq!(request.is_empty(), answer.is_err_and(|error| error.fate() == xend_client::Fate::Invalid));
        match requests.last_mut() {
            _ if request.is_empty() => {}
            Some((_, last, known)) if *known == request => *last = release,
            _ => requests.push((release, release, request)),
        }
    }
    requests
}
