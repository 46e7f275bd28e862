//! A mock with listeners, on a thread of its own.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;
use xend_wire::Release;
use xend_wire::operation::Face;

use super::daemon::Daemon;
use super::listener::Bound;
use crate::address::Address;
use crate::clock::Clock;
use crate::error::Error;
use crate::journal::Journal;
use crate::quirk::Quirk;
use crate::scenario::{Report, Scenario, Script};
use crate::service::Service;
use crate::world::World;

/// A mock that listens. It stops, and removes its sockets, when it is dropped.
///
/// It serves on a thread and runtime of its own, so that it can be used from tests that block and from asynchronous ones.
#[derive(Debug)]
pub struct MockXend {
    daemon: Daemon,
    listening: Vec<(Face, Address)>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// What a mock is to be.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    release: Option<Release>,
    scenario: Scenario,
    world: Option<World>,
    clock: Option<Duration>,
    journal: Option<usize>,
    journal_bytes: Option<usize>,
    quirks: Vec<Quirk>,
    listen: Vec<(Face, Address)>,
}

impl MockXend {
    /// What a mock is to be; unless told otherwise, 4.1 with the default world, on free ports of loopback.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The daemon behind the listeners: its world, its clock and its journal.
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// Where it listens, in the order in which that was asked for; ports are those that the system gave.
    pub fn listening(&self) -> &[(Face, Address)] {
        &self.listening
    }

    /// The URI of the first listener of a face, as clients take it: `sxp+tcp://127.0.0.1:40123`.
    pub fn uri(&self, face: Face) -> Option<String> {
        let (_, address) = self.listening.iter().find(|(known, _)| *known == face)?;
        Some(match address {
            Address::Tcp(address) => format!("{face}+tcp://{address}"),
            Address::Unix(path) => format!("{face}+unix://{}", path.display()),
        })
    }

    /// Stops, and says how the requests differed from what the scenario expects.
    pub fn stop(mut self) -> Report {
        self.halt();
        self.daemon.report()
    }

    fn halt(&mut self) {
        if let Some(Running { stop, thread }) = self.running.take() {
            // If it is gone already it has stopped.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl Drop for MockXend {
    fn drop(&mut self) {
        self.halt();
    }
}

impl Builder {
    /// The release to emulate: that of the scenario or the world, or else 4.1.
    #[must_use]
    pub fn release(self, release: Release) -> Self {
        Self { release: Some(release), ..self }
    }

    /// What to answer before the world does.
    #[must_use]
    pub fn scenario(self, scenario: Scenario) -> Self {
        Self { scenario, ..self }
    }

    /// The host to simulate: Domain-0, `vm1` and `vm2` unless given.
    #[must_use]
    pub fn world(self, world: World) -> Self {
        Self { world: Some(world), ..self }
    }

    /// Lets the world's time stand still, at a time since the Unix epoch, but for [`Daemon::advance`]. Otherwise it is
    /// the system's.
    #[must_use]
    pub fn clock(self, at: Duration) -> Self {
        Self { clock: Some(at), ..self }
    }

    /// How many exchanges the journal keeps: 1,000 unless given.
    #[must_use]
    pub fn journal(self, capacity: usize) -> Self {
        Self { journal: Some(capacity), ..self }
    }

    /// How many bytes the journal keeps: 64 MiB unless given.
    #[must_use]
    pub fn journal_bytes(self, budget: usize) -> Self {
        Self { journal_bytes: Some(budget), ..self }
    }

    /// Shows behaviour of the daemon that is off by default.
    #[must_use]
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// Listens on an address, too. Without any, `sxp` and `xmlrpc` each get a free port of loopback.
    #[must_use]
    pub fn listen(mut self, face: Face, address: Address) -> Self {
        self.listen.push((face, address));
        self
    }

    /// A daemon without listeners.
    ///
    /// # Errors
    /// [`Error::ReleaseConflict`], [`Error::WorldConflict`], [`Error::NoQuirk`], and [`Error::Scenario`] for an operation
    /// that the release lacks.
    pub fn build(&self) -> Result<Daemon, Error> {
        let scenario = self.scenario.release();
        let world = self.world.as_ref().map(World::release);
        let release = self.release.or(scenario).or(world).unwrap_or_default();
        if let Some(scenario) = scenario.filter(|scenario| *scenario != release) {
            return Err(Error::ReleaseConflict { scenario, asked: release });
        }
        let clock = self.clock.map_or_else(Clock::running, Clock::standing);
        let world = match &self.world {
            Some(world) if world.release() == release => world.clone(),
            Some(world) => return Err(Error::WorldConflict { world: world.release(), asked: release }),
            None => World::new(release, clock.now()),
        };
        if let Some(&quirk) = self.quirks.iter().find(|quirk| !quirk.is_of(release)) {
            return Err(Error::NoQuirk { quirk, release });
        }
        self.scenario.check(release)?;
        let script = Script::new(self.scenario.clone(), release);
        let journal = Journal::new(
            self.journal.unwrap_or(Journal::DEFAULT_CAPACITY),
            self.journal_bytes.unwrap_or(Journal::DEFAULT_BUDGET),
        );
        Ok(Daemon { service: Arc::new(Service::new(world, clock, script, journal, self.quirks.clone())) })
    }

    /// Binds all listeners, then serves them until the mock is dropped.
    ///
    /// # Errors
    /// As [`Builder::build`], [`Error::SameAddress`] and [`Error::NoXenApi`], and [`Error::Listen`] or
    /// [`Error::NoSocket`] with the address that can't be had; then none is left bound.
    pub fn start(mut self) -> Result<MockXend, Error> {
        let daemon = self.build()?;
        if self.listen.is_empty() {
            self.listen = [Face::Sxp, Face::XmlRpc].map(|face| (face, Address::any_port())).into();
        }
        let bound = self.bind(daemon.release())?;
        let listening = bound.iter().map(|bound| (bound.face, bound.address.clone())).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
        let (stop, stopped) = oneshot::channel();
        let service = Arc::clone(&daemon.service);
        let serve = move || {
            runtime.block_on(async {
                for socket in bound {
                    tokio::spawn(socket.accept(Arc::clone(&service)));
                }
                // Dropped or sent, either way it is over.
                let _ = stopped.await;
            });
            // Whoever stops a mock does not wait for a long reply that nobody will read.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("mock-xend".to_owned()).spawn(serve).map_err(Error::Start)?;
        Ok(MockXend { daemon, listening, running: Some(Running { stop, thread }) })
    }

    fn bind(&self, release: Release) -> Result<Vec<Bound>, Error> {
        let mut bound = Vec::new();
        for (at, (face, address)) in self.listen.iter().enumerate() {
            if *face == Face::XenApi && release < Release::V3_1 {
                return Err(Error::NoXenApi(release));
            }
            let is_any = matches!(address, Address::Tcp(address) if address.port() == 0);
            if !is_any && self.listen[..at].iter().any(|(_, earlier)| earlier == address) {
                return Err(Error::SameAddress(address.clone()));
            }
            bound.push(Bound::bind(*face, address)?);
        }
        Ok(bound)
    }
}
