//! Connections that stay open, break, or belong to cancelled calls; and unusual heads of replies.

use xend_client::{ErrorCode, Face, Fate};

use crate::peer::{client, conversation, reply, run};

/// Folded header lines and unknown minor versions are accepted (RFC 9112 §5.2, RFC 9110 §2.5).
#[test]
fn heads_of_any_http_1_are_read() {
    let names = "(Domain-0 vm1)";
    let heads = [
        "HTTP/1.1 200 OK\r\nX-Long: a\r\n b\r\n\tc\r\nContent-Length: 14\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n 14\r\n\r\n",
        "HTTP/1.2 200 OK\r\nContent-Length: 14\r\n\r\n",
        "HTTP/1.9 200\r\nContent-Length: 14\r\n\r\n",
        "HTTP/1.2 100 Continue\r\n\r\nHTTP/1.2 103 x\r\nA: b\r\n c\r\n\r\nHTTP/1.2 200 OK\r\nContent-Length: 14\r\n\r\n",
    ];
    run(async {
        let replies = heads.iter().map(|head| format!("{head}{names}").into_bytes()).collect();
        let (client, noted) = conversation(client(Face::Sxp).keep_alive(true), replies);
        for head in heads {
            assert_eq!(client.domains().await.unwrap(), ["Domain-0", "vm1"], "{head}");
        }
        assert_eq!(requests(&noted).len(), heads.len());
    });
    run(async {
        let folded = b"HTTP/1.1 404 Not found\r\nX-Long: a\r\n\t b\r\nContent-length: 2\r\n\r\nno".to_vec();
        let (client, _) = conversation(client(Face::Sxp), vec![folded]);
        let error = client.domain("vm1").await.unwrap_err();
        let folded = str::from_utf8(error.reply().unwrap().header("X-Long").unwrap()).unwrap();
        assert_eq!(folded.split(' ').filter(|piece| !piece.is_empty()).collect::<Vec<_>>(), ["a", "b"]);
    });
}

/// Returns the request lines of all requests.
fn requests(noted: &crate::peer::Requests) -> Vec<String> {
    let lines = noted.lock().unwrap();
    lines.iter().map(|request| request.lines().next().unwrap_or_default().to_owned()).collect()
}

fn info() -> Vec<u8> {
    reply("200 OK", "(domain (domid 1) (name vm1))")
}

#[test]
fn a_connection_is_kept_on_request() {
    run(async {
        let (client, noted) = conversation(client(Face::Sxp).keep_alive(true), vec![info(), info()]);
        client.domain("vm1").await.unwrap();
        client.domain("vm1").await.unwrap();
        assert_eq!(requests(&noted).len(), 2);
        assert!(noted.lock().unwrap().iter().all(|request| request.contains("Connection: keep-alive\r\n")));
    });
}

/// If the daemon has closed an idle connection before the request is sent, the request goes over a new one.
#[test]
fn a_connection_that_was_closed_meanwhile_is_replaced() {
    run(async {
        let close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-length: 29\r\n\r\n(domain (domid 1) (name vm1))";
        let (client, noted) = conversation(client(Face::Sxp).keep_alive(true), vec![close.into(), reply("200 OK", "")]);
        client.domain("vm1").await.unwrap();
        client.pause("vm1").await.unwrap();
        assert_eq!(requests(&noted), ["GET /xend/domain/vm1 HTTP/1.1", "POST /xend/domain/vm1 HTTP/1.1"]);
    });
}

/// If an idle connection breaks after the request was sent, only a request that reads is sent again.
#[test]
fn only_what_reads_is_ever_sent_again() {
    run(async {
        // The peer has no second reply: it closes the idle connection after it has read the second request.
        let (client, noted) = conversation(client(Face::Sxp).keep_alive(true), vec![info()]);
        client.domain("vm1").await.unwrap();
        let error = client.pause("vm1").await.unwrap_err();
        assert_eq!((error.code(), error.fate()), (ErrorCode::UnableToVerifyState, Fate::Unknown));
        assert_eq!(requests(&noted).len(), 2, "sent once");
    });
    run(async {
        let (client, noted) = conversation(client(Face::Sxp).keep_alive(true), vec![info()]);
        client.domain("vm1").await.unwrap();
        let error = client.domain("vm1").await.unwrap_err();
        assert_eq!((error.code(), error.fate()), (ErrorCode::CommunicationNotEstablished, Fate::Sent));
        assert_eq!(requests(&noted).len(), 3, "sent again, on a new connection");
    });
}

/// A cancelled call closes its connection, so that the next call can't receive its reply. The peer replies to the first
/// request that it receives with `a`, to the second with `b`, and to the third with `c`.
#[test]
fn a_cancelled_call_leaves_no_reply_behind() {
    let named = |name: &str| reply("200 OK", &format!("(domain (domid 1) (name {name}))"));
    run(async {
        let (client, noted) = conversation(client(Face::Sxp).keep_alive(true), ["a", "b", "c"].map(named).to_vec());
        assert_eq!(client.domain("vm1").await.unwrap().name(), Some("a"));
        let mut call = Box::pin(client.domain("vm1"));
        let polled = std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
        assert!(polled.is_pending(), "it waits for its reply");
        drop(call);
        let name = client.domain("vm1").await.unwrap().name().map(str::to_owned);
        let own = if requests(&noted).len() == 3 { "c" } else { "b" };
        assert_eq!(name.as_deref(), Some(own));
    });
}

/// Calls at the same time use separate connections and do not wait for each other.
#[test]
fn calls_at_the_same_time_share_nothing() {
    run(async {
        let (client, noted) = conversation(client(Face::Sxp), vec![info(), info()]);
        let (one, other) = tokio::join!(client.domain("vm1"), client.domain("vm1"));
        assert!(one.is_ok() && other.is_ok());
        assert_eq!(requests(&noted).len(), 2);
    });
}
