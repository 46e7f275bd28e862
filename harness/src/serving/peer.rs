//! A connection to the server, and its replies taken apart.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use crate::calling::dechunked;

/// The wait between the pieces of a request.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a server that does not close the connection after its client has may still send what nobody asked for.
const AFTERWARDS: Duration = Duration::from_millis(500);
/// The longest reply that is read.
const LONGEST: usize = 64 << 20;

/// A reply of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Whether the server closes the connection behind it.
    pub(super) closes: bool,
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoReply {
    /// There is no connection.
    Unreachable(String),
    /// The connection was closed or reset before a byte of the reply.
    Closed,
    /// Nothing more came in time.
    Late,
    /// What came is no HTTP, or breaks off.
    Broken(String),
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
        values.next()
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Peer {
    stream: TcpStream,
    /// What was read and belongs to no reply yet.
    buffer: Vec<u8>,
    deadline: Duration,
    /// Everything that was sent and received.
    pub(super) sent: Vec<u8>,
    pub(super) received: Vec<u8>,
}

impl Peer {
    pub(super) fn connect(host: &str, deadline: Duration) -> Result<Self, NoReply> {
        let failed = |error: std::io::Error| NoReply::Unreachable(error.to_string());
        let address = host.to_socket_addrs().map_err(failed)?.next();
        let address = address.ok_or_else(|| NoReply::Unreachable("the host has no address".to_owned()))?;
        let stream = TcpStream::connect_timeout(&address, deadline).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_write_timeout(Some(deadline)).map_err(failed)?;
        Ok(Self { stream, buffer: Vec::new(), deadline, sent: Vec::new(), received: Vec::new() })
    }

    /// Sends bytes in so many pieces, with a wait between them. A server may reply and close before it has read all.
    pub(super) fn send(&mut self, bytes: &[u8], pieces: usize) {
        let length = bytes.len().div_ceil(pieces).max(1);
        for (at, piece) in bytes.chunks(length).enumerate() {
            if at > 0 {
                std::thread::sleep(PAUSE);
            }
            if self.stream.write_all(piece).is_err() {
                return;
            }
            self.sent.extend(piece);
        }
    }

    /// Reads one reply.
    pub(super) fn reply(&mut self, to_head: bool) -> Result<Reply, NoReply> {
        let until = Instant::now() + self.deadline;
        loop {
            let (head, at) = self.head(until)?;
            let mut reply = Reply { head, ..Reply::default() };
            let words: Vec<_> = reply.head.lines().next().unwrap_or_default().split(' ').collect();
            let is_http = matches!(words.first(), Some(&("HTTP/1.0" | "HTTP/1.1")));
            let Some(status) = words.get(1).filter(|_| is_http).and_then(|word| word.parse().ok()) else {
                return Err(NoReply::Broken("what comes is no HTTP".to_owned()));
            };
            let is_old = words[0] == "HTTP/1.0";
            self.buffer.drain(..at);
            reply.status = status;
            if (100..200).contains(&status) {
                continue;
            }
            let connection = reply.header("connection").unwrap_or_default().to_ascii_lowercase();
            reply.closes = connection.contains("close") || is_old && !connection.contains("keep-alive");
            let chunked =
                reply.header("transfer-encoding").is_some_and(|it| it.to_ascii_lowercase().contains("chunked"));
            let length = reply.header("content-length").map(str::parse::<usize>);
            if to_head || status == 204 || status == 304 {
                return Ok(reply);
            }
            match length {
                _ if chunked => loop {
                    if let Some((body, range)) = dechunked(&self.buffer) {
                        self.buffer.drain(range);
                        reply.body = body;
                        return Ok(reply);
                    }
                    if !self.more(until)? {
                        return Err(NoReply::Broken("the chunks of the reply break off".to_owned()));
                    }
                },
                Some(Ok(length)) => {
                    while self.buffer.len() < length {
                        if !self.more(until)? {
                            let got = self.buffer.len();
                            return Err(NoReply::Broken(format!(
                                "the body breaks off: `Content-Length` is {length}, and {got} bytes came"
                            )));
                        }
                    }
                    reply.body = self.buffer.drain(..length).collect();
                    return Ok(reply);
                }
                Some(Err(_)) => return Err(NoReply::Broken("`Content-Length` is no number".to_owned())),
                None => {
                    while self.more(until)? {}
                    reply.closes = true;
                    reply.body = std::mem::take(&mut self.buffer);
                    return Ok(reply);
                }
            }
        }
    }

    /// Returns the bytes behind the last reply that have come without a request.
    pub(super) fn extra(&self) -> &[u8] {
        &self.buffer
    }

    /// Says that nothing more will be sent, and returns the bytes that come behind the last reply. Most servers close the
    /// connection then, so that nothing hangs on how fast they are.
    pub(super) fn rest(&mut self) -> &[u8] {
        let until = Instant::now() + AFTERWARDS;
        let _ = self.stream.shutdown(Shutdown::Write);
        while self.buffer.is_empty() && matches!(self.more(until), Ok(true)) {}
        &self.buffer
    }

    fn head(&mut self, until: Instant) -> Result<(String, usize), NoReply> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.buffer, b"\r\n\r\n") {
                return Ok((String::from_utf8_lossy(&self.buffer[..at]).into_owned(), at + 4));
            }
            if !self.more(until)? {
                return Err(match self.buffer.is_empty() {
                    true => NoReply::Closed,
                    false => NoReply::Broken("the head of the reply breaks off".to_owned()),
                });
            }
        }
    }

    /// Reads more. Returns whether anything came.
    fn more(&mut self, until: Instant) -> Result<bool, NoReply> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || self.buffer.len() > LONGEST {
            return Err(NoReply::Late);
        }
        let mut bytes = [0; 1 << 16];
        // A time of zero would mean for ever, and `left` is more.
        let read = self.stream.set_read_timeout(Some(left)).and_then(|()| self.stream.read(&mut bytes));
        match read {
            Ok(count) => {
                self.buffer.extend_from_slice(&bytes[..count]);
                self.received.extend_from_slice(&bytes[..count]);
                Ok(count > 0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Err(NoReply::Late),
            Err(_) => Ok(false),
        }
    }
}
