//! A document to read, and what it is by construction.

use crate::case::{Level, Outcome};
use crate::feature::Feature;

/// One document to read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) title: String,
    pub(super) rule: &'static str,
    pub(super) input: Vec<u8>,
    pub(super) level: Level,
    pub(super) needs: Vec<Feature>,
    pub(super) ordered: bool,
    pub(super) outcome: Outcome,
}
