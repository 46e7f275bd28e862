//! Reports on runs, for people and for machines.
//!
//! The same run always gives the same report. A report contains times only if they are asked for, and no paths except
//! those that the user gave.

mod comparisons;
mod json_lines;
mod junit;
mod people;

pub use comparisons::comparisons;
pub use json_lines::json_lines;
pub use junit::junit;
pub use people::{people, summary};

/// Whether a report contains the time that each answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// The report contains no times, and is the same for the same run.
    #[default]
    Hidden,
    /// The report contains the time of each answer, in seconds.
    Shown,
}
