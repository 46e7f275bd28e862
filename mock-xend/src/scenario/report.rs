//! The differences between the requests that came and those that a scenario expects.

use std::fmt;

use super::times::Times;

/// The differences between the requests that came and those that a scenario expects. Empty if there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    findings: Vec<Finding>,
    left_out: u64,
}

/// One difference from what a scenario expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of difference it is.
    pub kind: FindingKind,
    /// The request or the expectation, on one line.
    pub what: String,
    /// Why it is so, in several lines: mostly the closest expectation with a tick or a cross for each criterion. Empty if
    /// there is no more to say.
    pub why: String,
}

/// How far an expectation of a running scenario has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Where the expectation is written: `line 12`, or `FILE:LINE` in Rust.
    pub place: String,
    /// The expectation, on one line.
    pub expectation: String,
    /// How many requests it has answered.
    pub answered: u64,
    /// How many it should answer.
    pub times: Times,
}

impl Progress {
    /// Returns whether the expectation has answered as many requests as it should at least.
    pub fn is_met(&self) -> bool {
        self.answered >= self.times.least
    }
}

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// An expectation answered fewer requests than it should have.
    Unused,
    /// A request came after all matching expectations were used up.
    Surplus,
    /// An expectation that is in order answered before an earlier one.
    OutOfOrder,
    /// No expectation matches a request, and the scenario refuses those.
    Unexpected,
    /// The simulated host could not be changed as an expectation says.
    Unchanged,
    /// What passes a proxy could not be recorded.
    NotRecorded,
}

/// The largest number of findings that are kept; further ones are only counted.
const KEPT: usize = 100;

impl FindingKind {
    /// Returns the words for the kind: `unused`, `surplus`, `out of order`, `unexpected`, `unchanged` or
    /// `not recorded`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unused => "unused",
            Self::Surplus => "surplus",
            Self::OutOfOrder => "out of order",
            Self::Unexpected => "unexpected",
            Self::Unchanged => "unchanged",
            Self::NotRecorded => "not recorded",
        }
    }
}

impl Report {
    pub(crate) fn note(&mut self, kind: FindingKind, what: String, why: String) {
        if self.findings.len() < KEPT {
            self.findings.push(Finding { kind, what, why });
        } else {
            self.left_out += 1;
        }
    }

    /// Adds a finding even if many are kept, because there is at most one for each expectation.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Returns whether all requests were as expected.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Returns the differences, with what explains them.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the number of further differences, which are not kept.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Returns the differences, one line each. A line begins with the kind (`unused`, `surplus`, `out of order`,
    /// `unexpected` or `unchanged`), and then shows the request or the expectation.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.findings.iter().map(|Finding { kind, what, .. }| format!("{}: {what}", kind.as_str()))
    }
}

/// All differences with what explains them.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { kind, what, why } in &self.findings {
            writeln!(f, "{}: {what}", kind.as_str())?;
            why.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        match self.left_out {
            0 => Ok(()),
            count => writeln!(f, "and {count} more, which are not kept"),
        }
    }
}
