//! Why the daemon did not do what it was asked, before a face has put it into words.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::PowerState;
use crate::python;

/// An exception of the daemon. [`message`](Self::message) words it; a face adds its own frame.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// No such domain (`XendInvalidDomain`). Carries the identifier as it was given.
    UnknownDomain {
        /// The name, id or uuid: mostly text, but what was given itself where the daemon does not make a text of it.
        target: Datum,
    },
    /// Another failure that came out as the text of a plain `XendError`, its kind lost on the way.
    Wrapped(Box<Failure>),
    /// Domain-0 is exempt (protocol reference §6.3).
    Privileged {
        /// What was asked: `pause`, `unpause`, `destroy`, `save`.
        verb: &'static str,
        /// The identifier as it was given.
        target: Vec<u8>,
    },
    /// Domain-0 was to be shut down.
    ShutdownOfDomain0,
    /// A reason for a shutdown that is none of the five.
    InvalidReason(Vec<u8>),
    /// A domain without a name.
    MissingName,
    /// A name with characters other than `A-Za-z0-9_-.:/+`.
    InvalidName,
    /// A new domain has the name of another.
    NameInUse {
        /// The name.
        name: String,
        /// The id of who has it, if it is active.
        by: Option<u32>,
    },
    /// A domain was to get the name of another.
    NameTaken {
        /// The name.
        name: String,
        /// The domain that was to get it.
        wanted_by: Option<u32>,
        /// The id of who has it, if it is active.
        by: Option<u32>,
    },
    /// The state of a domain does not allow what was asked, and the daemon kept that apart (`VMBadState`). Where it
    /// makes another error of it on the way it is [`Refused`](Self::Refused).
    BadState {
        /// What the daemon says.
        text: Vec<u8>,
        /// The state that it should be in.
        expected: PowerState,
        /// The state that it is in.
        actual: PowerState,
    },
    /// The hypervisor refused: errno and its text.
    Hypervisor {
        /// The error number.
        errno: i32,
        /// What it means.
        text: &'static str,
    },
    /// A configuration, or a value in it, that can't be (`XendConfigError`, from 3.1 on).
    Configuration(Vec<u8>),
    /// Arguments that do not fit (`ArgError` of the S-expression face).
    Argument(Vec<u8>),
    /// Any other `XendError` or `VmError`.
    Refused(Vec<u8>),
    /// Any other exception of Python.
    Exception(Vec<u8>),
    /// The daemon's worker thread dies, and nobody answers (protocol reference §3.5).
    Unanswered,
}

impl Failure {
    /// The text, as an XML-RPC fault has it.
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

    /// `str()` of the exception, as the S-expression face has it (protocol reference §3.6).
    pub fn str(&self, release: Release) -> Vec<u8> {
        let message = self.message(release);
        match self {
            Self::UnknownDomain { target } => [b"<Fault 3: ".as_slice(), &target.repr(), b">"].concat(),
            Self::Configuration(_) => [b"Invalid Configuration: ".as_slice(), &message].concat(),
            _ => message,
        }
    }

    /// The string of an XML-RPC fault, which need not be one (`XendInvalidDomain.__init__`).
    pub fn fault_string(&self, release: Release) -> Datum {
        match self {
            Self::UnknownDomain { target } => target.clone(),
            _ => self.message(release).into(),
        }
    }

    /// The code of an XML-RPC fault: 1 internal, 2 generic, 3 unknown domain (`XendClient.py`).
    pub fn code(&self) -> i32 {
        match self {
            Self::UnknownDomain { .. } => 3,
            Self::Exception(_) | Self::Unanswered => 1,
            _ => 2,
        }
    }
}

/// Failures whose words are all there is to them.
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

    /// A domain is not active. The daemon loses the kind of this failure on the way (protocol reference §5.6).
    pub(crate) fn not_started(target: &Datum) -> Self {
        Self::Refused([b"Domain '", python::str(target).as_slice(), b"' is not started"].concat())
    }

    pub(crate) fn configuration(text: impl Into<Vec<u8>>) -> Self {
        Self::Configuration(text.into())
    }

    /// A dict had no such key.
    pub(crate) fn key_error(key: &str) -> Self {
        Self::Exception(python::repr(key.as_bytes()))
    }
}
