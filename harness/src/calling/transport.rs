//! The transports over which a subject calls the server of a case, and the streams that they give.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[cfg(feature = "tls")]
use super::tls::{Certificate, Encrypted};
use crate::transport::Transport;

/// How long a port is waited for, and how long until it is looked for again.
const NO_PORT: Duration = Duration::from_secs(90);
const AGAIN: Duration = Duration::from_millis(50);

/// A socket that waits for callers.
#[derive(Debug)]
pub(super) enum Listener {
    Tcp(TcpListener, SocketAddr),
    Unix {
        listener: UnixListener,
        path: PathBuf,
        /// Removed with the listener.
        _folder: TempDir,
    },
    #[cfg(feature = "tls")]
    Tls(TcpListener, SocketAddr, Certificate),
}

impl Listener {
    /// Binds a socket of the transport: a port of the loopback address, or a Unix socket in a folder of its own.
    pub(super) fn bind(transport: Transport) -> io::Result<Self> {
        let tcp = || {
            let listener = free_port()?;
            let address = listener.local_addr()?;
            io::Result::Ok((listener, address))
        };
        match transport {
            Transport::Tcp => tcp().map(|(listener, address)| Self::Tcp(listener, address)),
            Transport::Unix => {
                let folder = tempfile::tempdir()?;
                let path = folder.path().join("call");
                Ok(Self::Unix { listener: UnixListener::bind(&path)?, path, _folder: folder })
            }
            #[cfg(feature = "tls")]
            Transport::Tls => {
                let (listener, address) = tcp()?;
                Ok(Self::Tls(listener, address, Certificate::new().map_err(io::Error::other)?))
            }
            #[cfg(not(feature = "tls"))]
            Transport::Tls => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Accepts the next connection.
    pub(super) fn accept(&self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(listener, _) => Stream::Tcp(listener.accept()?.0),
            Self::Unix { listener, .. } => Stream::Unix(listener.accept()?.0),
            #[cfg(feature = "tls")]
            Self::Tls(listener, _, certificate) => Stream::Tls(Box::new(certificate.encrypt(listener.accept()?.0)?)),
        })
    }

    /// Connects once, so that whoever accepts wakes up.
    pub(super) fn wake(&self) {
        match self {
            Self::Tcp(_, address) => wake(address),
            Self::Unix { path, .. } => drop(UnixStream::connect(path)),
            #[cfg(feature = "tls")]
            Self::Tls(_, address, _) => wake(address),
        }
    }

    /// Returns what `Host` must be; `None` if it may be anything, as on a Unix socket.
    pub(super) fn host(&self) -> Option<String> {
        match self {
            Self::Tcp(_, address) => Some(address.to_string()),
            Self::Unix { .. } => None,
            #[cfg(feature = "tls")]
            Self::Tls(_, address, _) => Some(address.to_string()),
        }
    }

    /// Returns the URI without its path.
    pub(super) fn uri(&self) -> String {
        match self {
            Self::Tcp(_, address) => format!("http://{address}"),
            // The path is that of a temporary folder: a slash is the only byte of it that a URI can't have there.
            Self::Unix { path, .. } => {
                format!("http+unix://{}", path.display().to_string().replace('%', "%25").replace('/', "%2F"))
            }
            #[cfg(feature = "tls")]
            Self::Tls(_, address, _) => format!("https://{address}"),
        }
    }

    /// Returns the file with the certificate that a caller must trust.
    pub(super) fn ca_file(&self) -> Option<String> {
        match self {
            Self::Tcp(..) | Self::Unix { .. } => None,
            #[cfg(feature = "tls")]
            Self::Tls(_, _, certificate) => Some(certificate.ca_file()),
        }
    }
}

/// Binds any free port of the loopback address. The system keeps the port of a connection that was closed for a minute, so
/// after tens of thousands of cases none may be free for a while.
fn free_port() -> io::Result<TcpListener> {
    let begin = Instant::now();
    loop {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
            Err(error) if error.kind() == ErrorKind::AddrInUse && begin.elapsed() < NO_PORT => thread::sleep(AGAIN),
            bound => return bound,
        }
    }
}

/// Connects, and resets the connection, since the system keeps no port for that.
fn wake(address: &SocketAddr) {
    if let Ok(stream) = TcpStream::connect(address) {
        // Without it the port is only kept longer.
        let _ = rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
    }
}

/// A connection of a caller.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    #[cfg(feature = "tls")]
    Tls(Box<Encrypted>),
}

impl Stream {
    /// Sends small pieces at once, and lets reading return after a while.
    pub(super) fn set_up(&self, tick: Duration) -> io::Result<()> {
        if let Self::Unix(stream) = self {
            return stream.set_read_timeout(Some(tick));
        }
        let stream = self.tcp();
        stream.map_or(Ok(()), |stream| stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(tick))))
    }

    fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(stream) => Some(stream),
            Self::Unix(_) => None,
            #[cfg(feature = "tls")]
            Self::Tls(stream) => Some(stream.tcp()),
        }
    }

    /// Does what has to be done before bytes of the caller come: the handshake of TLS. `is_over` tells when to stop.
    pub(super) fn begin(&mut self, is_over: impl Fn() -> bool) -> io::Result<()> {
        #[cfg(not(feature = "tls"))]
        let _ = is_over;
        match self {
            Self::Tcp(_) | Self::Unix(_) => Ok(()),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.handshake(is_over),
        }
    }

    /// Closes the sending side. With TLS its end is told, unless it is silent.
    pub(super) fn close(&mut self, is_silent: bool) -> io::Result<()> {
        #[cfg(not(feature = "tls"))]
        let _ = is_silent;
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.close(is_silent),
        }
    }

    /// Makes the connection be reset when it is dropped. No Unix socket can be reset once its request is read.
    pub(super) fn reset(&self) -> io::Result<()> {
        // With a linger of no time the system sends a reset.
        let stream = self.tcp().ok_or(ErrorKind::Unsupported)?;
        Ok(rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?)
    }
}

impl Read for Stream {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(bytes),
            Self::Unix(stream) => stream.read(bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.read(bytes),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.flush(),
            Self::Unix(stream) => stream.flush(),
            #[cfg(feature = "tls")]
            Self::Tls(stream) => stream.flush(),
        }
    }
}
