//! A mock of Xend, the control daemon of Xen 3 and 4, for tests: a simulated host that answers in the daemon's
//! protocols, with replies that a test can script.
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
//! // ... the code under test talks to the mock ...
//!
//! let report = mock.stop();
//! assert_eq!(report.lines().collect::<Vec<_>>(), ["unused: line 2: domain.pause domain=vm1: 0 of 1"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * [`MockXend`] listens on TCP and Unix sockets, on a thread of its own.
//! * [`Daemon`] is the mock without listeners: it serves any stream that a test gives to it.
//! * [`Scenario`] holds scripted replies; the simulated host ([`world`]) answers all other requests.
//! * A [`Fault`] breaks replies on their way: late, cut, reset, malformed; [`Chaos`] takes faults at random.
//! * [`Relay`] is a proxy before a real server, which can record what passes, or the replay of such a recording.
//! * [`Journal`] keeps the requests and replies, as bytes.
#![forbid(unsafe_code)]

mod address;
mod clock;
mod error;
mod faces;
mod fault;
mod fields;
mod headers;
mod host;
mod http;
mod journal;
mod line;
#[cfg(feature = "program")]
pub mod out_file;
#[cfg(feature = "program")]
pub mod pages;
mod path;
#[cfg(feature = "program")]
pub mod program;
mod python;
mod quirk;
mod registry;
mod relay;
mod removed_on_drop;
mod scenario;
mod service;
pub mod text_file;
mod weight;
pub mod world;

pub use address::{Address, InvalidAddress};
pub use error::Error;
pub use faces::xenapi::{Simulation, methods as xenapi_methods};
pub use fault::{
    BrokenChunk, Chaos, ContentLength, End, Fault, Faults, InvalidChaos, InvalidFault, Node, Place, Plan, Refusal,
    SendStep, SendSteps,
};
pub use host::{Builder, Daemon, MockXend, Relay, RelayBuilder};
pub use journal::{AnsweredBy, Exchange, Journal};
pub use quirk::{Quirk, UnknownQuirk};
pub use relay::{InvalidUpstream, Recording, Upstream};
pub use scenario::{
    Change, Echo, Expectation, Finding, FindingKind, Match, Origin, Param, Reply, Report, Scenario, Status, Step,
    Template, Text, Times, expect, expect_call, expect_http, schema as scenario_schema,
};
pub use world::World;
pub use xend_wire::Release;
pub use xend_wire::operation::Face;

/// Includes the README of the crate, so that its code blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
