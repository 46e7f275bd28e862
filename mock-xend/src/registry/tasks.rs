//! Tasks: the results of asynchronous calls (`XendTask.py`, `XendTaskManager.py`).

use xend_wire::datum::Datum;

use crate::world::Identities;

/// All tasks that were started, in that order.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tasks: Vec<Task>,
    started: u64,
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

/// The daemon forgets no task; the mock's memory has an end.
const MOST_TASKS: usize = 1000;

impl Tasks {
    /// Keeps how a call ended, and gives the reference of its task.
    pub(crate) fn add(
        &mut self,
        method: &'static str,
        result_type: Option<&'static str>,
        session: Datum,
        ending: Ending,
    ) -> String {
        if self.tasks.len() == MOST_TASKS {
            self.tasks.remove(0);
        }
        self.started += 1;
        let reference = Identities::uuid_of(&format!("task {}", self.started));
        self.tasks.push(Task { reference: reference.clone(), method, result_type, session, ending });
        reference
    }

    pub(crate) fn references(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().map(|task| task.reference.as_str())
    }

    pub(crate) fn get(&self, reference: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.reference == reference)
    }
}
