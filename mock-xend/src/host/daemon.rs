//! A mock daemon without listeners.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use xend_wire::Release;
use xend_wire::operation::Face;

use crate::error::Error;
use crate::faces;
use crate::fault::Faults;
use crate::following::Following;
use crate::http::{Closing, Listener, Serves};
use crate::journal::Journal;
use crate::scenario::{Progress, Report, Scenario};
use crate::service::Service;
use crate::world::World;

/// A mock daemon without listeners: one simulated host and one scenario, which any number of connections share. A clone
/// is another handle to the same daemon.
///
/// ```
/// use mock_xend::{Face, MockXend, Release};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let daemon = MockXend::builder().release(Release::V3_0_3).build()?;
/// let (mut near, far) = tokio::io::duplex(64);
/// let serving = tokio::spawn(daemon.serve(far, Face::Sxp));
/// near.write_all(b"GET /xend/domain HTTP/1.1\r\n\r\n").await?;
/// let mut reply = String::new();
/// near.read_to_string(&mut reply).await?;
/// assert!(reply.ends_with("(Domain-0 vm1 vm2)"));
/// # drop(near);
/// # serving.await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Daemon {
    pub(crate) service: Arc<Service>,
}

/// The port that the daemon writes into its links if the connection has no TCP port (protocol reference §3.3).
pub(crate) const PORT_WITHOUT_TCP: u16 = 8080;

impl Daemon {
    /// Serves one connection on a face, until either side closes it. A stream can't be reset, only dropped; that is what
    /// its peer sees of [`Fault::Reset`](crate::Fault::Reset).
    pub fn serve<S>(&self, stream: S, face: Face) -> impl Future<Output = ()> + Send + use<S>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let listener = Listener { face, port: PORT_WITHOUT_TCP, handshake: None };
        Arc::clone(&self.service).serve(stream, listener, Closing::plain(drop))
    }

    /// Returns the emulated release.
    pub fn release(&self) -> Release {
        self.service.release()
    }

    /// Calls `look` with the simulated host and returns its result. No request is performed meanwhile.
    pub fn with_world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        self.service.turn(|turn| look(turn.world))
    }

    /// Returns the time of the simulated host, since the Unix epoch.
    pub fn now(&self) -> Duration {
        self.service.now()
    }

    /// Moves the clock of the simulated host forward.
    pub fn advance(&self, by: Duration) {
        self.service.advance(by);
    }

    /// Returns a copy of the journal: the requests and replies so far, with the operations that were asked for.
    ///
    /// ```
    /// use mock_xend::{Face, MockXend, Release};
    /// use std::io::{Read, Write};
    /// use xend_wire::operation::INFO;
    ///
    /// let mock = MockXend::builder().release(Release::V4_1).start()?;
    /// let url = mock.http_url(Face::Sxp).expect("it listens there");
    /// let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://"))?;
    /// stream.write_all(b"GET /xend/domain/vm1 HTTP/1.1\r\n\r\n")?;
    /// stream.read_to_end(&mut Vec::new())?;
    ///
    /// let journal = mock.daemon().journal();
    /// let exchange = journal.exchanges().next().expect("one exchange");
    /// assert_eq!((exchange.operation, exchange.arguments.get("domain")), (Some(INFO), Some(&b"vm1"[..])));
    /// assert_eq!((exchange.face, exchange.status()), (Face::Sxp, Some(200)));
    /// let domain = exchange.value().expect("a whole reply").expect("a success");
    /// assert_eq!(domain.first().expect("one value").text("domain/name"), Some("vm1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn journal(&self) -> Journal {
        self.service.exchanges().journal().recognised(faces::recognise)
    }

    /// Returns the exchanges from now on, as they happen.
    pub fn follow(&self) -> Following {
        self.service.exchanges().follow(faces::recognise)
    }

    /// Sets the faults for all later replies to which no scenario gives faults. A fault with a [`Node`](crate::Node) as its
    /// place leaves replies whole that lack it, those of other faces among them.
    ///
    /// # Errors
    /// Returns [`Error::Faults`] if the faults exclude each other, or apply to no reply.
    pub fn set_faults(&self, faults: Faults) -> Result<(), Error> {
        self.service.line().set_checked(faults)
    }

    /// Returns the faults of all replies to which no scenario gives faults.
    pub fn faults(&self) -> Faults {
        self.service.line().everywhere()
    }

    /// Plays another scenario from now on, as a whole: its expectations have answered nothing, its states are those that
    /// it gives, and nothing is left of the scenario before it.
    ///
    /// # Errors
    /// Returns the errors that [`Builder::build`](crate::Builder::build) has for a scenario. Then the scenario stays that
    /// was played before.
    pub fn load(&self, scenario: Scenario) -> Result<(), Error> {
        self.replace(Some(scenario), None)
    }

    /// Replaces the simulated host. Sessions of the Xen-API stay, and those that wait for events are told of the domains
    /// that have come and gone.
    ///
    /// # Errors
    /// Returns [`Error::WorldConflict`] if the world belongs to another release.
    pub fn set_world(&self, world: World) -> Result<(), Error> {
        self.replace(None, Some(world))
    }

    /// Replaces the scenario, the simulated host, or both at once. With an error neither is replaced.
    pub(crate) fn replace(&self, scenario: Option<Scenario>, world: Option<World>) -> Result<(), Error> {
        let requested = self.release();
        scenario.as_ref().map_or(Ok(()), |scenario| scenario.check_release(requested))?;
        if let Some(world) = world.as_ref().map(World::release).filter(|release| *release != requested) {
            return Err(Error::WorldConflict { world, requested });
        }
        scenario.as_ref().map_or(Ok(()), |scenario| scenario.check(&[requested]))?;
        self.service.replace(scenario, world);
        Ok(())
    }

    /// Returns the generation of the scenario and the simulated host, counted from 1: it grows whenever either is replaced
    /// by [`load`](Self::load) or [`set_world`](Self::set_world).
    pub fn generation(&self) -> u64 {
        self.service.generation()
    }

    /// Starts over: the scenario has answered nothing, the simulated host is the one that the mock began with or that
    /// [`set_world`](Self::set_world) gave it last, the [`faults`](Self::faults) are those that the mock began with, the
    /// journal is empty, and sessions of the Xen-API are gone. The clock goes on, and so do the
    /// numbers of exchanges and connections.
    pub fn reset(&self) {
        self.service.reset();
    }

    /// Returns the named states of the scenario, with their values.
    pub fn states(&self) -> BTreeMap<String, String> {
        self.service.states()
    }

    /// Sets named states of the scenario: see [`Expectation::state`](crate::Expectation::state).
    ///
    /// # Errors
    /// Says what is wrong, if the scenario has no such state or nothing has to do with such a value. Then nothing changes.
    pub fn set_states(&self, states: &BTreeMap<String, String>) -> Result<(), String> {
        self.service.set_states(states)
    }

    /// Returns how far each expectation of the scenario has come, in the order of the scenario.
    pub fn progress(&self) -> Vec<Progress> {
        self.service.progress()
    }

    /// Returns the differences so far between the requests and those that the scenario expects.
    pub fn report(&self) -> Report {
        self.service.report()
    }
}

impl std::fmt::Debug for Daemon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon").field("release", &self.release()).finish_non_exhaustive()
    }
}
