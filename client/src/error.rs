//! The one error of this crate.

use std::{fmt, io};

use xend_wire::failure::{ErrorCode, Failure};
use xend_wire::http::Reply;
use xend_wire::operation::{Effect, Face, Operation, Unsupported};
use xend_wire::{ErrorKind, Release};

/// Why an operation gave no result: what went wrong, whether the operation may have happened all the same, and the
/// daemon's reply where there was one.
#[derive(Debug)]
pub struct Error {
    operation: &'static str,
    domain: Option<String>,
    code: ErrorCode,
    message: String,
    fate: Fate,
    unsupported: Option<Unsupported>,
    other_face: Option<Face>,
    reply: Option<Box<Reply>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
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

impl Error {
    fn new(operation: Operation, code: ErrorCode, message: impl Into<String>, fate: Fate) -> Self {
        Self {
            operation: operation.name(),
            domain: None,
            code,
            message: message.into(),
            fate,
            unsupported: None,
            other_face: None,
            reply: None,
            source: None,
        }
    }

    /// Nothing was sent.
    pub(crate) fn invalid(operation: Operation, face: Face, release: Release, error: xend_wire::Error) -> Self {
        let code = match error.kind() {
            ErrorKind::UnsupportedOperation => ErrorCode::VmmCmdFormatError,
            ErrorKind::MissingArgument | ErrorKind::UnknownArgument => ErrorCode::InvalidParmNum,
            _ => ErrorCode::BadParameter,
        };
        let unsupported = Unsupported { face, release, operation: operation.name() };
        let unsupported = (error.kind() == ErrorKind::UnsupportedOperation).then_some(unsupported);
        let message = unsupported.map_or_else(|| error.to_string(), |unsupported| unsupported.to_string());
        let source = Some(error.into());
        Self { unsupported, source, ..Self::new(operation, code, message, Fate::Invalid) }
    }

    /// The Xen-API wants a session, and nobody has said who opens it.
    pub(crate) fn without_credentials(operation: Operation) -> Self {
        let message = "the Xen-API needs user and password";
        Self::new(operation, ErrorCode::CredentialsNotSet, message, Fate::Invalid)
    }

    pub(crate) fn failed(operation: Operation, failure: Failure) -> Self {
        let fate = match failure.code {
            ErrorCode::UnableToVerifyState => Fate::Unknown,
            ErrorCode::CommunicationNotEstablished => Fate::Sent,
            _ => Fate::Refused,
        };
        let reply = failure.reply.map(Box::new);
        Self { reply, ..Self::new(operation, failure.code, failure.message, fate) }
    }

    /// The daemon told what there is, and by that the operation can't be done.
    pub(crate) fn seen(operation: Operation, code: ErrorCode, message: String) -> Self {
        Self::new(operation, code, message, Fate::Refused)
    }

    /// The daemon was not reached.
    pub(crate) fn not_sent(operation: Operation, what: impl fmt::Display, error: io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::PermissionDenied => ErrorCode::AccessDenied,
            // What the standard library says of a socket path that does not fit into `sun_path`.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => ErrorCode::NameTooLong,
            io::ErrorKind::NotConnected => ErrorCode::HostNotFound,
            _ => ErrorCode::CommunicationNotEstablished,
        };
        let message = format!("{what}: {error}");
        Self { source: Some(error.into()), ..Self::new(operation, code, message, Fate::NotSent) }
    }

    /// The request went out, at least in part, and no reply that can be read came back.
    pub(crate) fn no_reply(
        operation: Operation,
        effect: Effect,
        message: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let (code, fate) = match effect {
            Effect::Changes => (ErrorCode::UnableToVerifyState, Fate::Unknown),
            Effect::Reads => (ErrorCode::CommunicationNotEstablished, Fate::Sent),
        };
        Self { source, ..Self::new(operation, code, message, fate) }
    }

    /// Says which domain it was about, unless that was said.
    pub(crate) fn about(self, domain: Option<&[u8]>) -> Self {
        let domain = self.domain.or_else(|| domain.map(|domain| String::from_utf8_lossy(domain).into_owned()));
        Self { domain, ..self }
    }

    /// Says its name, where it was asked for by another sign.
    pub(crate) fn named(self, domain: Option<&[u8]>) -> Self {
        match domain {
            Some(_) => Self { domain: None, ..self }.about(domain),
            None => self,
        }
    }

    /// Whether the daemon did nothing, for it does not know the session.
    pub(crate) fn is_for_want_of_session(&self) -> bool {
        self.fate == Fate::Refused && self.message.starts_with("SESSION_INVALID")
    }

    /// Says that the request only reads, whatever the operation does.
    pub(crate) fn of_reading(self) -> Self {
        match self.code {
            ErrorCode::UnableToVerifyState => {
                Self { code: ErrorCode::CommunicationNotEstablished, fate: Fate::Sent, ..self }
            }
            _ => self,
        }
    }

    /// Says which face was asked, and sees whether another one answered.
    pub(crate) fn asked_of(self, face: Face) -> Self {
        // What each of the daemon's servers says to a request of another's dialect (protocol reference §1.7, §3.6, §5.7).
        let has_answered = |start: &str| self.reply.is_some() && self.message.starts_with(start);
        let other_face = match face {
            Face::Sxp if has_answered("Unsupported method ('GET')") || has_answered("No such page") => {
                Some(Face::XmlRpc)
            }
            Face::XmlRpc | Face::XenApi if has_answered("Not found: RPC2") => Some(Face::Sxp),
            Face::XmlRpc if has_answered("INTERNAL_ERROR Invalid result ") => Some(Face::XenApi),
            Face::XenApi if has_answered("MESSAGE_METHOD_UNKNOWN session.login_with_password") => Some(Face::XmlRpc),
            _ => None,
        };
        Self { other_face, ..self }
    }

    /// Says what else went wrong while this was being mended.
    pub(crate) fn and_then(mut self, second: impl fmt::Display) -> Self {
        self.message = format!("{}; then {second}", self.message);
        self
    }

    /// Says that something was done before it went wrong, and stays.
    pub(crate) fn in_part(self) -> Self {
        Self { fate: Fate::Unknown, ..self }
    }

    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The domain that it was about, as the caller named it.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Whether the face or release lacks the operation. Nothing was sent then.
    pub fn unsupported(&self) -> Option<Unsupported> {
        self.unsupported
    }

    /// The face that the daemon seems to have at the address, by its answer: another than was asked. Of the two dialects
    /// of XML-RPC, `xmlrpc` stands for both where they answer alike.
    pub fn other_face(&self) -> Option<Face> {
        self.other_face
    }

    /// What went wrong, for programs.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What went wrong, for people: the daemon's own text where it gave one.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the operation may have happened.
    pub fn fate(&self) -> Fate {
        self.fate
    }

    /// The daemon's reply as it came, where there was one.
    pub fn reply(&self) -> Option<&Reply> {
        self.reply.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation)?;
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
        write!(f, " ({}, {doubt})", self.code)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
