//! Tasks: the results of asynchronous calls (`XendTask.py`, `XendTaskManager.py`).

use std::collections::VecDeque;

use xend_wire::datum::Datum;

use crate::weight;
use crate::world::Identities;

/// All tasks that were started, in that order.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tasks: VecDeque<Task>,
    started: u64,
    /// What the tasks weigh, in bytes.
    held: usize,
}

/// One asynchronous call that has ended. What the daemon leaves to a thread is done at once here.
#[derive(Debug)]
pub(crate) struct Task {
    reference: String,
    /// The name of the method that was called: `VM.start`.
    pub(crate) method: &'static str,
    /// The type of its result as the daemon declares it, for the few methods that declare one.
    pub(crate) result_type: Option<&'static str>,
    /// The session in which it was called.
    pub(crate) session: Datum,
    pub(crate) ending: Ending,
}

/// How a task ended: with a result, or with the words of an error description.
pub(crate) type Ending = Result<Datum, Vec<Datum>>;

impl Task {
    /// In bytes.
    fn weight(&self) -> usize {
        let results = match &self.ending {
            Ok(result) => weight::of(result),
            Err(words) => words.iter().map(weight::of).sum(),
        };
        size_of::<Self>() + weight::of_text(&self.reference) + weight::of(&self.session) + results
    }
}

impl Tasks {
    /// The daemon forgets no task; the mock's memory has an end. Beyond it the oldest tasks go.
    pub(crate) const BUDGET: usize = 16 << 20;
    /// Tasks are looked up one after the other.
    const MOST: usize = 1000;

    /// Keeps how a call ended, and gives the reference of its task. A result that the budget can't hold is replaced by the
    /// error that says so.
    pub(crate) fn add(
        &mut self,
        method: &'static str,
        result_type: Option<&'static str>,
        session: Datum,
        ending: Ending,
    ) -> String {
        self.started += 1;
        let reference = Identities::uuid_of(&format!("task {}", self.started));
        let mut task = Task { reference: reference.clone(), method, result_type, session, ending };
        if task.weight() > Self::BUDGET {
            let why = format!("mock-xend keeps at most {} of results of tasks", weight::shown(Self::BUDGET));
            task.ending = Err(vec!["INTERNAL_ERROR".into(), why.into()]);
        }
        self.held += task.weight();
        self.tasks.push_back(task);
        while self.held > Self::BUDGET || self.tasks.len() > Self::MOST {
            self.held -= self.tasks.pop_front().map_or(0, |oldest| oldest.weight());
        }
        reference
    }

    pub(crate) fn references(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().map(|task| task.reference.as_str())
    }

    pub(crate) fn get(&self, reference: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.reference == reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_stay_in_their_budget() {
        let mut tasks = Tasks::default();
        let mut add = |ending: Ending| {
            let reference = tasks.add("VM.get_all_records", None, "session".into(), ending);
            assert_eq!(tasks.held, tasks.tasks.iter().map(Task::weight).sum::<usize>());
            assert!(tasks.held <= Tasks::BUDGET && tasks.tasks.len() <= Tasks::MOST);
            tasks.get(&reference).expect("the last one is there").ending.is_ok()
        };
        assert!((0..100).all(|_| add(Ok("x".repeat(1 << 20).as_str().into()))));
        assert!(!add(Ok("x".repeat(Tasks::BUDGET).as_str().into())));
        assert!((0..2 * Tasks::MOST).all(|_| add(Ok(Datum::None))));
    }
}
