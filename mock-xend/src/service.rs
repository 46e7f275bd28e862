//! The state that all connections share: the scenario, the simulated host, the objects of the Xen-API, and the journal.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::clock::Clock;
use crate::exchanges::Exchanges;
use crate::fault::Faults;
use crate::journal::{AnsweredBy, ExchangeInfo, Journal};
use crate::line::Line;
use crate::quirk::Quirk;
use crate::registry::Registry;
use crate::scenario::{Asked, Change, Decided, Decision, Progress, Report, Scenario, Script};
use crate::world::{Command, Failure, World};

/// The state of one mock, shared by all its connections.
///
/// A request takes the lock once, for its [`Turn`]: within it, the answer is decided and the command performed; the
/// reply is printed afterwards. The journal has a lock of its own.
pub(crate) struct Service {
    release: Release,
    quirks: Vec<Quirk>,
    clock: Clock,
    state: Mutex<State>,
    /// The faults of all replies at the start.
    initial_faults: Faults,
    exchanges: Exchanges,
    line: Line,
    /// The number of connections so far.
    connections: AtomicU64,
    /// The generation of the scenario and the simulated host, counted from 1.
    generation: AtomicU64,
    /// Notified of every event of the Xen-API.
    events: Notify,
}

struct State {
    world: World,
    /// The simulated host at the start, or as it was set since.
    initial: World,
    registry: Registry,
    script: Script,
}

/// The exclusive access that a request has to the shared state while it is decided and performed.
pub(crate) struct Turn<'s> {
    pub(crate) release: Release,
    /// The time of the simulated host, since the Unix epoch.
    pub(crate) now: Duration,
    pub(crate) world: &'s mut World,
    pub(crate) registry: &'s mut Registry,
    script: &'s mut Script,
    /// What the scenario changes at the end of the turn.
    changes: Vec<Change>,
}

impl Turn<'_> {
    /// Returns how the scenario answers a request, and what the journal says of it.
    pub(crate) fn decide(&mut self, asked: &Asked<'_>) -> (Decision, AnsweredBy) {
        let Decided { decision, answered_by, changes } = self.script.decide(asked);
        self.changes.extend(changes);
        (decision, answered_by)
    }

    /// Performs a command on the simulated host.
    pub(crate) fn perform(&mut self, command: &Command) -> Result<Datum, Failure> {
        self.world.perform(self.now, command)
    }
}

impl Service {
    pub(crate) fn new(
        world: World,
        clock: Clock,
        script: Script,
        journal: Journal,
        quirks: Vec<Quirk>,
        line: Line,
    ) -> Self {
        let release = world.release();
        let (initial, initial_faults) = (world.clone(), line.everywhere());
        let state = Mutex::new(State { world, initial, registry: Registry::new(release), script });
        Self {
            release,
            quirks,
            clock,
            state,
            initial_faults,
            exchanges: Exchanges::new(journal),
            line,
            connections: AtomicU64::new(0),
            generation: AtomicU64::new(1),
            events: Notify::new(),
        }
    }

    /// Returns the emulated release.
    pub(crate) fn release(&self) -> Release {
        self.release
    }

    /// Returns whether the mock shows a quirk.
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// Runs `take` with exclusive access to the shared state. The lock is held meanwhile, so `take` must neither print
    /// a reply nor wait.
    pub(crate) fn turn<T>(&self, take: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let State { world, registry, script, .. } = &mut *self.state();
        let now = self.clock.now();
        let mut turn = Turn { release: self.release, now, world, registry, script, changes: Vec::new() };
        let taken = take(&mut turn);
        let mut now = now;
        for change in std::mem::take(&mut turn.changes) {
            if let Err(why) = change.apply(turn.world, &self.clock) {
                turn.script.note_unchanged(&change, &why);
            }
            now = self.clock.now();
        }
        if turn.registry.observe(turn.world, now) {
            self.events.notify_waiters();
        }
        taken
    }

    /// Returns a future that completes at the next event of the Xen-API.
    pub(crate) fn next_event(&self) -> Notified<'_> {
        self.events.notified()
    }

    /// Adds an exchange to the journal.
    pub(crate) fn record(&self, info: ExchangeInfo, request: &[u8], reply: [&[u8]; 2]) {
        if info.answered_by == AnsweredBy::Face {
            self.state().script.note_unreadable(info.face, request);
        }
        self.exchanges.record(info, request, reply);
    }

    /// Returns the journal, and who follows it.
    pub(crate) fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    /// Returns the line between the mock and its clients.
    pub(crate) fn line(&self) -> &Line {
        &self.line
    }

    /// Returns whether a fault may reset a connection.
    pub(crate) fn resets(&self) -> bool {
        self.line.resets() || self.state().script.resets()
    }

    /// Returns the number of a new connection, counted from 1.
    pub(crate) fn connect(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Returns the time of the simulated host, since the Unix epoch.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Moves the clock of the simulated host forward.
    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Replaces the scenario, the simulated host, or both at once.
    pub(crate) fn replace(&self, scenario: Option<Scenario>, world: Option<World>) {
        let script = scenario.map(|scenario| Script::new(scenario, self.release));
        if script.is_some() {
            self.line.reopen();
        }
        let state = &mut *self.state();
        if let Some(script) = script {
            state.script = script;
        }
        if let Some(world) = world {
            state.initial = world.clone();
            state.world = world;
        }
        self.generation.fetch_add(1, Ordering::Relaxed);
        if state.registry.observe(&state.world, self.clock.now()) {
            self.events.notify_waiters();
        }
    }

    /// Returns the generation of the scenario and the simulated host, counted from 1.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Starts the scenario over, puts the simulated host and the faults back to the first ones, and empties the journal. Sessions and tasks of the Xen-API are gone.
    pub(crate) fn reset(&self) {
        {
            let State { world, initial, registry, script } = &mut *self.state();
            world.clone_from(initial);
            *registry = Registry::new(self.release);
            script.start_over();
        }
        self.line.set(self.initial_faults.clone());
        self.exchanges.clear();
        self.events.notify_waiters();
    }

    /// Returns the states of the scenario, by name.
    pub(crate) fn states(&self) -> BTreeMap<String, String> {
        self.state().script.states().clone()
    }

    /// Sets states of the scenario.
    pub(crate) fn set_states(&self, states: &BTreeMap<String, String>) -> Result<(), String> {
        self.state().script.set_states(states)
    }

    /// Returns how far each expectation of the scenario has come.
    pub(crate) fn progress(&self) -> Vec<Progress> {
        self.state().script.progress()
    }

    /// Returns the differences so far between the requests and those that the scenario expects.
    pub(crate) fn report(&self) -> Report {
        self.state().script.report()
    }

    /// Locks the shared state. A test that panicked while it held the lock has left the state whole, because every
    /// change is a plain assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("release", &self.release).finish_non_exhaustive()
    }
}
