//! What a client is told beforehand, and how it does any operation of the table.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use xend_wire::Release;
use xend_wire::operation::{Arguments, Effect, Face, Operation, References};
use xend_wire::sexpr::Document;

use crate::connection::{Kept, Stream};
use crate::session::Session;
use crate::{Error, Uri};

/// Talks to one daemon, on a connection of its own for each request, as Xend's own clients do.
///
/// The release matters where the daemon's forms differ by it: it is given, found by [`Client::detect`], or else
/// [`Release::V4_1`]. Clones share what is kept: a connection and a session of the Xen-API.
///
/// A call may be cancelled by dropping its future. Whether the daemon did what it was asked is then unknown; a connection
/// on which a reply is still to come is closed, so that nobody takes that reply for his own.
/// Nothing that changes the daemon's state is ever sent again by itself.
#[derive(Clone)]
pub struct Client {
    pub(crate) uri: Uri,
    pub(crate) release: Release,
    pub(crate) deadlines: Deadlines,
    pub(crate) reply_limit: usize,
    pub(crate) keep_alive: bool,
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) connector: Option<Connector>,
    pub(crate) kept: Arc<Mutex<Option<Kept>>>,
    pub(crate) session: Arc<Mutex<Option<Session>>>,
    /// Held by whoever opens a session.
    pub(crate) logging_in: Arc<tokio::sync::Mutex<()>>,
}

/// Makes connections in place of the client.
pub(crate) type Connector = Arc<dyn Fn() -> Connecting + Send + Sync>;
pub(crate) type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// How long the parts of a call may take. The daemon itself knows no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// To find the host and connect: 10 seconds.
    pub connect: Duration,
    /// From there to the head of the reply: 2 minutes, for an operation that waits for devices waits up to 100 seconds.
    pub first_byte: Duration,
    /// For the whole call, whatever it takes: 5 minutes. If one of several requests fails, unmaking what the others made
    /// may take 30 seconds more.
    pub whole: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), first_byte: Duration::from_secs(120), whole: Duration::from_secs(300) }
    }
}

impl Client {
    /// A client of the daemon at `uri`. Nothing is sent yet.
    pub fn new(uri: Uri) -> Self {
        Self {
            uri,
            release: Release::default(),
            deadlines: Deadlines::default(),
            reply_limit: 256 << 20,
            keep_alive: false,
            credentials: None,
            connector: None,
            kept: Arc::default(),
            session: Arc::default(),
            logging_in: Arc::default(),
        }
    }

    /// The daemon's release.
    #[must_use]
    pub fn release(self, release: Release) -> Self {
        Self { release, ..self }
    }

    /// How long a call may take.
    #[must_use]
    pub fn deadlines(self, deadlines: Deadlines) -> Self {
        Self { deadlines, ..self }
    }

    /// The longest body of a reply that is read, in bytes: 256 MiB unless given.
    #[must_use]
    pub fn reply_limit(self, bytes: usize) -> Self {
        Self { reply_limit: bytes, ..self }
    }

    /// Keeps the connection for the next request, if the daemon does, too.
    #[must_use]
    pub fn keep_alive(self, keep_alive: bool) -> Self {
        Self { keep_alive, ..self }
    }

    /// Who opens sessions of the Xen-API, which the other faces don't have. The session is opened by the first call that
    /// needs it, and kept until [`Client::logout`].
    #[must_use]
    pub fn credentials(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { credentials: Some((user.into(), password.into())), ..self }
    }

    /// Connects in another way than by the URI: through a tunnel, or in memory. The function is called for every
    /// connection.
    #[must_use]
    pub fn connect_by<F, S>(self, connect: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let connector = move || {
            let connecting = connect();
            Box::pin(async move { Ok(Box::new(connecting.await?) as Box<dyn Stream>) }) as Connecting
        };
        Self { connector: Some(Arc::new(connector)), ..self }
    }

    /// Whether the daemon's face and release have the operation.
    pub fn supports(&self, operation: Operation) -> bool {
        operation.is_supported(self.uri.face, self.release)
    }

    /// Where the daemon is.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The release whose forms are used.
    pub fn release_in_use(&self) -> Release {
        self.release
    }

    /// Does any operation of the table. The answer is what the operation's [`Answer`](xend_wire::operation::Answer) says:
    /// the same S-expressions on every face.
    ///
    /// # Errors
    /// [`Error`], whose [`fate`](Error::fate) tells whether the operation may have happened.
    pub async fn call(&self, operation: Operation, arguments: &Arguments) -> Result<Document<'static>, Error> {
        self.call_until(operation, arguments, Instant::now() + self.deadlines.whole).await
    }

    /// The same, within the time that another call has left.
    pub(crate) async fn call_until(
        &self,
        operation: Operation,
        arguments: &Arguments,
        until: Instant,
    ) -> Result<Document<'static>, Error> {
        if let Some(calls) = self.in_calls(operation, arguments, until) {
            return calls.await.map_err(|error| error.about(arguments.get("domain")));
        }
        let call = Call { client: self, operation, effect: operation.effect(), until };
        let answer = match self.uri.face {
            Face::XenApi => call.in_session(arguments).await,
            Face::Sxp | Face::XmlRpc => call.send(arguments, References::default()).await,
        };
        answer.map_err(|error| error.about(arguments.get("domain")).asked_of(self.uri.face))
    }
}

/// One call of the user, which may take several requests.
#[derive(Clone, Copy)]
pub(crate) struct Call<'c> {
    pub(crate) client: &'c Client,
    pub(crate) operation: Operation,
    /// What the next request does to the daemon's state, which may be less than the operation does.
    pub(crate) effect: Effect,
    /// When the whole of it must be over.
    pub(crate) until: Instant,
}

impl Call<'_> {
    /// The same for another operation, on which this one depends.
    pub(crate) fn step(&self, operation: Operation) -> Self {
        Self { operation, effect: operation.effect(), ..*self }
    }

    /// The same, for a request that only reads.
    pub(crate) fn reading(&self) -> Self {
        Self { effect: Effect::Reads, ..*self }
    }

    /// That no reply came which can be read.
    pub(crate) fn no_reply(
        &self,
        message: impl Into<String>,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Error {
        Error::no_reply(self.operation, self.effect, message.into(), source)
    }

    /// One request, and what its reply means.
    pub(crate) async fn send(
        &self,
        arguments: &Arguments,
        references: References<'_>,
    ) -> Result<Document<'static>, Error> {
        let Self { client, operation, .. } = *self;
        let (face, release) = (client.uri.face, client.release);
        let request = operation.request_with(face, release, arguments, references);
        let request = request.map_err(|error| Error::invalid(operation, face, release, error))?;
        let reply = self.exchange(request).await?;
        operation.read(face, release, &reply).map_err(|failure| Error::failed(operation, failure))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The password is nobody's business.
        let user = self.credentials.as_ref().map(|(user, _)| user);
        f.debug_struct("Client")
            .field("uri", &self.uri)
            .field("release", &self.release)
            .field("deadlines", &self.deadlines)
            .field("reply_limit", &self.reply_limit)
            .field("keep_alive", &self.keep_alive)
            .field("user", &user)
            .finish_non_exhaustive()
    }
}
