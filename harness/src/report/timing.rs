//! Whether reports tell how long things took.

/// Whether a report contains the time that each answer took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timing {
    /// The report contains no times, and is the same for the same run.
    #[default]
    Hidden,
    /// The report contains the time of each answer, in seconds.
    Shown,
}
