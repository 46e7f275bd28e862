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
}

/// How long a server is given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// For a whole reply.
    pub(super) reply: Duration,
    /// For a close behind it, or for another reply to a request that was pipelined.
    pub(super) end: Duration,
}

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
        match self {
            Self::Uri(Uri { address: Address::Tcp { host, port }, .. }) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                Ok(talk(stream, request, half_close, patience).await)
            }
            Self::Uri(Uri { address: Address::Unix(path), .. }) => {
                let stream = UnixStream::connect(path).await?;
                Ok(talk(stream, request, half_close, patience).await)
            }
            Self::Memory(daemon, face) => {
                let (near, far) = duplex(1 << 16);
                let serving = tokio::spawn(daemon.serve(far, *face));
                let observed = talk(near, request, half_close, patience).await;
                serving.abort();
                Ok(observed)
            }
        }
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &[u8],
    half_close: bool,
    patience: Patience,
) -> Observed {
    let (mut read, mut write) = tokio::io::split(stream);
    let receive = async {
        let mut bytes = Vec::new();
        let mut deadline = Instant::now() + patience.reply;
        let end = loop {
            match timeout_at(deadline, read.read_buf(&mut bytes)).await {
                Ok(Ok(0)) => break End::Closed,
                Ok(Ok(_)) if is_complete(&bytes) => deadline = Instant::now() + patience.end,
                Ok(Ok(_)) => {}
                Ok(Err(_)) => break End::Reset,
                Err(_) if bytes.is_empty() => break End::Silent,
                Err(_) => break End::Open,
            }
        };
        Observed { bytes, end }
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

/// Whether a reply is all there, going by its length. One without a length ends with the connection.
fn is_complete(bytes: &[u8]) -> bool {
    let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let length = bytes[..head].split(|&byte| byte == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(line.iter().position(|&byte| byte == b':')?)?;
        let is_length = name.eq_ignore_ascii_case(b"content-length");
        is_length.then(|| str::from_utf8(value[1..].trim_ascii()).ok()?.parse::<usize>().ok())?
    });
    length.is_some_and(|length| bytes.len() >= head + 4 + length)
}
