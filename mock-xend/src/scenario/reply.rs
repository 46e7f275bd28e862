//! The vocabulary of replies. What each word is in bytes is the affair of the face that sends it.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{Fault, Value};

/// What a scripted reply is.
///
/// How each is written in a scenario stands in the documentation of [`Scenario`](crate::Scenario#replies).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// The connection closes without a byte, as the daemon's does when its thread dies.
    Close,
    /// Nothing comes, and the connection stays open, as when a worker thread of the daemon dies.
    Hang,
    /// `sxp`: 400 `Bad request`.
    BadRequest,
    /// `sxp`: 406 `Invalid request`, as for a POST without an operation.
    InvalidRequest,
    /// `sxp`: 413 `Request entity too large`.
    TooLarge,
    /// 500 with nothing in it.
    InternalError,
    /// `sxp`: 501 `Operation not implemented: ` and this name.
    NotImplemented(String),
    /// `sxp`: 404 `Not found` with this text.
    NotFound(String),
    /// There is no such domain, in the words of the face and the release.
    UnknownDomain(String),
    /// `xmlrpc` and `xenapi`: the daemon lacks the method: a fault up to 3.0.3, a success that says
    /// `MESSAGE_METHOD_UNKNOWN` later.
    UnknownMethod(String),
    /// The operation raises a `XendError` with this text: on `sxp` `(xend.err "...")` under the status of the release,
    /// on `xmlrpc` a fault 2, on `xenapi` an `INTERNAL_ERROR`.
    Error(String),
    /// `sxp`: `(xend.err "TEXT")` under any status: 200 `OK` unless given.
    XendErr {
        /// The text.
        text: String,
        /// Status and reason.
        status: Status,
    },
    /// `sxp`: S-expressions, byte for byte.
    Sexpr {
        /// One or more S-expressions.
        body: String,
        /// Status and reason.
        status: Status,
    },
    /// Any body: `text`, or the bytes of a `body-file`.
    Body {
        /// Its bytes.
        body: Vec<u8>,
        /// Its type: on `sxp` `text/plain`, elsewhere `text/xml` unless given.
        content_type: Option<String>,
        /// Status and reason.
        status: Status,
    },
    /// `xmlrpc` and `xenapi`: a fault.
    Fault(Fault),
    /// `xmlrpc` and `xenapi`: a method that returns this value.
    Value(Value),
    /// `xmlrpc` and `xenapi`: a success that says `Failure`, with this `ErrorDescription`.
    Failure(Vec<String>),
    /// These bytes instead of all of the reply, head included, from `raw`, `raw-base64` or `raw-file`. The connection
    /// closes behind them.
    Raw(Vec<u8>),
}

/// The status line of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// Three digits.
    pub(crate) code: u16,
    /// The reason phrase.
    pub(crate) reason: String,
}

/// What becomes of a connection after a scripted reply, where the face would do otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ending {
    /// It closes.
    Close,
    /// It stays open, and nothing more comes.
    KeepOpen,
}

/// What becomes of a request.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// A scripted reply.
    Scripted(Arc<Scripted>),
    /// The world answers.
    World {
        /// How long its reply is held back.
        delay: Duration,
    },
    /// The request was not expected, and the scenario wants that refused.
    Refused,
}

/// A reply that is scripted, with what breaks it.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) reply: Reply,
    /// How long the reply is held back.
    pub(crate) delay: Duration,
    /// How many bytes go out, the head included; all of them if `None`.
    pub(crate) cut: Option<usize>,
    /// What becomes of the connection, where the face would do otherwise.
    pub(crate) ending: Option<Ending>,
}

/// A face has no such reply. The reader of scenarios refuses those words for the face (see [`Reply::faces`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongFace;

impl Default for Status {
    fn default() -> Self {
        Self { code: 200, reason: "OK".to_owned() }
    }
}

impl Reply {
    /// The faces that have this reply.
    pub(crate) fn faces(&self) -> &'static [Face] {
        match self {
            Self::BadRequest
            | Self::InvalidRequest
            | Self::TooLarge
            | Self::NotImplemented(_)
            | Self::NotFound(_)
            | Self::XendErr { .. }
            | Self::Sexpr { .. } => &[Face::Sxp],
            Self::Fault(_) | Self::Value(_) | Self::Failure(_) | Self::UnknownMethod(_) => {
                &[Face::XmlRpc, Face::XenApi]
            }
            Self::Close
            | Self::Hang
            | Self::InternalError
            | Self::UnknownDomain(_)
            | Self::Error(_)
            | Self::Body { .. }
            | Self::Raw(_) => &Face::ALL,
        }
    }
}
