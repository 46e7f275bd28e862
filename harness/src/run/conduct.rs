//! Several examiners that share a plan.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
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

/// What an examiner sends to the book.
enum News {
    Verdict(usize, Box<Verdict>),
    Failed(Error),
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
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut failed = None;
    thread::scope(|scope| {
        let (sender, receiver) = channel();
        for examiner in examiners.iter_mut() {
            let shift = Shift { plan, options, next: &next, is_over: &is_over, sender: sender.clone() };
            scope.spawn(move || shift.work(&mut **examiner));
        }
        drop(sender);
        for news in receiver {
            match news {
                News::Verdict(number, verdict) => {
                    if let ControlFlow::Break(()) = book.enter(number, *verdict) {
                        is_over.store(true, Ordering::Relaxed);
                    }
                }
                News::Failed(Error::Interrupted(how)) => book.interrupt(how),
                News::Failed(error) => failed = failed.take().or(Some(error)),
            }
        }
    });
    failed.map_or(Ok(()), Err)
}

/// One examiner at work.
struct Shift<'s, T> {
    plan: &'s Plan<T>,
    options: &'s Options,
    next: &'s AtomicUsize,
    is_over: &'s AtomicBool,
    sender: Sender<News>,
}

impl<T> Shift<'_, T> {
    fn work(&self, examiner: &mut dyn Examiner<T>) {
        // The receiver lives as long as any sender.
        let send = |news: News| drop(self.sender.send(news));
        let verdict = |number: usize, verdict: Verdict| send(News::Verdict(number, Box::new(verdict)));
        let mut last = None;
        while !self.is_over.load(Ordering::Relaxed) {
            let Some(&number) = self.plan.order.get(self.next.fetch_add(1, Ordering::Relaxed)) else { break };
            let item = &self.plan.items[number];
            let Ok(task) = &item.task else {
                verdict(number, Plan::unasked(item).expect("it is not asked"));
                continue;
            };
            match self.ask(examiner, item, task) {
                Ok(Examined { verdict: found, previous }) => {
                    if let (Some(last), Some(previous)) = (last, previous) {
                        verdict(last, previous);
                    }
                    verdict(number, found);
                    last = Some(number);
                }
                Err(error) => {
                    self.is_over.store(true, Ordering::Relaxed);
                    send(News::Failed(error));
                    return;
                }
            }
        }
        if let (Some(last), Some(other)) = (last, examiner.finish()) {
            verdict(last, other);
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
