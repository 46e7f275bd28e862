//! How many requests an expectation answers.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeInclusive, RangeToInclusive};

/// How many requests an expectation answers: a number, a range such as `1..=3` or `2..`, or any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub(super) least: u64,
    /// `None` for any number.
    pub(super) most: Option<u64>,
}

impl Times {
    /// Any number of requests, none included.
    pub const ANY: Self = Self { least: 0, most: None };

    /// Returns a number of requests, at least `least` and at most `most`; `None` stands for any number.
    pub fn new(least: u64, most: Option<u64>) -> Self {
        Self { least, most }
    }

    /// Returns whether an expectation that has answered this many requests may answer another one.
    pub(super) fn allows_more_than(self, used: u64) -> bool {
        self.most.is_none_or(|most| used < most)
    }

    /// Returns whether no request may come.
    pub(super) fn is_never(self) -> bool {
        self.most == Some(0)
    }
}

/// The number in words: `once`, `2 times`, `1 to 3 times`, `at least 2 times`, `never`.
impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (_, Some(0)) => f.write_str("never"),
            (1, Some(1)) => f.write_str("once"),
            (1, None) => f.write_str("at least once"),
            (0, Some(1)) => f.write_str("at most once"),
            (0, None) => f.write_str("any number of times"),
            (least, Some(most)) if least == most => write!(f, "{least} times"),
            (0, Some(most)) => write!(f, "at most {most} times"),
            (least, Some(most)) => write!(f, "{least} to {most} times"),
            (least, None) => write!(f, "at least {least} times"),
        }
    }
}

impl From<u64> for Times {
    fn from(number: u64) -> Self {
        Self { least: number, most: Some(number) }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self { least: *range.start(), most: Some(*range.end()) }
    }
}

impl From<Range<u64>> for Times {
    fn from(range: Range<u64>) -> Self {
        Self { least: range.start, most: Some(range.end.saturating_sub(1)) }
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Self {
        Self { least: range.start, most: None }
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(range: RangeToInclusive<u64>) -> Self {
        Self { least: 0, most: Some(range.end) }
    }
}
