//! The settings of a client: where the daemon is, and how long and how much its replies may be.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use xend_wire::Release;

use crate::uri::Uri;

/// Everything that a call needs to know about the daemon and about its user's wishes.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) uri: Uri,
    pub(crate) release: Release,
    pub(crate) deadlines: Deadlines,
    /// The deadline that all calls of the client share, if there is one.
    pub(crate) deadline: Option<Deadline>,
    /// The maximal length of a reply's body, in bytes.
    pub(crate) reply_limit: usize,
    pub(crate) keep_alive: bool,
    /// The user and the password that open sessions of the Xen-API.
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) connector: Option<Connector>,
    /// Whom a connection with TLS trusts; `None` stands for whom the system trusts.
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<crate::tls::Tls>,
}

/// A function of the caller that opens connections in place of the client.
pub(crate) type Connector = Arc<dyn Fn() -> Connecting + Send + Sync>;
pub(crate) type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// A byte stream that a connection reads from and writes to.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The time limits for the parts of a call. The daemon itself has no time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Time to resolve the host's name and to connect, with the handshake of TLS: 10 seconds by default.
    pub connect: Duration,
    /// Time from the connection to the head of the reply: 2 minutes by default, because the daemon may wait up to 100
    /// seconds for devices before it answers.
    pub first_byte: Duration,
    /// Time for the whole call with all its requests: 5 minutes by default. If a call takes several requests, a quarter
    /// of this time, but at most 30 seconds, is reserved for undoing what they did if one of them fails.
    pub whole: Duration,
}

/// A point in time at which something must be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    /// The time limit from which the deadline was computed, for error messages.
    pub(crate) limit: Duration,
}

impl Deadline {
    /// The longest time limit. Longer ones count as this one, so that computing a deadline can't overflow.
    const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

    /// Returns the deadline that lies `limit` in the future.
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit.min(Self::LONGEST), limit }
    }

    /// Returns the earlier one of two deadlines.
    pub(crate) fn earlier(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// Splits the time that is left: returns the deadline of an operation's requests, and that of undoing them if one
    /// fails. A quarter of the time is reserved for undoing, but at most `longest`.
    pub(crate) fn split_for_undo(self, longest: Duration) -> (Self, Self) {
        let reserved = longest.min(self.limit / 4).min(Self::LONGEST);
        let steps = Self { at: self.at.checked_sub(reserved).unwrap_or(self.at), limit: self.limit - reserved };
        (steps, Self { limit: reserved, ..self })
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), first_byte: Duration::from_secs(120), whole: Duration::from_secs(300) }
    }
}

impl Settings {
    pub(crate) fn new(uri: Uri) -> Self {
        Self {
            uri,
            release: Release::default(),
            deadlines: Deadlines::default(),
            deadline: None,
            reply_limit: 256 << 20,
            keep_alive: false,
            credentials: None,
            connector: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, release, deadlines, deadline, reply_limit, keep_alive, credentials, .. } = self;
        // The password must not get into logs.
        let user = credentials.as_ref().map(|(user, _)| user);
        f.debug_struct("Settings")
            .field("uri", uri)
            .field("release", release)
            .field("deadlines", deadlines)
            .field("deadline", deadline)
            .field("reply_limit", reply_limit)
            .field("keep_alive", keep_alive)
            .field("user", &user)
            .finish_non_exhaustive()
    }
}
