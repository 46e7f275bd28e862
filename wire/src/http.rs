//! HTTP as a client sees it: what is sent, and what comes back.

use std::fmt;

use crate::xmlrpc::{self, Value};
use crate::{Error, visible};

/// What a client sends: all of an HTTP request but the headers that belong to the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path, with the query if there is one. On the XML-RPC faces `/RPC2`, which the daemon does not look at.
    pub target: String,
    /// The type of the body, where there is one.
    pub content_type: Option<&'static str>,
    /// A form, an XML-RPC call, or nothing.
    pub body: Vec<u8>,
}

impl Request {
    /// An XML-RPC call.
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
    /// The status code.
    pub status: u16,
    /// The reason phrase, in which Xend says more than the code does.
    pub reason: String,
    /// The headers in their order, each with its name as it was sent or in lower case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without what the transfer added (chunks).
    pub body: Vec<u8>,
}

impl Reply {
    /// A reply whose only header is the length of its body.
    pub fn new(status: u16, reason: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let length = ("Content-length".to_owned(), body.len().to_string().into_bytes());
        Self { status, reason: reason.into(), headers: vec![length], body }
    }

    /// The value of the first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        let header = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_slice())
    }

    /// How the body is compressed, by `Content-Encoding` or by the first bytes of gzip; `None` if it is not.
    pub fn compression(&self) -> Option<String> {
        let named = self.header("content-encoding").map(|value| visible(value.trim_ascii()));
        let named = named.filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"));
        named.or_else(|| self.body.starts_with(&[0x1F, 0x8B]).then(|| "gzip".to_owned()))
    }

    /// Whether the reply tells where its body ends. If it does not, the body ends with the connection, and a reply that
    /// was cut looks like a whole one.
    pub fn tells_its_end(&self) -> bool {
        self.header("content-length").is_some() || self.header("transfer-encoding").is_some()
    }
}

impl fmt::Debug for Reply {
    /// The body as text and the headers left out: errors of a client are printed so.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reply = f.debug_struct("Reply");
        reply.field("status", &self.status).field("reason", &self.reason);
        reply.field("body", &format_args!("\"{}\"", visible(&self.body))).finish()
    }
}
