//! Judges what an operator learned of a failure, and what it sent.

use std::sync::Arc;

use mock_xend::{Finding, FindingKind};
use xend_wire::failure::ErrorCode;
use xend_wire::operation::Effect;
use xend_wire::visible;

use super::failure::{Failure, Learns};
use crate::shorten::shortened;
use crate::subject::{Answer, Fault, Operated};
use crate::suite::Suite;
use crate::verdict::{About, Direction, Evidence, Status, Verdict};

/// The length to which a text of the subject is shortened, in characters.
const LONGEST: usize = 400;
/// How many bytes of a request and of a reply a report shows.
const MOST: usize = 2_048;

/// A failure, with all by which an operator is judged.
#[derive(Clone, Debug)]
pub(crate) struct OperateJudgement<'c> {
    pub(crate) failure: &'c Failure,
    pub(crate) about: Arc<About>,
    pub(crate) variant: String,
    /// Whether the operator tells codes.
    pub(crate) codes: bool,
    /// How what was asked was put: `domain.pause over sxp+tcp-4.1 domain=vm1`.
    pub(crate) asked: String,
    /// How the requests differ from the one that was wanted.
    pub(crate) findings: Vec<Finding>,
    /// What went over the wire.
    pub(crate) exchange: Vec<(Direction, Vec<u8>)>,
}

impl OperateJudgement<'_> {
    /// Judges an answer.
    pub(crate) fn verdict(&self, answer: &Result<Answer, Fault>) -> Verdict {
        let (status, why) = self.status(answer);
        let cut = |(direction, bytes): &(Direction, Vec<u8>)| (*direction, bytes[..bytes.len().min(MOST)].to_vec());
        let evidence = || {
            Box::new(Evidence {
                input: format!("  | {}\n", self.asked),
                got: got(answer),
                wanted: self.wanted(),
                exchange: self.exchange.iter().map(cut).collect(),
                ..Evidence::default()
            })
        };
        Verdict {
            level: Some(crate::case::Level::Must),
            evidence: status.is_failure().then(evidence),
            is_unexpected: status.is_failure() || status == Status::HarnessError,
            why,
            ..Verdict::bare(Suite::Operating, Arc::clone(&self.about), &*self.variant, status)
        }
    }

    fn status(&self, answer: &Result<Answer, Fault>) -> (Status, String) {
        let operated = match answer {
            Ok(Answer::Operated(operated)) => operated,
            Ok(Answer::Unsupported(why)) => {
                return (Status::Unsupported, format!("the subject says: {}", shown(why)));
            }
            Ok(_) => return (Status::InvalidAnswer, "the answer is none to an operation".to_owned()),
            Err(fault) => return fault.status(),
        };
        // A request that is wrong explains an answer that is, so it is told first.
        if let Some(finding) = self.findings.iter().find(|finding| finding.kind == FindingKind::Unused) {
            let why = finding.why.lines().map(str::trim).collect::<Vec<_>>().join("; ");
            let why = if why.is_empty() { String::new() } else { format!(" ({})", shown(&why)) };
            return (Status::Fail, format!("the subject does not send the request of the operation{why}"));
        }
        if self.findings.iter().any(|finding| finding.kind == FindingKind::Surplus) {
            return (Status::Fail, "the subject sends again what changes something".to_owned());
        }
        let changes = self.failure.operation.effect() == Effect::Changes;
        let is_unknown = match operated {
            Operated::Unknown(_) => true,
            Operated::Failed { code, .. } => *code == Some(ErrorCode::UnableToVerifyState),
            Operated::Done(_) => false,
        };
        let failed = |why: &str| (Status::Fail, why.to_owned());
        match (self.failure.learns, operated) {
            (Learns::Done, Operated::Done(_)) => (Status::Pass, String::new()),
            (Learns::Done, _) => failed("the subject does not take a good reply for done"),
            (_, Operated::Done(_)) => failed("the subject takes for done what is not"),
            (Learns::Unknown, _) if is_unknown || !changes => (Status::Pass, String::new()),
            (Learns::Unknown, _) => failed("the subject says that nothing was done, which nobody knows"),
            (Learns::Refused, _) if is_unknown => {
                failed("the subject says that the outcome is unknown, and the daemon refused the operation")
            }
            (Learns::Refused, Operated::Failed { code, .. }) if self.codes && self.failure.code.is_some() => {
                match *code == self.failure.code {
                    true => (Status::Pass, String::new()),
                    false => (Status::WrongValue, "the subject tells another code".to_owned()),
                }
            }
            (Learns::Refused, _) => (Status::Pass, String::new()),
        }
    }

    fn wanted(&self) -> String {
        match (self.failure.learns, self.failure.operation.effect(), self.failure.code) {
            (Learns::Done, ..) => "done".to_owned(),
            (Learns::Refused, _, Some(code)) if self.codes => format!("an error, {code}"),
            (Learns::Refused, ..) => "an error".to_owned(),
            (Learns::Unknown, Effect::Changes, _) => "unknown: it may have been done".to_owned(),
            (Learns::Unknown, Effect::Reads, _) => "an error, or unknown".to_owned(),
        }
    }
}

fn shown(text: &str) -> String {
    shortened(&visible(text.as_bytes()), LONGEST)
}

/// Says what an operator answered, for people.
pub(crate) fn got(answer: &Result<Answer, Fault>) -> String {
    match answer {
        Ok(Answer::Operated(Operated::Done(told))) => match (&told.names, &told.record) {
            (Some(names), _) => format!("done: {}", shown(&names.join(" "))),
            (None, Some(record)) => {
                let fields: Vec<_> = record.iter().map(|(name, value)| format!("{name} {value}")).collect();
                format!("done: {}", shown(&fields.join(", ")))
            }
            (None, None) => "done".to_owned(),
        },
        Ok(Answer::Operated(Operated::Failed { code, message })) => {
            let code = code.map(|code| format!("{code}, ")).unwrap_or_default();
            format!("an error: {code}{}", shown(message))
        }
        Ok(Answer::Operated(Operated::Unknown(why))) => format!("unknown: {}", shown(why)),
        Ok(_) => "another kind of answer".to_owned(),
        Err(Fault::InvalidAnswer(_, line)) => line.clone(),
        Err(_) => "no answer".to_owned(),
    }
}
