//! What a failure is, on whichever face it came: a code, a message and the reply itself.
//!
//! A 501, an `(xend.err "...")`, an XML-RPC fault and an `ErrorDescription` all end here. The daemon's own stack is not
//! modelled: what crosses the wire is at most text, and the reply keeps it.

mod classify;
mod code;
#[cfg(test)]
mod tests;

use std::fmt;

pub use classify::Evidence;
pub use code::{ErrorCode, UnknownErrorCode};

use crate::operation::Reply;

/// Why an operation was not done, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// What went wrong, for people: the daemon's own text where it gave one.
    pub message: String,
    /// The reply as it came, where there was one.
    pub reply: Option<Reply>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "{}", self.code),
            message => write!(f, "{message} ({})", self.code),
        }
    }
}

impl std::error::Error for Failure {}
