//! A client in memory that sends what it is told.

use std::path::Path;
use std::time::Duration;

use mock_xend::{Builder, Daemon, Face, MockXend, Release, Scenario};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// A time that stands still: Sunday, 22 November 2026, 10:00 GMT.
pub(crate) const NOW: Duration = Duration::from_secs(1_795_341_600);

pub(crate) fn scenario(text: &str) -> Scenario {
    Scenario::parse("scenario.toml", text, Path::new(".")).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn builder(release: Release) -> Builder {
    MockXend::builder().release(release).clock(NOW)
}

pub(crate) fn daemon(release: Release, text: &str) -> Daemon {
    builder(release).scenario(scenario(text)).build().expect("nothing conflicts")
}

/// Runs on virtual time: a delay costs nothing.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

/// What comes back for pieces of a request, until the daemon closes or a second of silence; and whether it closed.
pub(crate) async fn send(daemon: &Daemon, face: Face, pieces: &[&[u8]]) -> (String, bool) {
    let (near, far) = duplex(1 << 16);
    let serving = tokio::spawn(daemon.serve(far, face));
    let (mut read, mut write) = tokio::io::split(near);
    for piece in pieces {
        // The daemon may have heard enough.
        if write.write_all(piece).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let mut reply = Vec::new();
    let ended = loop {
        match tokio::time::timeout(Duration::from_secs(1), read.read_buf(&mut reply)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(_)) => {}
            Err(_) => break false,
        }
    };
    serving.abort();
    (String::from_utf8_lossy(&reply).into_owned(), ended)
}

/// The reply to a form posted to a path.
pub(crate) fn post(path: &str, form: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .into_bytes()
}

pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost:8000\r\n\r\n").into_bytes()
}

/// A call of a method with strings, or a number where it looks like one.
pub(crate) fn call(method: &str, params: &[&str]) -> Vec<u8> {
    let params: String = params
        .iter()
        .map(|param| match param.parse::<i32>() {
            Ok(number) => format!("<param><value><int>{number}</int></value></param>"),
            Err(_) => format!("<param><value><string>{param}</string></value></param>"),
        })
        .collect();
    let body = format!("<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>");
    let head = format!("POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    (head + &body).into_bytes()
}

/// Bytes of HTTP as lines that a snapshot can hold.
pub(crate) fn shown(reply: &str) -> String {
    reply.replace("\r\n", "\\r\\n\n")
}
