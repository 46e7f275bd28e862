//! Replies that end or stop too early, at every byte.

use std::time::Duration;

use tokio::time::Instant;
use xend_client::{ErrorCode, Face, Fate, Operation};
use xend_wire::operation::{self, find};

use crate::peer::{Then, ask, client, reply, run};

const RECORD: &str = "(domain (domid 1) (name vm1) (memory 64))";
const NIL: &str =
    "<?xml version='1.0'?><methodResponse><params><param><value><nil/></value></param></params></methodResponse>";
const TUPLE: &str = "<?xml version='1.0'?><methodResponse><params><param><value><array><data><value>domain</value>\
    <value><array><data><value>domid</value><value><int>1</int></value></data></array></value></data></array></value>\
    </param></params></methodResponse>";
const VOID: &str = "<?xml version='1.0'?><methodResponse><params><param><value><struct><member><name>Status</name>\
    <value>Success</value></member><member><name>Value</name><value>u</value></member></struct></value></param></params></methodResponse>";

/// Checks that an incomplete reply never gives a result, and that the error tells whether the operation may have
/// happened and comes before the deadline.
#[track_caller]
fn check(face: Face, operation: &str, status: &str, body: &str) {
    let operation: Operation = find(operation).expect(operation);
    let whole = reply(status, body);
    let client = client(face).credentials("root", "");
    let limit = Duration::from_secs(300);
    for length in 0..whole.len() {
        for holds in [false, true] {
            let pieces = vec![whole[..length].to_vec()];
            let then = if holds { Then::Hold(pieces) } else { Then::Close(pieces) };
            let (elapsed, answer) = run(async {
                let begin = Instant::now();
                let answer = ask(&client, operation, then).await.1;
                (begin.elapsed(), answer)
            });
            let error = answer.expect_err("cut");
            let (code, fate) = match operation.effect() {
                xend_wire::operation::Effect::Changes => (ErrorCode::UnableToVerifyState, Fate::Unknown),
                xend_wire::operation::Effect::Reads => (ErrorCode::CommunicationNotEstablished, Fate::Sent),
            };
            let place = format!("{} on {face}, cut at {length}, held {holds}: {error}", operation.name());
            assert_eq!((error.code(), error.fate()), (code, fate), "{place}");
            assert!(elapsed <= limit, "{place}");
            let said = [
                "closed before the reply was complete",
                "ends too early",
                "no reply within",
                "no complete reply within",
            ];
            assert!(said.iter().any(|said| error.message().contains(said)), "{place}");
            assert_eq!(holds, error.is_timeout(), "{place}");
        }
    }
    // The complete reply is accepted, so the errors above come from the cuts alone.
    assert!(run(ask(&client, operation, Then::Hold(vec![whole]))).1.is_ok(), "{} on {face}", operation.name());
}

#[test]
fn on_the_s_expression_face() {
    check(Face::Sxp, "domain.info", "200 OK", RECORD);
    check(Face::Sxp, "domain.create", "201 created", RECORD);
    check(Face::Sxp, "domain.destroy", "200 OK", "0");
}

#[test]
fn on_the_xml_rpc_face() {
    check(Face::XmlRpc, "domain.info", "200 OK", TUPLE);
    check(Face::XmlRpc, "domain.pause", "200 OK", NIL);
}

#[test]
fn on_the_xen_api() {
    check(Face::XenApi, "session.login", "200 OK", VOID);
}

/// A reply without a length ends when the connection is closed, so this failure is complete.
#[test]
fn a_reply_without_a_length_ends_where_it_ends() {
    let whole = b"HTTP/1.1 500 Request failed: pause\r\n\r\n(xend.err 'Cannot pause privileged domain 0')";
    let pause = operation::PAUSE;
    let error = run(ask(&client(Face::Sxp), pause, Then::Close(vec![whole.to_vec()]))).1.unwrap_err();
    assert_eq!((error.code(), error.fate()), (ErrorCode::WrongStateForOp, Fate::Refused));
}
