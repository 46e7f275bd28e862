//! A value to write, and whether a document can hold it.

use crate::case::{Level, WritingOutcome};
use crate::feature::Feature;

/// One value to write.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) title: String,
    pub(super) rule: &'static str,
    /// The value in the tagged form.
    pub(super) json: String,
    pub(super) level: Level,
    pub(super) needs: Vec<Feature>,
    pub(super) outcome: WritingOutcome,
}
