//! The kinds of scripted replies. Each face has its own code that turns them into bytes.

use xend_wire::datum;
use xend_wire::operation::Face;
use xend_wire::sexpr;
use xend_wire::xmlrpc::{self, Value};

use super::request::RecognisedRequest;
use super::template::{Echo, Template, Text};
use crate::fault::{LONGEST_HEAD, Sent};

/// A scripted reply, each kind exactly as the release in force sends it.
///
/// The documentation of [`Scenario`](crate::Scenario#replies) describes how each kind is written in a scenario file.
/// The texts (`T`) and the value (`V`) of a reply may be literal or a part of the request: see [`Text`] and
/// [`Template`].
///
/// ```
/// use mock_xend::{Reply, expect};
/// use xend_wire::operation::PAUSE;
///
/// let expectation = expect(PAUSE).reply(Reply::Error("Domain 'vm1' is not started".into()));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reply<T = Text, V = Template> {
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
    NotImplemented(T),
    /// `sxp`: 404 `Not found`, with the given text as the body.
    NotFound(T),
    /// The error for an unknown domain, in the words of the face and the release.
    UnknownDomain(T),
    /// `xmlrpc` and `xenapi`: the error for an unknown method. Up to 3.0.3 it is a fault, later a success that says
    /// `MESSAGE_METHOD_UNKNOWN`.
    UnknownMethod(T),
    /// The operation raises a `XendError` with this text: on `sxp` `(xend.err "...")` under the status of the release,
    /// on `xmlrpc` a fault 2, on `xenapi` an `INTERNAL_ERROR`.
    Error(T),
    /// `sxp`: the error `(xend.err "TEXT")`, sent with any status; 200 `OK` by default.
    XendErr {
        /// The text of the error.
        text: T,
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
    /// Any body, sent byte for byte.
    Body {
        /// The bytes of the body.
        body: Vec<u8>,
        /// The content type; by default `text/plain` on `sxp`, and `text/xml` elsewhere.
        content_type: Option<String>,
        /// The status and the reason phrase.
        status: Status,
    },
    /// `xmlrpc` and `xenapi`: a fault.
    Fault {
        /// The number of the fault.
        code: i32,
        /// The text of the fault.
        string: T,
    },
    /// `xmlrpc` and `xenapi`: the response of a method that returns this value.
    Value(V),
    /// `xmlrpc` and `xenapi`: a success that says `Failure`, with this `ErrorDescription`.
    Failure(Vec<T>),
    /// These bytes, sent instead of a whole reply, head included. Then the connection is closed.
    Raw(Vec<u8>),
}

/// A reply to one request, in which each part of the request stands as it was sent.
pub(crate) type ResolvedReply = Reply<Vec<u8>, Value>;

/// The status of a reply and its reason phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The status, from 100 to 999.
    pub code: u16,
    /// The reason phrase, a single line.
    pub reason: String,
}

/// The error for a reply that a face does not have. Scenarios with such a reply are refused before the mock starts (see
/// [`Reply::faces`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WrongFace;

/// The most bytes that a face puts around a text, and that it makes of one byte of it.
const LONGEST_WORDING: usize = 600;
const LONGEST_ESCAPE: usize = 6;

/// The longest body, in bytes.
pub(super) const LONGEST_BODY: usize = 256 << 20;

impl Default for Status {
    fn default() -> Self {
        200.into()
    }
}

/// A status with the reason phrase of Xend (`web/http.py`), or `Unknown` if Xend has none.
impl From<u16> for Status {
    fn from(code: u16) -> Self {
        let reason = match code {
            200 => "OK",
            201 => "Created",
            202 => "Accepted",
            204 => "No content",
            302 => "Found",
            400 => "Bad request",
            403 => "Forbidden",
            404 => "Not found",
            406 => "Invalid request",
            413 => "Request entity too large",
            500 => "Internal server error",
            501 => "Not implemented",
            503 => "Service unavailable",
            _ => "Unknown",
        };
        Self { code, reason: reason.to_owned() }
    }
}

impl Status {
    /// Checks a status with the body that follows it.
    ///
    /// # Errors
    /// Returns what is wrong, for people.
    pub(super) fn check(&self, has_body: bool) -> Result<(), String> {
        let code = self.code;
        if !(100..=999).contains(&code) {
            return Err(format!("{code} is not an HTTP status, expected a number from 100 to 999"));
        }
        if has_body && matches!(code, 100..=199 | 204 | 304) {
            return Err(format!("a reply with status {code} has no body; use `raw` to send one anyway"));
        }
        one_line(&self.reason)
    }
}

/// Checks a text that becomes part of the head of a reply.
pub(super) fn one_line(text: &str) -> Result<(), String> {
    match text.contains(['\r', '\n']) {
        true => Err("this text must be a single line of the reply's head; use `raw` to send a broken head".to_owned()),
        false => Ok(()),
    }
}

impl<T, V> Reply<T, V> {
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
            Self::Fault { .. } | Self::Value(_) | Self::Failure(_) | Self::UnknownMethod(_) => {
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

    /// Returns the reply with other texts and another value.
    fn map<U, W>(&self, text: impl Fn(&T) -> U, value: impl Fn(&V) -> W) -> Reply<U, W> {
        match self {
            Self::Close => Reply::Close,
            Self::Hang => Reply::Hang,
            Self::BadRequest => Reply::BadRequest,
            Self::InvalidRequest => Reply::InvalidRequest,
            Self::TooLarge => Reply::TooLarge,
            Self::InternalError => Reply::InternalError,
            Self::NotImplemented(name) => Reply::NotImplemented(text(name)),
            Self::NotFound(what) => Reply::NotFound(text(what)),
            Self::UnknownDomain(name) => Reply::UnknownDomain(text(name)),
            Self::UnknownMethod(name) => Reply::UnknownMethod(text(name)),
            Self::Error(message) => Reply::Error(text(message)),
            Self::XendErr { text: message, status } => Reply::XendErr { text: text(message), status: status.clone() },
            Self::Sexpr { body, status } => Reply::Sexpr { body: body.clone(), status: status.clone() },
            Self::Body { body, content_type, status } => {
                Reply::Body { body: body.clone(), content_type: content_type.clone(), status: status.clone() }
            }
            Self::Fault { code, string } => Reply::Fault { code: *code, string: text(string) },
            Self::Value(returned) => Reply::Value(value(returned)),
            Self::Failure(words) => Reply::Failure(words.iter().map(text).collect()),
            Self::Raw(bytes) => Reply::Raw(bytes.clone()),
        }
    }
}

impl Reply {
    /// Returns the reply to a request.
    pub(super) fn resolve(&self, asked: &RecognisedRequest<'_>) -> ResolvedReply {
        self.map(|text| text.resolve(asked), |value| value.resolve(asked))
    }

    /// Returns the reply in which an empty text stands for each part of the request.
    #[cfg(test)]
    pub(crate) fn without_request(&self) -> ResolvedReply {
        let text = |text: &Text| match text {
            Text::Literal(text) => text.clone().into_bytes(),
            Text::Echo(_) => Vec::new(),
        };
        self.map(text, Template::without_echoes)
    }

    /// Returns the parts of the request that the reply repeats.
    pub(super) fn echoes(&self) -> Vec<&Echo> {
        match self {
            Self::NotImplemented(text)
            | Self::NotFound(text)
            | Self::UnknownDomain(text)
            | Self::UnknownMethod(text)
            | Self::Error(text)
            | Self::XendErr { text, .. }
            | Self::Fault { string: text, .. } => text.echoes().into_iter().collect(),
            Self::Failure(words) => words.iter().filter_map(Text::echoes).collect(),
            Self::Value(value) => value.echoes(),
            _ => Vec::new(),
        }
    }

    /// Returns what is known of the bytes of the reply before a face makes them, and calls `look` with it. `None` stands for
    /// any face.
    pub(crate) fn with_sent<T>(&self, face: Option<Face>, look: impl FnOnce(Sent<'_>) -> T) -> T {
        if !self.echoes().is_empty() {
            return look(Sent::Unknown);
        }
        // A text can be escaped, byte by byte.
        let worded = |text: &Text| match text {
            Text::Literal(text) => LONGEST_WORDING + LONGEST_ESCAPE * text.len(),
            Text::Echo(_) => usize::MAX,
        };
        let nodes = match face {
            Some(Face::XmlRpc) => datum::fault(2, b""),
            Some(Face::XenApi) => {
                let words = ("ErrorDescription".into(), Value::Array(vec!["".into(), "".into()]));
                let failure = Value::Struct(vec![("Status".into(), "Failure".into()), words]);
                xmlrpc::encode_response_as_daemon(&failure).unwrap_or_default()
            }
            Some(Face::Sxp) | None => b"(xend.err '')".to_vec(),
        };
        match self {
            Self::Close => look(Sent::Nothing("close")),
            Self::Hang => look(Sent::Nothing("hang")),
            Self::Raw(bytes) => look(Sent::Whole(bytes)),
            Self::BadRequest | Self::TooLarge | Self::InternalError => look(Sent::Body(b"", LONGEST_HEAD)),
            Self::NotFound(Text::Literal(text)) => look(Sent::Body(text.as_bytes(), LONGEST_HEAD)),
            // Releases from 4.1 on show an empty string there.
            Self::InvalidRequest => look(Sent::Worded(b"''", 2)),
            // The text stands in the reason phrase and in the body.
            Self::NotImplemented(Text::Literal(text)) => look(Sent::Worded(b"''", 30 + 2 * text.len())),
            Self::Sexpr { body, status } => look(Sent::Body(body.as_bytes(), LONGEST_HEAD + status.reason.len())),
            Self::Body { body, status, content_type } => {
                let more = status.reason.len() + content_type.as_ref().map_or(0, String::len);
                look(Sent::Body(body, LONGEST_HEAD + more))
            }
            Self::Fault { code, string: Text::Literal(text) } => {
                look(Sent::Body(&datum::fault(*code, text.as_bytes()), LONGEST_HEAD))
            }
            Self::Value(value) => match xmlrpc::encode_response_as_daemon(&value.without_echoes()) {
                Ok(body) => look(Sent::Body(&body, LONGEST_HEAD)),
                Err(_) => look(Sent::Unknown),
            },
            Self::UnknownDomain(text) | Self::Error(text) => look(Sent::Worded(&nodes, worded(text))),
            Self::XendErr { text, status } => look(Sent::Worded(&nodes, worded(text) + status.reason.len())),
            Self::Failure(words) if face == Some(Face::XenApi) => {
                look(Sent::Worded(&nodes, LONGEST_WORDING + words.iter().map(worded).sum::<usize>()))
            }
            _ => look(Sent::Unknown),
        }
    }

    /// Checks what can be checked without a request.
    ///
    /// # Errors
    /// Returns what is wrong, for people.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            // The text stands in the reason phrase and in the body.
            Self::NotImplemented(Text::Literal(text)) => one_line(text),
            Self::XendErr { status, .. } => status.check(true),
            Self::Sexpr { body, status } => {
                body_length(body.len())?;
                sexpr::parse(body.as_bytes()).map_err(|error| format!("`body` is not an S-expression: {error}"))?;
                status.check(!body.is_empty())
            }
            Self::Body { body, content_type, status } => {
                body_length(body.len())?;
                content_type.as_deref().map_or(Ok(()), one_line)?;
                status.check(!body.is_empty())
            }
            Self::Value(value) => {
                xmlrpc::encode_response_as_daemon(&value.without_echoes()).map(drop).map_err(|error| error.to_string())
            }
            _ => Ok(()),
        }
    }
}

/// Checks the length of a body, in bytes.
pub(super) fn body_length(length: usize) -> Result<(), String> {
    if length > LONGEST_BODY { Err(format!("a body has at most {LONGEST_BODY} bytes")) } else { Ok(()) }
}
