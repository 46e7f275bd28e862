//! The kinds of scripted replies. Each face has its own code that turns them into bytes.

use std::sync::Arc;

use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Fault, Value};

use crate::fault::{Faults, Sent};

/// A scripted reply.
///
/// The documentation of [`Scenario`](crate::Scenario#replies) describes how each kind is written in a scenario.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    /// The connection is closed without a reply, as when the daemon's thread dies.
    Close,
    /// No reply is sent and the connection stays open, as when a worker thread of the daemon dies.
    Hang,
    /// `sxp`: 400 `Bad request`.
    BadRequest,
    /// `sxp`: 406 `Invalid request`, as for a POST without an operation.
    InvalidRequest,
    /// `sxp`: 413 `Request entity too large`.
    TooLarge,
    /// 500 with an empty body.
    InternalError,
    /// `sxp`: 501 `Operation not implemented: `, followed by the given name.
    NotImplemented(String),
    /// `sxp`: 404 `Not found`, with the given text as the body.
    NotFound(String),
    /// The error for an unknown domain, in the words of the face and the release.
    UnknownDomain(String),
    /// `xmlrpc` and `xenapi`: the error for an unknown method. Up to 3.0.3 it is a fault, later a success that says
    /// `MESSAGE_METHOD_UNKNOWN`.
    UnknownMethod(String),
    /// The operation raises a `XendError` with this text: on `sxp` `(xend.err "...")` under the status of the release,
    /// on `xmlrpc` a fault 2, on `xenapi` an `INTERNAL_ERROR`.
    Error(String),
    /// `sxp`: the error `(xend.err "TEXT")`, sent with any status; 200 `OK` by default.
    XendErr {
        /// The text of the error.
        text: String,
        /// The status and the reason phrase.
        status: Status,
    },
    /// `sxp`: S-expressions, sent byte for byte.
    Sexpr {
        /// One or more S-expressions.
        body: String,
        /// The status and the reason phrase.
        status: Status,
    },
    /// Any body: that of `text`, or the content of a `body-file`.
    Body {
        /// The bytes of the body.
        body: Vec<u8>,
        /// The content type; by default `text/plain` on `sxp`, and `text/xml` elsewhere.
        content_type: Option<String>,
        /// The status and the reason phrase.
        status: Status,
    },
    /// `xmlrpc` and `xenapi`: a fault.
    Fault(Fault),
    /// `xmlrpc` and `xenapi`: the response of a method that returns this value.
    Value(Value),
    /// `xmlrpc` and `xenapi`: a success that says `Failure`, with this `ErrorDescription`.
    Failure(Vec<String>),
    /// The bytes of `raw`, `raw-base64` or `raw-file`, sent instead of a whole reply, head included. Then the
    /// connection is closed.
    Raw(Vec<u8>),
}

/// The status of a reply and its reason phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The status, from 100 to 999.
    pub(crate) code: u16,
    /// The reason phrase.
    pub(crate) reason: String,
}

/// How a request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// With a scripted reply.
    Scripted(Arc<Scripted>),
    /// By the simulated host.
    World {
        /// How the reply breaks on its way.
        faults: Faults,
    },
    /// With a refusal: the request was not expected, and the scenario says `unexpected = "refuse"`.
    Refused,
}

/// A scripted reply, with the ways in which it breaks.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) reply: Reply,
    pub(crate) faults: Faults,
}

/// The error for a reply that a face does not have. Scenarios with such a reply are refused when they are read (see
/// [`Reply::faces`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongFace;

impl Decision {
    /// Returns the faults of the reply.
    pub(super) fn faults(&self) -> Faults {
        match self {
            Self::Scripted(scripted) => scripted.faults.clone(),
            Self::World { faults } => faults.clone(),
            Self::Refused => Faults::none(),
        }
    }
}

impl Default for Status {
    fn default() -> Self {
        Self { code: 200, reason: "OK".to_owned() }
    }
}

impl Reply {
    /// Returns the faces that have this reply.
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
    /// Returns what is known of the bytes of the reply before a face makes them, and calls `look` with it.
    pub(super) fn with_sent<T>(&self, look: impl FnOnce(Sent<'_>) -> T) -> T {
        match self {
            Self::Close => look(Sent::Nothing("close")),
            Self::Hang => look(Sent::Nothing("hang")),
            Self::Raw(bytes) => look(Sent::Whole(bytes)),
            Self::Sexpr { body, .. } => look(Sent::Body(body.as_bytes())),
            Self::Body { body, .. } => look(Sent::Body(body)),
            Self::Value(value) => match xmlrpc::encode_response(value) {
                Ok(body) => look(Sent::Body(&body)),
                Err(_) => look(Sent::Unknown),
            },
            _ => look(Sent::Unknown),
        }
    }
}
