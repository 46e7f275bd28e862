//! The error type of this crate.

use std::fmt;
use std::io;
use std::time::Duration;

use xend_wire::ErrorKind;
use xend_wire::failure::{ErrorCode, Failure};
use xend_wire::http::Reply;
use xend_wire::operation::{Effect, Face, Operation, Unsupported};

use crate::uri::Uri;

/// The reason why an operation gave no result.
///
/// An error tells what went wrong ([`code`](Self::code) for programs, [`message`](Self::message) for people), whether
/// the operation may have happened nevertheless ([`fate`](Self::fate)), and the daemon's reply, if there was one
/// ([`reply`](Self::reply)).
#[derive(Debug)]
pub struct Error {
    operation: Operation,
    domain: Option<String>,
    /// What went wrong, followed by the failures of undoing earlier requests.
    message: String,
    code: ErrorCode,
    fate: Fate,
    /// In a box, so that a result which holds an error stays small.
    kind: Box<Kind>,
    other_face: Option<Face>,
}

/// What happened to an operation that gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was sent, and trying again is useless: the operation or its arguments are invalid.
    Invalid,
    /// Nothing was sent, because there was no connection to the daemon.
    NotSent,
    /// The daemon replied that it did not do the operation.
    Refused,
    /// A request was sent and got no readable reply, but nothing has changed: the request only reads, and what earlier
    /// requests of the operation did was undone.
    Sent,
    /// The operation may have been done, wholly or in part: a request that changes something got no readable reply, or
    /// only some of several requests succeeded. The caller must look up what the daemon did.
    Unknown,
}

/// The kinds of failures, as the [`Error`] holds them.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    /// The arguments do not fit the operation.
    #[error("{0}")]
    Arguments(#[source] xend_wire::Error),
    /// The operation does not exist on this face of this release.
    #[error("{0}")]
    Unsupported(#[source] Unsupported),
    /// A session of the Xen-API is needed, and the client has no credentials.
    #[error("the Xen-API needs a user and a password")]
    NoCredentials,
    /// The host or the arguments can't be written into an HTTP request.
    #[error("the request can't be sent: {0}")]
    Unsendable(String),
    /// There was no connection to the daemon.
    #[error("can't connect to {uri}: {source}")]
    Unreachable { uri: Uri, source: ConnectError },
    /// A deadline passed after the request was sent, or while another call opened a session.
    #[error("{awaited} within {limit:?}")]
    Timeout { awaited: Awaited, limit: Duration },
    /// The connection was closed before the reply began or within its head.
    #[error("the connection was closed before the reply was complete")]
    Closed(#[source] hyper::Error),
    /// The reply is not HTTP.
    #[error("the reply is not HTTP: {0}")]
    NotHttp(#[source] hyper::Error),
    /// The chunks of the body are not what HTTP has.
    #[error("the body of the reply is wrongly framed: {0}")]
    WronglyFramed(#[source] io::Error),
    /// The body of the reply is incomplete.
    #[error("the reply ends too early: {0}")]
    Truncated(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body of the reply ends where the connection does, and TLS did not say that this is its end.
    #[error("the connection was closed without close_notify, so the reply may have been cut")]
    EndUntold(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body of the reply is longer than this limit, in bytes.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
    /// The daemon replied with a failure, or with something that can't be read.
    #[error("{}", .0.message)]
    Reply(Box<Failure>),
    /// The reply succeeded, but lacks something that the operation needs.
    #[error("{0}")]
    MissingFromReply(String),
    /// The daemon's replies show that the operation can't be done.
    #[error("{why}")]
    Impossible { code: ErrorCode, why: String },
}

/// What a call was waiting for when its deadline passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// A session that another call was opening.
    Session,
    /// The head of the reply.
    Reply,
    /// The rest of the reply.
    WholeReply,
}

/// The reason why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("no connection within {0:?}")]
    Timeout(Duration),
    #[error("unknown host: {0}")]
    UnknownHost(#[source] io::Error),
    #[error("unknown host: it has no address")]
    NoAddress,
    /// The path is too long for the address of a Unix socket, or contains a null byte.
    #[error("{0}")]
    InvalidPath(#[source] io::Error),
    #[error("{0}")]
    Io(#[source] io::Error),
    #[error("{0}")]
    Http(#[source] hyper::Error),
    /// There is a connection, and TLS on it failed.
    #[error("{1}")]
    Tls(TlsFailure, String),
}

/// What is wrong with TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// The certificate of the server has expired.
    Expired,
    /// The certificate of the server is not valid yet.
    NotValidYet,
    /// The certificate of the server is for another host.
    WrongHost,
    /// The client does not trust the issuer of the server's certificate.
    UnknownIssuer,
    /// The server demands a certificate of the client, or refuses the one that it got.
    ClientCertificate,
    /// The server does not speak TLS.
    NoTls,
    /// Anything else.
    Other,
}

/// How each server of the daemon refuses a request that was meant for another face: the face of the request, a part of
/// the daemon's message, and the face that the server really has (protocol reference §1.7, §3.6, §5.7).
const OTHER_FACES: &[(Face, &str, Face)] = &[
    (Face::Sxp, "Unsupported method ('GET')", Face::XmlRpc),
    (Face::Sxp, "No such page", Face::XmlRpc),
    (Face::XmlRpc, "Not found: RPC2", Face::Sxp),
    (Face::XmlRpc, "INTERNAL_ERROR Invalid result ", Face::XenApi),
    (Face::XenApi, "Not found: RPC2", Face::Sxp),
    (Face::XenApi, "MESSAGE_METHOD_UNKNOWN session.login_with_password", Face::XmlRpc),
];

impl Error {
    /// Creates the error of an operation from the failure of one of its requests, whose effect is `effect`.
    pub(crate) fn new(operation: Operation, effect: Effect, kind: Kind) -> Self {
        let (code, fate) = kind.outcome(effect);
        let message = kind.to_string();
        Self { operation, domain: None, message, code, fate, kind: Box::new(kind), other_face: None }
    }

    /// Adds the name of the domain, unless the error has one already.
    pub(crate) fn with_domain(self, domain: Option<&[u8]>) -> Self {
        let domain = self.domain.or_else(|| domain.map(|domain| String::from_utf8_lossy(domain).into_owned()));
        Self { domain, ..self }
    }

    /// Determines from the daemon's reply whether the address has another face than the client was told.
    pub(crate) fn with_other_face(self, asked: Face) -> Self {
        let Kind::Reply(failure) = &*self.kind else { return self };
        let is_it = |(face, piece, _): &&(Face, &str, Face)| *face == asked && failure.message.contains(piece);
        let other_face = OTHER_FACES.iter().find(is_it).map(|(.., answered)| *answered);
        Self { other_face, ..self }
    }

    /// Adds to the message that undoing an earlier request failed, too.
    pub(crate) fn undo_failed(mut self, step: &str, second: &Self) -> Self {
        self.message = format!("{}; then {step}: {}", self.message, second.message);
        self
    }

    /// Marks the operation as partly done: an earlier request changed something that can't be undone.
    pub(crate) fn partly_done(self) -> Self {
        Self { fate: Fate::Unknown, ..self }
    }

    /// Returns whether the daemon refused the request because it does not know the session.
    pub(crate) fn is_session_invalid(&self) -> bool {
        self.fate == Fate::Refused && self.daemon_code() == Some("SESSION_INVALID")
    }

    /// Returns the name of the operation, such as `domain.pause`. If an operation consists of several, it is the name
    /// of the one that failed.
    pub fn operation(&self) -> &'static str {
        self.operation.name()
    }

    /// Returns the domain that the operation was about, as the caller named it.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Returns the kind of failure as a code, for programs.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Returns a description of the failure for people. It is the daemon's own text, if the daemon gave one.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what happened to the operation.
    pub fn fate(&self) -> Fate {
        self.fate
    }

    /// Returns whether the daemon may have done the operation, wholly or in part.
    pub fn may_have_happened(&self) -> bool {
        self.fate == Fate::Unknown
    }

    /// Returns whether one of the [`Deadlines`](crate::Deadlines) passed while the client connected or waited for the
    /// reply.
    pub fn is_timeout(&self) -> bool {
        let is_late = |source: &ConnectError| matches!(source, ConnectError::Timeout(_));
        match &*self.kind {
            Kind::Timeout { .. } => true,
            Kind::Unreachable { source, .. } => is_late(source),
            _ => false,
        }
    }

    /// Returns whether the client could not connect to the daemon.
    pub fn is_unreachable(&self) -> bool {
        matches!(*self.kind, Kind::Unreachable { .. })
    }

    /// Returns what is wrong with TLS, if that is why there is no connection.
    pub fn tls_failure(&self) -> Option<TlsFailure> {
        self.kind.tls_failure()
    }

    /// Returns the operation, face and release if the operation does not exist on this face of this release. Nothing
    /// was sent in this case.
    pub fn unsupported(&self) -> Option<Unsupported> {
        match *self.kind {
            Kind::Unsupported(unsupported) => Some(unsupported),
            _ => None,
        }
    }

    /// Returns the face that the daemon seems to have at the address, if its reply shows that it is not the face of the
    /// client's URI. Where both dialects of XML-RPC answer alike, this is [`Face::XmlRpc`].
    pub fn other_face(&self) -> Option<Face> {
        self.other_face
    }

    /// Returns whether the Xen-API knows no object with the given reference.
    pub(crate) fn is_unknown_object(&self) -> bool {
        self.daemon_code() == Some("HANDLE_INVALID")
    }

    /// Returns whether the reply is an exception of the Xen-API's code whose text names the given Python attribute. The
    /// daemon has no code for it, so its text is all there is.
    pub(crate) fn is_exception_about(&self, attribute: &str) -> bool {
        self.daemon_code() == Some("INTERNAL_ERROR") && self.message.contains(attribute)
    }

    /// Returns the HTTP status of the daemon's reply, if there was a reply.
    pub fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    /// Returns the daemon's own code: the `faultCode` of a fault, or the first word of an `ErrorDescription`, such as
    /// `SESSION_INVALID`. The S-expression face has none.
    pub fn daemon_code(&self) -> Option<&str> {
        match &*self.kind {
            Kind::Reply(failure) => failure.daemon_code.as_deref(),
            _ => None,
        }
    }

    /// Returns the daemon's reply as it was received, if there was a reply.
    pub fn reply(&self) -> Option<&Reply> {
        match &*self.kind {
            Kind::Reply(failure) => failure.reply.as_deref(),
            _ => None,
        }
    }
}

impl Kind {
    /// Returns the error code and the operation's fate for this failure of a request with this effect.
    fn outcome(&self, effect: Effect) -> (ErrorCode, Fate) {
        let no_reply = match effect {
            Effect::Changes => (ErrorCode::UnableToVerifyState, Fate::Unknown),
            Effect::Reads => (ErrorCode::CommunicationNotEstablished, Fate::Sent),
        };
        match self {
            Self::Arguments(error) => {
                let code = match error.kind() {
                    ErrorKind::UnsupportedOperation => ErrorCode::VmmCmdFormatError,
                    ErrorKind::MissingArgument | ErrorKind::UnknownArgument => ErrorCode::InvalidParmNum,
                    _ => ErrorCode::BadParameter,
                };
                (code, Fate::Invalid)
            }
            Self::Unsupported(_) => (ErrorCode::VmmCmdFormatError, Fate::Invalid),
            Self::NoCredentials => (ErrorCode::CredentialsNotSet, Fate::Invalid),
            Self::Unsendable(_) => (ErrorCode::BadParameter, Fate::Invalid),
            Self::Unreachable { source, .. } => (source.code(), Fate::NotSent),
            Self::Timeout { awaited: Awaited::Session, .. } => (ErrorCode::CommunicationNotEstablished, Fate::NotSent),
            Self::Timeout { awaited: Awaited::Reply | Awaited::WholeReply, .. }
            | Self::Closed(_)
            | Self::NotHttp(_)
            | Self::WronglyFramed(_)
            | Self::Truncated(_)
            | Self::EndUntold(_)
            | Self::TooLong(_)
            | Self::MissingFromReply(_) => no_reply,
            Self::Reply(failure) => match failure.code {
                code @ ErrorCode::UnableToVerifyState => (code, Fate::Unknown),
                code @ ErrorCode::CommunicationNotEstablished => (code, Fate::Sent),
                code => (code, Fate::Refused),
            },
            Self::Impossible { code, .. } => (*code, Fate::Refused),
        }
    }
}

impl Kind {
    /// Returns what is wrong with TLS, if that is why there is no connection.
    pub(crate) fn tls_failure(&self) -> Option<TlsFailure> {
        match self {
            Self::Unreachable { source: ConnectError::Tls(failure, _), .. } => Some(*failure),
            _ => None,
        }
    }
}

impl ConnectError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownHost(_) | Self::NoAddress => ErrorCode::HostNotFound,
            Self::InvalidPath(_) => ErrorCode::NameTooLong,
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => ErrorCode::AccessDenied,
            Self::Tls(TlsFailure::ClientCertificate, _) => ErrorCode::AccessDenied,
            Self::Timeout(_) | Self::Io(_) | Self::Http(_) | Self::Tls(..) => ErrorCode::CommunicationNotEstablished,
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "no session was opened",
            Self::Reply => "no reply",
            Self::WholeReply => "no complete reply",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation())?;
        if let Some(domain) = &self.domain {
            write!(f, " {domain}")?;
        }
        write!(f, ": {}", if self.message.is_empty() { "no text" } else { &self.message })?;
        let fate = match self.fate {
            Fate::Invalid | Fate::NotSent => "nothing was sent",
            Fate::Refused => "refused",
            Fate::Sent => "no readable reply",
            Fate::Unknown => "the operation may have been done",
        };
        write!(f, " ({}, ", self.code)?;
        if let Some(status) = self.status().filter(|status| *status != 200) {
            let told = format!("HTTP {status}");
            if !self.message.starts_with(&told) {
                write!(f, "{told}, ")?;
            }
        }
        write!(f, "{fate})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind.source()
    }
}
