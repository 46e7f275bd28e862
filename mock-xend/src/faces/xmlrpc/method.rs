//! A method that the daemon registers (`server/XMLRPCServer.py`, protocol reference §4.2), and finding it by its name.

use std::collections::HashMap;

use xend_wire::operation::Operation;
use xend_wire::{Release, Releases};

use super::invocation::Invocation;
use super::outcome::Outcome;
use crate::world::Failure;

/// A method, with the parameters that it has in some releases.
#[derive(Debug)]
pub(crate) struct Method {
    /// `xend.domain.pause`.
    pub(crate) name: &'static str,
    releases: Releases,
    /// What Python calls the function in its complaints.
    pub(super) function: &'static str,
    pub(super) form: Form,
    pub(super) required: usize,
    pub(super) optional: usize,
    /// `None` if the world does not simulate the method: then only a scenario can answer.
    pub(super) run: Option<Run>,
}

/// What stands behind a method's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A plain function.
    Function,
    /// A method of the manager of all domains, of the node or of the console ring.
    OfManager,
    /// A method of the domain that the first parameter names.
    OfDomain,
}

/// The function that does what is called, while the call has the world.
pub(crate) type Run = fn(&mut Invocation<'_, '_>) -> Result<Outcome, Failure>;
/// How many parameters are needed, and how many more may be given. They are counted as a client gives them, the domain
/// included.
type Arity = (usize, usize);

impl Method {
    /// Whether a release has the method, with these parameters.
    pub(crate) fn is_known(&self, release: Release) -> bool {
        self.releases.contains(release)
    }

    /// Whether the world answers the method.
    #[cfg(test)]
    pub(crate) fn is_simulated(&self) -> bool {
        self.run.is_some()
    }
}

/// A plain function.
pub(crate) const fn function(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    (required, optional): Arity,
    run: Run,
) -> Method {
    Method { name, releases, function, form: Form::Function, required, optional, run: Some(run) }
}

/// A method of the manager of all domains, of the node or of the console ring.
pub(crate) const fn of_manager(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    arity: Arity,
    run: Run,
) -> Method {
    Method { form: Form::OfManager, ..self::function(name, releases, function, arity, run) }
}

/// A method of the domain that the first parameter names.
pub(crate) const fn of_domain(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    arity: Arity,
    run: Run,
) -> Method {
    Method { form: Form::OfDomain, ..self::function(name, releases, function, arity, run) }
}

/// A method that the release has and lists, and that only a scenario can answer.
pub(crate) const fn known_only(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    (required, optional): Arity,
) -> Method {
    Method { name, releases, function, form: Form::Function, required, optional, run: None }
}

/// All methods, found by name.
#[derive(Debug, Default)]
pub(crate) struct Routes(HashMap<&'static str, Vec<Route>>);

/// A method, and which operations of the table of [`operation`](xend_wire::operation) a call of it may be.
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

    /// The method of that name in a release.
    pub(crate) fn find(&self, name: &str, release: Release) -> Option<Route> {
        self.0.get(name)?.iter().find(|route| route.method.is_known(release)).copied()
    }

    /// The names of all methods of a release, sorted.
    pub(super) fn names(&self, release: Release) -> Vec<&'static str> {
        let is_known = |routes: &[Route]| routes.iter().any(|route| route.method.is_known(release));
        let mut names: Vec<_> = self.0.iter().filter(|(_, routes)| is_known(routes)).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names
    }
}
