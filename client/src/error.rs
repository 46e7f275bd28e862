//! The one error of this crate.

use std::fmt;
use std::io;
use std::time::Duration;

use xend_wire::ErrorKind;
use xend_wire::failure::{ErrorCode, Failure};
use xend_wire::http::Reply;
use xend_wire::operation::{Effect, Face, Operation, Unsupported};

use crate::uri::Uri;

/// Why an operation gave no result: what went wrong, whether the operation may have happened all the same, and the
/// daemon's reply where there was one.
#[derive(Debug)]
pub struct Error {
    operation: Operation,
    domain: Option<String>,
    /// What went wrong, and behind it what went wrong when it was mended.
    message: String,
    code: ErrorCode,
    fate: Fate,
    kind: Kind,
    other_face: Option<Face>,
}

/// What became of an operation that gave no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was sent, and nothing would be: the operation or its arguments are wrong.
    Invalid,
    /// The daemon was not reached.
    NotSent,
    /// The daemon answered that it did not do it.
    Refused,
    /// It was sent, and no reply came that can be read. That request only reads, so nothing depends on it; what was made
    /// before it was unmade.
    Sent,
    /// It was sent, and no reply came that can be read; or it took several requests, of which some were done and one was
    /// not. What the daemon did must be looked up.
    Unknown,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    /// The arguments are not those of the operation.
    #[error("{0}")]
    Arguments(#[source] xend_wire::Error),
    /// The face or release lacks the operation.
    #[error("{0}")]
    Unsupported(#[source] Unsupported),
    /// A session is needed, and nobody has said who opens it.
    #[error("the Xen-API needs user and password")]
    NoCredentials,
    /// The host or the arguments do not fit into a request of HTTP.
    #[error("it can't be sent: {0}")]
    Unwritable(String),
    /// The daemon was not reached.
    #[error("can't connect to {uri}: {source}")]
    Unreachable { uri: Uri, source: ConnectError },
    /// A deadline has passed after the request went out, or while another call opened a session.
    #[error("{awaited} within {limit:?}")]
    Timeout { awaited: Awaited, limit: Duration },
    /// The connection was closed too early.
    #[error("the connection was closed before the reply was complete")]
    Closed(#[source] hyper::Error),
    /// What came is no HTTP.
    #[error("the reply is not HTTP: {0}")]
    NotHttp(#[source] hyper::Error),
    /// The body of the reply is not complete.
    #[error("the reply breaks off: {0}")]
    BrokenOff(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body of the reply is longer than this number of bytes.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
    /// The daemon replied that it failed, or with what can't be read.
    #[error("{}", .0.message)]
    Reply(Box<Failure>),
    /// The daemon's reply lacks what the next request needs.
    #[error("{0}")]
    Lacking(String),
    /// By what the daemon replied, the operation can't be done.
    #[error("{why}")]
    Impossible { code: ErrorCode, why: String },
}

/// What did not come in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// A session, which another call was opening.
    Session,
    /// The head of the reply.
    Reply,
    /// The rest of the reply.
    WholeReply,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("not within {0:?}")]
    Timeout(Duration),
    #[error("unknown host: {0}")]
    UnknownHost(#[source] io::Error),
    #[error("unknown host: it has no address")]
    NoAddress,
    /// The path does not fit into the address of a socket.
    #[error("{0}")]
    InvalidPath(#[source] io::Error),
    #[error("{0}")]
    Io(#[source] io::Error),
    #[error("{0}")]
    Http(#[source] hyper::Error),
}

/// How each of the daemon's servers refuses a request of another's dialect: the face that was asked, what stands in the
/// daemon's message, and the face that is there (protocol reference §1.7, §3.6, §5.7).
const OTHER_FACES: &[(Face, &str, Face)] = &[
    (Face::Sxp, "Unsupported method ('GET')", Face::XmlRpc),
    (Face::Sxp, "No such page", Face::XmlRpc),
    (Face::XmlRpc, "Not found: RPC2", Face::Sxp),
    (Face::XmlRpc, "INTERNAL_ERROR Invalid result ", Face::XenApi),
    (Face::XenApi, "Not found: RPC2", Face::Sxp),
    (Face::XenApi, "MESSAGE_METHOD_UNKNOWN session.login_with_password", Face::XmlRpc),
];

impl Error {
    /// That a request of this effect came to nothing, for the sake of an operation.
    pub(crate) fn new(operation: Operation, effect: Effect, kind: Kind) -> Self {
        let (code, fate) = kind.outcome(effect);
        let message = kind.to_string();
        Self { operation, domain: None, message, code, fate, kind, other_face: None }
    }

    /// Names the domain that the operation was about, unless that was done before.
    pub(crate) fn about(self, domain: Option<&[u8]>) -> Self {
        let domain = self.domain.or_else(|| domain.map(|domain| String::from_utf8_lossy(domain).into_owned()));
        Self { domain, ..self }
    }

    /// Sees by the daemon's answer whether it has another face at the address than was asked.
    pub(crate) fn with_other_face(self, asked: Face) -> Self {
        let Kind::Reply(failure) = &self.kind else { return self };
        let is_it = |(face, piece, _): &&(Face, &str, Face)| *face == asked && failure.message.contains(piece);
        let other_face = OTHER_FACES.iter().find(is_it).map(|(.., answered)| *answered);
        Self { other_face, ..self }
    }

    /// Adds that a step which was to unmake what was made has failed, too.
    pub(crate) fn unmaking_failed(mut self, step: &str, second: &Self) -> Self {
        self.message = format!("{}; then {step}: {}", self.message, second.message);
        self
    }

    /// Says that something was done before this went wrong, and stays.
    pub(crate) fn partly_done(self) -> Self {
        Self { fate: Fate::Unknown, ..self }
    }

    /// Whether the daemon did nothing, for it does not know the session.
    pub(crate) fn is_session_invalid(&self) -> bool {
        match &self.kind {
            Kind::Reply(failure) => self.fate == Fate::Refused && failure.mark.as_deref() == Some("SESSION_INVALID"),
            _ => false,
        }
    }

    /// The name of the operation, or of the one among its steps that failed.
    pub fn operation(&self) -> &'static str {
        self.operation.name()
    }

    /// The domain that it was about, as the caller named it.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// What went wrong, for programs.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What went wrong, for people: the daemon's own text where it gave one.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What became of the operation.
    pub fn fate(&self) -> Fate {
        self.fate
    }

    /// Whether the daemon may have done the operation, wholly or in part.
    pub fn may_have_happened(&self) -> bool {
        self.fate == Fate::Unknown
    }

    /// Whether one of the [`Deadlines`](crate::Deadlines) has passed, in connecting or in waiting for the reply.
    pub fn is_timeout(&self) -> bool {
        let is_late = |source: &ConnectError| matches!(source, ConnectError::Timeout(_));
        match &self.kind {
            Kind::Timeout { .. } => true,
            Kind::Unreachable { source, .. } => is_late(source),
            _ => false,
        }
    }

    /// Whether there was no connection to the daemon.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind, Kind::Unreachable { .. })
    }

    /// The operation, face and release, if that face of that release lacks the operation. Nothing was sent then.
    pub fn unsupported(&self) -> Option<Unsupported> {
        match self.kind {
            Kind::Unsupported(unsupported) => Some(unsupported),
            _ => None,
        }
    }

    /// The face that the daemon seems to have at the address, by its answer: another than was asked. Of the two dialects
    /// of XML-RPC, `xmlrpc` stands for both where they answer alike.
    pub fn other_face(&self) -> Option<Face> {
        self.other_face
    }

    /// Whether the Xen-API knows no object of a reference, or knows it no longer.
    pub(crate) fn is_of_unknown_object(&self) -> bool {
        matches!(&self.kind, Kind::Reply(failure) if failure.mark.as_deref() == Some("HANDLE_INVALID"))
    }

    /// The HTTP status of the reply, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.reply().map(|reply| reply.status)
    }

    /// The daemon's reply as it came, where there was one.
    pub fn reply(&self) -> Option<&Reply> {
        match &self.kind {
            Kind::Reply(failure) => failure.reply.as_deref(),
            _ => None,
        }
    }
}

impl Kind {
    /// What follows from it, where the request has this effect.
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
            Self::Unwritable(_) => (ErrorCode::BadParameter, Fate::Invalid),
            Self::Unreachable { source, .. } => (source.code(), Fate::NotSent),
            Self::Timeout { awaited: Awaited::Session, .. } => (ErrorCode::CommunicationNotEstablished, Fate::NotSent),
            Self::Timeout { awaited: Awaited::Reply | Awaited::WholeReply, .. }
            | Self::Closed(_)
            | Self::NotHttp(_)
            | Self::BrokenOff(_)
            | Self::TooLong(_)
            | Self::Lacking(_) => no_reply,
            Self::Reply(failure) => match failure.code {
                code @ ErrorCode::UnableToVerifyState => (code, Fate::Unknown),
                code @ ErrorCode::CommunicationNotEstablished => (code, Fate::Sent),
                code => (code, Fate::Refused),
            },
            Self::Impossible { code, .. } => (*code, Fate::Refused),
        }
    }
}

impl ConnectError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownHost(_) | Self::NoAddress => ErrorCode::HostNotFound,
            Self::InvalidPath(_) => ErrorCode::NameTooLong,
            Self::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => ErrorCode::AccessDenied,
            Self::Timeout(_) | Self::Io(_) | Self::Http(_) => ErrorCode::CommunicationNotEstablished,
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session => "no session",
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
        let doubt = match self.fate {
            Fate::Invalid | Fate::NotSent => "nothing was sent",
            Fate::Refused => "refused",
            Fate::Sent => "no readable reply",
            Fate::Unknown => "it may have been done",
        };
        write!(f, " ({}, ", self.code)?;
        if let Some(status) = self.status().filter(|status| *status != 200) {
            let told = format!("HTTP {status}");
            if !self.message.starts_with(&told) {
                write!(f, "{told}, ")?;
            }
        }
        write!(f, "{doubt})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind.source()
    }
}
