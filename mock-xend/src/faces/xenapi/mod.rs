//! The Xen-API face: another dialect of XML-RPC, from 3.1 on (`XendAPI.py`, protocol reference §5).
//!
//! Its classes stand for objects of the world, and for those that the registry keeps. The modules, from the lowest
//! floor up: `envelope` holds the struct that methods return, `method` their names, and `context` one call; `records`
//! reads objects, `actions` has the functions of the methods, `call` makes the checks before them; `perform` goes from
//! the parameters to the value of the reply; `pools` lets the XML-RPC face read CPU pools; `answer` goes from a request
//! to its answer.

mod actions;
mod answer;
mod call;
mod context;
mod envelope;
mod method;
mod perform;
mod pools;
mod records;
mod route;

use xend_wire::Release;

#[cfg(test)]
pub(crate) use answer::WORDING;
pub(crate) use answer::answer;
use method::{LOGIN, Method};
pub(crate) use pools::pools;
pub(crate) use route::Routes;

/// How far the mock simulates a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Simulation {
    /// The simulated host answers the method, if only with the error by which the daemon refuses it.
    Simulated,
    /// The mock checks the session, the reference and the number of parameters; beyond that only a scenario can answer.
    ScriptedOnly,
}

/// Returns the methods of the Xen-API in a release, sorted by name, and how far the mock simulates each. There are none
/// before 3.1. All methods but the login and those that read an attribute have an `Async.` form as well, which is not
/// listed.
///
/// ```
/// use mock_xend::{Release, Simulation, xenapi_methods};
///
/// let methods: Vec<_> = xenapi_methods(Release::V4_1).collect();
/// assert_eq!(methods.len(), 577);
/// assert!(methods.contains(&("VM.pause", Simulation::Simulated)));
/// ```
pub fn methods(release: Release) -> impl Iterator<Item = (&'static str, Simulation)> {
    Method::of(release).map(|method| {
        let is_simulated = method.name == LOGIN || actions::of(method).is_some();
        let simulation = if is_simulated { Simulation::Simulated } else { Simulation::ScriptedOnly };
        (method.name.as_str(), simulation)
    })
}
