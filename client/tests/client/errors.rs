//! What the client says when things go wrong, and what it then knows of the operation's fate.

use std::time::Duration;

use xend_client::{Client, Deadlines, Error, Face, Uri};
use xend_wire::operation;

use crate::peer::{Then, ask, client, reply, run};

fn describe(error: &Error) -> String {
    format!(
        "{error}\n  code {}, fate {:?}, reply {:?}\n",
        error.code(),
        error.fate(),
        error.reply().map(|reply| reply.status)
    )
}

#[test]
fn replies_and_their_errors() {
    let _snapshots = crate::snapshots();
    let pause = operation::PAUSE;
    let info = operation::INFO;
    let fault = "<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>2</int></value></member>\
        <member><name>faultString</name><value>Cannot pause privileged domain 0</value></member></struct></value></fault></methodResponse>";
    let cut = |reply: Vec<u8>, length: usize| reply[..length].to_vec();
    let answers: [(&str, Face, Then); 13] = [
        (
            "501",
            Face::Sxp,
            Then::Close(vec![reply("501 Operation not implemented: pause", "Operation not implemented: pause")]),
        ),
        (
            "500 with xend.err",
            Face::Sxp,
            Then::Close(vec![reply("500 Request failed: pause", "(xend.err 'Cannot pause privileged domain 0')")]),
        ),
        (
            "200 with xend.err",
            Face::Sxp,
            Then::Close(vec![reply(
                "200 OK",
                "(xend.err 'Device 0 (vif) could not be connected. Hotplug scripts not working.')",
            )]),
        ),
        ("404", Face::Sxp, Then::Close(vec![reply("404 Not found", "No such domain vm1")])),
        ("500 with nothing", Face::Sxp, Then::Close(vec![reply("500 Internal server error", "")])),
        ("a fault", Face::XmlRpc, Then::Close(vec![reply("200 OK", fault)])),
        ("HTML where XML should be", Face::XmlRpc, Then::Close(vec![reply("200 OK", "<html></html>")])),
        ("nothing, then a close", Face::Sxp, Then::Close(Vec::new())),
        ("not HTTP", Face::Sxp, Then::Close(vec![b"(xend.err 'hello')\r\n\r\n".to_vec()])),
        ("a head that is cut", Face::Sxp, Then::Close(vec![cut(reply("200 OK", "(a)"), 20)])),
        ("a body that is cut", Face::Sxp, Then::Close(vec![cut(reply("200 OK", "(domain (name vm1))"), 45)])),
        ("silence", Face::Sxp, Then::Hold(Vec::new())),
        ("a body that stops coming", Face::Sxp, Then::Hold(vec![cut(reply("200 OK", "(domain (name vm1))"), 45)])),
    ];
    let mut shown = String::new();
    for (name, face, then) in answers {
        let (first, second) = match then {
            Then::Close(pieces) => (Then::Close(pieces.clone()), Then::Close(pieces)),
            Then::Hold(pieces) => (Then::Hold(pieces.clone()), Then::Hold(pieces)),
        };
        shown += &format!("=== {name}\n");
        for (operation, then) in [(pause, first), (info, second)] {
            shown += &match run(ask(&client(face), operation, then)).1 {
                Ok(answer) => format!("{}: {answer}\n", operation.name()),
                Err(error) => describe(&error),
            };
        }
    }
    insta::assert_snapshot!("replies", shown);
}

#[test]
fn a_reply_over_the_limit_is_refused() {
    let info = operation::INFO;
    let client = client(Face::Sxp).reply_limit(10);
    let error = run(ask(&client, info, Then::Close(vec![reply("200 OK", "(domain (name vm1))")]))).1.unwrap_err();
    assert_eq!(error.message(), "the reply is longer than 10 bytes");
}

/// A daemon from 3.1 on does not close: the reply ends where Content-length says.
#[test]
fn the_end_of_a_reply_needs_no_close() {
    let info = operation::INFO;
    let then = Then::Hold(vec![reply("200 OK", "(domain (name vm1))")]);
    assert_eq!(run(ask(&client(Face::Sxp), info, then)).1.unwrap(), "[(domain (name vm1))]");
}

#[test]
fn what_is_not_reached_was_not_sent() {
    let _snapshots = crate::snapshots();
    let folder = tempfile::tempdir().unwrap();
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let uris = [
        Uri::tcp(Face::Sxp, "127.0.0.1", nowhere.port()),
        Uri::unix(Face::XmlRpc, folder.path().join("none.sock")),
        Uri::unix(Face::XmlRpc, folder.path().join("x".repeat(200))),
        Uri::tcp(Face::Sxp, "no such host", 8000),
    ];
    let mut shown = String::new();
    for uri in uris {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = Client::new(uri).deadlines(Deadlines { connect: Duration::from_secs(20), ..Deadlines::default() });
        let error = runtime.block_on(client.pause("vm1")).unwrap_err();
        shown += &describe(&error);
    }
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&nowhere.port().to_string(), "PORT");
    settings.add_filter(&folder.path().display().to_string(), "FOLDER");
    settings.add_filter("x{200}", "x*200");
    // The resolver's own words differ by system.
    settings.add_filter("unknown host: .* \\(ERR", "unknown host: ... (ERR");
    settings.bind(|| insta::assert_snapshot!("not-reached", shown));
}
