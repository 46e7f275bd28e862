//! A stand-in for Xend, the control daemon of Xen 3 and 4: a simulated host behind its protocols, with scripted replies.
//!
//! ```
//! use mock_xend::{Face, MockXend, Release, Scenario};
//! use std::path::Path;
//!
//! let scenario = Scenario::parse("outage.toml", r#"
//!     [[expect]]
//!     operation = "domain.pause"
//!     args = { domain = "vm1" }
//!     reply = { error = "Domain 'vm1' is not started" }
//! "#, Path::new("."))?;
//! let mock = MockXend::builder().release(Release::V4_1).scenario(scenario).start()?;
//! println!("point your client at {}", mock.uri(Face::Sxp).expect("it listens there"));
//!
//! // ... what is under test talks to it ...
//!
//! let report = mock.stop();
//! assert_eq!(report.lines().collect::<Vec<_>>(), ["unused: line 2: domain.pause domain=vm1: 0 of 1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * [`MockXend`] listens on TCP and Unix sockets, from a thread of its own.
//! * [`Daemon`] is the same without listeners, for streams of any kind.
//! * [`Scenario`] scripts replies; [`world`] answers whatever is not scripted.
//! * [`Journal`] keeps what went over the wire.
#![forbid(unsafe_code)]

mod address;
mod clock;
mod error;
mod faces;
mod fields;
mod host;
mod http;
mod journal;
#[cfg(feature = "program")]
pub mod out_file;
mod own_file;
mod path;
#[cfg(feature = "program")]
pub mod program;
mod python;
mod quirk;
mod registry;
mod scenario;
mod service;
pub mod text_file;
mod weight;
pub mod world;

pub use address::{Address, InvalidAddress};
pub use error::Error;
pub use faces::xenapi::{Simulation, methods as xenapi_methods};
pub use host::{Builder, Daemon, MockXend};
pub use journal::{Exchange, Journal};
pub use quirk::{Quirk, UnknownQuirk};
pub use scenario::{Report, Scenario};
pub use world::World;
pub use xend_wire::Release;
pub use xend_wire::operation::Face;

/// The README of the crate, whose blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
