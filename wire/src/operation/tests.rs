//! The table is checked against captures, never against itself.

use super::*;
use crate::datum::Datum;
use crate::failure::ErrorCode;
use crate::sexpr::{Rules, print};
use crate::tests::{by_turns, some};
use crate::{ErrorKind, Release};

fn arguments() -> Arguments {
    Arguments::from_iter([("domain", "vm1")])
}

/// Requests of libvirt and of `xm` (captures `xm-calls`, `xmlrpc-3.0.3`), in the forms of the table.
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
    let operation = find("domain.info").unwrap();
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
    invalid("domain.set_memory", &memory, "invalid argument `memory`, expected an integer of 64 bits");
    let memory = [("domain", "vm1"), ("memory", "4294967296")];
    invalid("domain.set_memory", &memory, "invalid argument `memory`, expected a number that fits into an int");
    invalid("domain.sysrq", &[("domain", "vm1"), ("key", "sb")], "invalid argument `key`, expected one character");
    invalid("domain.save", &[("domain", "vm1"), ("file", "x")], "invalid argument `file`, expected an absolute path");
    let cpus = [("domain", "vm1"), ("vcpu", "0"), ("cpus", "0-3")];
    invalid("domain.pin_vcpu", &cpus, "invalid argument `cpus`, expected numbers of processors, such as 0,1");
    let flag = [("domain", "vm1"), ("file", "/x"), ("live", "yes")];
    invalid("domain.dump", &flag, "invalid argument `live`, expected 1, 0, true or false");
    let force = Arguments::from_iter([("domain", "vm1"), ("type", "vif"), ("device", "0"), ("force", "1")]);
    let error = find("device.detach").unwrap().request(Face::XmlRpc, Release::V3_0_3, &force).unwrap_err();
    let text = "unknown argument `force` of `device.detach`, expected only what the xmlrpc face of 3.0.3 has";
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
    let error = find("node.info").unwrap().request(Face::XenApi, Release::V3_0_3, &Arguments::new()).unwrap_err();
    assert_eq!(error.to_string(), "no such operation `node.info`, expected one that the xenapi face of 3.0.3 has");
}

/// A value for each argument, none of which is what is meant without it.
fn all_arguments(operation: &Operation) -> Arguments {
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
    operation.arguments.iter().map(|argument| (argument.name, value(argument))).collect()
}

fn sorted(arguments: &Arguments) -> Vec<(&str, &[u8])> {
    let mut sorted: Vec<_> = arguments.iter().collect();
    sorted.sort_unstable();
    sorted
}

/// Whatever a client asks is recognised as the same operation with the same arguments.
#[test]
fn every_request_is_recognised() {
    for operation in some(OPERATIONS) {
        let given = all_arguments(operation);
        for release in by_turns(Release::ALL.iter().copied(), operation.name) {
            let name = operation.name;
            if let Ok(request) = operation.request(Face::Sxp, release, &given) {
                let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
                let path: Vec<_> = path.split('/').filter(|element| !element.is_empty()).collect();
                let body = String::from_utf8(request.body).expect("ASCII");
                let fields: Vec<(String, Vec<u8>)> = (body + query)
                    .split('&')
                    .filter_map(|field| field.split_once('='))
                    .map(|(name, value)| (name.to_owned(), percent_encoding::percent_decode_str(value).collect()))
                    .collect();
                let recognised = recognise_sxp(release, request.method, &path, &fields);
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
                .expect(name);
                let params: Vec<_> = call.params().map(Datum::from_value).collect();
                let recognise = if face == Face::XmlRpc { recognise_xmlrpc } else { recognise_xenapi };
                let recognised = recognise(release, call.method(), &params);
                assert!(is_among(&recognised, operation, &given), "{face} {name} {release}: {recognised:?}");
            }
        }
    }
}

/// One request may stand for several operations.
fn is_among(recognised: &[(&'static Operation, Arguments)], operation: &Operation, given: &Arguments) -> bool {
    recognised.iter().any(|(found, read)| found.name == operation.name && sorted(read) == sorted(given))
}

/// What is optional may be left out, and is then not among what is recognised.
#[test]
fn optional_arguments_may_be_left_out() {
    for operation in some(OPERATIONS) {
        let required = |name: &str| operation.arguments.iter().any(|it| it.name == name && it.is_required);
        let given: Arguments = all_arguments(operation).iter().filter(|(name, _)| required(name)).collect();
        for release in by_turns(Release::ALL.iter().copied(), operation.name) {
            let Ok(request) = operation.request(Face::XmlRpc, release, &given) else { continue };
            let call = crate::xmlrpc::decode_call(
                &request.body,
                crate::xmlrpc::Rules::xend(release),
                &crate::Limits::default(),
            )
            .expect(operation.name);
            let params: Vec<_> = call.params().map(Datum::from_value).collect();
            let recognised = recognise_xmlrpc(release, call.method(), &params);
            assert!(is_among(&recognised, operation, &given), "{} {release}: {recognised:?}", operation.name);
        }
    }
}

/// Every operation is somewhere, each name stands once, and newer forms follow older ones.
#[test]
fn the_table_is_well_formed() {
    for (at, operation) in OPERATIONS.iter().enumerate() {
        let name = operation.name;
        assert!(OPERATIONS[..at].iter().all(|earlier| earlier.name != name), "{name} stands twice");
        assert!(Face::ALL.iter().any(|&face| operation.is_supported(face, Release::V4_1)), "{name} is nowhere");
        assert!(operation.sxp.is_sorted_by_key(|form| form.since), "{name}");
        assert!(operation.xmlrpc.is_sorted_by_key(|form| form.since), "{name}");
    }
}

fn reply(status: u16, reason: &str, body: &str) -> Reply {
    Reply { status, reason: reason.to_owned(), body: body.as_bytes().to_vec() }
}

#[test]
fn answers_end_in_one_model() {
    let check = |name: &str, face: Face, body: &str, expect: &str| {
        let document = find(name).unwrap().read(face, Release::V3_0_3, &reply(200, "OK", body)).expect(name);
        assert_eq!(String::from_utf8_lossy(&print(&document, Rules::strict())), expect);
    };
    let array = |items: &str| {
        format!(
            "<methodResponse><params><param><value><array><data>{items}</data></array></value></param></params></methodResponse>"
        )
    };
    let nil = "<methodResponse><params><param><value><nil/></value></param></params></methodResponse>";
    check("domain.list", Face::Sxp, "(Domain-0 vm1 vm2)", "(Domain-0 vm1 vm2)");
    check("domain.list", Face::XmlRpc, &array("<value>Domain-0</value><value>vm1</value>"), "(Domain-0 vm1)");
    check("domain.info", Face::Sxp, "(domain (domid 1))''", "(domain (domid 1))");
    let domid = array(&format!(
        "<value>domain</value><value>{}</value>",
        "<array><data><value>domid</value><value><int>1</int></value></data></array>"
    ));
    check("domain.info", Face::XmlRpc, &domid, "(domain (domid 1))");
    let pair = array("<value><array><data><value>nr_cpus</value><value><int>2</int></value></data></array></value>");
    check("node.info", Face::XmlRpc, &pair, "(node (nr_cpus 2))");
    check("domain.pause", Face::Sxp, "", "");
    check("domain.pause", Face::XmlRpc, nil, "");
}

/// Captured error replies of all kinds, with the code that design and table give them.
#[test]
fn failures_are_found_under_any_status() {
    let check = |name: &str, face: Face, release: Release, reply: Reply, code: ErrorCode, message: &str| {
        let failure = find(name).unwrap().read(face, release, &reply).expect_err(message);
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
        assert_eq!(failure.reply.as_ref(), Some(&reply));
    };
    use ErrorCode::*;
    use Release::*;
    let sxp = Face::Sxp;
    // Captures `post-op-unknown`, `post-pause-dom0`, `post-destroy-dom0@3.0.2`, `get-domain-unknown`, `post-op-missing`.
    check(
        "domain.pause",
        sxp,
        V3_0_3,
        reply(501, "Operation not implemented: pause", "Operation not implemented: pause"),
        VmmCmdFormatError,
        "Operation not implemented: pause",
    );
    check(
        "domain.pause",
        sxp,
        V4_1,
        reply(501, "Operation not implemented: pause", "Operation not implemented: pause''"),
        VmmCmdFormatError,
        "Operation not implemented: pause",
    );
    check(
        "domain.pause",
        sxp,
        V3_0_3,
        reply(500, "Request failed: pause", "(xend.err 'Cannot pause privileged domain 0')"),
        WrongStateForOp,
        "Cannot pause privileged domain 0",
    );
    check(
        "domain.destroy",
        sxp,
        V3_0_2,
        reply(202, "Accepted", "(xend.err 'Cannot destroy privileged domain 0')"),
        WrongStateForOp,
        "Cannot destroy privileged domain 0",
    );
    check(
        "domain.info",
        sxp,
        V3_0_3,
        reply(404, "Not found", "No such domain nosuch"),
        VmNotFound,
        "No such domain nosuch",
    );
    check("domain.info", sxp, V3_1, reply(500, "Internal server error", ""), VmNotFound, "Internal server error");
    check("node.info", sxp, V3_1, reply(500, "Internal server error", ""), Unknown, "Internal server error");
    check("domain.pause", sxp, V4_1, reply(406, "Invalid request", "''"), BadParameter, "Invalid request");
    check(
        "domain.create",
        sxp,
        V4_1,
        reply(413, "Request entity too large", ""),
        VmmCmdFormatError,
        "Request entity too large",
    );
    check(
        "domain.list",
        sxp,
        V4_1,
        reply(200, "OK", "<html>"),
        CommunicationNotEstablished,
        "the reply should hold a list of names, and holds `<html>`",
    );
    check(
        "domain.create",
        sxp,
        V4_1,
        reply(201, "created", "(domain"),
        UnableToVerifyState,
        "the reply is no S-expression: unexpected end of input, expected `)` for the `(` at byte 0",
    );
    let fault = |code: i32, text: &str| {
        reply(
            200,
            "OK",
            &format!(
                "<methodResponse><fault><value><struct><member><name>faultString</name><value>{text}</value></member><member><name>faultCode</name><value><int>{code}</int></value></member></struct></value></fault></methodResponse>"
            ),
        )
    };
    let rpc = Face::XmlRpc;
    check("domain.info", rpc, V3_0_3, fault(3, "nosuch"), VmNotFound, "nosuch");
    check("domain.pause", rpc, V3_0_2, fault(2, "&lt;Fault 3: 'nosuch'&gt;"), VmNotFound, "<Fault 3: 'nosuch'>");
    check(
        "domain.pause",
        rpc,
        V3_0_3,
        fault(2, "Cannot pause privileged domain Domain-0"),
        WrongStateForOp,
        "Cannot pause privileged domain Domain-0",
    );
    check("domain.pause", rpc, V3_0_3, fault(1, "something odd"), VmControlOpFailed, "something odd");
    check("domain.create", rpc, V3_0_3, fault(2, "something odd"), OperationFailed, "something odd");
    check("domain.create", rpc, V3_0_3, fault(1, ""), Unknown, "");
    let unknown = "<methodResponse><params><param><value><struct><member><name>Status</name><value>Failure</value></member><member><name>ErrorDescription</name><value><array><data><value>MESSAGE_METHOD_UNKNOWN</value><value>xend.bogus</value></data></array></value></member></struct></value></param></params></methodResponse>";
    check("domain.pause", rpc, V3_1, reply(200, "OK", unknown), VmmCmdFormatError, "MESSAGE_METHOD_UNKNOWN xend.bogus");
    check(
        "domain.pause",
        rpc,
        V4_1,
        reply(200, "OK", "hello"),
        UnableToVerifyState,
        "the reply is no XML-RPC response: unexpected text `hello`, expected `methodCall` or `methodResponse`",
    );
}

#[test]
fn a_reply_is_printed_as_text() {
    let reply = reply(200, "OK", "(a\n\u{1})");
    assert_eq!(format!("{reply:?}"), r#"Reply { status: 200, reason: "OK", body: "(a\n\x01)" }"#);
}
