//! Failures that the daemon reports, as one type for all faces: a code, a message and the reply itself.
//!
//! A 501, an `(xend.err "...")`, an XML-RPC fault and an `ErrorDescription` all become a [`Failure`]. A stack trace that
//! the daemon may send is not parsed; it stays in the reply as text.
//!
//! ```
//! use xend_wire::Release;
//! use xend_wire::failure::{RequestContext, ErrorCode, Failure};
//! use xend_wire::http::Reply;
//! use xend_wire::operation::{self, Face};
//!
//! let context = RequestContext::new(operation::PAUSE, Face::Sxp, Release::V3_0_3);
//! let reply = Reply::new(500, "Request failed: pause", "(xend.err 'Cannot pause privileged domain 0')");
//! let failure = Failure::from_reply(context, &reply).expect("a failure");
//! assert_eq!(failure.code, ErrorCode::WrongStateForOp);
//! assert_eq!(failure.message, "Cannot pause privileged domain 0");
//! assert_eq!(failure.reply.as_deref(), Some(&reply));
//! ```

mod cause;
mod classify;
mod code;
mod status;
#[cfg(test)]
mod tests;

use std::fmt;

pub use cause::RequestContext;
pub use classify::Evidence;
pub use code::{ErrorCode, UnknownErrorCode};

use crate::http::Reply;

/// Why an operation was not carried out, or may not have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code of the failure, for programs.
    pub code: ErrorCode,
    /// The message of the failure, for people: the daemon's own text, if it gave one.
    pub message: String,
    /// The daemon's own code: the `faultCode` of a fault, or the first word of an `ErrorDescription`, such as
    /// `SESSION_INVALID`. `None` if the failure came in a form that has no code.
    pub daemon_code: Option<String>,
    /// The reply that reported the failure, if there was one.
    pub reply: Option<Box<Reply>>,
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
