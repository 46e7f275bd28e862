//! Several examiners that share a plan.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::book::{Book, fails};
use super::item::Item;
use super::options::Options;
use super::plan::Plan;
use crate::Error;
use crate::verdict::{Status, Verdict};

/// Asks questions, one after the other.
pub trait Examiner<T>: Send {
    /// Asks a question.
    ///
    /// # Errors
    /// Returns an [`Error`] if the harness itself fails, or if a signal asks it to end. Whatever the subject does is
    /// part of the verdict.
    fn examine(&mut self, item: &Item<T>, task: &T) -> Result<Examined, Error>;

    /// Ends the subject, and returns another verdict on the question that was asked last, if the subject's output after
    /// its answer changes it.
    fn finish(&mut self) -> Option<Verdict> {
        None
    }
}

/// What came of a question.
#[derive(Debug)]
pub struct Examined {
    /// The verdict.
    pub verdict: Verdict,
    /// Another verdict on the question that the same examiner asked before, if it was found only now that the subject
    /// had written too much.
    pub previous: Option<Verdict>,
}

/// Asks all questions of a plan. Each examiner takes the next question that is left.
///
/// # Errors
/// Returns the first [`Error`] of an examiner, unless it is a signal: then the book has the verdicts that have come.
pub fn conduct<T: Sync>(
    plan: &Plan<T>,
    options: &Options,
    examiners: &mut [&mut dyn Examiner<T>],
    book: &mut Book<'_, T>,
) -> Result<(), Error> {
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let found = Mutex::new(Found { book, failed: None });
    let shift = Shift { plan, options, next: &next, is_over: &is_over, found: &found };
    thread::scope(|scope| {
        for examiner in examiners.iter_mut() {
            scope.spawn(|| shift.work(&mut **examiner));
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner).failed.map_or(Ok(()), Err)
}

/// What all examiners have found. It is behind a lock rather than at the end of a channel, where another thread would be
/// woken for each verdict.
struct Found<'f, 'b, T> {
    book: &'f mut Book<'b, T>,
    failed: Option<Error>,
}

/// What the examiners share while they work.
struct Shift<'s, 'f, 'b, T> {
    plan: &'s Plan<T>,
    options: &'s Options,
    next: &'s AtomicUsize,
    is_over: &'s AtomicBool,
    found: &'s Mutex<Found<'f, 'b, T>>,
}

impl<'f, 'b, T> Shift<'_, 'f, 'b, T> {
    /// Asks one question after the other, until none is left or the run is over.
    fn work(&self, examiner: &mut dyn Examiner<T>) {
        let mut last = None;
        while !self.is_over.load(Ordering::Relaxed) {
            let Some(&number) = self.plan.order.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            let item = &self.plan.items[number];
            let Ok(task) = &item.task else {
                self.enter(number, Plan::unasked(item).expect("it is not asked"));
                continue;
            };
            match self.ask(examiner, item, task) {
                Ok(Examined { verdict, previous }) => {
                    if let (Some(last), Some(previous)) = (last, previous) {
                        self.enter(last, previous);
                    }
                    self.enter(number, verdict);
                    last = Some(number);
                }
                Err(error) => return self.fail(error),
            }
        }
        if let (Some(last), Some(other)) = (last, examiner.finish()) {
            self.enter(last, other);
        }
    }

    fn found(&self) -> MutexGuard<'_, Found<'f, 'b, T>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, number: usize, verdict: Verdict) {
        if self.found().book.enter(number, verdict).is_break() {
            self.is_over.store(true, Ordering::Relaxed);
        }
    }

    fn fail(&self, error: Error) {
        self.is_over.store(true, Ordering::Relaxed);
        let mut found = self.found();
        match error {
            Error::Interrupted(how) => found.book.interrupt(how),
            error => found.failed = found.failed.take().or(Some(error)),
        }
    }

    /// Asks a question, and asks it again if it fails and retries are left.
    fn ask(&self, examiner: &mut dyn Examiner<T>, item: &Item<T>, task: &T) -> Result<Examined, Error> {
        let mut first = examiner.examine(item, task)?;
        for retry in 1..=self.options.retries {
            if !fails(&self.options.baseline, &first.verdict) {
                break;
            }
            if examiner.examine(item, task)?.verdict.status == Status::Pass {
                let Verdict { status, why, .. } = &first.verdict;
                first.verdict.why = format!("passed at retry {retry}; before: {status}, {why}");
                (first.verdict.status, first.verdict.is_unexpected) = (Status::Flaky, false);
                break;
            }
        }
        Ok(first)
    }
}
