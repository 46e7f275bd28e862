//! A proxy, or the replay of a recording, on a thread of its own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use xend_wire::Release;
use xend_wire::operation::Face;

use super::mock::bind;
use super::running::Running;
#[cfg(feature = "program")]
use super::served::{Behind, Served};
use crate::address::Address;
use crate::error::Error;
use crate::faces;
use crate::fault::{Certificate, Chaos, Fault, Faults};
use crate::following::Following;
use crate::journal::Journal;
use crate::line::Line;
use crate::relay::{Order, Recorder, Recording, Replay, Server, Source, Upstream};
use crate::scenario::Report;
use crate::temporary_folder::TemporaryFolder;

/// A server without a simulated host: a proxy before a real server, which can record what passes, or the replay of such a
/// recording. Both break replies as a mock does, and keep a journal. Dropping the value stops it.
///
/// ```
/// use mock_xend::{Face, Fault, MockXend, Place, Relay};
///
/// // A mock stands for the real server here.
/// let server = MockXend::builder().start()?;
/// let proxy = Relay::proxy(server.uri(Face::Sxp).expect("it listens there").parse()?)
///     .faults([Fault::Reset(Place::Body)])
///     .start()?;
/// println!("point your client at {}", proxy.uri());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Relay {
    server: Arc<Server>,
    listening: Vec<Address>,
    running: Running,
    /// The folders of temporary sockets.
    _folders: Vec<TemporaryFolder>,
}

/// The settings of a [`Relay`].
#[derive(Clone, Debug)]
pub struct RelayBuilder {
    from: From,
    release: Option<Release>,
    record: Option<PathBuf>,
    keeps_secrets: bool,
    order: Order,
    faults: Faults,
    chaos: Option<Chaos>,
    listen: Vec<Address>,
    socket_mode: Option<u32>,
}

#[derive(Clone, Debug)]
enum From {
    Server(Upstream),
    Recording(Recording),
}

impl Relay {
    /// Returns the settings of a proxy before a server.
    pub fn proxy(to: Upstream) -> RelayBuilder {
        RelayBuilder::new(From::Server(to))
    }

    /// Returns the settings of a replay: each exchange of the recording answers once, in the order in which they were
    /// recorded.
    pub fn replay(recording: Recording) -> RelayBuilder {
        RelayBuilder::new(From::Recording(recording))
    }

    /// Returns the addresses of the listeners, in the order in which they were requested, with the ports that the system
    /// assigned.
    pub fn listening(&self) -> &[Address] {
        &self.listening
    }

    /// Returns the face that is served.
    pub fn face(&self) -> Face {
        self.server.face()
    }

    /// Returns the URI of the first listener, in the form that clients take.
    pub fn uri(&self) -> String {
        self.listening[0].uri(self.face())
    }

    /// Returns a copy of the journal: the requests and replies so far. If the release of the server is not known,
    /// operations are those of 4.1.
    pub fn journal(&self) -> Journal {
        self.server.exchanges().journal().recognised(faces::recognise)
    }

    /// Returns the exchanges from now on, as they happen.
    pub fn follow(&self) -> Following {
        self.server.exchanges().follow(faces::recognise)
    }

    /// Returns what differs so far between the requests and a recording: requests that are not in it, and exchanges that
    /// no request used. If what a proxy records can't be written, this is a difference, too.
    pub fn report(&self) -> Report {
        self.server.report()
    }

    /// Returns what programs look at and control.
    #[cfg(feature = "program")]
    pub(crate) fn served(&self) -> Served {
        let listening = self.listening.iter().map(|address| (self.face(), address.clone())).collect();
        Served { behind: Behind::Relay(Arc::clone(&self.server)), listening, ca_pem: None }
    }

    /// Stops, and returns the [differences](Self::report).
    pub fn stop(mut self) -> Report {
        self.running.stop();
        self.server.report()
    }
}

impl RelayBuilder {
    fn new(from: From) -> Self {
        Self {
            from,
            release: None,
            record: None,
            keeps_secrets: false,
            order: Order::Strict,
            faults: Faults::none(),
            chaos: None,
            listen: Vec::new(),
            socket_mode: None,
        }
    }

    /// Adds a listener. Without any, a free port of loopback is listened on.
    #[must_use]
    pub fn listen(mut self, address: Address) -> Self {
        self.listen.push(address);
        self
    }

    /// Sets the permissions of the files of Unix sockets, such as `0o660`. By default they are those that the system
    /// gives.
    #[must_use]
    pub fn socket_mode(self, mode: u32) -> Self {
        Self { socket_mode: Some(mode), ..self }
    }

    /// Records what passes a proxy, before any fault, in a new file. Passwords, sessions and the headers for
    /// authorization and cookies are redacted.
    #[must_use]
    pub fn record(self, path: impl AsRef<Path>) -> Self {
        Self { record: Some(path.as_ref().to_owned()), ..self }
    }

    /// Writes the release of the server into the recording.
    #[must_use]
    pub fn release(self, release: Release) -> Self {
        Self { release: Some(release), ..self }
    }

    /// Leaves secrets in the recording.
    #[must_use]
    pub fn keep_secrets(self) -> Self {
        Self { keeps_secrets: true, ..self }
    }

    /// Lets an exchange of a recording answer any number of requests, in any order.
    #[must_use]
    pub fn loose(self) -> Self {
        Self { order: Order::Loose, ..self }
    }

    /// Sets the faults of all replies.
    #[must_use]
    pub fn faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        Self { faults: faults.into_iter().collect(), ..self }
    }

    /// Adds random faults to replies that would have none.
    #[must_use]
    pub fn chaos(self, chaos: Chaos) -> Self {
        Self { chaos: Some(chaos), ..self }
    }

    /// Binds all listeners and serves them until the value is dropped.
    ///
    /// # Errors
    /// * [`Error::Faults`] if the faults exclude each other, or apply to no reply.
    /// * [`Error::File`] if the recording can't be written.
    /// * [`Error::Listen`] or [`Error::NoSocket`] if an address can't be listened on, and [`Error::Tls`] if it is one with
    ///   TLS.
    /// * [`Error::OwnServer`] if a proxy is to stand before itself.
    /// * [`Error::Start`] if the system refuses to start a thread.
    pub fn start(self) -> Result<Relay, Error> {
        let face = match &self.from {
            From::Server(to) => to.face(),
            From::Recording(recording) => recording.face(),
        };
        let line = Line::new(self.faults, self.chaos, Certificate::None, vec![face])?;
        let addresses = if self.listen.is_empty() { vec![Address::any_port()] } else { self.listen };
        if let Some(address) = addresses.iter().find(|address| matches!(address, Address::Tls(_))) {
            return Err(Error::Tls(format!("only a mock listens with TLS, not a proxy or a replay: {address}")));
        }
        // The sockets are removed before their folders.
        let mut folders = Vec::new();
        let bound = addresses.iter().map(|address| bind(face, address, self.socket_mode, &mut folders));
        let bound = bound.collect::<Result<Vec<_>, _>>()?;
        if let From::Server(to) = &self.from
            && let Some(own) =
                bound.iter().find(|bound| bound.address.uri(face).parse().is_ok_and(|own: Upstream| own == *to))
        {
            return Err(Error::OwnServer(own.address.clone()));
        }
        let listening = bound.iter().map(|bound| bound.address.clone()).collect();
        let release = match &self.from {
            From::Server(_) => self.release,
            From::Recording(recording) => recording.release(),
        };
        let source = match self.from {
            From::Server(to) => {
                let create = |path: &PathBuf| {
                    let recorder = Recorder::create(path, &to, self.release, self.keeps_secrets);
                    recorder.map_err(|error| Error::File { path: path.display().to_string(), error })
                };
                let recorder = self.record.as_ref().map(create).transpose()?.map(Mutex::new);
                Source::Proxy { to, recorder }
            }
            From::Recording(recording) => Source::Replay(Mutex::new(Replay::new(recording, self.order))),
        };
        let server = Arc::new(Server::new(source, release, line));
        let running = Running::start(bound, Arc::clone(&server))?;
        Ok(Relay { server, listening, running, _folders: folders })
    }
}
