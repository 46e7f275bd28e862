//! Baselines: lists of failures that are known, so that only what is new fails a run.

mod date;
mod entry;
mod list;
mod merge;
mod update;

pub use list::{Baseline, BaselineMatch};
pub use update::Updated;
