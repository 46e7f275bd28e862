//! A mock of Xend, the control daemon of Xen 3 and 4, for tests: a simulated host that answers in the daemon's
//! protocols, with replies that a test can script.
//!
//! ```
//! use mock_xend::{MockXend, Release, Reply, Scenario, expect};
//! use xend_wire::operation::PAUSE;
//!
//! let refuses = expect(PAUSE).arg("domain", "vm1").reply(Reply::Error("Domain 'vm1' is not started".into()));
//! let mock = MockXend::builder().release(Release::V4_1).scenario(Scenario::new().with(refuses)).start()?;
//! println!("point your client at {:?}", mock.listening());
//!
//! // ... the code under test talks to the mock ...
//!
//! let report = mock.stop();
//! assert!(report.findings()[0].what.ends_with("domain.pause domain=vm1: 0 of 1"));
//! # Ok::<(), mock_xend::Error>(())
//! ```
//!
//! * [`MockXend`] listens on TCP and Unix sockets, on a thread of its own.
//! * [`Daemon`] is the mock without listeners: it serves any stream that a test gives to it.
//! * [`Scenario`] holds scripted replies, from a file or made of [`expect`]ations; the simulated host ([`world`]) answers all other requests.
//! * A [`Fault`] breaks replies on their way: late, cut, reset, malformed; [`Chaos`] takes faults at random.
//! * [`Relay`] is a proxy before a real server, which can record what passes, or the replay of such a recording.
//! * [`Journal`] keeps the requests and replies: what was asked, what answered, and the bytes.
#![forbid(unsafe_code)]

mod address;
#[cfg(feature = "program")]
mod admin;
mod clock;
mod error;
mod exchanges;
mod faces;
mod fault;
mod fields;
mod following;
mod headers;
mod host;
mod http;
mod journal;
mod line;
#[cfg(feature = "program")]
mod log_line;
pub mod nearest;
#[cfg(feature = "program")]
pub mod out_file;
#[cfg(feature = "program")]
pub mod pages;
mod path;
#[cfg(feature = "program")]
pub mod program;
mod python;
mod quirk;
mod redact;
mod registry;
mod relay;
mod removed_on_drop;
mod scenario;
mod service;
mod temporary_folder;
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
pub use following::Following;
#[cfg(feature = "tls")]
pub use host::Tls;
pub use host::{Builder, Daemon, MockXend, Relay, RelayBuilder};
pub use journal::{AnsweredBy, Exchange, Journal};
pub use quirk::{Quirk, UnknownQuirk};
pub use relay::{InvalidUpstream, Recording, Upstream};
pub use scenario::{
    Change, Echo, Expectation, Finding, FindingKind, Match, Origin, Param, Progress, Reply, Report, Scenario, Status,
    Step, Template, Text, Times, expect, expect_call, expect_http, schema as scenario_schema,
};
pub use world::World;
pub use xend_wire::Release;
pub use xend_wire::operation::Face;

/// Includes the README of the crate, so that its code blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
