//! Serving a connection as a proxy, or from a recording.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use xend_wire::Release;
use xend_wire::operation::Face;

use super::message::{self, Read};
use super::recording::{End, Recorder};
use super::replay::Replay;
use super::upstream::{Stream, Upstream};
use crate::clock::Clock;
use crate::fault::Faults;
use crate::http::{Answer, Closing, Input, Listener, Serves, Then, deliver, finish};
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
    /// Why the recording is not whole, if it is not.
    failed: Mutex<Option<String>>,
}

/// A reply of the server behind a proxy.
struct Asked {
    answer: Answer,
    /// What becomes of the connection, if that is known; `None` stands for a reply that is not the server's.
    end: Option<Option<End>>,
}

impl Server {
    pub(crate) fn new(source: Source, line: Line, journal: Journal) -> Self {
        Self {
            source,
            line,
            clock: Clock::running(),
            journal: Mutex::new(journal),
            connections: AtomicU64::new(0),
            failed: Mutex::new(None),
        }
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
        let mut lines: Vec<_> = lock(&self.failed).iter().cloned().collect();
        if let Source::Replay(replay) = &self.source {
            lines.extend(lock(replay).differences());
        }
        lines
    }

    /// Passes a request on, and reads the reply. `upstream` is the connection of the client's connection.
    async fn ask(
        &self,
        to: &Upstream,
        upstream: &mut Option<Input<Box<dyn Stream>>>,
        request: &[u8],
        is_last: bool,
    ) -> Asked {
        let server = match upstream {
            Some(server) => server,
            None => match to.connect().await {
                Ok(stream) => upstream.insert(Input::new(stream)),
                Err(error) => return Asked { answer: bad_gateway(&format!("can't reach {to}: {error}")), end: None },
            },
        };
        server.begin();
        let stream = server.stream();
        // A server that closes early may have sent a reply.
        let _ = stream.write_all(request).await;
        let _ = stream.flush().await;
        if is_last {
            let _ = stream.shutdown().await;
        }
        let is_to_head = request.starts_with(b"HEAD ");
        let read = message::reply(server, is_to_head).await;
        let bytes = server.taken().to_vec();
        let (then, end) = match read {
            Err(message::TooLong) => {
                return Asked { answer: bad_gateway("the reply is longer than a proxy passes on"), end: None };
            }
            Ok(Read::Whole) => (Then::Continue, None),
            Ok(_) if server.is_reset() => (Then::Reset, Some(End::Reset)),
            Ok(_) => (Then::Close, Some(End::Closed)),
        };
        Asked { answer: Answer { answered_by: AnsweredBy::Server, ..Answer::new(bytes, then) }, end: Some(end) }
    }

    /// Writes an exchange to the recording.
    fn record(&self, recorder: &Mutex<Recorder>, request: &[u8], half_close: bool, response: &[u8], end: End) {
        let response = (!response.is_empty()).then_some(response);
        if let Err(error) = lock(recorder).add(request, half_close, response, end) {
            lock(&self.failed).get_or_insert_with(|| format!("the recording is not whole: {error}"));
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
        let mut upstream = None;
        loop {
            input.begin();
            let read = match message::request(&mut input).await {
                Ok(Read::Nothing) => break,
                Ok(read) => read,
                Err(message::TooLong) => return,
            };
            let is_last = read == Read::ToTheEnd;
            let asked = match &self.source {
                Source::Proxy { to, .. } => {
                    let request = input.taken().to_vec();
                    self.ask(to, &mut upstream, &request, is_last).await
                }
                Source::Replay(replay) => Asked { answer: lock(replay).answer(input.taken()), end: None },
            };
            let Asked { answer, end } = asked;
            let kept = match (&self.source, end) {
                (Source::Proxy { recorder: Some(recorder), .. }, Some(end)) => {
                    Some((recorder, input.taken().to_vec(), answer.bytes.clone(), end))
                }
                _ => None,
            };
            let face = listener.face;
            let journal = |answered_by: AnsweredBy, faults: Faults, request: &[u8], reply: &[u8]| {
                // Which release the server is, is not known.
                let (release, at) = (Release::default(), self.clock.now());
                let info = ExchangeInfo { face, connection, release, generation: 1, at, answered_by, faults };
                lock(&self.journal).record(info, request, reply);
            };
            let then = deliver(&self.line, &listener, &mut input, answer, journal).await;
            // Whether the server closes the connection shows before the next request, or never.
            let seen = match (&then, &mut upstream) {
                (Ok(Then::Continue), Some(server)) => tokio::select! {
                    more = server.wait() => if more { End::Late } else { End::Closed },
                    more = input.wait() => if more { End::Open } else { End::Late },
                },
                _ => End::Late,
            };
            if let Some((recorder, request, response, end)) = kept {
                self.record(recorder, &request, is_last, &response, end.unwrap_or(seen));
            }
            let Ok(then) = then else { return };
            let then =
                if then == Then::Continue && upstream.is_some() && seen != End::Open { Then::Close } else { then };
            if then != Then::Continue {
                return finish(input, then, closing).await;
            }
        }
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

fn bad_gateway(why: &str) -> Answer {
    let head = format!(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{why}\n",
        why.len() + 1
    );
    Answer::new(head.into_bytes(), Then::Close)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
