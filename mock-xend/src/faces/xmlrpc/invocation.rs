//! A call that has access to the world.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::outcome::Outcome;
use crate::service::Turn;
use crate::world::{Command, Detail, Failure, Order, States};

/// A call with its parameters, and access to the world.
pub(crate) struct Invocation<'r, 't> {
    turn: &'r mut Turn<'t>,
    params: Vec<Datum>,
}

impl<'r, 't> Invocation<'r, 't> {
    pub(crate) fn new(turn: &'r mut Turn<'t>, params: Vec<Datum>) -> Self {
        Self { turn, params }
    }

    /// Returns the emulated release.
    pub(crate) fn release(&self) -> Release {
        self.turn.release
    }

    /// Returns the access to the world and the registry.
    pub(crate) fn turn(&mut self) -> &mut Turn<'t> {
        self.turn
    }

    /// Returns the number of parameters.
    pub(super) fn given(&self) -> usize {
        self.params.len()
    }

    /// Performs a command on the world.
    pub(crate) fn perform(&mut self, command: Command) -> Result<Datum, Failure> {
        self.turn.perform(&command)
    }

    /// Performs a command on the world, and returns its result as the outcome.
    pub(crate) fn give(&mut self, command: Command) -> Result<Outcome, Failure> {
        self.perform(command).map(Outcome::Value)
    }

    /// Returns records of domains, sorted by name.
    pub(crate) fn records(&mut self, states: States, detail: Detail) -> Result<Outcome, Failure> {
        self.turn.world.listing(self.turn.now, states, detail, Order::ByName).map(Outcome::Records)
    }

    /// Returns the record of the domain that the first parameter names.
    pub(crate) fn record(&mut self, detail: Detail) -> Result<Outcome, Failure> {
        let domain = self.domain();
        self.turn.world.listing_of(self.turn.now, &domain, detail).map(Outcome::Record)
    }

    /// Fails as a method of a domain does that raises an exception for an argument after it has found the domain.
    ///
    /// # Errors
    /// Always returns a failure: that there is no such domain, or else the exception.
    pub(crate) fn raise_of_domain<T>(&mut self, raised: Vec<u8>) -> Result<T, Failure> {
        let domain = self.domain();
        self.perform(Command::Find { domain })?;
        Err(Failure::Exception(raised))
    }

    /// Returns the failure of a method that returns a domain's object, which can't be marshalled (captures
    /// `domid-lookup`). The value on which the marshaller fails first differs; up to 3.0.3 objects refer to each other.
    pub(crate) fn object(&mut self) -> Result<Outcome, Failure> {
        let domain = self.domain();
        self.perform(Command::Find { domain })?;
        Err(Failure::exception(self.release().pick(&[
            (Release::V3_0_2, "cannot marshal recursive dictionaries"),
            (Release::V3_1, "cannot marshal <class 'xen.xend.XendConfig.XendConfig'> objects"),
            (Release::V4_1, "cannot marshal <type 'thread.lock'> objects"),
        ])))
    }

    /// Returns the first parameter, which names a domain in most methods.
    pub(crate) fn domain(&self) -> Datum {
        self.params[0].clone()
    }

    /// Returns a parameter, or Python's `None` if it is not given.
    pub(crate) fn param(&self, at: usize) -> Datum {
        self.params.get(at).cloned().unwrap_or(Datum::None)
    }

    /// Returns all parameters from a place on.
    pub(crate) fn params_from(&self, at: usize) -> Vec<Datum> {
        self.params.iter().skip(at).cloned().collect()
    }

    /// Returns a parameter, or a default if it is not given.
    pub(crate) fn param_or(&self, at: usize, default: impl Into<Datum>) -> Datum {
        self.params.get(at).cloned().unwrap_or_else(|| default.into())
    }
}
