//! A mock daemon with listeners, on a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::operation::Face;

use super::daemon::Daemon;
use super::listener::Bound;
use super::running::Running;
#[cfg(feature = "program")]
use super::served::{Behind, Served};
#[cfg(feature = "tls")]
use super::tls::{Security, Tls};
use crate::address::Address;
use crate::clock::Clock;
use crate::error::Error;
use crate::fault::{Certificate, Chaos, Fault, Faults};
use crate::journal::Journal;
use crate::line::Line;
use crate::quirk::Quirk;
use crate::scenario::{Report, Scenario, Script};
use crate::service::Service;
use crate::temporary_folder::TemporaryFolder;
use crate::world::World;

/// A mock daemon that listens on sockets. Dropping the value stops the mock and removes its Unix sockets.
///
/// # Panics
/// Dropping the value panics if the requests were not those that the scenario expects, unless the thread panics already.
/// [`stop`](Self::stop) returns the differences instead; [`Builder::verify_on_drop`] switches the check off.
///
/// The mock runs on a thread and a runtime of its own, so that both blocking and asynchronous tests can use it.
#[derive(Debug)]
pub struct MockXend {
    daemon: Daemon,
    listening: Vec<(Face, Address)>,
    running: Running,
    /// Whether dropping the mock checks the requests.
    verifies: bool,
    /// The certificate that clients of listeners with TLS must trust, in PEM.
    #[cfg(feature = "tls")]
    ca_pem: Option<String>,
    /// The folders of temporary sockets.
    _folders: Vec<TemporaryFolder>,
}

/// The settings of a mock. [`start`](Self::start) starts a mock with listeners, [`build`](Self::build) makes one
/// without.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    release: Option<Release>,
    scenario: Scenario,
    world: Option<World>,
    clock: Option<Duration>,
    journal: Option<usize>,
    journal_bytes: Option<usize>,
    quirks: Vec<Quirk>,
    faults: Faults,
    chaos: Option<Chaos>,
    listen: Vec<(Face, Address)>,
    unverified: bool,
    socket_mode: Option<u32>,
    #[cfg(feature = "tls")]
    tls: Tls,
}

impl MockXend {
    /// Returns the default settings: release 4.1, a host with Domain-0, `vm1` and `vm2`, and listeners for `sxp` and
    /// `xmlrpc` on free ports of loopback.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the daemon behind the listeners, which gives access to the simulated host, the clock and the journal.
    pub fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// Returns the faces and addresses of the listeners, in the order in which they were requested, with the ports that
    /// the system assigned.
    pub fn listening(&self) -> &[(Face, Address)] {
        &self.listening
    }

    /// Returns the URI of the first listener of a face, in the form that clients take: `sxp+tcp://127.0.0.1:40123`.
    /// `None` if no listener serves the face.
    pub fn uri(&self, face: Face) -> Option<String> {
        let (_, address) = self.listening.iter().find(|(known, _)| *known == face)?;
        Some(address.uri(face))
    }

    /// Returns the URL of the first listener of a face on TCP, as HTTP clients take it: `http://127.0.0.1:40123` on
    /// `sxp`, `http://127.0.0.1:40123/RPC2` on the XML-RPC faces, `https://` with TLS. `None` if no TCP listener serves
    /// the face.
    ///
    /// ```
    /// use mock_xend::{Face, MockXend};
    ///
    /// let mock = MockXend::builder().start()?;
    /// let url = mock.http_url(Face::XmlRpc).expect("it listens there");
    /// assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/RPC2"));
    /// # Ok::<(), mock_xend::Error>(())
    /// ```
    pub fn http_url(&self, face: Face) -> Option<String> {
        self.listening.iter().filter(|(known, _)| *known == face).find_map(|(face, address)| address.http_url(*face))
    }

    /// Returns the certificate that clients of listeners with TLS must trust, in PEM. `None` if no listener has TLS, or if
    /// the certificate was given.
    #[cfg(feature = "tls")]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Returns what programs look at and control.
    #[cfg(feature = "program")]
    pub(crate) fn served(&self) -> Served {
        Served {
            behind: Behind::Mock(self.daemon.clone()),
            listening: self.listening.clone(),
            #[cfg(feature = "tls")]
            ca_pem: self.ca_pem.clone(),
            #[cfg(not(feature = "tls"))]
            ca_pem: None,
        }
    }

    /// Stops the mock, and returns the differences between the requests and those that the scenario expects.
    pub fn stop(mut self) -> Report {
        self.running.stop();
        self.verifies = false;
        self.daemon.report()
    }
}

impl Drop for MockXend {
    fn drop(&mut self) {
        self.running.stop();
        // A second panic would end the program and hide the first one.
        if self.verifies && !std::thread::panicking() {
            let report = self.daemon.report();
            assert!(report.is_empty(), "the requests were not those that the scenario expects:\n{report}");
        }
    }
}

impl Builder {
    /// Sets the release to emulate. By default it is the release of the scenario or of the world, or else 4.1.
    #[must_use]
    pub fn release(self, release: Release) -> Self {
        Self { release: Some(release), ..self }
    }

    /// Sets the scenario, whose replies are tried before the simulated host answers.
    #[must_use]
    pub fn scenario(self, scenario: Scenario) -> Self {
        Self { scenario, ..self }
    }

    /// Sets the simulated host. By default it has Domain-0, `vm1` and `vm2`.
    #[must_use]
    pub fn world(self, world: World) -> Self {
        Self { world: Some(world), ..self }
    }

    /// Stops the clock of the simulated host at a time, given since the Unix epoch; only [`Daemon::advance`] moves it.
    /// By default the clock shows the system's time.
    #[must_use]
    pub fn clock(self, at: Duration) -> Self {
        Self { clock: Some(at), ..self }
    }

    /// Sets the largest number of exchanges that the journal keeps: 1,000 by default.
    #[must_use]
    pub fn journal_exchanges(self, capacity: usize) -> Self {
        Self { journal: Some(capacity), ..self }
    }

    /// Sets the largest number of bytes that the journal keeps: 64 MiB by default.
    #[must_use]
    pub fn journal_bytes(self, budget: usize) -> Self {
        Self { journal_bytes: Some(budget), ..self }
    }

    /// Adds a quirk: behaviour of the daemon that is off by default.
    #[must_use]
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// Sets the faults of all replies to which the scenario gives none.
    #[must_use]
    pub fn faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        Self { faults: faults.into_iter().collect(), ..self }
    }

    /// Adds random faults to replies that would have none.
    #[must_use]
    pub fn chaos(self, chaos: Chaos) -> Self {
        Self { chaos: Some(chaos), ..self }
    }

    /// Adds a listener for a face. Without any, `sxp` and `xmlrpc` each get a free port of loopback.
    #[must_use]
    pub fn listen(mut self, face: Face, address: Address) -> Self {
        self.listen.push((face, address));
        self
    }

    /// Sets the permissions of the files of Unix sockets, such as `0o660`. By default they are those that the system
    /// gives.
    #[must_use]
    pub fn socket_mode(self, mode: u32) -> Self {
        Self { socket_mode: Some(mode), ..self }
    }

    /// Sets how listeners with TLS identify themselves, and which clients they accept. By default their certificate is
    /// made on the fly, and they accept any client.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(self, tls: Tls) -> Self {
        Self { tls, ..self }
    }

    /// Sets whether dropping the mock panics if the requests were not those that the scenario expects. By default it
    /// does.
    #[must_use]
    pub fn verify_on_drop(self, verify: bool) -> Self {
        Self { unverified: !verify, ..self }
    }

    /// Builds a daemon without listeners.
    ///
    /// # Errors
    /// * [`Error::ReleaseConflict`] or [`Error::WorldConflict`] if the scenario or the world belongs to another
    ///   release.
    /// * [`Error::NoQuirk`] if the release does not have a requested quirk.
    /// * [`Error::Faults`] if the faults of all replies exclude each other, or apply to no reply.
    /// * [`Error::Scenario`] or [`Error::Expectation`] if the scenario expects an operation that the release lacks, or
    ///   if an expectation that is written in Rust has another mistake.
    pub fn build(&self) -> Result<Daemon, Error> {
        let world = self.world.as_ref().map(World::release);
        let release = self.release.or(self.scenario.release()).or(world).unwrap_or_default();
        self.scenario.check_release(release)?;
        let clock = self.clock.map_or_else(Clock::running, Clock::standing);
        let world = match &self.world {
            Some(world) if world.release() == release => world.clone(),
            Some(world) => return Err(Error::WorldConflict { world: world.release(), requested: release }),
            None => World::new(release, clock.now()),
        };
        if let Some(&quirk) = self.quirks.iter().find(|quirk| !quirk.affects(release)) {
            return Err(Error::NoQuirk { quirk, release });
        }
        self.scenario.check(&[release])?;
        let mut faces: Vec<_> = self.listen.iter().map(|(face, _)| *face).collect();
        if faces.is_empty() {
            faces.extend(Face::served_by(release));
        }
        let line = Line::new(self.faults.clone(), self.chaos, self.certificate(), faces)?;
        let script = Script::new(self.scenario.clone(), release);
        let journal = Journal::new(
            self.journal.unwrap_or(Journal::DEFAULT_CAPACITY),
            self.journal_bytes.unwrap_or(Journal::DEFAULT_BUDGET),
        );
        Ok(Daemon { service: Arc::new(Service::new(world, clock, script, journal, self.quirks.clone(), line)) })
    }

    /// Binds all listeners and serves them until the mock is dropped.
    ///
    /// # Errors
    /// If an error is returned, no listener is left bound.
    ///
    /// * The errors of [`Builder::build`].
    /// * [`Error::SameAddress`] if two listeners have the same address.
    /// * [`Error::NoXenApi`] if a listener for the Xen-API is requested for a release that has none.
    /// * [`Error::Listen`] or [`Error::NoSocket`] if an address can't be listened on.
    /// * [`Error::NoTlsForSxp`] if a listener for S-expressions is requested with TLS.
    /// * [`Error::Tls`] if a certificate or a key can't be used, or if TLS is requested of a crate without the feature
    ///   `tls`.
    /// * [`Error::Start`] if the system refuses a thread or an event loop.
    pub fn start(mut self) -> Result<MockXend, Error> {
        if self.listen.is_empty() {
            self.listen = [Face::Sxp, Face::XmlRpc].map(|face| (face, Address::any_port())).into();
        }
        let daemon = self.build()?;
        #[cfg_attr(not(feature = "tls"), expect(unused_mut, reason = "only TLS changes it"))]
        let (mut bound, folders) = self.bind(daemon.release())?;
        let listening = bound.iter().map(|bound| (bound.face, bound.address.clone())).collect();
        #[cfg(feature = "tls")]
        let ca_pem = self.secure(&mut bound)?;
        #[cfg(not(feature = "tls"))]
        without_tls(&bound)?;
        let running = Running::start(bound, Arc::clone(&daemon.service))?;
        Ok(MockXend {
            daemon,
            listening,
            running,
            verifies: !self.unverified,
            #[cfg(feature = "tls")]
            ca_pem,
            _folders: folders,
        })
    }

    /// Returns which certificate the listeners with TLS have.
    fn certificate(&self) -> Certificate {
        match self.listen.iter().any(|(_, address)| matches!(address, Address::Tls(_))) {
            #[cfg(feature = "tls")]
            true => self.tls.certificate(),
            _ => Certificate::None,
        }
    }

    /// Gives the listeners with TLS a certificate. Returns the one that clients must trust, unless it was given.
    #[cfg(feature = "tls")]
    fn secure(&self, bound: &mut [Bound]) -> Result<Option<String>, Error> {
        let of = |bound: &Bound| if let Address::Tls(address) = bound.address { Some(address.ip()) } else { None };
        let addresses: Vec<_> = bound.iter().filter_map(of).collect();
        if addresses.is_empty() {
            return Ok(None);
        }
        let security = Arc::new(Security::new(&self.tls, &addresses)?);
        for bound in bound.iter_mut().filter(|bound| matches!(bound.address, Address::Tls(_))) {
            bound.security = Some(Arc::clone(&security));
        }
        Ok(security.ca_pem())
    }

    fn bind(&self, release: Release) -> Result<(Vec<Bound>, Vec<TemporaryFolder>), Error> {
        // The sockets are removed before their folders.
        let mut folders = Vec::new();
        let mut bound = Vec::new();
        for (at, (face, address)) in self.listen.iter().enumerate() {
            if !face.is_served_by(release) {
                return Err(Error::NoXenApi(release));
            }
            if *face == Face::Sxp && matches!(address, Address::Tls(_)) {
                return Err(Error::NoTlsForSxp(address.clone()));
            }
            let is_any = match address {
                Address::Tcp(address) | Address::Tls(address) => address.port() == 0,
                Address::Unix(_) => false,
                Address::AnyUnix => true,
            };
            if !is_any && self.listen[..at].iter().any(|(_, earlier)| earlier == address) {
                return Err(Error::SameAddress(address.clone()));
            }
            bound.push(bind(*face, address, self.socket_mode, &mut folders)?);
        }
        Ok((bound, folders))
    }
}

/// Refuses listeners with TLS.
#[cfg(not(feature = "tls"))]
fn without_tls(bound: &[Bound]) -> Result<(), Error> {
    match bound.iter().find(|bound| matches!(bound.address, Address::Tls(_))) {
        Some(bound) => Err(Error::Tls(format!("{} needs mock-xend with its feature `tls`", bound.address))),
        None => Ok(()),
    }
}

/// Binds an address. A temporary socket gets a folder, which is added to `folders`.
pub(super) fn bind(
    face: Face,
    address: &Address,
    mode: Option<u32>,
    folders: &mut Vec<TemporaryFolder>,
) -> Result<Bound, Error> {
    if *address != Address::AnyUnix {
        return Bound::bind(face, address, mode);
    }
    let folder = TemporaryFolder::new().map_err(|error| Error::Listen { address: address.clone(), error })?;
    let path = Address::Unix(folder.path().join(face.as_str()));
    folders.push(folder);
    Bound::bind(face, &path, mode)
}
