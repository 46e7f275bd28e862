//! One call: what it was given, and the state that it looks at and changes.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::envelope::{ErrorDescription, Outcome};
use super::method::Method;
use crate::python;
use crate::registry::Registry;
use crate::world::{Command, World};

/// One call of a method whose session, reference and count of parameters are right.
pub(super) struct Context<'c> {
    pub(super) release: Release,
    pub(super) now: Duration,
    pub(super) world: &'c mut World,
    pub(super) registry: &'c mut Registry,
    pub(super) method: &'static Method,
    /// All of them, the session first.
    pub(super) params: &'c [Datum],
}

/// What a method does.
pub(super) type Action = fn(&mut Context<'_>) -> Outcome;

/// Memory is in bytes here, and in MiB in the world.
pub(super) const MIB: i64 = 1 << 20;

impl Context<'_> {
    /// The session in which the method is called.
    pub(super) fn session(&self) -> &Datum {
        &self.params[0]
    }

    /// The object that the method is called on.
    pub(super) fn reference(&self) -> String {
        self.params.get(1).map(python::text).unwrap_or_default()
    }

    /// `str()` of a parameter.
    pub(super) fn text(&self, at: usize) -> Vec<u8> {
        python::str(&self.params[at])
    }

    /// Python's `bool()` of a parameter.
    pub(super) fn flag(&self, at: usize) -> bool {
        python::truth(&self.params[at])
    }

    /// `int()` of a parameter.
    pub(super) fn integer(&self, at: usize) -> Result<i64, ErrorDescription> {
        python::int(&python::str(&self.params[at])).map_err(ErrorDescription::internal)
    }

    /// Has the world do something.
    pub(super) fn ask(&mut self, command: &Command) -> Outcome {
        let done = self.world.perform(self.now, command);
        done.map_err(|failure| ErrorDescription::from_failure(&failure, self.release))
    }
}
