//! Harmful behaviour of the daemon that is off by default.

use std::fmt;
use std::str::FromStr;

use xend_wire::Release;

/// Behaviour of the daemon that a mock shows only on request, because it hinders a test more than it reveals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// Up to 3.0.3 the S-expression face serves one connection at a time: a client that keeps its connection open, or
    /// sends half a request, blocks all others (`httpserver.py:287`@3.0.3, protocol reference §1.6).
    OneConnection,
    /// From 3.1 on the S-expression face leaves the connection open after the reply to an operation: the daemon has
    /// logged something, and the log holds on to the socket (`XendLogging.py:40`@3.1, protocol reference §1.6). A
    /// client that reads to the end of the stream hangs.
    LateClose,
}

impl Quirk {
    /// All quirks.
    pub const ALL: [Self; 2] = [Self::OneConnection, Self::LateClose];

    /// Returns the name of the quirk, as `--quirk` takes it: `one-connection` or `late-close`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneConnection => "one-connection",
            Self::LateClose => "late-close",
        }
    }

    /// Returns whether the daemon of a release has the quirk.
    pub fn is_of(self, release: Release) -> bool {
        match self {
            Self::OneConnection => release <= Release::V3_0_3,
            Self::LateClose => release >= Release::V3_1,
        }
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Quirk {
    type Err = UnknownQuirk;

    fn from_str(name: &str) -> Result<Self, UnknownQuirk> {
        Self::ALL.into_iter().find(|quirk| quirk.name() == name).ok_or_else(|| UnknownQuirk(name.to_owned()))
    }
}

/// The error for a text that names no quirk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown quirk `{0}`, expected one-connection or late-close")]
pub struct UnknownQuirk(String);
