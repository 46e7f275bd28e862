//! What a server replies: the words of scenarios, as far as a server of any XML-RPC methods can say them.

use data_encoding::BASE64;
use serde::Deserialize;
use xend_wire::xmlrpc::{Fault, Value, encode_fault, encode_response};

use crate::case::pieces::{Piece, joined};

/// The reply of a case. Scenarios have the same words; `raw-generated` has pieces where `raw` has a text.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// The connection is closed without a reply.
    Close,
    /// No reply is sent, and the connection stays open.
    Hang,
    /// 500 with an empty body.
    InternalError,
    /// The response of a method that returns this text.
    Value(String),
    /// A fault.
    Fault {
        /// Its code.
        code: i32,
        /// Its string.
        string: String,
    },
    /// These bytes; then the connection is closed.
    Raw(String),
    /// These bytes, in base64; then the connection is closed.
    RawBase64(String),
    /// The bytes that the pieces make; then the connection is closed.
    RawGenerated(Vec<Piece>),
}

/// What a server sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Nothing; the connection is closed.
    Close,
    /// Nothing; the connection stays open.
    Hang,
    /// A reply, after which the connection may be kept.
    Kept(Vec<u8>),
    /// A reply, after which the connection is closed.
    Closed(Vec<u8>),
}

impl Reply {
    /// The value of a reply that names none.
    pub(crate) const VALUE: &str = "South Dakota";
    /// The fault of a reply that names none.
    pub(crate) const FAULT: (i32, &str) = (4, "Too many parameters.");

    /// Returns what the server sends.
    ///
    /// # Errors
    /// Returns a message if the reply can't be written.
    pub(crate) fn sent(&self) -> Result<Sent, String> {
        let kept = |status: &str, body: &[u8]| {
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", body.len());
            Sent::Kept([head.as_bytes(), body].concat())
        };
        Ok(match self {
            Self::Close => Sent::Close,
            Self::Hang => Sent::Hang,
            Self::InternalError => kept("500 Internal Server Error", b""),
            Self::Value(text) => {
                kept("200 OK", &encode_response(&Value::from(text.as_str())).map_err(|error| error.to_string())?)
            }
            Self::Fault { code, string } => {
                let fault = Fault { code: *code, string: string.clone() };
                kept("200 OK", &encode_fault(&fault).map_err(|error| error.to_string())?)
            }
            Self::Raw(text) => Sent::Closed(text.clone().into_bytes()),
            Self::RawBase64(text) => Sent::Closed(BASE64.decode(text.as_bytes()).map_err(|error| error.to_string())?),
            Self::RawGenerated(pieces) => Sent::Closed(joined(pieces)?.into_bytes()),
        })
    }

    /// Returns the value that `value` stands for in what a caller learns.
    pub(crate) fn value(&self) -> &str {
        match self {
            Self::Value(text) => text,
            _ => Self::VALUE,
        }
    }

    /// Returns the fault that `fault` stands for in what a caller learns.
    pub(crate) fn fault(&self) -> (i32, &str) {
        match self {
            Self::Fault { code, string } => (*code, string),
            _ => Self::FAULT,
        }
    }
}
