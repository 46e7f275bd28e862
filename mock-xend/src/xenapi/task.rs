//! Tasks: the results of asynchronous calls (`XendTask.py`, `XendTaskManager.py`).

use xend_wire::datum::Datum;

use super::envelope::{Outcome, literal};
use super::method::Method;
use crate::world::Identities;

#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// In the order in which they were started.
    tasks: Vec<Task>,
    started: u64,
}

#[derive(Debug)]
struct Task {
    reference: String,
    method: &'static Method,
    session: Datum,
    outcome: Outcome,
}

/// The daemon forgets no task; the mock's memory has an end.
const MOST_TASKS: usize = 1000;

impl Tasks {
    /// Keeps the outcome of a call. What the daemon leaves to a thread is done at once here.
    pub(super) fn add(&mut self, method: &'static Method, session: Datum, outcome: Outcome) -> Datum {
        if self.tasks.len() == MOST_TASKS {
            self.tasks.remove(0);
        }
        self.started += 1;
        let reference = Identities::uuid_of(&format!("task {}", self.started));
        self.tasks.push(Task { reference: reference.clone(), method, session, outcome });
        reference.into()
    }

    pub(super) fn references(&self) -> Vec<String> {
        self.tasks.iter().map(|task| task.reference.clone()).collect()
    }

    pub(super) fn record(&self, reference: &str) -> Option<Datum> {
        let task = self.tasks.iter().find(|task| task.reference == reference)?;
        let label = task.method.name.as_str();
        let (status, result, error) = match &task.outcome {
            Ok(value) => ("success", value.clone(), Vec::new()),
            Err(description) => ("failure", Datum::None, description.words.clone()),
        };
        // An exception has a code of its own here (`XendTask.run`).
        let error = error.into_iter().map(|word| match word.as_bytes() {
            Some(b"INTERNAL_ERROR") => "INTERNAL ERROR".into(),
            _ => word,
        });
        Some(literal([
            ("uuid", reference.into()),
            ("name_label", label.into()),
            ("name_description", "".into()),
            ("status", status.into()),
            ("progress", 100.into()),
            ("type", task.method.result_type.map_or(Datum::None, Datum::from)),
            ("result", result),
            ("error_info", error.collect::<Vec<_>>().into()),
            ("allowed_operations", Datum::Dict(Vec::new())),
            ("session", task.session.clone()),
        ]))
    }
}
