//! The methods that the daemon registers, and their lookup by name (`server/XMLRPCServer.py`, protocol reference §4.2).

use std::collections::HashMap;

use xend_wire::datum::Datum;
use xend_wire::operation::Operation;
use xend_wire::{Release, Releases};

use super::invocation::Invocation;
use super::outcome::Outcome;
use crate::world::{Command, Failure};

/// A method, with the parameters that it has in a range of releases.
#[derive(Debug)]
pub(crate) struct Method {
    /// The name, such as `xend.domain.pause`.
    pub(crate) name: &'static str,
    releases: Releases,
    /// The name of the function in Python's messages.
    pub(super) function: &'static str,
    pub(super) form: Form,
    pub(super) required: usize,
    pub(super) optional: usize,
    pub(super) behaviour: Behaviour,
}

/// What a method does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behaviour {
    /// Runs this function.
    Run(Run),
    /// Returns the names of all methods, which only the table knows.
    ListMethods,
    /// Nothing, because the world does not simulate it; only a scenario can answer.
    OnlyScripted,
}

/// The kind of Python function behind a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A plain function.
    Function,
    /// A method of the manager of all domains, of the node or of the console ring.
    OfManager,
    /// A method of the object of the domain that the first parameter names.
    OfDomain,
}

/// The function of a method, which runs while the call has access to the world.
pub(crate) type Run = fn(&mut Invocation<'_, '_>) -> Result<Outcome, Failure>;
/// The number of required parameters, and of further optional ones, as a client gives them, the domain included.
type Arity = (usize, usize);

impl Method {
    /// Returns whether a release has the method, with these parameters.
    pub(crate) fn is_known(&self, release: Release) -> bool {
        self.releases.contains(release)
    }

    /// Returns whether the world simulates the method.
    #[cfg(test)]
    pub(crate) fn is_simulated(&self) -> bool {
        !matches!(self.behaviour, Behaviour::OnlyScripted)
    }
}

/// Creates a method that is a plain function.
pub(crate) const fn function(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    (required, optional): Arity,
    run: Run,
) -> Method {
    Method { name, releases, function, form: Form::Function, required, optional, behaviour: Behaviour::Run(run) }
}

/// Creates a method of the manager of all domains, of the node or of the console ring.
pub(crate) const fn of_manager(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    arity: Arity,
    run: Run,
) -> Method {
    Method { form: Form::OfManager, ..self::function(name, releases, function, arity, run) }
}

/// Creates a method of the object of the domain that the first parameter names.
pub(crate) const fn of_domain(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    arity: Arity,
    run: Run,
) -> Method {
    Method { form: Form::OfDomain, ..self::function(name, releases, function, arity, run) }
}

/// Creates the method that returns the names of all methods.
pub(crate) const fn list_methods(name: &'static str, function: &'static str) -> Method {
    let form = Form::OfManager;
    Method {
        name,
        releases: Releases::ALL,
        function,
        form,
        required: 0,
        optional: 0,
        behaviour: Behaviour::ListMethods,
    }
}

/// Creates a method that the release has and lists, but that only a scenario can answer.
pub(crate) const fn known_only(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    (required, optional): Arity,
) -> Method {
    Method { name, releases, function, form: Form::Function, required, optional, behaviour: Behaviour::OnlyScripted }
}

/// All methods, indexed by name.
#[derive(Debug, Default)]
pub(crate) struct Routes(HashMap<&'static str, Vec<Route>>);

/// A method, with the operations of [`operation`](xend_wire::operation) that a call of it may stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    pub(crate) method: &'static Method,
    pub(crate) operations: &'static [Operation],
}

impl Routes {
    /// Adds the methods of a row.
    pub(crate) fn add(&mut self, operations: &'static [Operation], methods: &'static [Method]) {
        for method in methods {
            self.0.entry(method.name).or_default().push(Route { method, operations });
        }
    }

    /// Returns the method with a name in a release.
    pub(crate) fn find(&self, name: &str, release: Release) -> Option<Route> {
        self.0.get(name)?.iter().find(|route| route.method.is_known(release)).copied()
    }

    /// Calls a method, after checking the number of parameters.
    pub(crate) fn call(&self, method: &Method, call: &mut Invocation<'_, '_>) -> Result<Outcome, Failure> {
        let given = call.given();
        // The daemon wraps a method of a domain's object in a `lambda domid, *args`, which looks up the domain first.
        if method.form == Form::OfDomain {
            if given == 0 {
                return Err(Failure::exception("<lambda>() takes at least 1 argument (0 given)"));
            }
            let domain = call.domain();
            call.perform(Command::Find { domain })?;
        }
        // Python counts `self` among the arguments.
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
        match method.behaviour {
            Behaviour::Run(run) => run(call),
            Behaviour::ListMethods => Ok(Datum::List(self.names(call.release()).map(Datum::from).collect()).into()),
            Behaviour::OnlyScripted => Err(Failure::refused(format!("{} is not simulated", method.name))),
        }
    }

    /// Returns the names of all methods of a release, sorted.
    fn names(&self, release: Release) -> impl Iterator<Item = &'static str> {
        let is_known = |routes: &[Route]| routes.iter().any(|route| route.method.is_known(release));
        let mut names: Vec<_> = self.0.iter().filter(|(_, routes)| is_known(routes)).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.into_iter()
    }
}
