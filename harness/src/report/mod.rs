//! A run, for people and for machines.
//!
//! The same run makes the same report: there is no time in it unless it is asked for, and no path but those that the
//! user gave.

mod comparisons;
mod json_lines;
mod junit;
mod people;

pub use comparisons::comparisons;
pub use json_lines::json_lines;
pub use junit::junit;
pub use people::{people, summary};

/// Whether a report tells how long each answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// It does not, and is the same for the same run.
    #[default]
    Hidden,
    /// It does, in seconds.
    Shown,
}
