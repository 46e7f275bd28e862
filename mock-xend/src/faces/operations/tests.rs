//! Compares the rows with the table of operations, by the requests that a client sends.

use std::collections::HashMap;

use xend_wire::Release;
use xend_wire::operation::{self, ArgumentKind, Arguments, Face, Operation};

use super::{ROUTES, rows};
use crate::faces::{sxp, xenapi, xmlrpc};

/// Returns arguments for everything that an operation requires.
fn arguments(operation: Operation) -> Arguments {
    let sample = |kind| match kind {
        ArgumentKind::Domain => "vm1",
        ArgumentKind::Text => "halt",
        ArgumentKind::Path => "/tmp/file",
        ArgumentKind::Sexpr => "(vif (bridge xenbr0))",
        ArgumentKind::Integer(_) => "5",
        ArgumentKind::Flag => "1",
        ArgumentKind::Key => "s",
        ArgumentKind::Cpus => "0,1",
    };
    let required = operation.arguments().iter().filter(|argument| argument.is_required);
    required.map(|argument| (argument.name, sample(argument.kind))).collect()
}

#[test]
fn each_request_of_a_client_finds_the_row_of_its_operation() {
    let mut requests = 0;
    for &operation in operation::ALL {
        let pairs = Face::ALL.into_iter().flat_map(|face| Release::ALL.iter().map(move |&release| (face, release)));
        for (face, release) in pairs.filter(|&(face, release)| operation.takes_one_request(face, release)) {
            let request = operation.request(face, release, &arguments(operation));
            let request = request.unwrap_or_else(|error| panic!("{operation} on {face} of {release}: {error}"));
            let found = match face {
                Face::Sxp => {
                    let request = (request.method, request.target.as_str(), request.body.as_slice());
                    sxp::operations_of(&ROUTES.sxp, release, request)
                }
                Face::XmlRpc => {
                    let call = xmlrpc::decode(&request.body, release).expect("a call");
                    ROUTES.xmlrpc.find(call.method(), release).map(|route| route.operations)
                }
                Face::XenApi => {
                    let call = xmlrpc::decode(&request.body, release).expect("a call");
                    Some(ROUTES.xenapi.find(call.method()))
                }
            };
            let found = found.unwrap_or_else(|| panic!("{operation} on {face} of {release} is not routed"));
            assert!(found.contains(&operation), "{operation} on {face} of {release}");
            requests += 1;
        }
    }
    assert!(requests > 300, "{requests}");
}

#[test]
fn each_method_of_the_xen_api_in_a_row_is_one_that_is_simulated() {
    let simulated: HashMap<_, _> = xenapi::methods(Release::V4_4).collect();
    for name in rows().flat_map(|row| row.xenapi) {
        assert_eq!(simulated.get(name), Some(&xenapi::Simulation::Simulated), "{name}");
    }
}

/// If a release had several rows for one name, only the first would ever be used.
#[test]
fn no_name_is_routed_twice_in_a_release() {
    for &release in Release::ALL {
        let mut names = HashMap::new();
        for method in rows().flat_map(|row| row.xmlrpc).filter(|method| method.is_known(release)) {
            assert!(names.insert(method.name, ()).is_none(), "{} in {release}", method.name);
        }
        let mut actions = HashMap::new();
        for action in rows().flat_map(|row| row.sxp).filter(|action| action.releases.contains(release)) {
            let key = (action.resource, action.verb);
            assert!(actions.insert(key, ()).is_none(), "{key:?} in {release}");
        }
    }
}
