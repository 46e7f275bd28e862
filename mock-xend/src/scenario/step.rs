//! What happens when an expectation answers a request.

use std::sync::{Arc, OnceLock};

use super::change::Change;
use super::reply::{Reply, ResolvedReply};
use super::request::RecognisedRequest;
use crate::fault::{Fault, Faults};

/// What happens when an expectation answers a request: the reply, how it breaks on its way, and what changes then. A [`Reply`]
/// turns into a step.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// `None` for the reply of the simulated host.
    pub(super) reply: Option<Reply>,
    /// The reply to any request, once it was made, if it repeats no part of a request.
    fixed: OnceLock<Arc<ResolvedReply>>,
    /// How the reply breaks on its way.
    pub(super) faults: Faults,
    pub(super) changes: Vec<Change>,
    /// The states that hold from then on, by name.
    pub(super) next_state: Vec<(String, String)>,
}

/// How a request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    /// With a scripted reply.
    Scripted(Scripted),
    /// By the simulated host.
    World {
        /// How the reply breaks on its way.
        faults: Faults,
    },
    /// With a refusal: the request was not expected, and the scenario says `unexpected = "refuse"`.
    Refused,
}

/// A scripted reply to one request, with the ways in which it breaks.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    pub(crate) reply: Arc<ResolvedReply>,
    pub(crate) faults: Faults,
}

impl Step {
    /// Creates a step that leaves the reply to the simulated host.
    pub fn simulate() -> Self {
        Self::default()
    }

    /// Decides how a request is answered.
    pub(super) fn decide(&self, request: &RecognisedRequest<'_>) -> Decision {
        let faults = self.faults.clone();
        let Some(reply) = &self.reply else { return Decision::World { faults } };
        let reply = match self.fixed.get() {
            Some(fixed) => Arc::clone(fixed),
            None if reply.echoes().is_empty() => Arc::clone(self.fixed.get_or_init(|| reply.resolve(request).into())),
            None => reply.resolve(request).into(),
        };
        Decision::Scripted(Scripted { reply, faults })
    }

    /// Sets how the reply breaks on its way.
    #[must_use]
    pub fn faults(mut self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.faults = faults.into_iter().collect();
        self
    }

    /// Changes the simulated host after the reply was decided.
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Lets a state hold from then on: see [`Expectation::state`](super::Expectation::state).
    #[must_use]
    pub fn next_state(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.next_state.push((name.into(), value.into()));
        self
    }
}

impl From<Reply> for Step {
    fn from(reply: Reply) -> Self {
        Self { reply: Some(reply), ..Self::default() }
    }
}
