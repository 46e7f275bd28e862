//! Serving a connection as a proxy, or from a recording.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

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
use crate::fault::Faults;
use crate::http::{Closing, Input, Listener, Serves, Then, deliver, finish};
use crate::journal::{AnsweredBy, ExchangeInfo, Journal};
use crate::line::Line;

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
    line: Line,
    clock: Clock,
    journal: Mutex<Journal>,
    /// The number of connections so far.
    connections: AtomicU64,
}

impl Server {
    pub(crate) fn new(source: Source, line: Line, journal: Journal) -> Self {
        Self { source, line, clock: Clock::running(), journal: Mutex::new(journal), connections: AtomicU64::new(0) }
    }

    /// Returns the face that is served.
    pub(crate) fn face(&self) -> Face {
        match &self.source {
            Source::Proxy { to, .. } => to.face(),
            Source::Replay(replay) => lock(replay).face(),
        }
    }

    /// Returns a copy of the journal.
    pub(crate) fn journal(&self) -> Journal {
        lock(&self.journal).clone()
    }

    /// Returns what differs between the requests and a recording, and why a recording is not whole, a line each.
    pub(crate) fn differences(&self) -> Vec<String> {
        match &self.source {
            Source::Proxy { recorder, .. } => recorder.iter().filter_map(|recorder| lock(recorder).failure()).collect(),
            Source::Replay(replay) => lock(replay).differences(),
        }
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
            let face = listener.face;
            let journal = |answered_by: AnsweredBy, faults: Faults, request: &[u8], reply: &[u8]| {
                // Which release the server is, is not known.
                let (release, at) = (Release::default(), self.clock.now());
                let info = ExchangeInfo { face, connection, release, generation: 1, at, answered_by, faults };
                lock(&self.journal).record(info, request, reply);
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
        let (release, at) = (Release::default(), self.clock.now());
        let (answered_by, faults) = (AnsweredBy::Nothing { why: why.into() }, Faults::none());
        let info = ExchangeInfo { face: listener.face, connection, release, generation: 1, at, answered_by, faults };
        lock(&self.journal).record(info, sent, b"");
    }

    fn line(&self) -> &Line {
        &self.line
    }

    /// A server may reset any connection.
    fn resets(&self) -> bool {
        true
    }
}
