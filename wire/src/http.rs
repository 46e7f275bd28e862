//! HTTP requests and replies as a client sees them, without the headers that belong to the connection.

use std::fmt;

use crate::xmlrpc::{self, Value};
use crate::{Error, visible};

/// An HTTP request, without the headers that belong to the connection (`Host`, `Content-Length` and the like).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with the query if there is one. It is `/RPC2` on the XML-RPC faces, where the daemon ignores it.
    pub target: String,
    /// The `Content-Type` of the body; `None` if there is no body.
    pub content_type: Option<&'static str>,
    /// The body: a form, an XML-RPC call, or nothing.
    pub body: Vec<u8>,
}

impl Request {
    /// A request for an XML-RPC call.
    ///
    /// # Errors
    /// As [`xmlrpc::encode_call`].
    pub fn call(method: &str, params: impl IntoIterator<Item = Value>) -> Result<Self, Error> {
        Ok(Self {
            method: "POST",
            target: "/RPC2".to_owned(),
            content_type: Some("text/xml"),
            body: xmlrpc::encode_call(method, &params.into_iter().collect::<Vec<_>>())?,
        })
    }
}

/// A complete HTTP reply.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status code, such as 200.
    pub status: u16,
    /// The reason phrase. Xend often says more in it than the code does, as in `Operation not implemented: pause`.
    pub reason: String,
    /// The headers in the order in which they came. A name has the case in which it was sent, or lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without the framing of a chunked transfer.
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply whose only header is the length of its body.
    pub fn new(status: u16, reason: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = ("Content-length".to_owned(), body.len().to_string().into_bytes());
        Self { status, reason: reason.into(), headers: vec![length], body }
    }

    /// The value of the first header of this name. The case of the name does not matter.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let header = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_slice())
    }

    /// The name of the body's compression, such as `gzip`; `None` if the body is not compressed.
    ///
    /// The name is that of a `Content-Encoding` or of a `Transfer-Encoding`. A body that begins as gzip does counts as
    /// `gzip` without either.
    pub fn compression(&self) -> Option<String> {
        let is_plain = |coding: &&[u8]| {
            let plain = ["", "identity", "chunked"];
            plain.iter().any(|plain| coding.eq_ignore_ascii_case(plain.as_bytes()))
        };
        let named = self.codings("content-encoding").chain(self.codings("transfer-encoding"));
        let named = named.filter(|coding| !is_plain(coding)).map(visible).next();
        named.or_else(|| self.body.starts_with(&[0x1F, 0x8B]).then(|| "gzip".to_owned()))
    }

    /// All codings that the headers of this name list, in their order.
    fn codings(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        let headers = self.headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        headers.flat_map(|(_, list)| list.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
    }

    /// Whether the headers say where the body ends.
    ///
    /// If they do not, the body ends with the connection, and a reply that was cut off can't be told from a whole one.
    /// A `Transfer-Encoding` says it only if its last coding is `chunked` (RFC 9112, section 6.3).
    pub fn is_delimited(&self) -> bool {
        match self.codings("transfer-encoding").last() {
            Some(last) => last.eq_ignore_ascii_case(b"chunked"),
            None => self.header("content-length").is_some(),
        }
    }
}

impl fmt::Debug for Reply {
    /// Shows the body as text and leaves out the headers, to keep the `Debug` output of errors short.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reply = f.debug_struct("Reply");
        reply.field("status", &self.status).field("reason", &self.reason);
        reply.field("body", &format_args!("\"{}\"", visible(&self.body))).finish()
    }
}
