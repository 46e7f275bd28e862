//! Captured replies, and replies of the shapes that the protocol reference describes, are read as the daemon meant them.

use super::*;
use crate::failure::ErrorCode;
use crate::operation::find;
use crate::sexpr::{Rules, print};

fn reply(status: u16, reason: &str, body: &str) -> Reply {
    Reply::new(status, reason, body)
}

#[test]
fn answers_end_in_one_model() {
    let check = |name: &str, face: Face, body: &str, expect: &str| {
        let document = find(name).expect(name).read(face, Release::V3_0_3, &reply(200, "OK", body)).expect(name);
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

/// Captured error replies of all kinds have the codes that the table of patterns gives them.
#[test]
fn failures_are_found_under_any_status() {
    let check = |name: &str, face: Face, release: Release, reply: Reply, code: ErrorCode, message: &str| {
        let failure = find(name).expect(name).read(face, release, &reply).expect_err(message);
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
        assert_eq!(failure.reply.as_deref(), Some(&reply));
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
        "expected a list of names in the reply, found `<html>`",
    );
    check(
        "domain.create",
        sxp,
        V4_1,
        reply(201, "created", "(domain"),
        UnableToVerifyState,
        "the reply is not an S-expression: unexpected end of input, expected `)` for the `(` at byte 0",
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
        "the reply is not an XML-RPC response: unexpected text `hello`, expected `methodResponse`",
    );
}

/// A reply that does not answer the request leaves the outcome unknown, whatever its status is.
#[test]
fn what_does_not_say_that_it_was_done_leaves_the_outcome_unknown() {
    let response = |inside: &str| format!("<methodResponse>{inside}</methodResponse>");
    let value = |value: &str| response(&format!("<params><param><value>{value}</value></param></params>"));
    let member = |name: &str, value: &str| format!("<member><name>{name}</name><value>{value}</value></member>");
    let fault = format!("<struct>{}{}</struct>", member("faultCode", "<int>1</int>"), member("faultString", "no"));
    let wrapped =
        |inside: &str| value(&format!("<struct>{}{}</struct>", member("Status", "Success"), member("Value", inside)));
    let check = |name: &str, face: Face, reply: &Reply, wanted: &str| {
        let failure = find(name).expect(name).read(face, Release::V4_1, reply).expect_err(wanted);
        assert_eq!(failure.message, wanted, "{name} on {face}");
        let code = match find(name).expect(name).effect() {
            Effect::Changes => ErrorCode::UnableToVerifyState,
            Effect::Reads => ErrorCode::CommunicationNotEstablished,
        };
        assert_eq!(failure.code, code, "{name} on {face}");
    };
    let no_response = "the reply is not an XML-RPC response: ";
    let echo = "<methodCall><methodName>xend.domain.destroy</methodName><params><param><value>vm1</value></param></params></methodCall>";
    for (body, why) in [
        (echo, "unexpected root element: the document is a call, expected `methodResponse`"),
        ("<html></html>", "unexpected root element `html`, expected `methodResponse`"),
        (&response("<params></params>"), "missing element `param`, expected one `param`, or one `fault`"),
        (
            &response(&format!("<params>{}</params>", "<param><value><nil/></value></param>".repeat(2))),
            "unexpected element: more than one value, expected one `param`, or one `fault`",
        ),
        (
            &response(&format!(
                "<params><param><value>1</value></param></params><fault><value>{fault}</value></fault>"
            )),
            "unexpected element: more than one value, expected one `param`, or one `fault`",
        ),
    ] {
        for (name, face) in
            [("domain.destroy", Face::XmlRpc), ("domain.list", Face::XmlRpc), ("domain.list", Face::XenApi)]
        {
            check(name, face, &reply(200, "OK", body), &format!("{no_response}{why}"));
        }
    }
    let shapes = [
        ("domain.destroy", Face::XmlRpc, &*fault, "no value"),
        ("domain.destroy", Face::XmlRpc, "vm1", "no value"),
        ("domain.destroy", Face::XmlRpc, "<int>1</int>", "no value"),
        ("domain.pause", Face::XmlRpc, "<int>0</int>", "no value"),
        ("domain.pause", Face::XmlRpc, "", "no value"),
        ("domain.restore", Face::XmlRpc, "<array><data><value>vm</value></data></array>", "no value"),
        ("domain.list", Face::XmlRpc, "hello", "a list of names"),
        ("domain.list", Face::XmlRpc, "<array><data><value><int>1</int></value></data></array>", "a list of names"),
        ("node.info", Face::XmlRpc, "hello", "`(node ...)`"),
        ("node.info", Face::XmlRpc, "<array><data></data></array>", "`(node ...)`"),
        ("node.info", Face::XmlRpc, "<array><data><value>vm1</value></data></array>", "`(node ...)`"),
        ("domain.credit", Face::XmlRpc, &fault, "`(credit ...)`"),
        ("node.info", Face::XmlRpc, &fault, "`(node ...)`"),
        ("domain.info", Face::XmlRpc, "<array><data><value>domain</value></data></array>", "`(domain ...)`"),
        ("domain.records", Face::XmlRpc, "<struct></struct>", "a list of `(domain ...)`"),
        ("node.dmesg", Face::XmlRpc, "<int>1</int>", "a text"),
        ("device.list", Face::XmlRpc, "<nil/>", "a list of devices"),
        ("device.attach", Face::XmlRpc, "True", "a device"),
    ];
    for (name, face, body, wanted) in shapes {
        let reply = reply(200, "OK", &value(body));
        let failure = find(name).expect(name).read(face, Release::V4_1, &reply).expect_err(name);
        assert!(failure.message.starts_with(&format!("expected {wanted} in the reply, found `")), "{name}: {failure}");
    }
    let failed = format!(
        "<struct>{}{}</struct>",
        member("Status", "Failure"),
        member("ErrorDescription", "<array><data><value>X</value></data></array>")
    );
    let shapes = [
        ("domain.pause", "hello", "no value"),
        ("domain.pause", "<boolean>1</boolean>", "no value"),
        ("domain.list", "hello", "a list of names"),
        ("domain.list", "", "a list of names"),
        ("domain.list", "<int>5</int>", "a list of names"),
        ("domain.list", "<struct><member><name>a</name><value>b</value></member></struct>", "a list of names"),
        ("domain.list", "<array><data><value>a</value></data></array>", "a list of names"),
        ("domain.list", "<array><data></data></array>", "a list of names"),
        ("domain.references", "<struct></struct>", "a list of references"),
        ("domain.references", "<array><data><value></value></data></array>", "a list of references"),
        ("host.references", "hello", "a list of references"),
        ("domain.info", "hello", "`(domain ...)`"),
        ("domain.info", "<struct></struct>", "`(domain ...)`"),
        ("domain.info", &fault, "`(domain ...)`"),
        ("domain.info", &failed, "`(domain ...)`"),
        ("node.info", &failed, "`(node ...)`"),
        ("domain.credit", &failed, "`(credit ...)`"),
        ("domain.credit", &fault, "`(credit ...)`"),
        ("domain.records", "", "a list of `(domain ...)`"),
        ("session.login", "<int>5</int>", "a text"),
    ];
    for (name, body, wanted) in shapes {
        let reply = reply(200, "OK", &wrapped(body));
        let failure = find(name).expect(name).read(Face::XenApi, Release::V4_1, &reply).expect_err(name);
        assert!(failure.message.starts_with(&format!("expected {wanted} in the reply, found `")), "{name}: {failure}");
    }
    let without_length = Reply { headers: Vec::new(), ..reply(200, "OK", "") };
    check(
        "domain.pause",
        Face::Sxp,
        &without_length,
        "the reply has neither a length nor a body, so it may have been cut off",
    );
    check(
        "domain.pause",
        Face::Sxp,
        &reply(200, "OK", "op=pause"),
        "the reply does not confirm the operation, but says `op=pause`",
    );
    check("domain.pause", Face::Sxp, &reply(200, "OK", "1"), "the reply does not confirm the operation, but says `1`");
    // A text without a value is no answer of the daemon (protocol reference §2), which sends an empty body.
    for said in [" ", "# try later"] {
        let wanted = format!("the reply does not confirm the operation, but says `{said}`");
        check("domain.pause", Face::Sxp, &reply(200, "OK", said), &wanted);
    }
    // Only `chunked` tells where a body ends (RFC 9112, section 6.3).
    for coding in ["identity", "gzip"] {
        let headers = vec![("Transfer-Encoding".to_owned(), coding.into())];
        let cut = Reply { headers, ..reply(200, "OK", "") };
        let failure = find("domain.pause").expect("it is known").read(Face::Sxp, Release::V4_1, &cut);
        assert_eq!(failure.expect_err(coding).code, ErrorCode::UnableToVerifyState, "{coding}");
    }
    // A dict is a scheduler's parameters and nothing else, and tells at least one.
    for (name, body, wanted) in [
        ("domain.info", r#""{'a': 1}""#, "`(domain ...)`"),
        ("domain.create", r#""{}""#, "`(domain ...)`"),
        ("domain.credit", r#""{}""#, "`(credit ...)`"),
        ("domain.credit", r#""{'a': <html>}""#, "`(credit ...)`"),
    ] {
        check(name, Face::Sxp, &reply(200, "OK", body), &format!("expected {wanted} in the reply, found `{body}`"));
    }
    // Python's reader takes these for values.
    let done = "<params><param><value><nil/></value></param></params>";
    for inside in [
        &*format!("<methodResponse>{done}</methodResponse>"),
        &format!("<error>permission denied</error>{done}"),
        "<params><value><nil/></value></params>",
        "<params><param><value>hello<nil/></value></param></params>",
    ] {
        let body = reply(200, "OK", &response(inside));
        let failure = find("domain.pause").expect("it is known").read(Face::XmlRpc, Release::V4_1, &body);
        assert_eq!(failure.expect_err(inside).code, ErrorCode::UnableToVerifyState, "{inside}");
    }
    for said in [" (xend.err 'no')", "\u{feff}<!DOCTYPE html>", "<?xml version='1.0'?><html/>", "<HEAD>"] {
        assert!(
            find("node.log").expect("it is known").read(Face::Sxp, Release::V4_1, &reply(200, "OK", said)).is_err(),
            "{said}"
        );
    }
    let two = "(domain (domid 1))(domain (domid 2))";
    check(
        "domain.info",
        Face::Sxp,
        &reply(200, "OK", two),
        &format!("expected `(domain ...)` in the reply, found `{two}`"),
    );
    let page = "<html><body>hello</body></html>";
    check("node.dmesg", Face::Sxp, &reply(200, "OK", page), &format!("expected a text in the reply, found `{page}`"));
    let mut compressed = reply(200, "OK", "\u{3}\u{2}");
    compressed.headers.push(("Content-Encoding".to_owned(), b"br".to_vec()));
    for face in Face::ALL {
        check(
            "domain.list",
            face,
            &compressed,
            "the reply is compressed (br), although the client did not ask for compression",
        );
    }
}

#[test]
fn a_reply_is_printed_as_text() {
    let reply = reply(200, "OK", "(a\n\u{1})");
    assert_eq!(format!("{reply:?}"), r#"Reply { status: 200, reason: "OK", body: "(a\n\x01)" }"#);
}
