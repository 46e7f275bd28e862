//! Tasks of the Xen-API, which are the results of asynchronous calls (`XendTask.py`, `XendTaskManager.py`).

use std::collections::VecDeque;

use xend_wire::datum::Datum;

use crate::weight;
use crate::world::Identities;

/// The tasks that are kept, in the order in which they were started.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tasks: VecDeque<Task>,
    started: u64,
    /// The bytes that the tasks take.
    held: usize,
}

/// An asynchronous call that has ended. The daemon runs such calls on threads; the mock runs them at once.
#[derive(Debug)]
pub(crate) struct Task {
    reference: String,
    /// The name of the called method, such as `VM.start`.
    pub(crate) method: &'static str,
    /// The type of the result, for the few methods for which the daemon declares one.
    pub(crate) result_type: Option<&'static str>,
    /// The session of the call.
    pub(crate) session: Datum,
    pub(crate) ending: Ending,
}

/// How a task ended: with a result, or with the words of an `ErrorDescription`.
pub(crate) type Ending = Result<Datum, Vec<Datum>>;

impl Task {
    /// Returns the bytes that the task takes.
    fn weight(&self) -> usize {
        let results = match &self.ending {
            Ok(result) => weight::of(result),
            Err(words) => words.iter().map(weight::of).sum(),
        };
        size_of::<Self>() + weight::of_text(&self.reference) + weight::of(&self.session) + results
    }
}

impl Tasks {
    /// The limit on the bytes of tasks. The daemon forgets no task; beyond the limit the mock forgets the oldest ones.
    pub(crate) const BUDGET: usize = 16 << 20;
    /// The most tasks that are kept, since a task is looked up by going through all of them.
    const MOST: usize = 1000;

    /// Keeps the result of a call and returns the reference of its task. A result that exceeds the limit is replaced by
    /// an error that says so.
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
