//! Conformance suites for what speaks Xend's protocols, or XML-RPC alone.
//!
//! A [`Subject`] is what is under test, a [`Case`] what it is asked; a [`suite::run`] asks them all and ends in
//! [`Verdict`]s, which [`report`] shows to people and machines. [`exchange`] holds a server against recorded exchanges.
//! The binary `xend-harness` is these with a command line.
//!
//! * [`Tagged`]: the form in which subjects say what a document means.
//! * [`Pattern`] and [`Baseline`]: which cases, and which of them are known to fail.
#![forbid(unsafe_code)]

pub mod case;
pub mod cli;
mod codec;
mod error;
pub mod exchange;
mod feature;
mod interrupts;
mod judgement;
pub mod laws;
mod pattern;
pub mod report;
mod shorten;
pub mod subject;
pub mod suite;
mod survey;
mod tagged;
mod verdict;

pub use case::Case;
pub use codec::{Codec, Rules};
pub use error::Error;
pub use feature::Feature;
pub use pattern::{Baseline, Pattern};
pub use subject::Subject;
pub use tagged::{AnswerReader, Difference, Equality, Malformed, Tagged};
pub use verdict::{Evidence, Status, Verdict};
pub use xend_wire::{Diagnostic, Excerpt};

/// The README of the crate, whose blocks are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
