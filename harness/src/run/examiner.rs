//! Asks a subject, and keeps how the answer was judged: what the subject writes behind it may change the verdict.

use std::time::Instant;

use super::conduct::Examined;
use super::item::Item;
use super::options::Options;
use crate::Error;
use crate::Rules;
use crate::calling::CallCase;
use crate::case::{Case, Expect, WritingCase, WritingExpect};
use crate::operating::{Mocks, Operating};
use crate::subject::{Answer, Declaration, Fault, FaultReport, Question, Reply, Subject};
use crate::transport::Transport;
use crate::verdict::Verdict;

/// A question to a subject.
#[derive(Clone, Debug)]
pub(super) enum Task<'c> {
    Read { case: &'c Case, rules: Rules, expect: &'c Expect },
    Write { case: &'c WritingCase, rules: Rules, expect: &'c WritingExpect },
    Call { case: &'c CallCase, over: Transport },
    Operate(Operating<'c>),
}

pub(super) struct SubjectExaminer<'s, 'd> {
    pub(super) subject: &'s mut dyn Subject,
    pub(super) declaration: &'d Declaration,
    pub(super) options: &'d Options,
    /// How the question that was answered last is judged.
    pub(super) last: Option<Last<'d>>,
    /// The mocks that an operator is asked about.
    pub(super) mocks: Mocks,
}

/// A question that was answered, to judge it again if the subject writes more after its answer.
pub(super) struct Last<'d> {
    pub(super) judge: Box<dyn Fn(FaultReport) -> Verdict + Send + 'd>,
}

impl<'d> SubjectExaminer<'_, 'd> {
    /// Asks one question, and judges the answer.
    pub(super) fn ask(
        &mut self,
        item: &Item<Task<'d>>,
        question: &Question<'_>,
        judge: impl Fn(&Result<Answer, Fault>) -> Verdict + Send + 'd,
    ) -> Result<Examined, Error> {
        let begin = Instant::now();
        let Reply { answer, stderr, previous_fault } = self.subject.ask(question)?;
        let elapsed = begin.elapsed();
        let previous = previous_fault.and_then(|report| self.last.take().map(|last| (last.judge)(report)));
        Ok(Examined { verdict: Verdict { elapsed, ..self.judged(item, judge, &answer, stderr) }, previous })
    }

    /// Judges an answer, and keeps the judge for the case that the subject writes more after its answer.
    pub(super) fn judged(
        &mut self,
        item: &Item<Task<'d>>,
        judge: impl Fn(&Result<Answer, Fault>) -> Verdict + Send + 'd,
        answer: &Result<Answer, Fault>,
        stderr: String,
    ) -> Verdict {
        let options = self.options;
        let variant = if item.variant.is_empty() { String::new() } else { format!("@{}", item.variant) };
        let name = format!("{}{variant}", item.about.id);
        let judge = move |answer: &Result<Answer, Fault>, stderr: String| {
            let mut verdict = judge(answer);
            if let Some(evidence) = &mut verdict.evidence {
                evidence.stderr = stderr;
                evidence.repeat = options.repeat(Some(&name));
            }
            verdict
        };
        let verdict = judge(answer, stderr);
        let again = move |report: FaultReport| judge(&Err(report.fault), report.stderr);
        self.last = Some(Last { judge: Box::new(again) });
        verdict
    }
}
