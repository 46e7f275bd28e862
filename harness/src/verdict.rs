//! Verdicts: the results of judging a subject.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use regex::bytes::Regex;

use crate::case::Level;
use crate::suite::Suite;

xend_wire::named_enum! {
    /// What a verdict found about a subject, such as `pass` or `crash`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum Status {
        /// The subject did what the case expects.
        Pass = "pass",
        /// The subject accepted a document that it should refuse, or refused one that it should read.
        Fail = "fail",
        /// The subject read other values than the case expects.
        WrongValue = "wrong-value",
        /// The subject's output is not a valid answer.
        InvalidAnswer = "invalid-answer",
        /// The subject ended before it answered.
        Crash = "crash",
        /// The subject did not answer in time.
        Timeout = "timeout",
        /// The subject's answer is too long, or the subject uses too much memory or too many processes.
        ResourceLimit = "resource-limit",
        /// The subject does not declare a feature that the case needs, or answers that it can't do what is asked.
        Unsupported = "unsupported",
        /// The case has no expectation for these rules, or the law does not apply to the server.
        Skipped = "skipped",
        /// The subject failed, and the baseline lists the failure.
        ExpectedFailure = "expected-failure",
        /// The subject passed, and the baseline lists the case as a failure.
        UnexpectedPass = "unexpected-pass",
        /// The subject failed at first and passed when it was asked again.
        Flaky = "flaky",
        /// The harness failed and could not judge the answer.
        HarnessError = "harness-error",
    }
    /// All statuses, in the order in which summaries list them.
    ALL: slice;
    /// Returns the name that reports use, such as `wrong-value`.
    fn name;
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

/// What a verdict is about: a case, a law or an exchange, with what a report tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// The id, such as `xmlrpc/int-plus` or `laws/pause-is-idempotent`. It is `hello` if a subject that is kept alive
    /// fails before it is asked its first case.
    pub id: String,
    /// What is tested, as a phrase.
    pub title: String,
    /// The id of the rule that is tested, if it is known.
    pub rule: Option<String>,
    /// Where the question and the expectation come from.
    pub source: String,
    /// The beginning of what the subject is given: at most [`About::MAX_INPUT`] bytes.
    pub input: Vec<u8>,
    /// The length of all of what the subject is given, in bytes.
    pub length: usize,
    /// The kinds of the values in the document, such as `struct`. It is empty if a subject may refuse the document by
    /// any rules: then a pass does not show that it knows these kinds.
    pub holds: Vec<String>,
}

impl About {
    /// What the ids of generated questions begin with; they are the ids of no case.
    pub const GENERATED: &str = "generated/";

    /// How many bytes of an input are kept.
    pub const MAX_INPUT: usize = 2_048;
}

/// The result of asking a subject one question.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The suite that the question belongs to.
    pub suite: Suite,
    /// What the verdict is about.
    pub about: Arc<About>,
    /// Which of several ways of asking it was: the rules by which a document is read, or the address of a server.
    /// Empty if there is only one way.
    pub variant: String,
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

impl Verdict {
    /// Makes a verdict without a reason and without details, which fails the run if the status is a failure.
    pub fn bare(suite: Suite, about: Arc<About>, variant: impl Into<String>, status: Status) -> Self {
        Self {
            suite,
            about,
            variant: variant.into(),
            level: None,
            status,
            is_unexpected: status.is_failure(),
            why: String::new(),
            evidence: None,
            elapsed: Duration::ZERO,
        }
    }

    /// Returns the id of what the verdict is about, without the variant.
    pub fn id(&self) -> &str {
        &self.about.id
    }

    /// Returns the id with the variant, as reports print it and `--filter` takes it: `xmlrpc/int-plus@spec`.
    pub fn name(&self) -> String {
        match &*self.variant {
            "" => self.about.id.clone(),
            variant => format!("{}@{variant}", self.about.id),
        }
    }
}

/// The details of a failure that a report shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The input: an excerpt with a caret at the failure, or the first lines of the input if no place is known.
    pub input: String,
    /// The subject's answer.
    pub got: String,
    /// The answer that was expected.
    pub wanted: String,
    /// The places that differ, such as `values[0].list[1]: got .., wanted ..`. The text before the first colon names
    /// the check that failed.
    pub differences: Vec<String>,
    /// What went over the connection to a server, each piece with its direction.
    pub exchange: Vec<(Direction, Vec<u8>)>,
    /// The end of what the subject wrote to standard error.
    pub stderr: String,
    /// The command line that repeats only this case.
    pub repeat: String,
    /// A case file that asks the question, if the question stands in none.
    pub case: String,
}

impl Evidence {
    /// Returns the names of the checks that failed, such as `header Date` or `values[0].list[1]`.
    pub fn checks(&self) -> impl Iterator<Item = &str> {
        self.differences.iter().map(|difference| difference.split(": ").next().unwrap_or_default())
    }
}

/// Which way bytes went over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the harness to the subject.
    Sent,
    /// From the subject to the harness.
    Received,
}

/// Hides the port in the `Host` of a request to a server that the harness has started: it is another one in each run, and
/// the same run is to make the same report.
pub(crate) fn without_port(request: &[u8]) -> Vec<u8> {
    static HOST: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?mi-u)^(Host:[^\r\n]*:)\d+").expect("it is one"));
    HOST.replace(request, b"${1}PORT").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_hidden_in_the_host_alone() {
        let check = |request: &str, shown: &str| assert_eq!(without_port(request.as_bytes()), shown.as_bytes());
        let rest = "X: 1:2\r\n\r\nHost: a:3";
        check(
            &format!("POST / HTTP/1.1\r\nhost: localhost:80\r\n{rest}"),
            &format!("POST / HTTP/1.1\r\nhost: localhost:PORT\r\n{rest}"),
        );
        check("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

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
