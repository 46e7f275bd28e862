//! The Xen-API face: another dialect of XML-RPC, from 3.1 on (`XendAPI.py`, protocol reference §5).
//!
//! Its classes stand for objects of the same world. `method` has the names, derived from a table of attributes; `call`
//! checks session, reference and count in the daemon's order; `lookup` finds objects and their records: `vm`, `host`,
//! `device` and `metrics` tell of what the world has, and `objects` holds what only this face knows.

mod answer;
mod call;
mod device;
mod envelope;
mod event;
mod host;
mod lookup;
mod method;
mod metrics;
mod network;
mod objects;
mod session;
mod task;
mod vm;

use std::time::{Duration, SystemTime};

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::xmlrpc::Call;

use crate::faces::xmlrpc;
use crate::python;
use crate::service::Service;
use crate::world::{Identities, World};
pub(crate) use answer::answer;
#[cfg(test)]
pub(crate) use answer::scripted_answer;
use call::{Context, Performed};
use envelope::{ErrorDescription, envelope};
use method::Method;

/// What the face keeps beside the world, for all its listeners.
#[derive(Debug)]
pub(crate) struct State {
    sessions: session::Sessions,
    tasks: task::Tasks,
    events: event::Events,
    objects: objects::Objects,
    /// The domain that was destroyed last: 3.1 lets that be done once more (protocol reference §5.6).
    destroyed: Option<String>,
}

/// How far the mock goes with a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simulation {
    /// It is answered from the world, or with the error by which the daemon says that it can't.
    Simulated,
    /// It is known and its session, reference and count are checked; beyond that a scenario has to answer.
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
    Method::of(release).map(|method| (method.name.as_str(), method.simulation))
}

/// The longest that `event.next` waits for an event before it gives an empty list. The daemon waits for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How often the world is given the occasion to let happen what is due by time alone.
const TICK: Duration = Duration::from_secs(1);

impl State {
    pub(crate) fn new(release: Release) -> Self {
        Self {
            sessions: session::Sessions::default(),
            tasks: task::Tasks::default(),
            events: event::Events::default(),
            objects: objects::Objects::new(release),
            destroyed: None,
        }
    }

    /// Tells sessions of domains whose state has changed. True if there is an event that nobody was woken for.
    pub(crate) fn observe(&mut self, world: &World, now: Duration) -> bool {
        self.events.observe(world, now);
        self.events.take_news()
    }
}

/// Does what is called, and gives the body of the response. `event.next` waits here for its event.
async fn perform(service: &Service, call: &Call<'_>) -> Vec<u8> {
    let release = service.release();
    let name = call.method();
    // A call without a name (capture `xml-nomethod@3.1`).
    if name == "None" {
        let raised = ErrorDescription::internal("'NoneType' object has no attribute 'startswith'");
        return envelope(Err(raised)).response(release);
    }
    if let Some(outcome) = xmlrpc::legacy(service, call) {
        return envelope(Err(legacy_result(release, name, outcome))).response(release);
    }
    let params: Vec<Datum> = call.params().map(Datum::from_value).collect();
    let attempt = || {
        service.with_xenapi(|world, state, now| {
            // Whoever restarts has another id from here on.
            world.settle(now);
            let mut context = Context { release, now, world, state, params: &params };
            context.perform(name)
        })
    };
    let give_up = tokio::time::Instant::now() + LONGEST_WAIT;
    let answer = loop {
        let mut event = std::pin::pin!(service.next_event());
        event.as_mut().enable();
        match attempt() {
            Performed::Done(answer) => break answer,
            Performed::Waiting if tokio::time::Instant::now() >= give_up => {
                break envelope(Ok(Datum::List(Vec::new())));
            }
            Performed::Waiting => {}
        }
        // Woken or not, it looks again.
        let _ = tokio::time::timeout(TICK, event).await;
    };
    answer.response(release)
}

/// A legacy method runs, and then its result is no answer of this dialect (protocol reference §5.7).
fn legacy_result(release: Release, name: &str, outcome: Result<Datum, crate::world::Failure>) -> ErrorDescription {
    match outcome {
        Ok(result) => {
            let result = if name == "system.listMethods" { with_own_names(result, release) } else { result };
            let text = [b"Invalid result ".as_slice(), &python::str(&result), b" handling ", name.as_bytes()].concat();
            ErrorDescription::internal(text)
        }
        Err(failure) => ErrorDescription::from_failure(&failure, release),
    }
}

fn with_own_names(legacy: Datum, release: Release) -> Datum {
    let mut names: Vec<Vec<u8>> = legacy.items().iter().map(python::str).collect();
    names.extend(Method::of(release).map(|method| method.name.clone().into_bytes()));
    names.sort_unstable();
    names.into_iter().map(Datum::from).collect::<Vec<_>>().into()
}

/// Memory is in bytes here, and in MiB in the world.
const MIB: i64 = 1 << 20;

/// The reference of something that has no uuid in the world, by its class and name: the same in every run.
fn reference(class: &str, name: &str) -> String {
    Identities::uuid_of(&format!("{class}/{name}"))
}

/// A member of a struct.
fn member<'d>(value: &'d Datum, name: &str) -> Option<&'d Datum> {
    match value {
        Datum::Dict(members) => members.iter().rfind(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    }
}

/// A time since the Unix epoch, as `xmlrpclib.DateTime` writes it: `20080101T00:00:00`.
fn time(at: Duration) -> Datum {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    // `Tue, 01 Jan 2008 00:00:00 GMT`
    let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + at);
    let words: Vec<&str> = date.split(' ').collect();
    let month = MONTHS.iter().position(|month| *month == words[2]).map_or(0, |at| at + 1);
    Datum::DateTime(format!("{}{month:02}{}T{}", words[3], words[1], words[4]))
}
