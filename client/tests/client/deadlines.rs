//! The deadline of a call, and the deadline that all calls of a client share.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream, duplex};
use tokio::time::Instant;
use xend_client::{Client, Deadlines, Face, Fate};

use crate::peer::{client, conversation, read_request, reply, run};

const LIMIT: Duration = Duration::from_secs(3);

fn session() -> Vec<u8> {
    let member = |name: &str, value: &str| format!("<member><name>{name}</name><value>{value}</value></member>");
    let envelope = member("Status", "Success") + &member("Value", "s1");
    let params = format!("<params><param><value><struct>{envelope}</struct></value></param></params>");
    reply("200 OK", &format!("<methodResponse>{params}</methodResponse>"))
}

/// Connects the client to a peer that sends these replies, and then keeps connections open without replying.
fn silent_after(client: Client, replies: Vec<Vec<u8>>) -> Client {
    let replies = std::sync::Arc::new(std::sync::Mutex::new(replies.into_iter()));
    client.connect_with(move || {
        let (near, mut far) = duplex(1 << 16);
        let reply = replies.lock().unwrap().next();
        tokio::spawn(async move {
            read_request(&mut far).await;
            match reply {
                Some(reply) => far.write_all(&reply).await,
                None => std::future::pending().await,
            }
        });
        async { Ok(near) }
    })
}

/// Time is virtual here, so the end of each call is known exactly.
#[test]
fn all_that_is_asked_shares_one_end() {
    run(async {
        let begin = Instant::now();
        let client = silent_after(client(Face::XenApi).credentials("root", ""), vec![session()]).within(LIMIT);
        let error = client.domains().await.unwrap_err();
        assert_eq!((error.message(), error.fate()), ("no reply within 3s", Fate::Sent));
        assert!(client.logout().await.unwrap_err().is_timeout());
        assert_eq!(begin.elapsed(), LIMIT);
    });
    run(async {
        let begin = Instant::now();
        let client = silent_after(client(Face::Sxp), Vec::new()).within(LIMIT);
        let error = client.clone().detect().await.unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert!(client.pause("vm1").await.is_err_and(|error| error.is_timeout()));
        assert_eq!(begin.elapsed(), LIMIT);
    });
}

/// The time for connecting counts, for instance if a resolver or a tunnel never returns.
#[test]
fn connecting_counts() {
    run(async {
        let begin = Instant::now();
        let never = || std::future::pending::<io::Result<DuplexStream>>();
        let error = client(Face::Sxp).connect_with(never).within(LIMIT).pause("vm1").await.unwrap_err();
        assert_eq!((error.is_timeout(), error.fate()), (true, Fate::NotSent));
        assert_eq!(begin.elapsed(), LIMIT);
    });
}

/// The time that is reserved for undoing is a part of the call's time, so that the call ends by its deadline.
#[test]
fn undoing_is_within_the_deadline() {
    let whole = Duration::from_secs(40);
    let deadlines = Deadlines { whole, ..Deadlines::default() };
    let created = || reply("201 created", "(domain (domid 3) (name new))");
    run(async {
        let begin = Instant::now();
        let client = silent_after(client(Face::Sxp).deadlines(deadlines), vec![created()]);
        let error = client.create_and_start("(vm (name new))").await.unwrap_err();
        assert_eq!(error.message(), "no reply within 30s; then domain.destroy: no reply within 10s");
        assert_eq!((error.fate(), begin.elapsed()), (Fate::Unknown, whole));
    });
    run(async {
        let refused = reply("500 Request failed: wait_for_devices", "(xend.err 'no')");
        let (client, noted) =
            conversation(client(Face::Sxp).deadlines(deadlines), vec![created(), refused, reply("202 Accepted", "")]);
        let error = client.create_and_start("(vm (name new))").await.unwrap_err();
        assert_eq!((error.message(), error.fate(), noted.lock().unwrap().len()), ("no", Fate::Refused, 3));
    });
}
