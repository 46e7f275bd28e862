//! The vocabulary of replies, and what each word is in bytes.

use std::time::Duration;

use serde::Deserialize;
use xend_wire::datum;
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Fault, Value};

use crate::http::Then;
use crate::service::{Answer, Listener, Service};
use crate::world::Failure;
use crate::{sxp, xmlrpc as rpc};

/// What a scripted reply is.
///
/// How each is written in a scenario stands in the documentation of [`Scenario`](crate::Scenario#replies).
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The world answers; for an expectation that only counts or delays.
    Simulate,
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
pub struct Status {
    /// Three digits.
    pub code: u16,
    /// The reason phrase.
    pub reason: String,
}

/// What becomes of a connection after a scripted reply, where the face would do otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It closes.
    Close,
    /// It stays open, and nothing more comes.
    KeepOpen,
}

/// A reply that is due, with what breaks it.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    pub(super) reply: Reply,
    pub(super) delay: Duration,
    /// How many bytes go out, the head included; all of them if `None`.
    pub(super) cut: Option<usize>,
    pub(super) ending: Option<Ending>,
}

impl Default for Status {
    fn default() -> Self {
        Self { code: 200, reason: "OK".to_owned() }
    }
}

impl Reply {
    /// The faces that can say it.
    pub(super) fn faces(&self) -> &'static [Face] {
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
            _ => &Face::ALL,
        }
    }
}

impl Scripted {
    /// The reply on the S-expression face.
    pub(crate) fn over_sxp(self, service: &Service, listener: &Listener, request: &sxp::Request) -> Answer {
        let release = service.release();
        let plain = |status: &Status| sxp::Reply::ok().with_status(status.code, status.reason.as_str());
        let reply = match &self.reply {
            Reply::Close => return self.ended(Vec::new(), Then::Close),
            Reply::Hang => return self.ended(Vec::new(), Then::Hang),
            Reply::Raw(bytes) => return self.ended(bytes.clone(), Then::Close),
            Reply::BadRequest => sxp::Reply::bad_request(),
            Reply::InvalidRequest => sxp::Reply::invalid_request(release),
            Reply::TooLarge => sxp::Reply::too_large(),
            Reply::InternalError => sxp::Reply::ok().internal_error(),
            Reply::NotImplemented(operation) => sxp::Reply::not_implemented(operation.as_bytes(), release),
            Reply::NotFound(text) => sxp::Reply::not_found(text.as_str()),
            Reply::UnknownDomain(domain) => sxp::Reply::unknown_domain(domain.as_bytes(), release),
            Reply::Error(text) => {
                sxp::failed_operation(service, listener, request, Failure::Refused(text.clone().into_bytes()))
            }
            Reply::XendErr { text, status } => plain(status).with_error(text.as_bytes(), release),
            Reply::Sexpr { body, status } => plain(status).with_type(sxp::SXP).with_body(body.as_bytes()),
            Reply::Body { body, content_type, status } => {
                plain(status).with_type(content_type.as_deref().unwrap_or(sxp::PLAIN)).with_body(body)
            }
            // The others are refused where the scenario is read.
            Reply::Simulate | Reply::Fault(_) | Reply::Value(_) | Reply::Failure(_) | Reply::UnknownMethod(_) => {
                unreachable!("not a reply of this face")
            }
        };
        let then = if request.keep_alive { Then::Continue } else { Then::Close };
        self.ended(reply.encode(request.method == b"HEAD", request.keep_alive), then)
    }

    /// The reply on an XML-RPC face.
    pub(crate) fn over_xmlrpc(self, service: &Service, face: Face, then: Then) -> Answer {
        let release = service.release();
        let xml = |body| rpc::Reply::xml(release, body);
        let reply = match &self.reply {
            Reply::Close => return self.ended(Vec::new(), Then::Close),
            Reply::Hang => return self.ended(Vec::new(), Then::Hang),
            Reply::Raw(bytes) => return self.ended(bytes.clone(), Then::Close),
            Reply::InternalError => rpc::Reply::internal_error(),
            Reply::UnknownMethod(method) => xml(rpc::unknown_method(face, release, method)),
            Reply::UnknownDomain(domain) => {
                xml(rpc::failed(face, release, &Failure::UnknownDomain { target: domain.clone().into_bytes() }))
            }
            Reply::Error(text) => xml(rpc::failed(face, release, &Failure::Refused(text.clone().into_bytes()))),
            Reply::Fault(fault) => xml(datum::fault(fault.code, fault.string.as_bytes())),
            Reply::Value(value) => xml(xmlrpc::encode_response(value).expect("checked where the scenario is read")),
            Reply::Failure(description) => xml(rpc::failure(description.iter().map(String::as_str), release)),
            Reply::Body { body, content_type, status } => {
                xml(body.clone()).with_status(status, content_type.as_deref())
            }
            _ => unreachable!("not a reply of this face"),
        };
        self.ended(reply.encode(release, service.now()), then)
    }

    fn ended(&self, mut bytes: Vec<u8>, then: Then) -> Answer {
        let mut answer_then = match self.ending {
            Some(Ending::Close) => Then::Close,
            Some(Ending::KeepOpen) => Then::Hang,
            None => then,
        };
        if let Some(cut) = self.cut.filter(|&cut| cut < bytes.len()) {
            bytes.truncate(cut);
            // Nothing can follow a reply that is cut.
            if answer_then == Then::Continue {
                answer_then = Then::Close;
            }
        }
        Answer { bytes, delay: self.delay, then: answer_then }
    }
}
