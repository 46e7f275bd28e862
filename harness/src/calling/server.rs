//! The server of one case: it takes requests apart, keeps them, and replies as the case says.

use std::io::{ErrorKind, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mock_xend::{End, Faults, Plan, SendStep};

use super::case::CallCase;
use super::reply::Sent;
use super::request::{Framing, Request, dechunked};
use super::transport::{Listener, Stream};
use crate::transport::Transport;

/// How often a thread that waits for a peer looks whether the case is over.
const TICK: Duration = Duration::from_millis(10);
/// How long the rest of a body is waited for that does not come, or of which nothing tells the end.
const PATIENCE: Duration = Duration::from_millis(200);
/// The most bytes of a request that are kept.
const LONGEST: usize = 8 << 20;
/// The most connections of one case.
const MOST: usize = 200;

/// A server that serves one case, on a socket of its own. It ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    listener: Arc<Listener>,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// A request that arrived, and what was sent because of it.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    pub(crate) request: Request,
    /// The bytes that were sent.
    pub sent: Vec<u8>,
}

impl Exchange {
    /// Returns all bytes of the request.
    pub fn request(&self) -> &[u8] {
        &self.request.bytes
    }
}

#[derive(Debug)]
struct Shared {
    reply: Sent,
    faults: Faults,
    is_early: bool,
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_over: bool,
    exchanges: Vec<Exchange>,
}

impl Server {
    /// Binds a socket of the transport, and begins to serve a case.
    ///
    /// # Errors
    /// Returns an error if no socket can be bound or no thread be started.
    pub fn start(case: &CallCase, transport: Transport) -> std::io::Result<Self> {
        let reply = case.reply.sent().map_err(std::io::Error::other)?;
        let listener = Arc::new(Listener::bind(transport)?);
        let shared = Arc::new(Shared {
            reply,
            faults: case.faults.clone(),
            is_early: case.is_early,
            state: Mutex::default(),
            over: Condvar::new(),
        });
        let (own, accepting) = (Arc::clone(&shared), Arc::clone(&listener));
        let acceptor = thread::Builder::new().name("call-server".to_owned()).spawn(move || accept(&accepting, &own))?;
        Ok(Self { listener, shared, acceptor: Some(acceptor) })
    }

    /// Returns what `Host` must be: the host and the port. `None` if it may be anything.
    pub fn host(&self) -> Option<String> {
        self.listener.host()
    }

    /// Returns the URI without its path: `http://127.0.0.1:40123`.
    pub fn uri(&self) -> String {
        self.listener.uri()
    }

    /// Returns the file with the certificate that a caller must trust, if there is one.
    pub fn ca_file(&self) -> Option<String> {
        self.listener.ca_file()
    }

    /// Ends the serving, and returns the requests in the order in which they came.
    pub fn finish(mut self) -> Vec<Exchange> {
        self.end();
        std::mem::take(&mut self.shared.lock().exchanges)
    }

    fn end(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.over.notify_all();
        // The acceptor waits for a connection.
        self.listener.wake();
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.acceptor.is_some() {
            self.end();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, at most until the case is over. Returns whether it is.
    fn wait(&self, time: Duration) -> bool {
        let waited = self.over.wait_timeout_while(self.lock(), time, |state| !state.is_over);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_over
    }
}

fn accept(listener: &Listener, shared: &Arc<Shared>) {
    let mut threads = Vec::new();
    loop {
        let stream = listener.accept();
        if shared.lock().is_over || threads.len() == MOST {
            break;
        }
        let Ok(stream) = stream else { continue };
        let own = Arc::clone(shared);
        // An error ends the connection, and no more: what became of the call is told by the subject.
        let serve = move || drop(Connection { stream, buffer: Vec::new(), shared: &own }.serve());
        threads.extend(thread::Builder::new().name("call-connection".to_owned()).spawn(serve));
    }
    for thread in threads {
        drop(thread.join());
    }
}

struct Connection<'s> {
    stream: Stream,
    /// The bytes that were read and belong to no request yet.
    buffer: Vec<u8>,
    shared: &'s Shared,
}

/// What became of a connection after a reply.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Request,
    End,
    /// TLS does not tell its end.
    SilentEnd,
}

impl Connection<'_> {
    fn serve(mut self) -> std::io::Result<()> {
        self.stream.set_up(TICK)?;
        let shared = self.shared;
        self.stream.begin(|| shared.wait(Duration::ZERO))?;
        let mut early = self.shared.is_early.then(|| self.reply(None)).transpose()?;
        while let Some(request) = self.request()? {
            let keeps = request.keeps_connection();
            let number = {
                let mut state = self.shared.lock();
                state.exchanges.push(Exchange { request, sent: Vec::new() });
                state.exchanges.len() - 1
            };
            let next = match early.take() {
                Some(next) => next,
                None => self.reply(Some(number))?,
            };
            match next {
                Next::SilentEnd => return self.close(true),
                Next::End => break,
                Next::Request if !keeps => break,
                Next::Request => {}
            }
        }
        self.close(false)
    }

    /// Sends the reply.
    fn reply(&mut self, number: Option<usize>) -> std::io::Result<Next> {
        let (bytes, is_kept) = match &self.shared.reply {
            Sent::Close => return Ok(Next::End),
            Sent::Hang => {
                self.stall();
                return Ok(Next::End);
            }
            Sent::Kept(bytes) => (bytes, true),
            Sent::Closed(bytes) => (bytes, false),
        };
        let plan = Plan::new(bytes, &self.shared.faults, 0);
        let mut sent = 0;
        let mut outcome = Ok(());
        for step in plan.steps() {
            match step {
                SendStep::Wait(time) if self.shared.wait(time) => break,
                SendStep::Wait(_) => {}
                SendStep::Send(range) => {
                    outcome = self.stream.write_all(&plan.bytes[range.clone()]).and_then(|()| self.stream.flush());
                    if outcome.is_err() {
                        break;
                    }
                    sent = range.end;
                }
            }
        }
        if let Some(number) = number {
            self.shared.lock().exchanges[number].sent = plan.bytes[..sent].to_vec();
        }
        outcome?;
        match plan.end {
            Some(End::Stall) => self.stall(),
            Some(End::Reset) => {
                self.stream.reset()?;
                return Err(ErrorKind::ConnectionReset.into());
            }
            Some(End::CloseUnderNextRequest) => {
                self.more()?;
                return Err(ErrorKind::ConnectionAborted.into());
            }
            Some(End::Close | End::HalfClose) => {}
            Some(End::CloseSilently) => return Ok(Next::SilentEnd),
            None if is_kept => return Ok(Next::Request),
            None => {}
        }
        Ok(Next::End)
    }

    /// Waits until the case is over.
    fn stall(&self) {
        while !self.shared.wait(TICK * 100) {}
    }

    /// Closes the sending side, and reads what still comes, so that no reset overtakes the reply.
    fn close(&mut self, is_silent: bool) -> std::io::Result<()> {
        self.stream.close(is_silent)?;
        while self.more()? {
            if self.buffer.len() > LONGEST {
                break;
            }
        }
        let extra = std::mem::take(&mut self.buffer);
        self.keep_extra(extra);
        Ok(())
    }

    /// Notes bytes that are no request, with the request before them.
    fn keep_extra(&self, bytes: Vec<u8>) {
        if let Some(last) = self.shared.lock().exchanges.last_mut() {
            last.request.extra.extend(bytes);
        }
    }

    /// Reads more bytes. Returns `false` at the end of the connection or of the case.
    fn more(&mut self) -> std::io::Result<bool> {
        loop {
            match self.read()? {
                Some(count) => return Ok(count > 0),
                None if self.shared.wait(Duration::ZERO) => return Ok(false),
                None => {}
            }
        }
    }

    /// Reads for a tick. Returns the number of bytes, or `None` if none came.
    fn read(&mut self) -> std::io::Result<Option<usize>> {
        let mut bytes = [0; 1 << 16];
        match self.stream.read(&mut bytes) {
            Ok(count) => {
                self.buffer.extend_from_slice(&bytes[..count]);
                Ok(Some(count))
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads a request. Returns `None` if the connection or the case ends before one begins.
    fn request(&mut self) -> std::io::Result<Option<Request>> {
        let head = loop {
            if let Some(head) = Request::head_end(&self.buffer) {
                break head;
            }
            // What does not look like a request belongs to the one before.
            let is_end = self.buffer.len() > LONGEST || !self.more()?;
            if is_end {
                if self.buffer.is_empty() {
                    return Ok(None);
                }
                break self.buffer.len();
            }
        };
        let mut request = Request { bytes: self.buffer[..head].to_vec(), head, ..Request::default() };
        self.buffer.drain(..head);
        if !request.bytes.first().is_some_and(u8::is_ascii_alphabetic) {
            self.keep_extra(request.bytes);
            return self.request();
        }
        if request.expects_continue() {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            self.stream.flush()?;
        }
        let taken = match request.framing() {
            Framing::Length(length) => {
                self.until(|buffer| buffer.len() >= length)?;
                self.buffer.len().min(length)
            }
            Framing::Chunked => {
                self.until(|buffer| dechunked(buffer).is_some())?;
                dechunked(&self.buffer).map_or(self.buffer.len(), |(_, range)| range.end)
            }
            Framing::Unknown => {
                self.until(|_| false)?;
                self.buffer.len()
            }
        };
        let raw: Vec<u8> = self.buffer.drain(..taken).collect();
        request.body = match request.framing() {
            Framing::Chunked => dechunked(&raw).map_or_else(|| raw.clone(), |(body, _)| body),
            _ => raw.clone(),
        };
        request.bytes.extend(raw);
        Ok(Some(request))
    }

    /// Reads until something holds, or nothing has come for a while.
    fn until(&mut self, holds: impl Fn(&[u8]) -> bool) -> std::io::Result<()> {
        let mut last = Instant::now();
        while !holds(&self.buffer) && self.buffer.len() <= LONGEST && last.elapsed() < PATIENCE {
            match self.read()? {
                Some(0) => break,
                Some(_) => last = Instant::now(),
                None if self.shared.wait(Duration::ZERO) => break,
                None => {}
            }
        }
        Ok(())
    }
}
