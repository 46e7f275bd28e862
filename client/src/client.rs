//! The client, with its settings and the call that does any operation.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use xend_wire::Release;
use xend_wire::answer::MethodResult;
use xend_wire::operation::{Arguments, Face, Implementation, Operation, References, Unsupported};
use xend_wire::sexpr::Document;
use xend_wire::xmlrpc::Value;

use crate::call::Call;
use crate::connection::IdleConnection;
use crate::error::{Error, Kind};
use crate::session::{self, Sessions};
use crate::settings::{Connecting, Deadline, Deadlines, Settings, Stream};
use crate::steps;
use crate::uri::Uri;

/// A client of one daemon.
///
/// A client opens a new connection for each request, as Xend's own clients do, unless [`keep_alive`](Self::keep_alive)
/// is set. It needs to know the daemon's release, because requests and replies differ between releases: set it by
/// [`release`](Self::release), or let the client find it by [`detect`](Self::detect). The default is [`Release::V4_1`].
/// Clones of a client share its idle connection and its session of the Xen-API.
///
/// A call can be cancelled by dropping its future. Then it is unknown whether the daemon has done the operation, and
/// the connection is closed, so that a later call can't receive the reply. The client never repeats a request that may
/// have changed the daemon's state.
///
/// # Errors
///
/// Every method that sends requests returns an [`Error`] if the operation or its arguments are invalid, if the daemon
/// can't be reached or refuses, or if a deadline passes. [`Error::fate`] tells whether the operation may have happened.
#[derive(Clone)]
pub struct Client {
    pub(crate) settings: Settings,
    idle: Arc<IdleConnection>,
    pub(crate) sessions: Arc<Sessions>,
}

impl Client {
    /// Creates a client of the daemon at `uri`. Sends nothing.
    pub fn new(uri: Uri) -> Self {
        Self { settings: Settings::new(uri), idle: Arc::default(), sessions: Arc::default() }
    }

    /// Sets the daemon's release.
    #[must_use]
    pub fn release(self, release: Release) -> Self {
        Self { settings: Settings { release, ..self.settings }, ..self }
    }

    /// Sets how long a call and its parts may take.
    #[must_use]
    pub fn deadlines(self, deadlines: Deadlines) -> Self {
        Self { settings: Settings { deadlines, ..self.settings }, ..self }
    }

    /// Sets how long all calls of this client may take together, counted from now. This includes
    /// [`detect`](Self::detect) and [`logout`](Self::logout). Calls after that time fail at once and send nothing.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { settings: Settings { deadline: Some(Deadline::after(limit)), ..self.settings }, ..self }
    }

    /// Sets the maximal length of a reply's body, in bytes. The default is 256 MiB, which 30,000 domains take in XML-RPC. No
    /// deadline ends the reading of a document that has arrived, so that this limit is what bounds its time.
    #[must_use]
    pub fn reply_limit(self, bytes: usize) -> Self {
        Self { settings: Settings { reply_limit: bytes, ..self.settings }, ..self }
    }

    /// Sets whether the connection is kept open for the next request, if the daemon keeps it open, too. The default is
    /// `false`.
    #[must_use]
    pub fn keep_alive(self, keep_alive: bool) -> Self {
        Self { settings: Settings { keep_alive, ..self.settings }, ..self }
    }

    /// Sets the user and the password for sessions of the Xen-API. The other faces do not use them. The first call that
    /// needs a session opens it, and it stays open until [`Client::logout`].
    #[must_use]
    pub fn credentials(self, user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { settings: Settings { credentials: Some((user.into(), password.into())), ..self.settings }, ..self }
    }

    /// Sets a function that opens connections in place of the client, for instance through a tunnel or in memory. The
    /// function is called once for each connection.
    #[must_use]
    pub fn connect_with<F, S>(self, connect: impl Fn() -> F + Send + Sync + 'static) -> Self
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

    /// Sets whom the client trusts on a connection with TLS, and how it identifies itself. By default it trusts whom the
    /// system trusts.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(self, tls: crate::tls::Tls) -> Self {
        Self { settings: Settings { tls: Some(tls), ..self.settings }, ..self }
    }

    /// Returns whether the operation exists on the daemon's face and release.
    pub fn supports(&self, operation: Operation) -> bool {
        operation.is_supported(self.settings.uri.face, self.settings.release)
    }

    /// Returns the URI of the daemon.
    pub fn uri(&self) -> &Uri {
        &self.settings.uri
    }

    /// Returns the release whose requests and replies the client uses.
    pub fn release_in_use(&self) -> Release {
        self.settings.release
    }

    /// Does any operation of the table in [`operation`](xend_wire::operation). The answer has the shape that the
    /// operation's [`Answer`](xend_wire::operation::Answer) names; it consists of the same S-expressions on every face.
    ///
    /// # Errors
    /// Returns an [`Error`] whose [`fate`](Error::fate) tells whether the operation may have happened.
    pub async fn call(&self, operation: Operation, arguments: &Arguments) -> Result<Document<'static>, Error> {
        let (call, sessions) = (self.begin(operation), &self.sessions);
        let (face, release) = (self.settings.uri.face, self.settings.release);
        let answer = match (operation.implementation(face, release), face) {
            (Ok(Implementation::Operations { sequence, .. }), _) => {
                steps::operations::follow(call, sequence, arguments).await
            }
            (Ok(Implementation::Methods { .. }), _) => steps::methods::follow(call, sessions, arguments).await,
            (Ok(Implementation::Request) | Err(_), Face::XenApi) => session::ask(call, sessions, arguments).await,
            (Ok(Implementation::Request) | Err(_), Face::Sxp | Face::XmlRpc) => {
                call.send(arguments, References::default()).await
            }
        };
        answer.map_err(|error| error.with_domain(arguments.get("domain")).with_other_face(face))
    }

    /// Calls any method of the Xen-API, for what no operation of the table tells. The parameters are those behind the
    /// session, which is the client's own unless another is given. Errors are those of `operation`, the operation that
    /// the method belongs to.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_method(
        &self,
        operation: Operation,
        session: Option<&str>,
        method: &str,
        params: &[Value],
    ) -> Result<MethodResult, Error> {
        let call = self.begin(operation);
        let Settings { uri, release, .. } = &self.settings;
        if uri.face != Face::XenApi {
            let unsupported = Unsupported { face: uri.face, release: *release, operation: operation.name() };
            return Err(call.error(Kind::Unsupported(unsupported)));
        }
        match session {
            Some(session) => session::ask_method(&call, session, method, params).await,
            None => session::SessionCall::begin(call, &self.sessions).await?.method(method, params).await,
        }
    }

    fn begin(&self, operation: Operation) -> Call<'_> {
        let Self { settings, idle, .. } = self;
        let deadline = Deadline::after(settings.deadlines.whole);
        let deadline = settings.deadline.map_or(deadline, |all| deadline.earlier(all));
        Call { settings, idle, operation, effect: operation.effect(), deadline }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}
