//! Parsers and printers for the protocols of Xend, the control daemon of Xen 3 and 4.
//!
//! Xend offers one model of a host and its domains by three protocols, called *faces*: S-expressions over HTTP, its own
//! XML-RPC, and the Xen-API dialect of XML-RPC.
//!
//! * [`sexpr`]: parses and prints S-expressions as each release of Xend, and libvirt, do.
//! * [`xmlrpc`]: decodes and encodes XML-RPC. It needs nothing of Xen.
//! * [`datum`]: values as the daemon's Python code holds them, and how each face prints them.
//! * [`tuples`]: converts the XML-RPC arrays by which Xend sends S-expressions, and back.
//! * [`xenapi`]: the Xen-API dialect: its envelope, its records, and the structs from which it makes objects.
//! * [`http`]: the HTTP requests that a client sends, and the replies to them.
//! * [`operation`]: the table of everything that a client can ask, with the request for each face and release.
//! * [`failure`]: failures as one type, whichever face reports them.
//! * [`answer`]: reads the answer or the failure out of a reply.
//!
//! Nothing here does I/O or looks at a clock. Every decoder takes [`Limits`], and none recurses without a bound.
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
mod named_enum;
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

/// The configuration of property tests: fewer cases under Miri, which is a thousand times slower.
#[cfg(test)]
pub(crate) fn test_config() -> proptest::test_runner::Config {
    let default = proptest::test_runner::Config { failure_persistence: None, ..Default::default() };
    if cfg!(miri) { proptest::test_runner::Config { cases: 2, ..default } } else { default }
}

/// The README of the crate, whose blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
