//! Serving a connection as a proxy, or from a recording.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
#[cfg(feature = "program")]
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use xend_wire::Release;
use xend_wire::operation::Face;

use super::lock;
use super::message::{self, Read};
use super::passing::Passing;
use super::recorder::Recorder;
use super::replay::Replay;
use super::upstream::Upstream;
use crate::clock::Clock;
use crate::exchanges::Exchanges;
use crate::fault::Faults;
use crate::http::{Closing, Input, Listener, Serves, Then, deliver, finish};
use crate::journal::{AnsweredBy, ExchangeInfo, Journal};
use crate::line::Line;
use crate::scenario::{FindingKind, Report};

/// Where the replies come from.
#[derive(Debug)]
pub(crate) enum Source {
    /// From a server, and they may be recorded.
    Proxy { to: Upstream, recorder: Option<Mutex<Recorder>> },
    /// From a recording.
    Replay(Mutex<Replay>),
}

/// A server without a simulated host, shared by its connections.
#[derive(Debug)]
pub(crate) struct Server {
    source: Source,
    /// The release of the real server, if it is known.
    release: Option<Release>,
    line: Line,
    /// The faults of all replies at the start.
    initial_faults: Faults,
    clock: Clock,
    exchanges: Exchanges,
    /// The number of connections so far.
    connections: AtomicU64,
}

impl Server {
    pub(crate) fn new(source: Source, release: Option<Release>, line: Line) -> Self {
        Self {
            source,
            release,
            initial_faults: line.everywhere(),
            line,
            clock: Clock::running(),
            exchanges: Exchanges::new(Journal::new(Journal::DEFAULT_CAPACITY, Journal::DEFAULT_BUDGET)),
            connections: AtomicU64::new(0),
        }
    }

    /// Returns the release of the real server, if it is known.
    #[cfg(feature = "program")]
    pub(crate) fn release(&self) -> Option<Release> {
        self.release
    }

    /// Returns the time, since the Unix epoch.
    #[cfg(feature = "program")]
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Returns the journal, and who follows it.
    pub(crate) fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    /// Starts over: a recording is replayed from its beginning, the faults are those at the start, and the journal is empty.
    /// What is recorded goes on.
    #[cfg(feature = "program")]
    pub(crate) fn reset(&self) {
        if let Source::Replay(replay) = &self.source {
            lock(replay).start_over();
        }
        self.line.set(self.initial_faults.clone());
        self.exchanges.clear();
    }

    /// Returns the face that is served.
    pub(crate) fn face(&self) -> Face {
        match &self.source {
            Source::Proxy { to, .. } => to.face(),
            Source::Replay(replay) => lock(replay).face(),
        }
    }

    /// Returns what differs between the requests and a recording, and why a recording is not whole.
    pub(crate) fn report(&self) -> Report {
        match &self.source {
            Source::Proxy { recorder, .. } => {
                let mut report = Report::default();
                if let Some(why) = recorder.as_ref().and_then(|recorder| lock(recorder).failure()) {
                    report.note(FindingKind::NotRecorded, why, String::new());
                }
                report
            }
            Source::Replay(replay) => lock(replay).report(),
        }
    }

    /// Adds an exchange to the journal.
    fn note(&self, listener: &Listener, connection: u64, by: (AnsweredBy, Faults), request: &[u8], reply: [&[u8]; 2]) {
        let (face, release, at) = (listener.face, self.release.unwrap_or_default(), self.clock.now());
        let (answered_by, faults) = by;
        let info = ExchangeInfo { face, connection, release, generation: 1, at, answered_by, faults };
        self.exchanges.record(info, request, reply);
    }
}

impl Serves for Server {
    async fn serve<S>(self: Arc<Self>, stream: S, listener: Listener, closing: Closing<S>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let mut input = Input::new(stream);
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let mut passing = match &self.source {
            Source::Proxy { to, recorder } => Some(Passing::new(to, recorder.as_ref())),
            Source::Replay(_) => None,
        };
        loop {
            input.begin();
            let read = match message::request(&mut input).await {
                Ok(Read::Nothing) => break,
                Ok(read) => read,
                Err(message::TooLong) => return,
            };
            let answer = match (&self.source, &mut passing) {
                (Source::Replay(replay), _) => lock(replay).answer(input.taken()),
                (Source::Proxy { .. }, Some(passing)) => passing.ask(&mut input, read == Read::ToTheEnd).await,
                (Source::Proxy { .. }, None) => return,
            };
            let journal = |answered_by: AnsweredBy, faults: Faults, request: &[u8], reply: [&[u8]; 2]| {
                self.note(&listener, connection, (answered_by, faults), request, reply);
            };
            let Ok(then) = deliver(&self.line, &listener, &mut input, answer, journal).await else { return };
            let then = match &mut passing {
                Some(passing) if then == Then::Continue => passing.after(&mut input).await,
                _ => then,
            };
            if then != Then::Continue {
                drop(passing);
                return finish(input, then, closing).await;
            }
        }
        drop(passing);
        finish(input, Then::Close, closing).await;
    }

    fn unserved(&self, listener: &Listener, why: String, sent: &[u8]) {
        let connection = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let by = (AnsweredBy::Nothing { why: why.into() }, Faults::none());
        self.note(listener, connection, by, sent, [b"", b""]);
    }

    fn line(&self) -> &Line {
        &self.line
    }

    /// A server may reset any connection.
    fn resets(&self) -> bool {
        true
    }
}
