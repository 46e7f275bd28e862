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
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    /// The body as text: errors of a client are printed so.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut reply = f.debug_struct("Reply");
        reply.field("status", &self.status).field("reason", &self.reason);
        reply.field("body", &format_args!("\"{}\"", visible(&self.body))).finish()
    }
}
