//! The context of a call: its parameters, and the state that it reads and changes.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::envelope::{ErrorDescription, Outcome};
use super::method::Method;
use crate::registry::{Objects, Registry};
use crate::world::{Command, World};
use crate::{python, weight};

/// A call of a method whose session, reference and number of parameters have been checked.
pub(super) struct Context<'c> {
    pub(super) release: Release,
    pub(super) now: Duration,
    pub(super) world: &'c mut World,
    pub(super) registry: &'c mut Registry,
    pub(super) method: &'static Method,
    /// All parameters, beginning with the session.
    pub(super) params: &'c [Datum],
}

/// The function of a method.
pub(super) type Action = fn(&mut Context<'_>) -> Outcome;

/// The number of bytes in a MiB. The Xen-API counts memory in bytes, and the world in MiB.
pub(super) const MIB: i64 = 1 << 20;

/// The bytes that are counted for an object besides its given attributes: its reference, the names of its attributes,
/// and the values that the daemon adds.
const OBJECT: usize = 4 << 10;

impl Context<'_> {
    /// Returns the session of the call.
    pub(super) fn session(&self) -> &Datum {
        &self.params[0]
    }

    /// Returns the reference of the object that the method is called on.
    pub(super) fn reference(&self) -> String {
        self.params.get(1).map(python::text).unwrap_or_default()
    }

    /// Returns `str()` of a parameter.
    pub(super) fn text(&self, at: usize) -> Vec<u8> {
        python::str(&self.params[at])
    }

    /// Returns Python's `bool()` of a parameter.
    pub(super) fn flag(&self, at: usize) -> bool {
        python::truth(&self.params[at])
    }

    /// Returns `int()` of a parameter.
    pub(super) fn integer(&self, at: usize) -> Result<i64, ErrorDescription> {
        python::int(&python::str(&self.params[at])).map_err(ErrorDescription::internal)
    }

    /// Checks that the content of the parameters is within the limits of the registry and the world.
    pub(super) fn check_room_for_params(&mut self) -> Result<(), ErrorDescription> {
        let bytes = OBJECT + self.params.iter().map(weight::of).sum::<usize>();
        if !self.registry.objects.has_room_for(bytes) {
            self.registry.objects.retain_existing(self.world);
        }
        if !self.registry.objects.has_room_for(bytes) {
            return Err(ErrorDescription::over_limit(Objects::BUDGET, "objects of the Xen-API"));
        }
        self.world.check_room(bytes).map_err(|failure| ErrorDescription::from_failure(&failure, self.release))
    }

    /// Performs a command on the world.
    pub(super) fn ask(&mut self, command: &Command) -> Outcome {
        let done = self.world.perform(self.now, command);
        done.map_err(|failure| ErrorDescription::from_failure(&failure, self.release))
    }
}
