//! Bound sockets and the connections that they accept.

use std::fs::FileType;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use xend_wire::operation::Face;

use super::daemon::PORT_WITHOUT_TCP;
use crate::address::Address;
use crate::error::Error;
use crate::faces;
use crate::http::Listener;
use crate::quirk::Quirk;
use crate::removed_on_drop::RemovedOnDrop;
use crate::service::Service;

/// How long accepting pauses when the system has run out of descriptors or memory.
const PAUSE: Duration = Duration::from_millis(50);

/// A bound socket. The file of a Unix socket is removed when the value is dropped, unless another file has taken its
/// place.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) face: Face,
    /// The address, with the port that the system assigned.
    pub(crate) address: Address,
    socket: Socket,
    _file: Option<RemovedOnDrop>,
}

#[derive(Debug)]
enum Socket {
    Tcp(std::net::TcpListener),
    Unix(StdUnixListener),
}

impl Bound {
    /// Binds a socket. The file of a Unix socket that nobody listens on any more is replaced; its folder must exist.
    pub(crate) fn bind(face: Face, address: &Address) -> Result<Self, Error> {
        let failed = |error| Error::Listen { address: address.clone(), error };
        let (address, socket, file) = match address {
            Address::Tcp(wanted) => {
                let socket = std::net::TcpListener::bind(wanted).map_err(failed)?;
                let given = socket.local_addr().map_err(failed)?;
                (Address::Tcp(given), Socket::Tcp(socket), None)
            }
            Address::Unix(path) => {
                if file_type(path).is_some_and(|file| !file.is_socket()) {
                    return Err(Error::NoSocket(path.clone()));
                }
                let socket = bind_unix(path).map_err(failed)?;
                let file = RemovedOnDrop::at(path).map_err(failed)?;
                (address.clone(), Socket::Unix(socket), Some(file))
            }
        };
        Ok(Self { face, address, socket, _file: file })
    }

    /// Accepts connections for ever. Must be called inside a Tokio runtime.
    pub(crate) async fn accept(self, service: Arc<Service>) -> io::Result<()> {
        match self.socket {
            Socket::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                let port = socket.local_addr()?.port();
                let socket = TcpListener::from_std(socket)?;
                let listener = Listener { face: self.face, port };
                loop {
                    let accepted = socket.accept().await.map(|(stream, _)| {
                        // A failure means that the stream is closed already, and then the option does not matter.
                        let _ = stream.set_nodelay(true);
                        stream
                    });
                    take(accepted, &service, &listener).await;
                }
            }
            Socket::Unix(socket) => {
                socket.set_nonblocking(true)?;
                let socket = UnixListener::from_std(socket)?;
                let listener = Listener { face: self.face, port: PORT_WITHOUT_TCP };
                loop {
                    let accepted = socket.accept().await.map(|(stream, _)| stream);
                    take(accepted, &service, &listener).await;
                }
            }
        }
    }
}

/// Serves an accepted connection on a task of its own, or to its end first if the mock has the quirk `one-connection`.
async fn take<S>(accepted: io::Result<S>, service: &Arc<Service>, listener: &Listener)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    match accepted {
        Ok(stream) => {
            let serving = faces::serve(stream, Arc::clone(service), listener.clone());
            if listener.face == Face::Sxp && service.has(Quirk::OneConnection) {
                serving.await;
            } else {
                tokio::spawn(serving);
            }
        }
        Err(_) => tokio::time::sleep(PAUSE).await,
    }
}

fn bind_unix(path: &Path) -> io::Result<StdUnixListener> {
    match StdUnixListener::bind(path) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_stale(path) => {
            std::fs::remove_file(path)?;
            StdUnixListener::bind(path)
        }
        bound => bound,
    }
}

/// Returns whether the path is that of a Unix socket that nobody listens on.
fn is_stale(path: &Path) -> bool {
    let is_socket = file_type(path).is_some_and(|file| file.is_socket());
    let is_refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    is_socket && UnixStream::connect(path).is_err_and(is_refused)
}

fn file_type(path: &Path) -> Option<FileType> {
    std::fs::symlink_metadata(path).ok().map(|file| file.file_type())
}
