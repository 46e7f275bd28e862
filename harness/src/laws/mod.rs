//! The laws on a server: rules about the life of domains that hold on every face of every server.
//!
//! A [`Law`] is read from a file. It is a list of steps, and each step is an operation with the expected result.
//! [`check`] tries all laws on a server, over every address that is given. If there are several addresses, changes made
//! over one of them must show over the others, because all faces of a server share one state. A law does not say how a
//! server does something, so any engine can be tested by it, whether it is a Xend or not.

mod answered;
mod check;
mod cleanup;
mod host;
mod trial;

pub use check::{check, check_selection};
pub(crate) use cleanup::remove_domain;
pub use cleanup::{leftover_domains, remove_leftover_domains};
pub use host::{Host, Options};

pub use crate::law::{Check, Expected, Law, Method, Relation, Step};
