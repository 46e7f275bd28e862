//! Servers under test, and one exchange with them.

use std::fmt;
use std::time::Duration;

use mock_xend::Daemon;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout_at};
use xend_client::{Address, Uri};
use xend_wire::operation::Face;

use super::{End, Exchange};

/// A server, at one of its addresses.
#[derive(Clone, Debug)]
pub enum Server {
    /// Behind a socket.
    Uri(Uri),
    /// In memory, on a face.
    Memory(Daemon, Face),
}

/// The addresses of one server.
#[derive(Clone, Debug, Default)]
pub struct Servers(pub Vec<Server>);

impl Servers {
    /// The address for an exchange: of its face, and by its transport if there is one.
    pub(super) fn find(&self, exchange: &Exchange) -> Option<&Server> {
        let mut of_face = self.0.iter().filter(|server| server.face() == exchange.face);
        let is_alike = |server: &&Server| match server {
            Server::Uri(uri) => matches!(uri.address, Address::Unix(_)) == exchange.is_unix,
            Server::Memory(..) => true,
        };
        of_face.clone().find(is_alike).or_else(|| of_face.next())
    }
}

/// What came back for a request.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) bytes: Vec<u8>,
    pub(super) end: End,
    /// Why no more was read, though more came.
    pub(super) overrun: Option<String>,
}

/// How long a server is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a whole reply, the connection included.
    pub(super) reply: Duration,
    /// For a close behind it, or for another reply to a request that was pipelined.
    pub(super) end: Duration,
}

/// How long an exchange may take, whatever still comes behind the first reply.
const WHOLE: Duration = Duration::from_secs(10);

/// The most that is read of what comes back, in bytes. The longest reply of the daemon has 100 KB.
const MOST: usize = 16 << 20;

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

    /// Sends a request on a connection of its own, and reads what comes.
    pub(super) async fn exchange(
        &self,
        request: &[u8],
        half_close: bool,
        patience: Patience,
    ) -> std::io::Result<Observed> {
        let begin = Instant::now();
        match self {
            Self::Uri(Uri { address: Address::Tcp { host, port }, .. }) => {
                let stream = connected(begin, patience, TcpStream::connect((host.as_str(), *port))).await?;
                Ok(talk(stream, request, half_close, begin, patience).await)
            }
            Self::Uri(Uri { address: Address::Unix(path), .. }) => {
                let stream = connected(begin, patience, UnixStream::connect(path)).await?;
                Ok(talk(stream, request, half_close, begin, patience).await)
            }
            Self::Memory(daemon, face) => {
                let (near, far) = duplex(1 << 16);
                let serving = tokio::spawn(daemon.serve(far, *face));
                let observed = talk(near, request, half_close, begin, patience).await;
                serving.abort();
                Ok(observed)
            }
        }
    }
}

async fn connected<S>(
    begin: Instant,
    patience: Patience,
    connecting: impl Future<Output = std::io::Result<S>>,
) -> std::io::Result<S> {
    let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, "no connection in time");
    timeout_at(begin + patience.reply, connecting).await.unwrap_or_else(|_| Err(late()))
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
    half_close: bool,
    begin: Instant,
    patience: Patience,
) -> Observed {
    let (mut read, mut write) = tokio::io::split(stream);
    let receive = async {
        let mut reply = Reply::default();
        let mut deadline = begin + patience.reply;
        let end = loop {
            match timeout_at(deadline.min(begin + WHOLE), read.read_buf(&mut reply.bytes)).await {
                Ok(Ok(0)) => break End::Closed,
                Ok(Ok(_)) if reply.bytes.len() > MOST => {
                    let overrun = Some(format!("more than {} MiB came", MOST >> 20));
                    return Observed { bytes: reply.bytes, end: End::Open, overrun };
                }
                Ok(Ok(_)) if reply.is_complete() => deadline = Instant::now() + patience.end,
                Ok(Ok(_)) => {}
                Ok(Err(_)) => break End::Reset,
                Err(_) if reply.bytes.is_empty() => break End::Silent,
                Err(_) if deadline > begin + WHOLE => {
                    let overrun = Some(format!("more was still coming after {} s", WHOLE.as_secs()));
                    return Observed { bytes: reply.bytes, end: End::Open, overrun };
                }
                Err(_) => break End::Open,
            }
        };
        Observed { bytes: reply.bytes, end, overrun: None }
    };
    let send = async {
        // A server that has heard enough closes; what it said counts.
        let _ = write.write_all(request).await;
        if half_close {
            let _ = write.shutdown().await;
        }
        // The other half stays, or the connection would be closed.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        observed = receive => observed,
        () = send => unreachable!("it never ends"),
    }
}

/// What has come of a reply. However it is cut into pieces, each byte of its head is looked at once.
#[derive(Default)]
struct Reply {
    bytes: Vec<u8>,
    /// How much of it has been searched for the end of the head.
    searched: usize,
    /// How long it is, once the head is there; `None` in it if the head does not say so.
    length: Option<Option<usize>>,
}

impl Reply {
    /// Whether it is all there, going by its length. One without a length ends with the connection.
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

    const PATIENCE: Patience = Patience { reply: Duration::from_millis(1_500), end: Duration::from_millis(150) };

    /// Talks to a server that sends a complete reply and then a piece again and again, on virtual time.
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
            (talk(near, b"GET /", false, begin, PATIENCE).await, begin.elapsed())
        })
    }

    #[test]
    fn a_server_that_drips_behind_its_reply_ends_in_time() {
        let (observed, took) = behind_a_reply(b"x", Duration::from_millis(50));
        assert_eq!(observed.overrun.as_deref(), Some("more was still coming after 10 s"));
        assert_eq!(took.as_secs(), WHOLE.as_secs());
    }

    #[test]
    fn a_server_that_floods_is_stopped() {
        let (observed, _) = behind_a_reply(&[b'x'; 1 << 16], Duration::ZERO);
        assert_eq!(observed.overrun.as_deref(), Some("more than 16 MiB came"));
        assert!(observed.bytes.len() <= 2 * MOST);
    }

    #[test]
    fn connecting_has_a_deadline() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let connected = runtime.expect("a runtime").block_on(async {
            let never = std::future::pending::<std::io::Result<()>>();
            connected(Instant::now(), PATIENCE, never).await
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
