//! The client: its settings, and how it does any operation of the table.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use xend_wire::Release;
use xend_wire::operation::{Arguments, Face, Operation, References, Way};
use xend_wire::sexpr::Document;

use crate::call::Call;
use crate::connection::Kept;
use crate::error::Error;
use crate::session::{self, Sessions};
use crate::settings::{Connecting, Deadlines, End, Settings, Stream};
use crate::steps;
use crate::uri::Uri;

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
    pub(crate) settings: Settings,
    kept: Arc<Kept>,
    pub(crate) sessions: Arc<Sessions>,
}

impl Client {
    /// A client of the daemon at `uri`. Nothing is sent yet.
    pub fn new(uri: Uri) -> Self {
        Self { settings: Settings::new(uri), kept: Arc::default(), sessions: Arc::default() }
    }

    /// The daemon's release.
    #[must_use]
    pub fn release(self, release: Release) -> Self {
        Self { settings: Settings { release, ..self.settings }, ..self }
    }

    /// How long a call may take.
    #[must_use]
    pub fn deadlines(self, deadlines: Deadlines) -> Self {
        Self { settings: Settings { deadlines, ..self.settings }, ..self }
    }

    /// How long all further calls may take together, counted from now: those that find out the release and end the session
    /// included. What is asked afterwards fails at once, and nothing is sent.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { settings: Settings { end: Some(End::after(limit)), ..self.settings }, ..self }
    }

    /// The longest body of a reply that is read, in bytes: 256 MiB unless given.
    #[must_use]
    pub fn reply_limit(self, bytes: usize) -> Self {
        Self { settings: Settings { reply_limit: bytes, ..self.settings }, ..self }
    }

    /// Keeps the connection for the next request, if the daemon does, too.
    #[must_use]
    pub fn keep_alive(self, keep_alive: bool) -> Self {
        Self { settings: Settings { keep_alive, ..self.settings }, ..self }
    }

    /// Who opens sessions of the Xen-API, which the other faces don't have. The session is opened by the first call that
    /// needs it, and kept until [`Client::logout`].
    #[must_use]
    pub fn credentials(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { settings: Settings { credentials: Some((user.into(), password.into())), ..self.settings }, ..self }
    }

    /// Connects in another way than by the URI: through a tunnel, or in memory. The function is called for every
    /// connection.
    #[must_use]
    pub fn connect_by<F, S>(self, connect: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let connector = move || {
            let connecting = connect();
            Box::pin(async move { Ok(Box::new(connecting.await?) as Box<dyn Stream>) }) as Connecting
        };
        Self { settings: Settings { connector: Some(Arc::new(connector)), ..self.settings }, ..self }
    }

    /// Whether the daemon's face and release have the operation.
    pub fn supports(&self, operation: Operation) -> bool {
        operation.is_supported(self.settings.uri.face, self.settings.release)
    }

    /// Where the daemon is.
    pub fn uri(&self) -> &Uri {
        &self.settings.uri
    }

    /// The release whose forms are used.
    pub fn release_in_use(&self) -> Release {
        self.settings.release
    }

    /// Does any operation of the table. The answer is what the operation's [`Answer`](xend_wire::operation::Answer) says:
    /// the same S-expressions on every face.
    ///
    /// # Errors
    /// [`Error`], whose [`fate`](Error::fate) tells whether the operation may have happened.
    pub async fn call(&self, operation: Operation, arguments: &Arguments) -> Result<Document<'static>, Error> {
        let Self { settings, kept, sessions } = self;
        let (face, release) = (settings.uri.face, settings.release);
        let end = End::after(settings.deadlines.whole);
        let end = settings.end.map_or(end, |all| end.or_before(all));
        let call = Call { settings, kept, operation, effect: operation.effect(), end };
        let answer = match (operation.way(face, release), face) {
            (Ok(Way::Operations { sequence, .. }), _) => steps::operations::follow(call, sequence, arguments).await,
            (Ok(Way::Methods { .. }), _) => steps::methods::follow(call, sessions, arguments).await,
            (Ok(Way::Request) | Err(_), Face::XenApi) => session::ask(call, sessions, arguments).await,
            (Ok(Way::Request) | Err(_), Face::Sxp | Face::XmlRpc) => call.send(arguments, References::default()).await,
        };
        answer.map_err(|error| error.about(arguments.get("domain")).with_other_face(face))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}
