//! What is found about a subject.

use std::fmt;
use std::time::Duration;

use crate::Rules;
use crate::case::Level;

macro_rules! statuses {
    ($($(#[$doc:meta])* $status:ident = $name:literal;)*) => {
        /// What a verdict says, in a word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[$doc])* $status,)*
        }

        impl Status {
            /// Every one, in the order of a summary.
            pub const ALL: &[Self] = &[$(Self::$status),*];

            /// The word.
            pub fn name(self) -> &'static str {
                match self { $(Self::$status => $name),* }
            }
        }
    };
}

statuses! {
    /// As expected.
    Pass = "pass";
    /// It reads what is to be refused, or refuses what is to be read.
    Fail = "fail";
    /// It reads other values.
    WrongValue = "wrong-value";
    /// What it says is no answer.
    InvalidAnswer = "invalid-answer";
    /// It ended before it answered.
    Crash = "crash";
    /// It did not answer in time.
    Timeout = "timeout";
    /// Its answer is longer than anyone needs, or it takes more memory or processes than it may.
    ResourceLimit = "resource-limit";
    /// It can't do what the case needs, or says so.
    Unsupported = "unsupported";
    /// The case expects nothing by these rules.
    Skipped = "skipped";
    /// It fails, and the baseline says so.
    ExpectedFailure = "expected-failure";
    /// It passes, and the baseline says that it fails.
    UnexpectedPass = "unexpected-pass";
    /// The harness could not judge.
    HarnessError = "harness-error";
}

impl Status {
    /// Whether the subject failed, by itself and whatever the baseline says.
    pub fn is_failure(self) -> bool {
        use Status::{Crash, Fail, InvalidAnswer, ResourceLimit, Timeout, WrongValue};
        matches!(self, Fail | WrongValue | InvalidAnswer | Crash | Timeout | ResourceLimit)
    }

    /// Whether the subject was judged at all.
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Unsupported | Self::Skipped | Self::HarnessError)
    }

    /// Whether it fails the run at that level. That a document can't crash a reader, stop it or make it babble needs
    /// no specification, so that such a verdict counts at any level; refusing or misreading one counts at the level
    /// `should` only if the run is strict.
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

/// What is found about a subject and one case, read by one set of rules.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The case's id; `hello` if a subject that is kept alive does not get so far.
    pub id: String,
    /// The rules; none for `hello`.
    pub rules: Option<Rules>,
    /// How binding the expectation is; none where there is no expectation.
    pub level: Option<Level>,
    /// What is found.
    pub status: Status,
    /// Whether it fails the run.
    pub is_unexpected: bool,
    /// Why, on one line; empty for a plain pass.
    pub why: String,
    /// What is to be seen of a failure, the expected one included.
    pub evidence: Option<Box<Evidence>>,
    /// How long the answer took.
    pub elapsed: Duration,
}

/// What is to be seen of a failure.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The case's title.
    pub title: String,
    /// The case's source.
    pub source: String,
    /// The input: an excerpt with a caret where the trouble can be located, else the input itself, cut if it is long.
    pub input: String,
    /// What the subject said.
    pub got: String,
    /// What was expected of it.
    pub wanted: String,
    /// The first difference between values, as `values[0].list[1]: got .., wanted ..`.
    pub difference: Option<String>,
    /// What the subject wrote to standard error.
    pub stderr: String,
    /// The command that repeats just this.
    pub repeat: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which failures count at which level, `--strict` or not.
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
