//! HTTP as the two servers of the daemon read it, with their deviations from the standard.
//!
//! Each face has a reader for its own requests (protocol reference §1.3, §1.7). This module holds what they have in
//! common.

mod answer;
mod deliver;
mod input;

pub(crate) use answer::{Answer, Connection, Listener, ReplyBytes, TLS_HANDSHAKE, Then};
pub(crate) use deliver::{Closing, Serves, deliver, finish};
pub(crate) use input::{Input, TooLong};
