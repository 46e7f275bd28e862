//! Harmful behaviour of the daemon that is off by default.

use xend_wire::Release;

xend_wire::named_enum! {
    /// Behaviour of the daemon that a mock shows only on request, because it hinders a test more than it reveals.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum Quirk {
        /// Up to 3.0.3 the S-expression face serves one connection at a time: a client that keeps its connection open, or
        /// sends half a request, blocks all others (`httpserver.py:287`@3.0.3, protocol reference §1.6).
        OneConnection = "one-connection",
        /// From 3.1 on the S-expression face leaves the connection open after the reply to an operation: the daemon has
        /// logged something, and the log holds on to the socket (`XendLogging.py:40`@3.1, protocol reference §1.6). A
        /// client that reads to the end of the stream hangs.
        LateClose = "late-close",
    }
    /// All quirks.
    ALL: slice;
    /// Returns the name of the quirk, as `--quirk` takes it: `one-connection` or `late-close`.
    fn name;
    Err: UnknownQuirk = |name: &str| UnknownQuirk(name.to_owned());
}

impl Quirk {
    /// Returns whether the daemon of a release behaves in this way.
    pub fn affects(self, release: Release) -> bool {
        match self {
            Self::OneConnection => release <= Release::V3_0_3,
            Self::LateClose => release >= Release::V3_1,
        }
    }
}

/// The error for a text that names no quirk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown quirk `{0}`, expected one-connection or late-close")]
pub struct UnknownQuirk(String);
