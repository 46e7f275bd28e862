//! HTTP as the daemon's two servers take it and no further: lenient where they are, lax where they are.
//!
//! Each face has a reader of its own requests (protocol reference §1.3, §1.7); what they share is here.

mod answer;
mod headers;
mod input;

pub(crate) use answer::{Answer, Listener, Then};
pub(crate) use headers::{Headers, HeadersEnd};
pub(crate) use input::{Input, TooLong};
