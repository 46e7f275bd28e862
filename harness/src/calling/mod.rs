//! The suite `calling`: a subject calls an XML-RPC server over HTTP, which the harness serves.
//!
//! A [`CallCase`] says what the subject is asked to call, what must be on the wire, what the server replies, and what
//! the subject may learn from the reply. The values of the suite `writing` are parameters of calls, too. Each case has a server of its own, over each
//! [`Transport`](crate::Transport) that the subject declares.

mod case;
mod file;
mod judgement;
mod print;
mod reply;
mod request;
mod server;
#[cfg(feature = "tls")]
mod tls;
mod transport;
mod value;

pub use case::{CallCase, CallOutcome, WireCheck};
pub(crate) use judgement::{CallJudgement, Called};
pub(crate) use reply::Reply;
pub(crate) use request::dechunked;
pub use server::{Exchange, Server};
