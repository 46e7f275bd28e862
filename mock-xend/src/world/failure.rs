//! The failures of commands, before a face puts them into words.

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::{self, Operation};

use super::activity::PowerState;
use crate::python;

/// An exception of the daemon. [`message`](Self::message) returns its text; each face adds a frame of its own.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// There is no such domain (`XendInvalidDomain`).
    UnknownDomain {
        /// The name, id or uuid that was given. It is a text in most cases, and the value itself where the daemon makes
        /// no text of it.
        target: Datum,
    },
    /// Another failure, whose text a plain `XendError` carries while its kind is lost.
    Wrapped(Box<Failure>),
    /// The operation is forbidden for Domain-0 (protocol reference §6.3).
    Privileged {
        /// The operation: `pause`, `unpause`, `destroy` or `save`.
        verb: &'static str,
        /// The name, id or uuid that was given.
        target: Vec<u8>,
    },
    /// Domain-0 can't be shut down.
    ShutdownOfDomain0,
    /// The reason for a shutdown is none of the five that exist.
    InvalidReason(Vec<u8>),
    /// The configuration has no name for the domain.
    MissingName,
    /// The name has characters other than `A-Za-z0-9_-.:/+`.
    InvalidName,
    /// A new domain has the name of another one.
    NameInUse {
        /// The name.
        name: String,
        /// The id of the other domain, if it is active.
        by: Option<u32>,
    },
    /// A domain can't be renamed, because another one has the name.
    NameTaken {
        /// The name.
        name: String,
        /// The id of the domain that was to be renamed, if it is active.
        wanted_by: Option<u32>,
        /// The id of the domain that has the name, if it is active.
        by: Option<u32>,
    },
    /// The state of the domain does not permit the operation (`VMBadState`). Where the daemon turns this exception into
    /// another one, the failure is [`Refused`](Self::Refused).
    BadState {
        /// The daemon's text.
        text: Vec<u8>,
        /// The state that the domain should be in.
        expected: PowerState,
        /// The state that the domain is in.
        actual: PowerState,
    },
    /// The hypervisor returned an error.
    Hypervisor {
        /// The error number.
        errno: i32,
        /// The text for the error number.
        text: &'static str,
    },
    /// The configuration, or a value in it, is invalid (`XendConfigError`, from 3.1 on).
    Configuration(Vec<u8>),
    /// The arguments of the operation are invalid (`ArgError` of the S-expression face).
    Argument(Vec<u8>),
    /// Any other `XendError` or `VmError`.
    Refused(Vec<u8>),
    /// Any other exception of Python.
    Exception(Vec<u8>),
    /// The daemon's worker thread dies, and no reply is sent (protocol reference §3.5).
    Unanswered,
}

impl Failure {
    /// Returns the exception that an operation raises when its lookup of a domain raises this one. Removing a definition
    /// makes a plain `XendError` of any exception (capture `delete-unknown@3.1`), and so do pausing and unpausing on
    /// 3.0.2 (capture `unpause-unknown@3.0.2`).
    pub(crate) fn raised_by(self, operation: Operation, release: Release) -> Self {
        let wraps = operation == operation::UNDEFINE
            || release == Release::V3_0_2 && [operation::PAUSE, operation::UNPAUSE].contains(&operation);
        if wraps { Self::Wrapped(Box::new(self)) } else { self }
    }

    /// Returns the text of the failure, as an XML-RPC fault contains it.
    pub fn message(&self, release: Release) -> Vec<u8> {
        let text = match self {
            Self::UnknownDomain { target } => return python::str(target),
            Self::Wrapped(inner) => return inner.str(release),
            Self::Privileged { verb, target } => {
                return [format!("Cannot {verb} privileged domain ").as_bytes(), target].concat();
            }
            Self::InvalidReason(reason) => return [b"Invalid reason: ".as_slice(), reason].concat(),
            Self::BadState { text, .. }
            | Self::Configuration(text)
            | Self::Argument(text)
            | Self::Refused(text)
            | Self::Exception(text) => return text.clone(),
            Self::ShutdownOfDomain0 if release <= Release::V3_0_3 => "Can't specify Domain-0".to_owned(),
            Self::ShutdownOfDomain0 => "Domain 0 cannot be shutdown".to_owned(),
            Self::MissingName if release <= Release::V3_0_3 => "missing vm name".to_owned(),
            Self::MissingName => "Missing VM Name".to_owned(),
            Self::InvalidName if release <= Release::V3_0_3 => "invalid vm name".to_owned(),
            Self::InvalidName => "Invalid VM Name".to_owned(),
            Self::NameInUse { name, by: Some(by) } if release <= Release::V3_0_3 => {
                format!("VM name '{name}' already in use by domain {by}")
            }
            Self::NameInUse { name, by: Some(by) } if release >= Release::V3_2 => {
                format!("Domain '{name}' already exists with ID '{by}'")
            }
            Self::NameTaken { name, wanted_by: Some(wanted_by), by: Some(by) } if release <= Release::V3_0_3 => {
                format!("VM name '{name}' is used in both domains {wanted_by} and {by}")
            }
            Self::NameInUse { name, by: Some(by) } | Self::NameTaken { name, by: Some(by), .. } => {
                format!("VM name '{name}' already exists as domain {by}")
            }
            Self::NameInUse { name, by: None } | Self::NameTaken { name, by: None, .. } => {
                format!("VM name '{name}' already exists")
            }
            Self::Hypervisor { errno, text } => format!("({errno}, '{text}')"),
            Self::Unanswered => String::new(),
        };
        text.into_bytes()
    }

    /// Returns `str()` of the exception, as the S-expression face shows it (protocol reference §3.6).
    pub fn str(&self, release: Release) -> Vec<u8> {
        let message = self.message(release);
        match self {
            Self::UnknownDomain { target } => [b"<Fault 3: ".as_slice(), &target.repr(), b">"].concat(),
            Self::Configuration(_) => [b"Invalid Configuration: ".as_slice(), &message].concat(),
            _ => message,
        }
    }

    /// Returns the `faultString` of an XML-RPC fault, which is not always a string (`XendInvalidDomain.__init__`).
    pub fn fault_string(&self, release: Release) -> Datum {
        match self {
            Self::UnknownDomain { target } => target.clone(),
            _ => self.message(release).into(),
        }
    }

    /// Returns the `faultCode` of an XML-RPC fault: 1 internal, 2 generic, 3 unknown domain (`XendClient.py`).
    pub fn code(&self) -> i32 {
        match self {
            Self::UnknownDomain { .. } => 3,
            Self::Exception(_) | Self::Unanswered => 1,
            _ => 2,
        }
    }
}

/// Constructors of the failures that consist of their text alone.
impl Failure {
    pub(crate) fn refused(text: impl Into<Vec<u8>>) -> Self {
        Self::Refused(text.into())
    }

    pub(crate) fn exception(text: impl Into<Vec<u8>>) -> Self {
        Self::Exception(text.into())
    }

    pub(crate) fn argument(text: impl Into<Vec<u8>>) -> Self {
        Self::Argument(text.into())
    }

    pub(crate) fn bad_state(text: &str, expected: PowerState, actual: PowerState) -> Self {
        Self::BadState { text: text.into(), expected, actual }
    }

    /// Returns the failure for a domain that is not active. The daemon loses the kind of the exception on the way
    /// (protocol reference §5.6).
    pub(crate) fn not_started(target: &Datum) -> Self {
        Self::Refused([b"Domain '", python::str(target).as_slice(), b"' is not started"].concat())
    }

    pub(crate) fn configuration(text: impl Into<Vec<u8>>) -> Self {
        Self::Configuration(text.into())
    }

    /// Returns Python's `KeyError` for a key that a dict lacks.
    pub(crate) fn key_error(key: &str) -> Self {
        Self::Exception(python::repr(key.as_bytes()))
    }
}
