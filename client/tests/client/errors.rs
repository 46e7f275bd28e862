//! The client's errors: their messages, codes and fates.

use std::io;
use std::time::Duration;

use xend_client::{Arguments, Client, Deadlines, Error, ErrorCode, Face, Release, Uri};
use xend_wire::operation;

use crate::peer::{Then, ask, client, conversation, reply, run};

fn describe(error: &Error) -> String {
    let reply = error.reply().map(|reply| reply.status);
    let mut shown = format!("{error}\n  code {}, fate {:?}, reply {reply:?}", error.code(), error.fate());
    let said = [
        (error.is_timeout(), "timeout"),
        (error.is_unreachable(), "unreachable"),
        (error.may_have_happened(), "may have happened"),
    ];
    for (_, word) in said.into_iter().filter(|(holds, _)| *holds) {
        shown += ", ";
        shown += word;
    }
    shown + "\n"
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

/// Errors before a request is sent and between the requests of an operation.
#[test]
fn what_is_wrong_without_a_reply_to_blame() {
    let _snapshots = crate::snapshots();
    let mut shown = String::new();
    let mut note = |title: &str, error: Error| shown += &format!("=== {title}\n{}", describe(&error));
    run(async {
        let sxp = client(Face::Sxp);
        let never = || std::future::pending::<io::Result<tokio::io::DuplexStream>>();
        let operation = sxp.clone().release(Release::V3_0_2).reset("vm1").await.unwrap_err();
        note("an operation that the release lacks", operation);
        note("no domain", sxp.pause("").await.unwrap_err());
        note("an argument too few", sxp.call(operation::PAUSE, &Arguments::new()).await.unwrap_err());
        let odd = Client::new(Uri::tcp(Face::Sxp, "a\u{1}b", 8000));
        note("a host that no header can hold", odd.pause("vm1").await.unwrap_err());
        note("a path that is too long", sxp.pause(&"x".repeat(66_000)).await.unwrap_err());
        note(
            "all time has passed",
            sxp.clone().within(Duration::ZERO).connect_with(never).pause("vm1").await.unwrap_err(),
        );
        note("no credentials", client(Face::XenApi).pause("vm1").await.unwrap_err());
        note("no connection in time", sxp.clone().connect_with(never).pause("vm1").await.unwrap_err());
        let (first, second) = {
            let client = client(Face::XenApi).credentials("root", "").connect_with(never);
            let deadlines =
                Deadlines { connect: Duration::from_secs(60), whole: Duration::from_secs(30), ..Deadlines::default() };
            let client = client.deadlines(deadlines);
            tokio::join!(client.pause("vm1"), client.unpause("vm1"))
        };
        note("the session is opened too late", first.unwrap_err());
        note("another call opens the session too late", second.unwrap_err());
        let (long, _) = conversation(sxp.clone().reply_limit(10), vec![reply("200 OK", "(domain (name vm1))")]);
        note("a reply over the limit", long.domain("vm1").await.unwrap_err());
        let (nameless, _) = conversation(sxp.clone(), vec![reply("201 created", "(domain (name vm1))")]);
        note("a domain without an id", nameless.create_and_start("(vm (name vm1))").await.unwrap_err());
        let (running, _) = conversation(sxp, vec![reply("200 OK", "(domain (domid 1) (name vm1))")]);
        note("a domain that runs", running.set_autostart("vm1", true).await.unwrap_err());
    });
    insta::assert_snapshot!("without-a-reply", shown.replace(&"x".repeat(66_000), "x*66000"));
}

/// The text of the daemon or of a connector is not searched for signs of a timeout or an unknown host.
#[test]
fn kinds_are_not_read_from_words() {
    run(async {
        let busy = reply("500 Request failed: pause", "(xend.err 'not done within 30 s')");
        let (client, _) = conversation(client(Face::Sxp), vec![busy]);
        let error = client.pause("vm1").await.unwrap_err();
        assert!(!error.is_timeout() && !error.is_unreachable(), "{error}");
        let unplugged = || async { Err::<tokio::io::DuplexStream, _>(io::ErrorKind::NotConnected.into()) };
        let error = client.connect_with(unplugged).pause("vm1").await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::CommunicationNotEstablished, "{error}");
        assert!(error.is_unreachable() && !error.is_timeout(), "{error}");
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source.and_then(std::error::Error::source) {
            source = Some(inner);
        }
        let cause = source.and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
        assert_eq!(cause, Some(io::ErrorKind::NotConnected));
    });
}

/// From 3.1 on the daemon does not close the connection: a reply ends where its Content-length says.
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
    // The resolver's message differs between systems.
    settings.add_filter("unknown host: .* \\(ERR", "unknown host: ... (ERR");
    settings.bind(|| insta::assert_snapshot!("not-reached", shown));
}
