//! Conformance suites for parsers, servers and clients of Xend's protocols, and for XML-RPC libraries in general.
//!
//! Xend was the control daemon of Xen 3 and 4. A [`Subject`] is the parser under test, and a [`Case`] is one document
//! with the answers that a subject may give. [`run::judge`] asks a subject every case and returns a [`Verdict`] for
//! each; [`report`] turns the verdicts into reports for people and machines. [`exchange`] compares a server's replies
//! with recorded replies of the real daemon, and [`laws`] checks how domains behave on a server. The binary
//! `xend-harness` is a command line for all of these.
//!
//! * [`Tagged`] is the form in which subjects report what a document means.
//! * [`Pattern`] selects cases, and [`Baseline`] lists the cases that are known to fail.
#![forbid(unsafe_code)]

mod baseline;
pub mod calling;
pub mod case;
pub mod cli;
mod codec;
mod error;
pub mod exchange;
mod feature;
pub mod generate;
mod interrupts;
mod judgement;
mod law;
pub mod laws;
pub mod operating;
mod pattern;
pub mod report;
pub mod run;
pub mod serving;
mod shorten;
pub mod smoke;
pub mod subject;
pub mod suite;
mod survey;
mod tagged;
mod transport;
mod verdict;
mod version;
mod writing;

pub use baseline::{Baseline, BaselineMatch, Updated};
pub use case::Case;
pub use codec::{Codec, Rules};
pub use error::Error;
pub use feature::Feature;
pub use pattern::Pattern;
pub use subject::Subject;
pub use suite::Suite;
pub use tagged::{AnswerReader, Difference, Equality, Malformed, Tagged};
pub use transport::Transport;
pub use verdict::{About, Direction, Evidence, Status, Verdict};
pub use version::Version;
pub use xend_wire::{Diagnostic, Excerpt};

/// Runs the code blocks of the crate's README as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
