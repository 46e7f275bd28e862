//! Calls that a subject makes to a server of ours.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::conduct::Examined;
use super::examiner::{SubjectExaminer, Task};
use super::item::Item;
use super::reading::equality;
use crate::Error;
use crate::calling::{CallCase, CallJudgement, Called, Exchange, Server};
use crate::subject::{Answer, Ask, Fault, FaultReport, Question, Reply, Subject};
use crate::transport::Transport;
use crate::verdict::Verdict;

/// What a subject made of the calls of a case.
pub(crate) struct Calls {
    /// The answer to each call, up to the first that is missing.
    pub(crate) answers: Vec<Result<Answer, Fault>>,
    exchanges: Vec<Exchange>,
    host: Option<String>,
    stderr: String,
    elapsed: Duration,
    /// A fault in the reply to the question before the first call.
    previous_fault: Option<FaultReport>,
}

impl Calls {
    /// Asks a subject for the calls of a case, with a server of its own.
    pub(crate) fn made(subject: &mut dyn Subject, case: &CallCase, over: Transport) -> Result<Self, Error> {
        let server = Server::start(case, over);
        let server = server.map_err(|error| Error::Harness(format!("can't serve a case over {over}: {error}")))?;
        let (host, ca_file) = (server.host(), server.ca_file());
        let uri = format!("{}{}", server.uri(), case.path);
        let begin = Instant::now();
        let (mut answers, mut said, mut before) = (Vec::new(), String::new(), None);
        for number in 1..=case.calls {
            // No two questions in a row have the same id: then the id of a second answer shows to which it belongs.
            let id = if number == 1 { case.id.clone() } else { format!("{}#{number}", case.id) };
            let ask = Ask::Call {
                uri: &uri,
                method: &case.method,
                params: &case.params,
                deadline: case.deadline,
                ca_file: ca_file.as_deref(),
            };
            let Reply { answer, stderr, previous_fault } = subject.ask(&Question { id: &id, ask, deadline: None })?;
            match previous_fault {
                Some(report) if number == 1 => before = Some(report),
                Some(report) => answers[number - 2] = Err(report.fault),
                None => {}
            }
            said += &stderr;
            answers.push(answer);
            if answers.iter().any(Result::is_err) {
                break;
            }
        }
        let (elapsed, exchanges) = (begin.elapsed(), server.finish());
        Ok(Self { answers, exchanges, host, stderr: said, elapsed, previous_fault: before })
    }
}

impl<'d> SubjectExaminer<'_, 'd> {
    /// Asks for the calls of a case, and judges what came of them.
    pub(super) fn call(
        &mut self,
        item: &Item<Task<'d>>,
        case: &'d CallCase,
        over: Transport,
    ) -> Result<Examined, Error> {
        let Calls { mut answers, exchanges, host, stderr, elapsed, previous_fault } =
            Calls::made(&mut *self.subject, case, over)?;
        let previous = previous_fault.and_then(|report| self.last.take().map(|last| (last.judge)(report)));
        let equality = equality(self.declaration, false);
        let (is_strict, about) = (self.options.is_strict, Arc::clone(&item.about));
        let last = answers.pop().unwrap_or_else(|| Ok(Answer::Unsupported("nothing was asked".to_owned())));
        let before = answers;
        let judge = move |last: &Result<Answer, Fault>| {
            let answers: Vec<_> = before.iter().cloned().chain([last.clone()]).collect();
            let called = Called { answers: &answers, exchanges: &exchanges, host: host.as_deref() };
            CallJudgement { case, about: Arc::clone(&about), equality, over }.verdict(&called, is_strict)
        };
        Ok(Examined { verdict: Verdict { elapsed, ..self.judged(item, judge, &last, stderr) }, previous })
    }
}
