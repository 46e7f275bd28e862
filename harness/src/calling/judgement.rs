//! Judges a caller by what it put on the wire and by what it learned.

use std::sync::Arc;

use xend_wire::visible;

use super::case::{CallCase, CallOutcome, WireCheck};
use super::server::Exchange;
use crate::shorten::shortened;
use crate::subject::{Answer, Fault};
use crate::suite::Suite;
use crate::tagged::{Equality, Tagged};
use crate::transport::Transport;
use crate::verdict::{About, Direction, Evidence, Status, Verdict, without_port};

/// The length to which a value is shortened in a report, in characters.
const LONGEST: usize = 400;
/// How many bytes of a request and of a reply a report shows.
const MOST: usize = 2_048;
/// How many requests a report shows.
const FEW: usize = 3;

/// A case with all by which a caller is judged.
pub(crate) struct CallJudgement<'a> {
    pub(crate) case: &'a CallCase,
    pub(crate) about: Arc<About>,
    pub(crate) equality: Equality,
    pub(crate) over: Transport,
}

/// What became of the calls of a case.
pub(crate) struct Called<'a> {
    /// The answer to each call that was asked for, up to the first one that is missing.
    pub(crate) answers: &'a [Result<Answer, Fault>],
    /// What went over the wire.
    pub(crate) exchanges: &'a [Exchange],
    /// What `Host` must be; `None` if it may be anything.
    pub(crate) host: Option<&'a str>,
}

impl CallJudgement<'_> {
    /// Judges a caller; `is_strict` tells whether a failure at the level `should` fails the run.
    pub(crate) fn verdict(&self, called: &Called<'_>, is_strict: bool) -> Verdict {
        let (status, why) = self.status(called);
        let level = self.case.level;
        Verdict {
            level: Some(level),
            is_unexpected: status == Status::HarnessError || status.counts(level, is_strict),
            evidence: status.is_failure().then(|| Box::new(self.evidence(called))),
            why,
            ..Verdict::bare(Suite::Calling, Arc::clone(&self.about), self.over.variant(), status)
        }
    }

    fn status(&self, called: &Called<'_>) -> (Status, String) {
        let case = self.case;
        for answer in called.answers {
            match answer {
                Ok(Answer::Unsupported(why)) => {
                    let why = shortened(&visible(why.as_bytes()), LONGEST);
                    return (Status::Unsupported, format!("the subject says: {why}"));
                }
                Err(fault) => return fault.status(),
                Ok(_) => {}
            }
        }
        // A request that is wrong explains an answer that is, so it is told first.
        let calls = called.exchanges.iter().take(case.calls);
        for (exchange, &check) in calls.flat_map(|exchange| case.wire.iter().map(move |check| (exchange, check))) {
            if let Err(wrong) = exchange.request.check(check, case, called.host, self.equality) {
                return wrong;
            }
        }
        if called.exchanges.len() > case.requests {
            let count = |count: usize| if count == 1 { "1 request".to_owned() } else { format!("{count} requests") };
            let (came, most) = (count(called.exchanges.len()), count(case.requests));
            return (Status::Fail, format!("the subject sent {came}, expected at most {most}"));
        }
        let gzip = called.exchanges.iter().any(|exchange| exchange.request.asks_for_gzip());
        for (at, answer) in called.answers.iter().enumerate() {
            let (status, why) = self.learned(answer, gzip);
            if status != Status::Pass {
                let call = if case.calls > 1 { format!("call {}: ", at + 1) } else { String::new() };
                return (status, call + why);
            }
        }
        let must_arrive = case.requests > 0 && !case.is_early && !case.learns.contains(&CallOutcome::Error);
        if must_arrive && called.exchanges.len() < case.calls {
            return (Status::Fail, "the subject answers without having sent the request".to_owned());
        }
        (Status::Pass, String::new())
    }

    /// Judges one answer; `gzip` tells whether the subject asked for gzip.
    fn learned(&self, answer: &Result<Answer, Fault>, gzip: bool) -> (Status, &'static str) {
        let may_learn = |values: &Tagged| {
            self.case.learns.iter().any(|learned| match learned {
                CallOutcome::Answer(wanted) | CallOutcome::IfAsked(wanted) => {
                    values.difference(wanted, self.equality).is_none()
                }
                CallOutcome::Error => false,
            })
        };
        let wanted = || {
            self.case.learns.iter().find_map(|learned| match learned {
                CallOutcome::Answer(wanted) | CallOutcome::IfAsked(wanted) => Some(wanted),
                CallOutcome::Error => None,
            })
        };
        let may_fail = self.case.learns.iter().any(|learned| match learned {
            CallOutcome::Error => true,
            CallOutcome::IfAsked(_) => !gzip,
            CallOutcome::Answer(_) => false,
        });
        match answer {
            Ok(Answer::Values(values)) if may_learn(values) => (Status::Pass, ""),
            Ok(Answer::Values(values)) => match wanted() {
                _ if values.is_fault() && !wanted().is_some_and(Tagged::is_fault) => {
                    (Status::Fail, "the subject learns of a fault where there is none")
                }
                None => (Status::Fail, "the subject takes for a success what is none"),
                Some(wanted) if wanted.is_fault() && !values.is_fault() => {
                    (Status::Fail, "the subject takes a fault for a success")
                }
                Some(_) => (Status::WrongValue, "the subject learns something else than the reply says"),
            },
            // What it learned can't be told.
            Ok(Answer::Accept) => match wanted() {
                None => (Status::Fail, "the subject takes for a success what is none"),
                Some(wanted) if wanted.is_fault() => (Status::Fail, "the subject takes a fault for a success"),
                Some(_) => (Status::Pass, ""),
            },
            Ok(Answer::Error(_) | Answer::Reject { .. }) if may_fail => (Status::Pass, ""),
            Ok(Answer::Error(_) | Answer::Reject { .. }) => match wanted() {
                Some(wanted) if wanted.is_fault() => (Status::Fail, "the subject gives an error and not the fault"),
                _ => (Status::Fail, "the subject gives an error, although the reply is good"),
            },
            _ => (Status::InvalidAnswer, "the answer to a call has neither values nor an error"),
        }
    }

    fn evidence(&self, called: &Called<'_>) -> Evidence {
        let case = self.case;
        let show = |values: &Tagged| shortened(&values.to_json(), LONGEST);
        let got = called.answers.iter().map(|answer| match answer {
            Ok(Answer::Values(values)) => show(values),
            Ok(Answer::Error(message) | Answer::Reject { message, .. }) => {
                format!("error: {}", shortened(&visible(message.as_bytes()), LONGEST))
            }
            Ok(Answer::Accept) => "accepted".to_owned(),
            Ok(_) => "another kind of answer".to_owned(),
            Err(Fault::InvalidAnswer(_, line)) => line.clone(),
            Err(_) => "no answer".to_owned(),
        });
        let wanted = case.learns.iter().map(ToString::to_string);
        let cut = |bytes: &[u8]| bytes[..bytes.len().min(MOST)].to_vec();
        let exchange = called.exchanges.iter().take(FEW).flat_map(|exchange| {
            let request = [exchange.request.bytes.clone(), exchange.request.extra.clone()].concat();
            [(Direction::Received, cut(&without_port(&request))), (Direction::Sent, cut(&exchange.sent))]
        });
        let faults = if case.faults.is_empty() {
            String::new()
        } else {
            format!("  | the reply has the faults {}\n", case.faults)
        };
        Evidence {
            input: format!("  | call of {} at {}\n{faults}", visible(case.method.as_bytes()), case.path),
            got: got.collect::<Vec<_>>().join(", then "),
            wanted: wanted.collect::<Vec<_>>().join(", or "),
            differences: match called.exchanges.first().filter(|_| case.wire.contains(&WireCheck::Call)) {
                Some(first) => {
                    first.request.flaw(case, self.equality).map(|flaw| flaw.differences()).unwrap_or_default()
                }
                None => Vec::new(),
            },
            exchange: exchange.filter(|(_, bytes)| !bytes.is_empty()).collect(),
            ..Evidence::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A caller that can't tell what it learned may be right about a value alone.
    #[test]
    fn what_is_accepted_is_no_fault_and_no_error() {
        let judged = |id: &str| {
            let cases = CallCase::built_in_where(|known| known == id).expect("the cases are well-formed");
            let [case] = &cases[..] else { panic!("no case {id}") };
            let about = Arc::new(About::default());
            let judgement = CallJudgement { case, about, equality: Equality::default(), over: Transport::Tcp };
            judgement.learned(&Ok(Answer::Accept), false)
        };
        assert_eq!(judged("calls/reply-value"), (Status::Pass, ""));
        assert_eq!(judged("calls/stall-at-once"), (Status::Fail, "the subject takes for a success what is none"));
        assert_eq!(judged("calls/fault-white-space"), (Status::Fail, "the subject takes a fault for a success"));
    }
}
