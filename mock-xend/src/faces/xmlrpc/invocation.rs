//! A call while it has the world.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::outcome::Outcome;
use crate::service::Turn;
use crate::world::{Command, Detail, Failure, Order, States};

/// A call with its parameters, and the world that it is made of.
pub(crate) struct Invocation<'r, 't> {
    turn: &'r mut Turn<'t>,
    params: Vec<Datum>,
}

impl<'r, 't> Invocation<'r, 't> {
    pub(crate) fn new(turn: &'r mut Turn<'t>, params: Vec<Datum>) -> Self {
        Self { turn, params }
    }

    /// The release that is emulated.
    pub(crate) fn release(&self) -> Release {
        self.turn.release
    }

    /// The world, with what is kept beside it.
    pub(crate) fn turn(&mut self) -> &mut Turn<'t> {
        self.turn
    }

    /// How many parameters were given.
    pub(super) fn given(&self) -> usize {
        self.params.len()
    }

    /// Has the world do something.
    pub(crate) fn perform(&mut self, command: Command) -> Result<Datum, Failure> {
        self.turn.perform(&command)
    }

    /// Has the world do something, and returns what it says.
    pub(crate) fn give(&mut self, command: Command) -> Result<Outcome, Failure> {
        self.perform(command).map(Outcome::Value)
    }

    /// Records of domains, by name.
    pub(crate) fn records(&mut self, states: States, detail: Detail) -> Result<Outcome, Failure> {
        self.turn.world.listing(self.turn.now, states, detail, Order::ByName).map(Outcome::Records)
    }

    /// The record of the domain that the first parameter names.
    pub(crate) fn record(&mut self, detail: Detail) -> Result<Outcome, Failure> {
        let domain = self.domain();
        self.turn.world.listing_of(self.turn.now, &domain, detail).map(Outcome::Record)
    }

    /// What comes of a method that returns an object for a domain: it can't be marshalled (captures `domid-lookup`). What
    /// the marshaller stumbles over first differs; up to 3.0.3 objects refer to each other.
    pub(crate) fn object(&mut self) -> Result<Outcome, Failure> {
        let domain = self.domain();
        self.perform(Command::Find { domain })?;
        Err(Failure::exception(self.release().pick(&[
            (Release::V3_0_2, "cannot marshal recursive dictionaries"),
            (Release::V3_1, "cannot marshal <class 'xen.xend.XendConfig.XendConfig'> objects"),
            (Release::V4_1, "cannot marshal <type 'thread.lock'> objects"),
        ])))
    }

    /// The first parameter, which nearly always names a domain.
    pub(crate) fn domain(&self) -> Datum {
        self.params[0].clone()
    }

    /// A parameter; `None`, Python's, where it is optional and not given.
    pub(crate) fn param(&self, at: usize) -> Datum {
        self.params.get(at).cloned().unwrap_or(Datum::None)
    }

    /// All parameters from one on.
    pub(crate) fn params_from(&self, at: usize) -> Vec<Datum> {
        self.params.iter().skip(at).cloned().collect()
    }

    /// A parameter, or its default where it is not given.
    pub(crate) fn param_or(&self, at: usize, default: impl Into<Datum>) -> Datum {
        self.params.get(at).cloned().unwrap_or_else(|| default.into())
    }
}
