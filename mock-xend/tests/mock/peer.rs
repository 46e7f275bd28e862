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

/// A call of a method with strings, a number where it looks like one, an array for numbers in brackets (`[0,1]`), and a
/// value of another type where the word begins with it: `dateTime:20080101T00:00:00`, `base64:dm0x`, `double:1.5`, `nil:`.
pub(crate) fn call(method: &str, params: &[&str]) -> Vec<u8> {
    let int = |number: &str| format!("<value><int>{number}</int></value>");
    let value = |param: &str| match param.split_once(':') {
        _ if param.parse::<i32>().is_ok() => int(param),
        Some(("dateTime", text)) => format!("<value><dateTime.iso8601>{text}</dateTime.iso8601></value>"),
        Some((kind @ ("base64" | "double" | "i8"), text)) => format!("<value><{kind}>{text}</{kind}></value>"),
        Some(("nil", "")) => "<value><nil/></value>".to_owned(),
        _ => match param.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(numbers) => {
                let items: String = numbers.split(',').filter(|number| !number.is_empty()).map(int).collect();
                format!("<value><array><data>{items}</data></array></value>")
            }
            None => format!("<value><string>{param}</string></value>"),
        },
    };
    let params: String = params.iter().map(|param| format!("<param>{}</param>", value(param))).collect();
    let body = format!("<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>");
    let head = format!("POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
    (head + &body).into_bytes()
}

/// Bytes of HTTP as lines that a snapshot can hold.
pub(crate) fn shown(reply: &str) -> String {
    reply.replace("\r\n", "\\r\\n\n")
}
