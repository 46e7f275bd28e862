//! What a client is told beforehand.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use xend_wire::Release;

use crate::uri::Uri;

/// All that a call has to know of the daemon and of what its user wants.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) uri: Uri,
    pub(crate) release: Release,
    pub(crate) deadlines: Deadlines,
    /// When all calls together must be over.
    pub(crate) end: Option<End>,
    /// The longest body of a reply that is read, in bytes.
    pub(crate) reply_limit: usize,
    pub(crate) keep_alive: bool,
    /// User and password, with which sessions of the Xen-API are opened.
    pub(crate) credentials: Option<(String, String)>,
    pub(crate) connector: Option<Connector>,
}

/// Makes connections in place of the client.
pub(crate) type Connector = Arc<dyn Fn() -> Connecting + Send + Sync>;
pub(crate) type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// What a connection reads from and writes to.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// How long the parts of a call may take. The daemon itself knows no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// To find the host and connect: 10 seconds.
    pub connect: Duration,
    /// From there to the head of the reply: 2 minutes, for an operation that waits for devices waits up to 100 seconds.
    pub first_byte: Duration,
    /// For the whole call, whatever it takes: 5 minutes. Where a call takes several requests, a quarter of it, 30 seconds
    /// at most, is kept for unmaking what was made if one of them fails.
    pub whole: Duration,
}

/// When something must be over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) at: Instant,
    /// How much time there was at its beginning, for messages.
    pub(crate) limit: Duration,
}

impl End {
    /// Further than this nobody waits, and clocks do not count.
    const FURTHEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

    /// So long from now on.
    pub(crate) fn after(limit: Duration) -> Self {
        Self { at: Instant::now() + limit.min(Self::FURTHEST), limit }
    }

    /// This or the other one, whichever comes first.
    pub(crate) fn or_before(self, other: Self) -> Self {
        if other.at < self.at { other } else { self }
    }

    /// The end of some steps, and that of unmaking what they made: a quarter of the time is kept for that, at most `longest`.
    pub(crate) fn split(self, longest: Duration) -> (Self, Self) {
        let kept = longest.min(self.limit / 4).min(Self::FURTHEST);
        let steps = Self { at: self.at.checked_sub(kept).unwrap_or(self.at), limit: self.limit - kept };
        (steps, Self { limit: kept, ..self })
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
            end: None,
            reply_limit: 256 << 20,
            keep_alive: false,
            credentials: None,
            connector: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { uri, release, deadlines, end, reply_limit, keep_alive, credentials, connector: _ } = self;
        // The password stays out of logs.
        let user = credentials.as_ref().map(|(user, _)| user);
        f.debug_struct("Settings")
            .field("uri", uri)
            .field("release", release)
            .field("deadlines", deadlines)
            .field("end", end)
            .field("reply_limit", reply_limit)
            .field("keep_alive", keep_alive)
            .field("user", &user)
            .finish_non_exhaustive()
    }
}
