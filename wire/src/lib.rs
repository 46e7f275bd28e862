//! Bytes to values and back, for everything that Xend speaks.
//!
//! * [`sexpr`]: S-expressions, as each release of Xend and libvirt read and write them.
//! * [`xmlrpc`]: XML-RPC, for those who need no more than that.
//! * [`datum`]: values as the daemon holds them, and what each face makes of them.
//! * [`tuples`]: XML-RPC arrays that are S-expressions at heart.
//! * [`xenapi`]: the Xen-API dialect: its envelope, its records, and the structs that make its objects.
//! * [`http`]: what a client sends, and what comes back.
//! * [`operation`]: what a client can ask, with its form on each face.
//! * [`failure`]: what a failure is, whichever face it came by.
//! * [`answer`]: what a reply to an operation means.
//!
//! Nothing here does I/O or looks at a clock. Every decoder takes [`Limits`], and none recurses.
#![forbid(unsafe_code)]

pub mod answer;
mod block_device;
pub mod datum;
mod diagnostic;
mod error;
mod excerpt;
pub mod failure;
pub mod http;
mod limits;
pub mod operation;
mod python;
mod release;
pub mod sexpr;
pub mod tuples;
pub mod xenapi;
pub mod xmlrpc;

pub use block_device::block_device_number;
pub use diagnostic::Diagnostic;
pub use error::{Culprit, Error, ErrorKind};
pub use excerpt::{Excerpt, visible, visible_lines};
pub use limits::Limits;
pub use release::{Release, Releases, UnknownRelease};

#[cfg(test)]
mod tests;

/// How many cases a property is tried on: fewer under Miri, which is a thousand times slower.
#[cfg(test)]
pub(crate) fn test_config() -> proptest::test_runner::Config {
    let default = proptest::test_runner::Config { failure_persistence: None, ..Default::default() };
    if cfg!(miri) { proptest::test_runner::Config { cases: 2, ..default } } else { default }
}

/// The README of the crate, whose blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
