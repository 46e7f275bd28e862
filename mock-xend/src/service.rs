//! What all connections share: the world, the scenario before it, and the journal.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::Face;

use crate::clock::Clock;
use crate::journal::{Exchange, Journal};
use crate::quirk::Quirk;
use crate::registry::Registry;
use crate::scenario::{Decision, Question, Report, Script};
use crate::world::{Command, Detail, Failure, Listing, Order, States, World};

/// One mock behind all its listeners.
pub(crate) struct Service {
    release: Release,
    quirks: Vec<Quirk>,
    state: Mutex<State>,
    /// Told of every event of the Xen-API.
    events: Notify,
}

struct State {
    world: World,
    clock: Clock,
    script: Script,
    journal: Journal,
    registry: Registry,
}

impl Service {
    pub(crate) fn new(world: World, clock: Clock, script: Script, journal: Journal, quirks: Vec<Quirk>) -> Self {
        let release = world.release();
        let registry = Registry::new(release);
        let state = Mutex::new(State { world, clock, script, journal, registry });
        Self { release, quirks, state, events: Notify::new() }
    }

    pub(crate) fn release(&self) -> Release {
        self.release
    }

    /// Whether the daemon's behaviour is to be shown.
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// What the scenario wants for a request.
    pub(crate) fn decide(&self, question: &Question<'_>) -> Decision {
        self.state().script.decide(question)
    }

    /// Asks the world.
    pub(crate) fn perform(&self, command: &Command) -> Result<Datum, Failure> {
        self.with_registry(|world, _, now| world.perform(now, command))
    }

    /// Looks at the world and at what is kept beside it, or changes them, at a time.
    pub(crate) fn with_registry<T>(&self, look: impl FnOnce(&mut World, &mut Registry, Duration) -> T) -> T {
        let state = &mut *self.state();
        let now = state.clock.now();
        let seen = look(&mut state.world, &mut state.registry, now);
        if state.registry.observe(&state.world, now) {
            self.events.notify_waiters();
        }
        seen
    }

    /// Waits for an event of the Xen-API.
    pub(crate) fn next_event(&self) -> Notified<'_> {
        self.events.notified()
    }

    /// The domains of a list, to be described without the lock.
    pub(crate) fn listing(&self, states: States, detail: Detail, order: Order) -> Listing {
        self.with_registry(|world, _, now| world.listing(now, states, detail, order))
    }

    /// Notes an exchange.
    pub(crate) fn record(&self, face: Face, request: &[u8], reply: &[u8]) {
        let state = &mut *self.state();
        state.journal.push(Exchange { face, at: state.clock.now(), request: request.to_vec(), reply: reply.to_vec() });
    }

    /// The time of the world since the Unix epoch.
    pub(crate) fn now(&self) -> Duration {
        self.state().clock.now()
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, by: Duration) {
        self.state().clock.advance(by);
    }

    /// Looks at the world, or changes it.
    pub(crate) fn with_world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        self.with_registry(|world, _, _| look(world))
    }

    pub(crate) fn journal(&self) -> Journal {
        self.state().journal.clone()
    }

    pub(crate) fn report(&self) -> Report {
        self.state().script.report()
    }

    /// A test that panicked while it looked at the world has left it whole: every change is a plain assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
