//! The one error of this crate.

use std::{fmt, io};

use xend_wire::failure::{ErrorCode, Failure};
use xend_wire::operation::{Effect, Operation, Reply};

/// Why an operation gave no result: what went wrong, whether the operation may have happened all the same, and the
/// daemon's reply where there was one.
#[derive(Debug)]
pub struct Error {
    operation: &'static str,
    code: ErrorCode,
    message: String,
    fate: Fate,
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
    /// It was sent, and no reply came that can be read. It only reads, so nothing depends on that.
    Sent,
    /// It was sent, and no reply came that can be read. Whether the daemon did it must be looked up.
    Unknown,
}

impl Error {
    pub(crate) fn invalid(operation: &'static Operation, error: xend_wire::Error) -> Self {
        let code = match error.kind() {
            xend_wire::ErrorKind::UnsupportedOperation => ErrorCode::VmmCmdFormatError,
            xend_wire::ErrorKind::MissingArgument | xend_wire::ErrorKind::UnknownArgument => ErrorCode::InvalidParmNum,
            _ => ErrorCode::BadParameter,
        };
        let message = error.to_string();
        Self { operation: operation.name, code, message, fate: Fate::Invalid, reply: None, source: Some(error.into()) }
    }

    pub(crate) fn failed(operation: &'static Operation, failure: Failure) -> Self {
        let fate = match failure.code {
            ErrorCode::UnableToVerifyState => Fate::Unknown,
            ErrorCode::CommunicationNotEstablished => Fate::Sent,
            _ => Fate::Refused,
        };
        let reply = failure.reply.map(Box::new);
        Self { operation: operation.name, code: failure.code, message: failure.message, fate, reply, source: None }
    }

    /// The daemon was not reached.
    pub(crate) fn not_sent(operation: &'static Operation, what: impl fmt::Display, error: io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::PermissionDenied => ErrorCode::AccessDenied,
            // What the standard library says of a socket path that does not fit into `sun_path`.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => ErrorCode::NameTooLong,
            io::ErrorKind::NotConnected => ErrorCode::HostNotFound,
            _ => ErrorCode::CommunicationNotEstablished,
        };
        let message = format!("{what}: {error}");
        Self { operation: operation.name, code, message, fate: Fate::NotSent, reply: None, source: Some(error.into()) }
    }

    /// The request went out, at least in part, and no reply that can be read came back.
    pub(crate) fn no_reply(
        operation: &'static Operation,
        message: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let (code, fate) = match operation.effect {
            Effect::Changes => (ErrorCode::UnableToVerifyState, Fate::Unknown),
            Effect::Reads => (ErrorCode::CommunicationNotEstablished, Fate::Sent),
        };
        Self { operation: operation.name, code, message, fate, reply: None, source }
    }

    /// The operation's name.
    pub fn operation(&self) -> &'static str {
        self.operation
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
        write!(f, "{}: {}", self.operation, if self.message.is_empty() { "no text" } else { &self.message })?;
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
