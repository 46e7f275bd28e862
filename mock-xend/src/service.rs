//! What all connections share: the scenario, the world behind it, what is kept beside the world, and the journal.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::Face;

use crate::clock::Clock;
use crate::journal::Journal;
use crate::quirk::Quirk;
use crate::registry::Registry;
use crate::scenario::{Decision, Question, Report, Script};
use crate::world::{Command, Failure, World};

/// One mock behind all its listeners.
///
/// A request takes the lock once, for its [`Turn`]: it is decided there and done, and printed after it. The journal has a
/// lock of its own.
pub(crate) struct Service {
    release: Release,
    quirks: Vec<Quirk>,
    clock: Clock,
    state: Mutex<State>,
    journal: Mutex<Journal>,
    /// Told of every event of the Xen-API.
    events: Notify,
}

struct State {
    world: World,
    registry: Registry,
    script: Script,
}

/// A request's turn with the world: nobody else sees or changes anything while it lasts.
pub(crate) struct Turn<'s> {
    pub(crate) release: Release,
    /// The time of the world, since the Unix epoch.
    pub(crate) now: Duration,
    pub(crate) world: &'s mut World,
    pub(crate) registry: &'s mut Registry,
    script: &'s mut Script,
}

impl Turn<'_> {
    /// What the scenario wants for a request.
    pub(crate) fn decide(&mut self, question: &Question<'_>) -> Decision {
        self.script.decide(question)
    }

    /// Has the world do something.
    pub(crate) fn perform(&mut self, command: &Command) -> Result<Datum, Failure> {
        self.world.perform(self.now, command)
    }
}

impl Service {
    pub(crate) fn new(world: World, clock: Clock, script: Script, journal: Journal, quirks: Vec<Quirk>) -> Self {
        let release = world.release();
        let state = Mutex::new(State { world, registry: Registry::new(release), script });
        Self { release, quirks, clock, state, journal: Mutex::new(journal), events: Notify::new() }
    }

    /// The release that is emulated.
    pub(crate) fn release(&self) -> Release {
        self.release
    }

    /// Whether the daemon's behaviour is to be shown.
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Gives a request its turn. The lock is held while `take` runs, so `take` prints nothing and waits for nothing.
    pub(crate) fn turn<T>(&self, take: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let State { world, registry, script } = &mut *self.state();
        let now = self.clock.now();
        let mut turn = Turn { release: self.release, now, world, registry, script };
        let taken = take(&mut turn);
        if turn.registry.observe(turn.world, now) {
            self.events.notify_waiters();
        }
        taken
    }

    /// Waits for an event of the Xen-API.
    pub(crate) fn next_event(&self) -> Notified<'_> {
        self.events.notified()
    }

    /// Notes an exchange.
    pub(crate) fn record(&self, face: Face, request: &[u8], reply: &[u8]) {
        self.journal_lock().record(face, self.now(), request, reply);
    }

    /// The time of the world since the Unix epoch.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// What went over the connections so far.
    pub(crate) fn journal(&self) -> Journal {
        self.journal_lock().clone()
    }

    /// How the requests so far differ from what the scenario expects.
    pub(crate) fn report(&self) -> Report {
        self.state().script.report()
    }

    /// A test that panicked while it looked at the world has left it whole: every change is a plain assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn journal_lock(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("release", &self.release).finish_non_exhaustive()
    }
}
