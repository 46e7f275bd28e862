//! A call while it has the world: whether its parameters fit, and what Python says if they don't.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::method::{Form, Method, Routes};
use super::outcome::Outcome;
use crate::service::Turn;
use crate::world::{Command, Detail, Failure, Order, States};

/// A call whose method is known.
pub(crate) struct Invocation<'r, 't> {
    turn: &'r mut Turn<'t>,
    routes: &'r Routes,
    params: Vec<Datum>,
}

impl<'r, 't> Invocation<'r, 't> {
    pub(crate) fn new(turn: &'r mut Turn<'t>, routes: &'r Routes, params: Vec<Datum>) -> Self {
        Self { turn, routes, params }
    }

    /// Does what is called, if the parameters fit.
    pub(crate) fn run(&mut self, method: &Method) -> Result<Outcome, Failure> {
        let given = self.params.len();
        // A method of a domain's own object is behind a `lambda domid, *args`, which looks the domain up first.
        if method.form == Form::OfDomain {
            if given == 0 {
                return Err(Failure::exception("<lambda>() takes at least 1 argument (0 given)"));
            }
            let domain = self.domain();
            self.perform(Command::Find { domain })?;
        }
        // An object counts itself among the arguments.
        let own = usize::from(method.form == Form::OfManager);
        let (least, most) = (method.required + own, method.required + method.optional + own);
        if !(least..=most).contains(&(given + own)) {
            let (bound, count) = match () {
                () if method.optional == 0 => ("exactly", least),
                () if given + own < least => ("at least", least),
                () => ("at most", most),
            };
            let takes = match count {
                0 => "no arguments".to_owned(),
                1 => format!("{bound} 1 argument"),
                _ => format!("{bound} {count} arguments"),
            };
            return Err(Failure::exception(format!("{}() takes {takes} ({} given)", method.function, given + own)));
        }
        match method.run {
            Some(run) => run(self),
            None => Err(Failure::refused(format!("{} is not simulated", method.name))),
        }
    }

    /// The release that is emulated.
    pub(crate) fn release(&self) -> Release {
        self.turn.release
    }

    /// The names of all methods of the release, sorted.
    pub(crate) fn methods(&self) -> Vec<&'static str> {
        self.routes.names(self.release())
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
    pub(crate) fn records(&mut self, states: States, detail: Detail) -> Outcome {
        Outcome::Records(self.turn.world.listing(self.turn.now, states, detail, Order::ByName))
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
