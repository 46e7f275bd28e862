//! Verdicts: the results of judging a subject.

use std::fmt;
use std::time::Duration;

use crate::Rules;
use crate::case::Level;

macro_rules! statuses {
    ($($(#[$doc:meta])* $status:ident = $name:literal;)*) => {
        /// What a verdict found about a subject, such as `pass` or `crash`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[$doc])* $status,)*
        }

        impl Status {
            /// All statuses, in the order in which summaries list them.
            pub const ALL: &[Self] = &[$(Self::$status),*];

            /// Returns the name that reports use, such as `wrong-value`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$status => $name),* }
            }
        }
    };
}

statuses! {
    /// The subject did what the case expects.
    Pass = "pass";
    /// The subject accepted a document that it should refuse, or refused one that it should read.
    Fail = "fail";
    /// The subject read other values than the case expects.
    WrongValue = "wrong-value";
    /// The subject's output is not a valid answer.
    InvalidAnswer = "invalid-answer";
    /// The subject ended before it answered.
    Crash = "crash";
    /// The subject did not answer in time.
    Timeout = "timeout";
    /// The subject's answer is too long, or the subject uses too much memory or too many processes.
    ResourceLimit = "resource-limit";
    /// The subject does not declare a feature that the case needs, or answers that it can't do what is asked.
    Unsupported = "unsupported";
    /// The case has no expectation for these rules, or the law does not apply to the server.
    Skipped = "skipped";
    /// The subject failed, and the baseline lists the failure.
    ExpectedFailure = "expected-failure";
    /// The subject passed, and the baseline lists the case as a failure.
    UnexpectedPass = "unexpected-pass";
    /// The harness failed and could not judge the answer.
    HarnessError = "harness-error";
}

impl Status {
    /// Returns whether the subject failed. Failures that the baseline expects have a status of their own and are not
    /// included.
    pub fn is_failure(self) -> bool {
        use Status::{Crash, Fail, InvalidAnswer, ResourceLimit, Timeout, WrongValue};
        matches!(self, Fail | WrongValue | InvalidAnswer | Crash | Timeout | ResourceLimit)
    }

    /// Returns whether the subject was judged at all: not skipped, not unsupported, and no error of the harness.
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Unsupported | Self::Skipped | Self::HarnessError)
    }

    /// Returns whether a verdict with this status fails the run, for an expectation of the given level.
    ///
    /// No document may make a reader crash, hang or write without end, whatever the specification says, so these
    /// failures count at any level. A wrong value or a wrong refusal at the level `should` counts only in a strict run.
    pub(crate) fn counts(self, level: Level, is_strict: bool) -> bool {
        match self {
            Self::Fail | Self::WrongValue => level != Level::Should || is_strict,
            status => status.is_failure(),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The result of asking a subject one case by one set of rules.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The id of the case, or `hello` if a subject that is kept alive fails before it is asked its first case. For a
    /// law it is the law's id, an `@`, and the address.
    pub id: String,
    /// The rules by which the document was to be read; none for `hello` and for laws.
    pub rules: Option<Rules>,
    /// How binding the expectation is; none if the case has no expectation.
    pub level: Option<Level>,
    /// The result.
    pub status: Status,
    /// Whether the verdict fails the run.
    pub is_unexpected: bool,
    /// The reason for the status, on one line; empty for a pass.
    pub why: String,
    /// The details of a failure, including one that the baseline expects.
    pub evidence: Option<Box<Evidence>>,
    /// The time from the question to the answer.
    pub elapsed: Duration,
}

/// The details of a failure that a report shows.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The title of the case.
    pub title: String,
    /// The source of the case: where its input and expectation come from.
    pub source: String,
    /// The input: an excerpt with a caret at the failure, or the first lines of the input if no place is known.
    pub input: String,
    /// The subject's answer.
    pub got: String,
    /// The answer that was expected.
    pub wanted: String,
    /// The first difference between values, such as `values[0].list[1]: got .., wanted ..`.
    pub difference: Option<String>,
    /// The end of what the subject wrote to standard error.
    pub stderr: String,
    /// The command line that repeats only this case.
    pub repeat: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which statuses fail a run at which level, without and with `--strict`.
    #[test]
    fn what_counts() {
        let check = |status: Status, level: Level, expect: [bool; 2]| {
            assert_eq!([false, true].map(|is_strict| status.counts(level, is_strict)), expect, "{status} {level}");
        };
        for level in [Level::Must, Level::Should, Level::May, Level::Xend] {
            let misread = if level == Level::Should { [false, true] } else { [true, true] };
            check(Status::Fail, level, misread);
            check(Status::WrongValue, level, misread);
            for status in [Status::Crash, Status::Timeout, Status::InvalidAnswer, Status::ResourceLimit] {
                check(status, level, [true, true]);
            }
            for status in [Status::Pass, Status::Unsupported, Status::Skipped] {
                check(status, level, [false, false]);
            }
        }
    }
}
