//! Servers under test, and the exchange of a request and a reply with them.

use std::fmt;
use std::time::Duration;

use mock_xend::Daemon;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout_at};
use xend_client::{Address, Uri};
use xend_wire::operation::Face;

use super::{End, Exchange};

/// One address of a server under test.
#[derive(Clone, Debug)]
pub enum Server {
    /// An address of TCP or a Unix socket.
    Uri(Uri),
    /// A mock in the same process, with the face to be asked over a stream in memory.
    Memory(Daemon, Face),
}

/// The addresses by which one server under test can be reached, on different faces and transports.
#[derive(Clone, Debug, Default)]
pub struct Servers(pub Vec<Server>);

impl Servers {
    /// Returns the address for an exchange: one of the exchange's face, and of its transport if there is such an
    /// address.
    pub(super) fn find(&self, exchange: &Exchange) -> Option<&Server> {
        let mut of_face = self.0.iter().filter(|server| server.face() == exchange.face);
        let is_alike = |server: &&Server| match server {
            Server::Uri(uri) => matches!(uri.address, Address::Unix(_)) == exchange.is_unix,
            Server::Memory(..) => true,
        };
        of_face.clone().find(is_alike).or_else(|| of_face.next())
    }
}

/// What a server sent for a request.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) bytes: Vec<u8>,
    pub(super) end: End,
    /// Why reading was stopped although more data was coming.
    pub(super) overrun: Option<String>,
}

/// How long a server may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeouts {
    /// The time for a whole reply, including the connection.
    pub(super) reply: Duration,
    /// The time after the reply for the server to close the connection, or to send another reply to a pipelined
    /// request.
    pub(super) after_reply: Duration,
}

/// How long an exchange may take in all, even if data is still coming after the first reply.
const MAX_DURATION: Duration = Duration::from_secs(10);

/// The number of bytes at which reading is stopped. The longest reply of the daemon has about 100 KB.
const MAX_BYTES: usize = 16 << 20;

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(uri) => uri.fmt(f),
            Self::Memory(_, face) => write!(f, "{face} in memory"),
        }
    }
}

impl Server {
    fn face(&self) -> Face {
        match self {
            Self::Uri(uri) => uri.face,
            Self::Memory(_, face) => *face,
        }
    }

    /// Sends a request on a new connection, and reads the reply until the connection ends or the time is over.
    pub(super) async fn exchange(
        &self,
        request: &[u8],
        half_close: bool,
        timeouts: Timeouts,
    ) -> std::io::Result<Observed> {
        let begin = Instant::now();
        match self {
            Self::Uri(Uri { address: Address::Tcp { host, port }, .. }) => {
                let stream = connected(begin, timeouts, TcpStream::connect((host.as_str(), *port))).await?;
                Ok(talk(stream, request, half_close, begin, timeouts).await)
            }
            Self::Uri(Uri { address: Address::Tls { .. }, .. }) => {
                let why = "exchanges are asked over TCP and Unix sockets, not over TLS";
                Err(std::io::Error::new(std::io::ErrorKind::Unsupported, why))
            }
            Self::Uri(Uri { address: Address::Unix(path), .. }) => {
                let stream = connected(begin, timeouts, UnixStream::connect(path)).await?;
                Ok(talk(stream, request, half_close, begin, timeouts).await)
            }
            Self::Memory(daemon, face) => {
                let (near, far) = duplex(1 << 16);
                let serving = tokio::spawn(daemon.serve(far, *face));
                let observed = talk(near, request, half_close, begin, timeouts).await;
                serving.abort();
                Ok(observed)
            }
        }
    }
}

async fn connected<S>(
    begin: Instant,
    timeouts: Timeouts,
    connecting: impl Future<Output = std::io::Result<S>>,
) -> std::io::Result<S> {
    let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "no connection in time");
    timeout_at(begin + timeouts.reply, connecting).await.unwrap_or_else(|_| Err(late()))
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
    half_close: bool,
    begin: Instant,
    timeouts: Timeouts,
) -> Observed {
    let (mut read, mut write) = tokio::io::split(stream);
    let receive = async {
        let mut reply = Reply::default();
        let mut deadline = begin + timeouts.reply;
        let end = loop {
            match timeout_at(deadline.min(begin + MAX_DURATION), read.read_buf(&mut reply.bytes)).await {
                Ok(Ok(0)) => break End::Closed,
                Ok(Ok(_)) if reply.bytes.len() > MAX_BYTES => {
                    let overrun = Some(format!("the server sent more than {} MiB", MAX_BYTES >> 20));
                    return Observed { bytes: reply.bytes, end: End::Open, overrun };
                }
                Ok(Ok(_)) if reply.is_complete() => deadline = Instant::now() + timeouts.after_reply,
                Ok(Ok(_)) => {}
                Ok(Err(_)) => break End::Reset,
                Err(_) if reply.bytes.is_empty() => break End::Silent,
                Err(_) if deadline > begin + MAX_DURATION => {
                    let overrun = Some(format!("data was still coming after {} s", MAX_DURATION.as_secs()));
                    return Observed { bytes: reply.bytes, end: End::Open, overrun };
                }
                Err(_) => break End::Open,
            }
        };
        Observed { bytes: reply.bytes, end, overrun: None }
    };
    let send = async {
        // A server may close the connection before it has read the whole request; its reply still counts.
        let _ = write.write_all(request).await;
        if half_close {
            let _ = write.shutdown().await;
        }
        // The sending half must stay alive, or the connection would be closed.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        observed = receive => observed,
        () = send => unreachable!("it never ends"),
    }
}

/// The part of a reply that has been received. Each byte of its head is examined once, however the reply is cut into
/// pieces.
#[derive(Default)]
struct Reply {
    bytes: Vec<u8>,
    /// The number of bytes that have been searched for the end of the head.
    searched: usize,
    /// The length of the whole reply, once the head has been received. The inner value is `None` if the head gives no
    /// length.
    length: Option<Option<usize>>,
}

impl Reply {
    /// Returns whether the whole reply has been received, according to its `Content-length`. A reply without a length
    /// is never complete: it ends with the connection.
    fn is_complete(&mut self) -> bool {
        if self.length.is_none() {
            let from = self.searched.saturating_sub(3);
            self.searched = self.bytes.len();
            let Some(head) = memchr::memmem::find(&self.bytes[from..], b"\r\n\r\n").map(|at| from + at) else {
                return false;
            };
            self.length = Some(content_length(&self.bytes[..head]).and_then(|length| length.checked_add(head + 4)));
        }
        self.length.flatten().is_some_and(|length| self.bytes.len() >= length)
    }
}

fn content_length(head: &[u8]) -> Option<usize> {
    head.split(|&byte| byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
        let is_length = name.eq_ignore_ascii_case(b"content-length");
        is_length.then(|| str::from_utf8(value[1..].trim_ascii()).ok()?.parse::<usize>().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts =
        Timeouts { reply: Duration::from_millis(1_500), after_reply: Duration::from_millis(150) };

    /// Exchanges a request with a server that sends a complete reply and then a piece of data again and again, on
    /// virtual time.
    fn behind_a_reply(piece: &'static [u8], pause: Duration) -> (Observed, Duration) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let (near, mut far) = duplex(1 << 16);
            tokio::spawn(async move {
                let mut said = far.write_all(b"HTTP/1.0 200 OK\r\nContent-length: 2\r\n\r\nok").await;
                while said.is_ok() {
                    tokio::time::sleep(pause).await;
                    said = far.write_all(piece).await;
                }
            });
            let begin = Instant::now();
            (talk(near, b"GET /", false, begin, TIMEOUTS).await, begin.elapsed())
        })
    }

    #[test]
    fn a_server_that_drips_behind_its_reply_ends_in_time() {
        let (observed, took) = behind_a_reply(b"x", Duration::from_millis(50));
        assert_eq!(observed.overrun.as_deref(), Some("data was still coming after 10 s"));
        assert_eq!(took.as_secs(), MAX_DURATION.as_secs());
    }

    #[test]
    fn a_server_that_floods_is_stopped() {
        let (observed, _) = behind_a_reply(&[b'x'; 1 << 16], Duration::ZERO);
        assert_eq!(observed.overrun.as_deref(), Some("the server sent more than 16 MiB"));
        assert!(observed.bytes.len() <= 2 * MAX_BYTES);
    }

    #[test]
    fn connecting_has_a_deadline() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let connected = runtime.expect("a runtime").block_on(async {
            let never = std::future::pending::<std::io::Result<()>>();
            connected(Instant::now(), TIMEOUTS, never).await
        });
        assert_eq!(connected.expect_err("it takes too long").to_string(), "no connection in time");
    }

    #[test]
    fn a_reply_is_complete_however_it_is_cut() {
        let whole = b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        for size in 1..whole.len() {
            let mut reply = Reply::default();
            let complete: Vec<_> = whole
                .chunks(size)
                .map(|piece| {
                    reply.bytes.extend_from_slice(piece);
                    reply.is_complete()
                })
                .collect();
            assert_eq!(complete.iter().position(|it| *it), Some(complete.len() - 1), "{size}");
        }
    }
}
