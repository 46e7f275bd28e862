//! Checks the table of operations against captures, never against itself.

use std::collections::HashMap;

use super::*;
use crate::datum::Datum;
use crate::tests::{rotate, sample};
use crate::{ErrorKind, Release};

fn arguments() -> Arguments {
    Arguments::from_iter([("domain", "vm1")])
}

/// The table builds the same requests as libvirt and `xm` (captures `xm-calls`, `xmlrpc-3.0.3`).
#[test]
fn requests_are_those_of_real_clients() {
    let check = |name: &str, arguments: Arguments, sxp: (&str, &str, &str), call: &str| {
        let operation = find(name).expect(name);
        for release in [Release::V3_0_2, Release::V3_0_3] {
            let request = operation.request(Face::Sxp, release, &arguments).expect(name);
            assert_eq!((request.method, request.target.as_str(), String::from_utf8_lossy(&request.body).as_ref()), sxp);
            let request = operation.request(Face::XmlRpc, release, &arguments).expect(name);
            let body = String::from_utf8(request.body).expect("UTF-8");
            let body = body.replace('\n', "");
            assert_eq!(body, format!("<?xml version='1.0'?><methodCall>{call}</methodCall>"), "{name}");
        }
    };
    let with = |name: &str, param: &str| {
        format!(
            "<methodName>{name}</methodName><params><param><value><string>{param}</string></value></param></params>"
        )
    };
    let info = "<methodName>xend.node.info</methodName><params></params>";
    check("node.info", Arguments::new(), ("GET", "/xend/node/", ""), info);
    let names = "<methodName>xend.domains</methodName><params><param><value><int>0</int></value></param></params>";
    check("domain.list", Arguments::new(), ("GET", "/xend/domain", ""), names);
    check("domain.info", arguments(), ("GET", "/xend/domain/vm1", ""), &with("xend.domain", "vm1"));
    check("domain.pause", arguments(), ("POST", "/xend/domain/vm1", "op=pause"), &with("xend.domain.pause", "vm1"));
    check(
        "domain.destroy",
        arguments(),
        ("POST", "/xend/domain/vm1", "op=destroy"),
        &with("xend.domain.destroy", "vm1"),
    );
}

#[test]
fn odd_names_survive_path_and_form() {
    let operation = INFO;
    let request = operation.request(Face::Sxp, Release::V4_1, &Arguments::from_iter([("domain", "a/b +%é")])).unwrap();
    assert_eq!(request.target, "/xend/domain/a%2Fb%20%2B%25%C3%A9");
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_sent() {
    let check = |name: &str, pairs: &[(&str, &str)], kind: ErrorKind, text: &str| {
        let arguments = pairs.iter().copied().collect::<Arguments>();
        let error = find(name).unwrap().request(Face::XmlRpc, Release::V4_1, &arguments).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, text));
    };
    check("domain.pause", &[], ErrorKind::MissingArgument, "missing argument `domain` of `domain.pause`");
    check(
        "domain.pause",
        &[("name", "vm1")],
        ErrorKind::UnknownArgument,
        "unknown argument `name` of `domain.pause`, expected `domain`",
    );
    let invalid = |name: &str, pairs: &[(&str, &str)], text: &str| check(name, pairs, ErrorKind::InvalidArgument, text);
    invalid("domain.pause", &[("domain", "")], "invalid argument `domain`, expected the name or id of a domain");
    let memory = [("domain", "vm1"), ("memory", "64M")];
    invalid("domain.set_memory", &memory, "invalid argument `memory`, expected a 64-bit integer");
    let memory = [("domain", "vm1"), ("memory", "4294967296")];
    invalid("domain.set_memory", &memory, "invalid argument `memory`, expected a number that fits into 32 bits");
    invalid("domain.sysrq", &[("domain", "vm1"), ("key", "sb")], "invalid argument `key`, expected one character");
    invalid("domain.save", &[("domain", "vm1"), ("file", "x")], "invalid argument `file`, expected an absolute path");
    let cpus = [("domain", "vm1"), ("vcpu", "0"), ("cpus", "0-3")];
    let expected = "invalid argument `cpus`, expected processor numbers separated by commas, such as 0,1";
    invalid("domain.pin_vcpu", &cpus, expected);
    let flag = [("domain", "vm1"), ("file", "/x"), ("live", "yes")];
    invalid("domain.dump", &flag, "invalid argument `live`, expected 1, 0, true or false");
    let force = Arguments::from_iter([("domain", "vm1"), ("type", "vif"), ("device", "0"), ("force", "1")]);
    let error = DEVICE_DETACH.request(Face::XmlRpc, Release::V3_0_3, &force).unwrap_err();
    let text = "unknown argument `force` of `device.detach`, expected only arguments that the xmlrpc face of 3.0.3 has";
    assert_eq!(error.to_string(), text);
    check(
        "domain.create",
        &[("config", "(vm (name x)")],
        ErrorKind::UnexpectedEnd,
        "unexpected end of input, expected `)` for the `(` at byte 0",
    );
    check(
        "domain.create",
        &[("config", "")],
        ErrorKind::UnexpectedEnd,
        "unexpected end of input, expected an S-expression",
    );
    let error = NODE_INFO.request(Face::XenApi, Release::V3_0_3, &Arguments::new()).unwrap_err();
    assert_eq!(error.to_string(), "unsupported operation `node.info`, expected one that the xenapi face of 3.0.3 has");
}

/// A value for each argument, which differs from the default if the argument is optional.
fn all_arguments(operation: Operation) -> Arguments {
    let value = |argument: &Argument| match (argument.kind, argument.name) {
        (ArgumentKind::Sexpr, _) => "(vm (name new))",
        (_, "reason") => "poweroff",
        (ArgumentKind::Domain | ArgumentKind::Text, _) => "halt",
        (ArgumentKind::Path, _) => "/srv/file",
        (ArgumentKind::Integer(_), _) => "12",
        (ArgumentKind::Flag, _) => "1",
        (ArgumentKind::Key, _) => "h",
        (ArgumentKind::Cpus, _) => "0,1",
    };
    operation.arguments().iter().map(|argument| (argument.name, value(argument))).collect()
}

fn sorted(arguments: &Arguments) -> Vec<(&str, &[u8])> {
    let mut sorted: Vec<_> = arguments.iter().collect();
    sorted.sort_unstable();
    sorted
}

/// Every request that the table builds is recognised as the same operation with the same arguments.
#[test]
fn every_request_is_recognised() {
    for &operation in sample(ALL) {
        let given = all_arguments(operation);
        for release in rotate(Release::ALL.iter().copied(), operation.name()) {
            let name = operation.name();
            if let Ok(request) = operation.request(Face::Sxp, release, &given) {
                let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
                let path: Vec<_> = path.split('/').filter(|element| !element.is_empty()).collect();
                let body = String::from_utf8(request.body).expect("ASCII");
                let fields: HashMap<String, Vec<u8>> = (body + query)
                    .split('&')
                    .filter_map(|field| field.split_once('='))
                    .map(|(name, value)| (name.to_owned(), percent_encoding::percent_decode_str(value).collect()))
                    .collect();
                let field = |name: &str| fields.get(name).map(Vec::as_slice);
                let recognised = recognise_resource(ALL, release, request.method.as_bytes(), &path, field);
                assert!(is_among(&recognised, operation, &given), "sxp {name} {release}: {recognised:?}");
            }
            for face in [Face::XmlRpc, Face::XenApi] {
                let references = References { session: "s", object: "halt" };
                let Ok(request) = operation.request_with(face, release, &given, references) else { continue };
                let call = crate::xmlrpc::decode_call(
                    &request.body,
                    crate::xmlrpc::Rules::xend(release),
                    &crate::Limits::default(),
                )
                .expect("a call");
                let params: Vec<_> = call.params().map(Datum::from_value).collect();
                let recognised = recognise_call(ALL, face, release, call.method(), &params);
                assert!(is_among(&recognised, operation, &given), "{face} {name} {release}: {recognised:?}");
            }
        }
    }
}

/// Whether the operation is one of those that a request was recognised as.
fn is_among(recognised: &[(Operation, Arguments)], operation: Operation, given: &Arguments) -> bool {
    recognised.iter().any(|(found, read)| *found == operation && sorted(read) == sorted(given))
}

/// Optional arguments may be left out, and are then not among the recognised ones.
#[test]
fn optional_arguments_may_be_left_out() {
    for &operation in sample(ALL) {
        let required = |name: &str| operation.arguments().iter().any(|it| it.name == name && it.is_required);
        let given: Arguments = all_arguments(operation).iter().filter(|(name, _)| required(name)).collect();
        for release in rotate(Release::ALL.iter().copied(), operation.name()) {
            let Ok(request) = operation.request(Face::XmlRpc, release, &given) else { continue };
            let call = crate::xmlrpc::decode_call(
                &request.body,
                crate::xmlrpc::Rules::xend(release),
                &crate::Limits::default(),
            )
            .expect("a call");
            let params: Vec<_> = call.params().map(Datum::from_value).collect();
            let recognised = recognise_call(ALL, Face::XmlRpc, release, call.method(), &params);
            assert!(is_among(&recognised, operation, &given), "{} {release}: {recognised:?}", operation.name());
        }
    }
}

/// Every operation exists on some face, each name is used once, and newer forms come after older ones.
#[test]
fn the_table_is_well_formed() {
    for (at, &operation) in ALL.iter().enumerate() {
        assert!(!ALL[..at].contains(&operation), "{operation} stands twice");
        assert_eq!(find(operation.name()), Some(operation));
        assert!(Face::ALL.iter().any(|&face| operation.is_supported(face, Release::V4_1)), "{operation} is nowhere");
        let row = operation.row();
        assert!(row.sxp.is_sorted_by_key(|form| form.since), "{operation}");
        assert!(row.xmlrpc.is_sorted_by_key(|form| form.since), "{operation}");
        // An operation takes either one request or several steps.
        let is_free = |face: Face| !Release::ALL.iter().any(|&release| operation.takes_one_request(face, release));
        assert!(row.legacy.is_none() || is_free(Face::Sxp) && is_free(Face::XmlRpc), "{operation}");
        assert!(row.methods.is_none() || is_free(Face::XenApi), "{operation}");
    }
}

/// The constant of `domain.pause` is `PAUSE`, and that of `device.attach` is `DEVICE_ATTACH`.
#[test]
fn constants_are_named_as_their_operations() {
    for (constant, name) in table::NAMES.into_iter().flatten() {
        let expected = name.strip_prefix("domain.").unwrap_or(name).replace('.', "_").to_uppercase();
        assert_eq!(*constant, expected);
    }
}
