//! Compares a subject's answer with what a case expects.

use std::fmt;
use std::sync::Arc;

use xend_wire::{Excerpt, visible};

use crate::Rules;
use crate::case::{Case, Expect, NoAnswer, Outcome};
use crate::shorten::{lines, shortened};
use crate::subject::{Answer, Fault};
use crate::suite::Suite;
use crate::tagged::{Difference, Equality, Tagged};
use crate::verdict::{About, Evidence, Status, Verdict};

/// The length to which a value, or a line of the input, is shortened in a report, in characters.
const LONGEST: usize = 400;

/// The number of lines of the input that a report shows if the place of the failure is not known.
const LINES: usize = 12;

/// A case with the rules and the expectation that an answer is judged by.
pub(crate) struct Judgement<'a> {
    pub(crate) case: &'a Case,
    pub(crate) about: Arc<About>,
    pub(crate) rules: Rules,
    pub(crate) expect: &'a Expect,
    pub(crate) equality: Equality,
}

impl Judgement<'_> {
    /// Judges an answer; `is_strict` tells whether a failure at the level `should` fails the run.
    pub(crate) fn verdict(&self, answer: &Result<Answer, Fault>, is_strict: bool) -> Verdict {
        let (status, why) = self.status(answer);
        let level = self.expect.level;
        Verdict {
            level: Some(level),
            is_unexpected: status == Status::HarnessError || status.counts(level, is_strict),
            why,
            evidence: status.is_failure().then(|| Box::new(self.evidence(answer))),
            ..Verdict::bare(Suite::Reading, Arc::clone(&self.about), self.rules.to_string(), status)
        }
    }

    fn status(&self, answer: &Result<Answer, Fault>) -> (Status, String) {
        let permitted = || self.expect.permitted.iter().map(|permitted| &permitted.outcome);
        let (status, why) = match answer {
            Ok(Answer::Values(values)) => {
                let is_same = |outcome: &Outcome| match outcome.values() {
                    Some(wanted) => values.difference(wanted, self.equality).is_none(),
                    None => matches!(outcome, Outcome::Accept),
                };
                if permitted().any(is_same) {
                    (Status::Pass, "")
                } else if permitted().any(|outcome| matches!(outcome, Outcome::Values(_) | Outcome::Generated(_))) {
                    (Status::WrongValue, "the subject reads other values than expected")
                } else {
                    (Status::Fail, "the subject accepts a document that it should refuse")
                }
            }
            Ok(Answer::Accept) => {
                if permitted().any(|outcome| matches!(outcome, Outcome::Accept)) {
                    (Status::Pass, "")
                } else if permitted().any(|outcome| outcome.values().is_some()) {
                    (Status::Unsupported, "the subject accepts the document and can't tell what it read")
                } else {
                    (Status::Fail, "the subject accepts a document that it should refuse")
                }
            }
            Ok(Answer::Reject { kind, .. }) => {
                let is_same = |outcome: &Outcome| match outcome {
                    Outcome::Reject(wanted) => kind.is_none_or(|kind| kind == *wanted),
                    Outcome::Refused => true,
                    _ => false,
                };
                let is_reject = |outcome: &Outcome| matches!(outcome, Outcome::Reject(_));
                if permitted().any(is_same) {
                    (Status::Pass, "")
                } else if permitted().any(is_reject) {
                    (Status::Fail, "the subject refuses the document for another reason than expected")
                } else {
                    (Status::Fail, "the subject refuses a document that it should read")
                }
            }
            Ok(Answer::Document(_) | Answer::Error(_) | Answer::Operated(_)) => {
                (Status::InvalidAnswer, "the answer to a document has neither values nor a reject")
            }
            Ok(Answer::Unsupported(why)) => {
                return (Status::Unsupported, format!("the subject says: {}", one_line(why)));
            }
            Err(fault) => {
                let is_same = |outcome: &Outcome| {
                    matches!(
                        (outcome, fault),
                        (Outcome::NoAnswer(NoAnswer::Crash), Fault::Crash(_))
                            | (Outcome::NoAnswer(NoAnswer::Timeout), Fault::Timeout(_))
                    )
                };
                if permitted().any(is_same) {
                    (Status::Pass, "")
                } else {
                    return fault.status();
                }
            }
        };
        (status, why.to_owned())
    }

    fn evidence(&self, answer: &Result<Answer, Fault>) -> Evidence {
        let wanted: Vec<_> = self.expect.permitted.iter().map(|permitted| permitted.outcome.to_string()).collect();
        let difference = self.difference(answer);
        Evidence {
            input: self.input(answer, difference.as_ref().map(|(difference, wanted)| (difference, *wanted))),
            got: match answer {
                Ok(Answer::Values(values)) => shortened(&values.to_json(), LONGEST),
                Ok(Answer::Accept) => "accepted".to_owned(),
                Ok(Answer::Reject { message, kind: Some(kind) }) => format!("rejected ({}): {message}", kind.name()),
                Ok(Answer::Reject { message, .. }) => format!("rejected: {}", one_line(message)),
                Ok(Answer::Unsupported(why) | Answer::Error(why)) => one_line(why),
                Ok(Answer::Document(document)) => format!("a document of {} bytes", document.len()),
                Ok(Answer::Operated(_)) => "an operation".to_owned(),
                Err(Fault::InvalidAnswer(_, line)) => line.clone(),
                Err(_) => "no answer".to_owned(),
            },
            wanted: wanted.join(", or "),
            differences: difference.into_iter().map(|(difference, _)| difference.to_string()).collect(),
            ..Evidence::default()
        }
    }

    /// Returns the first place where the answer differs from the first permitted outcome that has values, and those
    /// values.
    fn difference(&self, answer: &Result<Answer, Fault>) -> Option<(Difference, &Tagged)> {
        let Ok(Answer::Values(values)) = answer else { return None };
        self.expect.permitted.iter().find_map(|permitted| {
            let wanted = permitted.outcome.values()?;
            Some((values.difference(wanted, self.equality)?, wanted))
        })
    }

    /// Formats the input for a report, with a caret at the place of the failure where that is known.
    ///
    /// The place comes from the built-in codec, which knows where each value stands in the document and where a
    /// document breaks the rules. It is used only if the built-in codec agrees with the case.
    fn input(&self, answer: &Result<Answer, Fault>, difference: Option<(&Difference, &Tagged)>) -> String {
        let input = &self.case.input;
        let span = match (self.rules.decode(input), difference) {
            (Ok(ours), Some((difference, wanted))) => ours.locate(difference, wanted),
            (Err(error), _) if matches!(answer, Ok(Answer::Values(_) | Answer::Accept)) => Some(error.span()),
            _ => None,
        };
        match span {
            Some(span) => Excerpt::new(input, &span).to_string(),
            None => lines(input, LINES, LONGEST),
        }
    }
}

impl Fault {
    /// Returns the status of a verdict for this fault, and why the subject gets it.
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
    use std::time::Duration;

    use xend_wire::ErrorKind;

    use super::*;

    /// The status of an answer to a case that has this expectation.
    #[track_caller]
    fn check(expect: &str, answer: Result<Answer, Fault>, status: Status) {
        let text = format!(
            "id = \"sexpr/a\"\ntitle = \"A\"\nsource = \"none\"\ninput = \"a\"\n[[expect]]\nlevel = \"must\"\n{expect}"
        );
        let case = Case::parse("sexpr/a.toml", "a.toml", text.as_bytes(), &|_| Err(String::new())).expect("a case");
        let rules = case.codec().default_rules();
        let expect = case.expectation(rules).expect("an expectation");
        let about = Arc::new(About::default());
        let judgement = Judgement { case: &case, about, rules, expect, equality: Equality::default() };
        let verdict = judgement.verdict(&answer, false);
        assert_eq!(verdict.status, status, "{answer:?}");
        assert_eq!(verdict.evidence.is_some(), status.is_failure(), "{answer:?}");
    }

    fn values(json: &str) -> Result<Answer, Fault> {
        Ok(Answer::Values(Tagged::from_json(json.as_bytes(), crate::Codec::Sexpr).expect("values")))
    }

    fn reject(kind: Option<ErrorKind>) -> Result<Answer, Fault> {
        Ok(Answer::Reject { message: "no".to_owned(), kind })
    }

    #[test]
    fn answers_and_expectations() {
        let (a, b) = (r#"[{"atom":"a"}]"#, r#"[{"atom":"b"}]"#);
        let end = Some(ErrorKind::UnexpectedEnd);

        let expect = r#"values = [{ atom = "a" }]"#;
        check(expect, values(a), Status::Pass);
        check(expect, values(b), Status::WrongValue);
        check(expect, values("[]"), Status::WrongValue);
        check(expect, reject(None), Status::Fail);
        check(expect, Ok(Answer::Unsupported("no".to_owned())), Status::Unsupported);
        check(expect, Err(Fault::Crash(String::new())), Status::Crash);
        check(expect, Err(Fault::Timeout(Duration::from_secs(1))), Status::Timeout);
        check(expect, Err(Fault::InvalidAnswer(String::new(), String::new())), Status::InvalidAnswer);
        check(expect, Err(Fault::ResourceLimit(String::new())), Status::ResourceLimit);
        check(expect, Err(Fault::Harness(String::new())), Status::HarnessError);

        let expect = r#"reject = "unexpected-end""#;
        check(expect, values(a), Status::Fail);
        check(expect, reject(None), Status::Pass);
        check(expect, reject(end), Status::Pass);
        check(expect, reject(Some(ErrorKind::TooDeep)), Status::Fail);

        let expect = r#"any_of = [{ values = [{ atom = "a" }] }, { reject = "unexpected-end" }]"#;
        check(expect, values(a), Status::Pass);
        check(expect, values(b), Status::WrongValue);
        check(expect, reject(None), Status::Pass);
        check(expect, reject(Some(ErrorKind::TooDeep)), Status::Fail);

        let expect = r#"any_of = [{ reject = "endless-loop" }, { no_answer = "timeout" }]"#;
        check(expect, Err(Fault::Timeout(Duration::from_secs(1))), Status::Pass);
        check(expect, Err(Fault::Crash(String::new())), Status::Crash);
        check(expect, values(a), Status::Fail);

        let expect = r#"values_generated = [{ text = '[{"atom":"' }, { repeat = "a", times = 1 }, { text = '"}]' }]"#;
        check(expect, values(a), Status::Pass);
        check(expect, values(b), Status::WrongValue);

        let expect = "any_of = [{ accept = true }]";
        check(expect, values(b), Status::Pass);
        check(expect, reject(end), Status::Fail);
    }
}
