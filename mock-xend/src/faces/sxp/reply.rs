//! Replies as `web/http.py` sends them.

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::python;
use crate::world::Failure;

/// A reply that is being made.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) reason: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

pub(crate) const SXP: &str = "application/sxp";
pub(crate) const PLAIN: &str = "text/plain";

impl Reply {
    /// 200 and nothing in it.
    pub(crate) fn ok() -> Self {
        let headers = vec![
            ("expires", b"-1".to_vec()),
            ("pragma", b"no-cache".to_vec()),
            ("cache-control", b"no-cache".to_vec()),
        ];
        Self { status: 200, reason: b"OK".to_vec(), headers, body: Vec::new() }
    }

    pub(crate) fn bad_request() -> Self {
        Self::ok().with_status(400, "Bad request")
    }

    /// 406, for a POST without exactly one operation.
    pub(crate) fn invalid_request(release: Release) -> Self {
        let mut reply = Self::ok().with_status(406, "Invalid request");
        reply.show(&"".into(), release);
        reply
    }

    pub(crate) fn too_large() -> Self {
        Self::ok().with_status(413, "Request entity too large")
    }

    /// 404 with a text.
    pub(crate) fn not_found(text: impl Into<Vec<u8>>) -> Self {
        Self { body: text.into(), ..Self::ok().with_status(404, "Not found").with_type(PLAIN) }
    }

    /// What the release answers to a request for a domain that there is not (protocol reference §3.6).
    pub(crate) fn unknown_domain(domain: &[u8], release: Release) -> Self {
        if release < Release::V3_1 {
            return Self::not_found([b"No such domain ", domain].concat());
        }
        if release < Release::V3_4 {
            // The exception is not one of those that are caught there.
            return Self::ok().internal_error();
        }
        Self::not_found(Failure::UnknownDomain { target: domain.to_vec() }.str(release))
    }

    /// An exception outside of any operation: the page as far as it came, which mostly is not at all.
    pub(crate) fn internal_error(self) -> Self {
        self.with_status(500, "Internal server error")
    }

    /// 501 for an operation that the daemon does not have.
    ///
    /// The handler says `text/plain` and returns an empty string; printing that makes it S-expressions, and from 4.1 on
    /// adds `''` (protocol reference §3.6).
    pub(crate) fn not_implemented(operation: &[u8], release: Release) -> Self {
        let mut reply = Self::operation_not_implemented(operation);
        reply.show(&"".into(), release);
        reply
    }

    /// The same before anything is printed behind it.
    pub(crate) fn operation_not_implemented(operation: &[u8]) -> Self {
        let text = [b"Operation not implemented: ".as_slice(), operation].concat();
        Self { body: text.clone(), ..Self::ok().with_status(501, text).with_type(PLAIN) }
    }

    pub(crate) fn with_status(mut self, status: u16, reason: impl Into<Vec<u8>>) -> Self {
        self.status = status;
        self.reason = reason.into();
        self
    }

    pub(crate) fn with_type(mut self, content_type: &str) -> Self {
        self.set_header("content-type", content_type);
        self
    }

    pub(crate) fn with_body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// `(xend.err "...")` behind what is there.
    pub(crate) fn with_error(mut self, message: &[u8], release: Release) -> Self {
        self.show(&Datum::List(vec!["xend.err".into(), message.to_vec().into()]), release);
        self
    }

    pub(crate) fn set_header(&mut self, name: &'static str, value: impl Into<Vec<u8>>) {
        let value = value.into();
        match self.headers.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.headers.push((name, value)),
        }
    }

    /// Prints a value behind what is there, as an S-expression.
    pub(crate) fn show(&mut self, value: &Datum, release: Release) {
        self.set_header("content-type", SXP);
        self.body.extend_from_slice(&value.show(release));
    }

    /// The bytes. A reply to HEAD has neither body nor length.
    pub(crate) fn encode(mut self, head: bool, keep_alive: bool) -> Vec<u8> {
        if keep_alive {
            self.set_header("connection", "keep-alive");
        }
        let without_body = head || matches!(self.status, 204 | 304);
        if !without_body {
            self.set_header("content-length", self.body.len().to_string());
        }
        let mut out = format!("HTTP/1.1 {} ", self.status).into_bytes();
        out.extend_from_slice(&self.reason);
        out.extend_from_slice(b"\r\n");
        for name in python::dict_order(self.headers.iter().map(|(name, _)| *name)) {
            let (_, value) = self.headers.iter().find(|(known, _)| *known == name).expect("it is from this list");
            // `Content-length`: the name in lower case but for its first letter.
            out.push(name.as_bytes()[0].to_ascii_uppercase());
            out.extend_from_slice(&name.as_bytes()[1..]);
            out.extend_from_slice(b": ");
            out.extend_from_slice(value);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        if !without_body {
            out.extend_from_slice(&self.body);
        }
        out
    }
}
