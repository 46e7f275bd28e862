//! Replies of the S-expression face, as `web/http.py` sends them.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io::Write;

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::http::ReplyBytes;
use crate::python::{self, Key};
use crate::world::Failure;

/// A reply under construction.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    reason: Cow<'static, [u8]>,
    /// The headers, in the order in which the daemon sets them. They are sent in the order of a Python dict.
    headers: Vec<Header>,
    pub(super) body: Vec<u8>,
}

/// The name of a header in lower case, and its value.
type Header = (Key<'static>, Cow<'static, [u8]>);

/// The content type of S-expressions.
pub(crate) const SXP: &str = "application/sxp";
/// The content type of plain text.
pub(crate) const PLAIN: &str = "text/plain";

/// A reason phrase or the value of a header.
pub(crate) struct Text(Cow<'static, [u8]>);

impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<Vec<u8>> for Text {
    fn from(text: Vec<u8>) -> Self {
        Self(text.into())
    }
}

impl Reply {
    /// Creates a reply with status 200 and an empty body.
    pub(crate) fn ok() -> Self {
        let mut headers = Vec::with_capacity(8);
        headers.push((const { Key::new("expires") }, b"-1".as_slice().into()));
        headers.push((const { Key::new("pragma") }, b"no-cache".as_slice().into()));
        headers.push((const { Key::new("cache-control") }, b"no-cache".as_slice().into()));
        Self { status: 200, reason: b"OK".as_slice().into(), headers, body: Vec::new() }
    }

    pub(crate) fn bad_request() -> Self {
        Self::ok().with_status(400, "Bad request")
    }

    /// Creates a reply with status 406, for a POST without exactly one operation.
    pub(crate) fn invalid_request(release: Release) -> Self {
        let mut reply = Self::ok().with_status(406, "Invalid request");
        reply.show(&"".into(), release);
        reply
    }

    pub(crate) fn too_large() -> Self {
        Self::ok().with_status(413, "Request entity too large")
    }

    /// Creates a reply with status 404 and a text.
    pub(crate) fn not_found(text: impl Into<Vec<u8>>) -> Self {
        Self { body: text.into(), ..Self::ok().with_status(404, "Not found").with_type(PLAIN) }
    }

    /// Creates the reply of a release to a request for an unknown domain (protocol reference §3.6).
    pub(crate) fn unknown_domain(domain: &[u8], release: Release) -> Self {
        if release < Release::V3_1 {
            return Self::not_found([b"No such domain ", domain].concat());
        }
        if release < Release::V3_4 {
            // This exception is not among those that the daemon catches there.
            return Self::internal_error();
        }
        Self::not_found(Failure::UnknownDomain { target: domain.to_vec().into() }.str(release))
    }

    /// Creates a reply with status 500 and an empty body, for an exception outside any operation.
    pub(crate) fn internal_error() -> Self {
        let mut reply = Self::ok();
        reply.set_internal_error();
        reply
    }

    /// Creates a reply with status 501, for an operation that the daemon does not have.
    ///
    /// The handler sets `text/plain` and returns an empty string. Printing that makes the type that of S-expressions,
    /// and from 4.1 on adds `''` (protocol reference §3.6).
    pub(crate) fn not_implemented(operation: &[u8], release: Release) -> Self {
        let mut reply = Self::operation_not_implemented(operation);
        reply.show(&"".into(), release);
        reply
    }

    /// Creates a reply with status 501, before the empty string of [`not_implemented`](Self::not_implemented) is
    /// printed.
    pub(crate) fn operation_not_implemented(operation: &[u8]) -> Self {
        let text = [b"Operation not implemented: ".as_slice(), operation].concat();
        Self { body: text.clone(), ..Self::ok().with_status(501, text).with_type(PLAIN) }
    }

    /// Replaces the status and the reason phrase.
    pub(crate) fn with_status(mut self, status: u16, reason: impl Into<Text>) -> Self {
        self.set_status(status, reason);
        self
    }

    /// Replaces the content type.
    pub(crate) fn with_type(mut self, content_type: impl Into<Text>) -> Self {
        self.set_header("content-type", content_type);
        self
    }

    /// Replaces the body.
    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn set_status(&mut self, status: u16, reason: impl Into<Text>) {
        self.status = status;
        self.reason = reason.into().0;
    }

    /// Sets status 500. The body keeps what was written before the exception, which is nothing in most cases.
    pub(super) fn set_internal_error(&mut self) {
        self.set_status(500, "Internal server error");
    }

    pub(super) fn set_header(&mut self, name: &'static str, value: impl Into<Text>) {
        let value = value.into().0;
        match self.headers.iter_mut().find(|(known, _)| known.name == name) {
            Some((_, known)) => *known = value,
            None => self.headers.push((Key::new(name), value)),
        }
    }

    /// Appends a value to the body, as an S-expression.
    pub(super) fn show(&mut self, value: &Datum, release: Release) {
        self.set_header("content-type", SXP);
        value.show_into(&mut self.body, release);
    }

    /// Appends `(xend.err "...")` to the body.
    pub(super) fn show_error(&mut self, message: &[u8], release: Release) {
        self.show(&Datum::List(vec!["xend.err".into(), message.to_vec().into()]), release);
    }

    /// Returns the bytes of the reply. A reply to HEAD has neither a body nor a length.
    pub(crate) fn encode(mut self, head: bool, keep_alive: bool) -> ReplyBytes {
        if keep_alive {
            self.set_header("connection", "keep-alive");
        }
        let without_body = head || matches!(self.status, 204 | 304);
        if !without_body {
            self.set_header("content-length", self.body.len().to_string().into_bytes());
        }
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(b"HTTP/1.1 ");
        write!(out, "{} ", self.status).expect("a Vec takes all");
        out.extend_from_slice(&self.reason);
        out.extend_from_slice(b"\r\n");
        each_in_order(&self.headers, |name, value| {
            // The daemon writes only the first letter of a name in upper case: `Content-length`.
            out.push(name.as_bytes()[0].to_ascii_uppercase());
            out.extend_from_slice(&name.as_bytes()[1..]);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        });
        out.extend_from_slice(b"\r\n");
        if without_body { out.into() } else { ReplyBytes::new(out, self.body) }
    }
}

/// Calls `take` for each header in the order of a Python dict. The order is kept for the next reply, since most replies
/// have the same headers as the one before.
fn each_in_order(headers: &[Header], mut take: impl FnMut(&str, &[u8])) {
    thread_local! {
        static LAST: RefCell<(Vec<Key<'static>>, Vec<usize>)> = const { RefCell::new((Vec::new(), Vec::new())) };
    }
    LAST.with_borrow_mut(|(names, places)| {
        if !names.iter().eq(headers.iter().map(|(name, _)| name)) {
            names.clear();
            names.extend(headers.iter().map(|(name, _)| *name));
            places.clear();
            places.extend(python::dict_places(names.len(), |at| names[at]));
        }
        for &at in places.iter() {
            let (name, value) = &headers[at];
            take(name.name, value);
        }
    });
}
