//! The verdicts of a run as they come.

use std::ops::ControlFlow;

use super::item::Item;
use super::options::Options;
use super::outcome::{Run, Stale};
use super::plan::Plan;
use super::watch::Watch;
use crate::baseline::{Baseline, BaselineMatch};
use crate::verdict::{Status, Verdict};

/// Collects the verdicts on the questions of a plan.
pub struct Book<'r, T> {
    plan: &'r Plan<T>,
    options: &'r Options,
    watch: &'r mut dyn Watch,
    /// The verdicts, by the number of their question.
    verdicts: Vec<Option<Verdict>>,
    /// The signal that ended the run early, as a word such as `interrupted`.
    interrupted: Option<String>,
}

impl<T> std::fmt::Debug for Book<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book").field("verdicts", &self.verdicts).finish_non_exhaustive()
    }
}

impl<'r, T> Book<'r, T> {
    /// Opens a book without verdicts.
    pub fn new(plan: &'r Plan<T>, options: &'r Options, watch: &'r mut dyn Watch) -> Self {
        watch.begins(plan.len());
        Self { plan, options, watch, verdicts: vec![None; plan.len()], interrupted: None }
    }

    /// Enters the verdict on a question, given by its number, after it was held against the baseline. A verdict that is
    /// there already is replaced. Breaks if the run is to end.
    pub fn enter(&mut self, number: usize, mut verdict: Verdict) -> ControlFlow<()> {
        apply(&self.options.baseline, &mut verdict);
        self.watch.has_come(&verdict);
        let is_last = self.options.fails_fast && verdict.is_unexpected;
        self.verdicts[number] = Some(verdict);
        if is_last { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Notes that a signal ends the run early.
    pub fn interrupt(&mut self, how: impl Into<String>) {
        self.interrupted = Some(how.into());
    }

    /// Closes the book, and returns its verdicts as a run of the subject.
    ///
    /// If the run ended at its first failure, verdicts on questions that come after it are left out: which of them have
    /// come already depends on chance.
    pub fn close(mut self, subject: String) -> Run {
        let is_unexpected = |index: &usize| self.verdicts[*index].as_ref().is_some_and(|it| it.is_unexpected);
        if self.options.fails_fast
            && let Some(last) = self.plan.order.iter().position(is_unexpected)
        {
            self.plan.order[last + 1..].iter().for_each(|&index| self.verdicts[index] = None);
        }
        let mut unchosen = self.plan.unchosen.clone();
        for (item, verdict) in self.plan.items.iter().zip(&self.verdicts) {
            if verdict.is_none() {
                unchosen.push((item.about.id.clone(), item.variant.clone()));
            }
        }
        let verdicts: Vec<_> = self.verdicts.into_iter().flatten().collect();
        Run {
            subject,
            unasked: self.plan.len() - verdicts.len(),
            verdicts,
            stale: self.plan.stale.iter().cloned().map(Stale::from).collect(),
            notes: self.plan.notes.clone(),
            unchosen,
            interrupted: self.interrupted,
            shards: self.plan.shard.into_iter().collect(),
        }
    }
}

/// Returns whether a verdict fails the run, the baseline considered.
pub(super) fn fails(baseline: &Baseline, verdict: &Verdict) -> bool {
    verdict.status.is_failure()
        && verdict.is_unexpected
        && !matches!(baseline.find(verdict), Some(BaselineMatch::Expected(_)))
}

/// Applies a baseline: a failure that it expects becomes `expected-failure`, and a pass that it lists as a failure
/// becomes `unexpected-pass`.
fn apply(baseline: &Baseline, verdict: &mut Verdict) {
    match baseline.find(verdict) {
        Some(BaselineMatch::Expected(reason)) => {
            verdict.why = format!("{} ({reason})", verdict.status);
            (verdict.status, verdict.is_unexpected) = (Status::ExpectedFailure, false);
        }
        Some(BaselineMatch::Other(how)) => {
            verdict.why = format!("{}; {how}", verdict.why);
            verdict.is_unexpected = true;
        }
        Some(BaselineMatch::Passes(reason)) => {
            verdict.why = format!("the baseline expects a failure: {reason}");
            (verdict.status, verdict.is_unexpected) = (Status::UnexpectedPass, true);
        }
        None => {}
    }
}

impl<T> Plan<T> {
    /// Returns the verdict on a question that is not asked, or `None` if it is asked.
    pub fn unasked(item: &Item<T>) -> Option<Verdict> {
        let unasked = item.task.as_ref().err()?;
        Some(Verdict { why: unasked.why.clone(), ..item.verdict(unasked.status) })
    }
}
