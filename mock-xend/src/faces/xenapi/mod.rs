//! The Xen-API face: another dialect of XML-RPC, from 3.1 on (`XendAPI.py`, protocol reference §5).
//!
//! Its classes stand for objects of the same world, and for those that the registry keeps beside it. From the lowest floor:
//! `envelope`, the struct that is answered; `method`, the names; `context`, one call; `records`, what there is and what is
//! told of it; `actions`, what each method does; `call`, the checks before;
//! `perform`, from parameters to the body of a response; `pools`, what another face tells of one class; `answer`, from a request to its answer.

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

/// How far the mock goes with a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Simulation {
    /// The simulated world answers it, or the error by which the daemon says that it can't.
    Simulated,
    /// It is known, and its session, reference and count of parameters are checked; beyond that a scenario has to answer.
    ScriptedOnly,
}

/// The methods of the Xen-API in a release, by name, with how far the mock goes. None before 3.1. All but those that
/// tell an attribute, and the login, have an `Async.` form as well.
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
