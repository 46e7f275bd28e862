//! A method that the daemon registers (`server/XMLRPCServer.py`, protocol reference §4.2), and finding it by its name.

use std::collections::HashMap;

use xend_wire::datum::Datum;
use xend_wire::operation::Operation;
use xend_wire::{Release, Releases};

use super::invocation::Invocation;
use super::outcome::Outcome;
use crate::world::{Command, Failure};

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
    pub(super) does: Does,
}

/// What a method does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Does {
    /// This function does it.
    Run(Run),
    /// It tells the names of all methods, which only the table of them knows.
    ListMethods,
    /// The world does not simulate it: only a scenario can answer.
    OnlyScripted,
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
        !matches!(self.does, Does::OnlyScripted)
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
    Method { name, releases, function, form: Form::Function, required, optional, does: Does::Run(run) }
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

/// The method that tells the names of all methods.
pub(crate) const fn list_methods(name: &'static str, function: &'static str) -> Method {
    let form = Form::OfManager;
    Method { name, releases: Releases::ALL, function, form, required: 0, optional: 0, does: Does::ListMethods }
}

/// A method that the release has and lists, and that only a scenario can answer.
pub(crate) const fn known_only(
    name: &'static str,
    releases: Releases,
    function: &'static str,
    (required, optional): Arity,
) -> Method {
    Method { name, releases, function, form: Form::Function, required, optional, does: Does::OnlyScripted }
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

    /// Does what is called, if the parameters fit.
    pub(crate) fn call(&self, method: &Method, call: &mut Invocation<'_, '_>) -> Result<Outcome, Failure> {
        let given = call.given();
        // A method of a domain's own object is behind a `lambda domid, *args`, which looks the domain up first.
        if method.form == Form::OfDomain {
            if given == 0 {
                return Err(Failure::exception("<lambda>() takes at least 1 argument (0 given)"));
            }
            let domain = call.domain();
            call.perform(Command::Find { domain })?;
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
        match method.does {
            Does::Run(run) => run(call),
            Does::ListMethods => Ok(Datum::List(self.names(call.release()).map(Datum::from).collect()).into()),
            Does::OnlyScripted => Err(Failure::refused(format!("{} is not simulated", method.name))),
        }
    }

    /// The names of all methods of a release, sorted.
    fn names(&self, release: Release) -> impl Iterator<Item = &'static str> {
        let is_known = |routes: &[Route]| routes.iter().any(|route| route.method.is_known(release));
        let mut names: Vec<_> = self.0.iter().filter(|(_, routes)| is_known(routes)).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.into_iter()
    }
}
