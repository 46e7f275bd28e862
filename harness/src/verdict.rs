//! What is found about a subject.

use std::fmt;
use std::time::Duration;

use xend_wire::{Excerpt, visible};

use crate::case::{Case, Expect, Level, Outcome};
use crate::shorten::shortened;
use crate::subject::{Answer, Fault};
use crate::{Difference, Equality, Rules, Tagged};

macro_rules! statuses {
    ($($(#[$doc:meta])* $status:ident = $name:literal;)*) => {
        /// What a verdict says, in a word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Its answer is longer than anyone needs.
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
    fn counts(self, level: Level, is_strict: bool) -> bool {
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

/// How much of a value or an input is shown, in characters.
const LONGEST: usize = 400;

/// An answer held against what is expected.
pub(crate) struct Judgement<'a> {
    pub(crate) case: &'a Case,
    pub(crate) rules: Rules,
    pub(crate) expect: &'a Expect,
    pub(crate) equality: Equality,
}

impl Judgement<'_> {
    pub(crate) fn verdict(&self, answer: &Result<Answer, Fault>, is_strict: bool) -> Verdict {
        let Self { case, rules, expect, .. } = self;
        let (status, why) = self.status(answer);
        let level = expect.level;
        Verdict {
            id: case.id.clone(),
            rules: Some(*rules),
            level: Some(level),
            status,
            is_unexpected: status == Status::HarnessError || status.counts(level, is_strict),
            why,
            evidence: status.is_failure().then(|| Box::new(self.evidence(answer))),
            elapsed: Duration::ZERO,
        }
    }

    fn status(&self, answer: &Result<Answer, Fault>) -> (Status, String) {
        let permitted = || self.expect.permitted.iter().map(|permitted| &permitted.outcome);
        let (status, why) = match answer {
            Ok(Answer::Values(values)) => {
                let is_same = |outcome: &Outcome| match outcome {
                    Outcome::Values(wanted) => values.difference(wanted, self.equality).is_none(),
                    Outcome::Accept => true,
                    Outcome::Reject(_) => false,
                };
                if permitted().any(is_same) {
                    (Status::Pass, "")
                } else if permitted().any(|outcome| matches!(outcome, Outcome::Values(_))) {
                    (Status::WrongValue, "it reads other values")
                } else {
                    (Status::Fail, "it reads what is to be refused")
                }
            }
            Ok(Answer::Reject { kind, .. }) => {
                let is_same = |outcome: &Outcome| matches!(outcome, Outcome::Reject(wanted) if kind.is_none_or(|kind| kind == *wanted));
                let is_reject = |outcome: &Outcome| matches!(outcome, Outcome::Reject(_));
                if permitted().any(is_same) {
                    (Status::Pass, "")
                } else if permitted().any(is_reject) {
                    (Status::Fail, "it refuses for another reason")
                } else {
                    (Status::Fail, "it refuses what is to be read")
                }
            }
            Ok(Answer::Unsupported(why)) => {
                return (Status::Unsupported, format!("the subject says: {}", one_line(why)));
            }
            Err(fault) => return fault.status(),
        };
        (status, why.to_owned())
    }

    fn evidence(&self, answer: &Result<Answer, Fault>) -> Evidence {
        let Self { case, expect, .. } = self;
        let wanted: Vec<_> = expect.permitted.iter().map(|permitted| permitted.outcome.to_string()).collect();
        let difference = self.difference(answer);
        Evidence {
            title: case.title.clone(),
            source: case.source.clone(),
            input: self.input(answer, difference.as_ref().map(|(difference, wanted)| (difference, *wanted))),
            got: match answer {
                Ok(Answer::Values(values)) => shortened(&values.to_json(), LONGEST),
                Ok(Answer::Reject { message, kind: Some(kind) }) => format!("rejected ({}): {message}", kind.name()),
                Ok(Answer::Reject { message, .. }) => format!("rejected: {}", one_line(message)),
                Ok(Answer::Unsupported(why)) => one_line(why),
                Err(Fault::InvalidAnswer(_, line)) => line.clone(),
                Err(_) => "no answer".to_owned(),
            },
            wanted: wanted.join(", or "),
            difference: difference.map(|(difference, _)| difference.to_string()),
            stderr: String::new(),
            repeat: String::new(),
        }
    }

    /// The first difference from the values that are expected first.
    fn difference(&self, answer: &Result<Answer, Fault>) -> Option<(Difference, &Tagged)> {
        let Ok(Answer::Values(values)) = answer else { return None };
        self.expect.permitted.iter().find_map(|permitted| match &permitted.outcome {
            Outcome::Values(wanted) => Some((values.difference(wanted, self.equality)?, wanted)),
            _ => None,
        })
    }

    /// The input with a caret. Our own codec knows where a value stands, and where a document goes wrong, if it agrees
    /// with the case about it.
    fn input(&self, answer: &Result<Answer, Fault>, difference: Option<(&Difference, &Tagged)>) -> String {
        let input = &self.case.input;
        let span = match (self.rules.decode(input), difference) {
            (Ok(ours), Some((difference, wanted))) => ours.locate(difference, wanted),
            (Err(error), _) if matches!(answer, Ok(Answer::Values(_))) => Some(error.span()),
            _ => None,
        };
        match span {
            Some(span) => Excerpt::new(input, &span).to_string(),
            None => format!("  | {}\n", shortened(&visible(input), LONGEST)),
        }
    }
}

impl Fault {
    pub(crate) fn status(&self) -> (Status, String) {
        match self {
            Self::Crash(how) => (Status::Crash, how.clone()),
            Self::Timeout(limit) => (Status::Timeout, format!("no answer within {} s", limit.as_secs_f64())),
            Self::InvalidAnswer(why, _) => (Status::InvalidAnswer, why.clone()),
            Self::ResourceLimit(what) => (Status::ResourceLimit, what.clone()),
            Self::Harness(why) => (Status::HarnessError, why.clone()),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |value: &Option<String>| {
            value.as_deref().map_or_else(|| "nothing".to_owned(), |value| shortened(value, LONGEST / 4))
        };
        write!(f, "{}: got {}, wanted {}", self.path, show(&self.got), show(&self.wanted))
    }
}

fn one_line(text: &str) -> String {
    shortened(&visible(text.as_bytes()), LONGEST)
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
