//! Replies of the XML-RPC faces, as Python 2's `BaseHTTPServer` sends them.

use std::cell::RefCell;
use std::time::{Duration, SystemTime};

use xend_wire::Release;
use xend_wire::datum::escape;

use crate::http::ReplyBytes;

/// A reply under construction.
pub(crate) struct Reply {
    status: u16,
    reason: Vec<u8>,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Whether the reply has a status line and headers. It has none if the request was of HTTP/0.9 or could not be read
    /// far enough.
    has_head: bool,
}

impl Reply {
    /// Creates a reply with status 200 and an XML-RPC response.
    pub(crate) fn xml(release: Release, body: Vec<u8>) -> Self {
        // Python's library and Xend's own handler write the names of headers differently (§1.7).
        let (content_type, content_length) = match release {
            Release::V3_0_2 => ("Content-type", "Content-length"),
            _ => ("Content-Type", "Content-Length"),
        };
        let headers = vec![(content_type, "text/xml".to_owned()), (content_length, body.len().to_string())];
        Self { status: 200, reason: b"OK".to_vec(), headers, body, has_head: true }
    }

    /// Creates a reply with status 500 and an empty body, which 3.0.2 sends for a body that is not a call.
    pub(crate) fn internal_error() -> Self {
        Self {
            status: 500,
            reason: b"Internal Server Error".to_vec(),
            headers: Vec::new(),
            body: Vec::new(),
            has_head: true,
        }
    }

    /// Creates a reply with status 404, for a path other than `/` and `/RPC2` (`SimpleXMLRPCServer.report_404`).
    pub(crate) fn no_such_page() -> Self {
        let body = b"No such page".to_vec();
        let headers = vec![("Content-type", "text/plain".to_owned()), ("Content-length", body.len().to_string())];
        Self { status: 404, reason: b"Not Found".to_vec(), headers, body, has_head: true }
    }

    /// Creates a page about an error (`send_error`).
    pub(crate) fn error(status: u16, message: impl Into<Vec<u8>>, has_head: bool) -> Self {
        let message = message.into();
        let explanation = match status {
            400 => "Bad request syntax or unsupported method",
            414 => "URI is too long.",
            501 => "Server does not support this operation",
            _ => "Cannot fulfill request.",
        };
        let body = [
            b"<head>\n<title>Error response</title>\n</head>\n<body>\n<h1>Error response</h1>\n".as_slice(),
            format!("<p>Error code {status}.\n<p>Message: ").as_bytes(),
            &escape(&message),
            format!(".\n<p>Error code explanation: {status} = {explanation}.\n</body>\n").as_bytes(),
        ]
        .concat();
        let headers = vec![("Connection", "close".to_owned()), ("Content-Type", "text/html".to_owned())];
        Self { status, reason: message, headers, body, has_head }
    }

    /// Replaces the status, and the content type if one is given.
    pub(crate) fn with_status(mut self, status: u16, reason: &str, content_type: Option<&str>) -> Self {
        self.status = status;
        self.reason = reason.as_bytes().to_vec();
        if let (Some(given), Some((_, known))) = (content_type, self.headers.first_mut()) {
            *known = given.to_owned();
        }
        self
    }

    /// Sets whether the reply has a status line and headers, which one of HTTP/0.9 has not.
    pub(crate) fn with_head(self, has_head: bool) -> Self {
        Self { has_head, ..self }
    }

    pub(crate) fn without_body(self) -> Self {
        Self { body: Vec::new(), ..self }
    }

    /// Returns the bytes of the reply, with the date of a time since the Unix epoch.
    pub(crate) fn encode(self, release: Release, now: Duration) -> ReplyBytes {
        let mut out = Vec::with_capacity(256);
        if self.has_head {
            let version = if release == Release::V3_0_2 { "HTTP/1.0 " } else { "HTTP/1.1 " };
            out.extend_from_slice(version.as_bytes());
            out.extend_from_slice(self.status.to_string().as_bytes());
            out.push(b' ');
            out.extend_from_slice(&self.reason);
            // The versions are those with which the captures were taken.
            out.extend_from_slice(b"\r\nServer: BaseHTTP/0.3 Python/2.7.18\r\nDate: ");
            with_date(now, |date| out.extend_from_slice(date.as_bytes()));
            out.extend_from_slice(b"\r\n");
            for (name, value) in &self.headers {
                for piece in [name, ": ", value, "\r\n"] {
                    out.extend_from_slice(piece.as_bytes());
                }
            }
            out.extend_from_slice(b"\r\n");
        }
        ReplyBytes::new(out, self.body)
    }
}

/// Calls `take` with the date of a time since the Unix epoch, as HTTP writes it. The text is made once for all replies
/// of a second.
fn with_date<T>(now: Duration, take: impl FnOnce(&str) -> T) -> T {
    thread_local! {
        static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
    }
    LAST.with_borrow_mut(|(second, date)| {
        if *second != now.as_secs() {
            *second = now.as_secs();
            *date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + now);
        }
        take(date)
    })
}
