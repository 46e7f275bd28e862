//! One call: what it was given, and the state that it looks at and changes.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::envelope::{ErrorDescription, Outcome};
use super::method::Method;
use crate::registry::{Objects, Registry};
use crate::world::{Command, World};
use crate::{python, weight};

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

/// What an object has besides what was given for it, in bytes: its reference, the names of its attributes, and what the
/// daemon puts in.
const OBJECT: usize = 4 << 10;

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

    /// Makes sure that what the parameters hold can be kept, as an object or in the world.
    pub(super) fn make_room(&mut self) -> Result<(), ErrorDescription> {
        let bytes = OBJECT + self.params.iter().map(weight::of).sum::<usize>();
        if !self.registry.objects.has_room_for(bytes) {
            self.registry.objects.forget_all_but(self.world);
        }
        if !self.registry.objects.has_room_for(bytes) {
            return Err(ErrorDescription::no_room(Objects::BUDGET, "objects of the Xen-API"));
        }
        self.world.check_room(bytes).map_err(|failure| ErrorDescription::from_failure(&failure, self.release))
    }

    /// Has the world do something.
    pub(super) fn ask(&mut self, command: &Command) -> Outcome {
        let done = self.world.perform(self.now, command);
        done.map_err(|failure| ErrorDescription::from_failure(&failure, self.release))
    }
}
