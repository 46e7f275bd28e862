//! Bound sockets and the connections that they accept.

use std::fs::{self, FileType, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdUnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use xend_wire::operation::Face;

use super::Security;
use super::daemon::PORT_WITHOUT_TCP;
use super::reset::{self, HoldingBack};
use crate::address::Address;
use crate::error::Error;
use crate::fault::{Fault, Faults, Refusal};
use crate::http::{Closing, Listener, Serves};
use crate::line::Order;
use crate::removed_on_drop::RemovedOnDrop;

/// How long accepting pauses when the system has run out of descriptors or memory.
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// A bound socket. The file of a Unix socket is removed when the value is dropped, unless another file has taken its
/// place.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) face: Face,
    /// The address, with the port that the system assigned.
    pub(crate) address: Address,
    socket: Socket,
    file: Option<RemovedOnDrop>,
    /// The permissions of the file of a Unix socket.
    mode: Option<u32>,
    /// What a listener with TLS needs for it.
    pub(super) security: Option<Arc<Security>>,
}

/// A socket that listens, but is not registered with a runtime yet.
#[derive(Debug)]
pub(crate) enum Socket {
    Tcp(std::net::TcpListener),
    Unix(StdUnixListener),
}

/// A socket that is registered with the runtime.
pub(crate) enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A stream that was accepted.
pub(crate) enum Accepted {
    Tcp(TcpStream),
    Unix(tokio::net::UnixStream),
}

impl Bound {
    /// Binds a socket. The file of a Unix socket that nobody listens on any more is replaced; its folder must exist.
    /// `mode` are the permissions of that file, if they are not those that the system gives.
    pub(crate) fn bind(face: Face, address: &Address, mode: Option<u32>) -> Result<Self, Error> {
        let (address, socket, file) = bind_socket(address, mode)?;
        Ok(Self { face, address, socket, file, mode, security: None })
    }

    /// Accepts connections for ever, except while the line says to refuse them. Must be called inside a Tokio runtime.
    pub(crate) async fn accept<T: Serves>(
        mut self,
        server: Arc<T>,
        mut orders: mpsc::Receiver<Order>,
    ) -> io::Result<()> {
        let port = match &self.address {
            Address::Tcp(address) | Address::Tls(address) => address.port(),
            Address::Unix(_) | Address::AnyUnix => PORT_WITHOUT_TCP,
        };
        let listener = Listener { face: self.face, port, handshake: None };
        let serves_one = server.serves_one(self.face);
        let mut everywhere = server.line().watch();
        // Faults that refuse connections for a time do so once.
        let mut is_refusal_over = false;
        // The connection that is served before another one is accepted.
        let mut busy = JoinSet::new();
        loop {
            let Self { face, address, socket, file, mode, security } = self;
            let mut refusal = refusal_in(&everywhere.borrow_and_update()).filter(|_| !is_refusal_over);
            // Dropped when the socket is closed.
            let mut ordered = None;
            if refusal.is_some() {
                drop(socket);
            } else {
                let socket = Accepting::new(socket)?;
                while refusal.is_none() {
                    tokio::select! {
                        accepted = socket.accept(), if busy.is_empty() => match accepted {
                            Ok(stream) => {
                                let among = serves_one.then_some(&mut busy);
                                stream.serve(&server, &listener, security.as_ref(), among);
                            }
                            Err(_) => tokio::time::sleep(PAUSE).await,
                        },
                        Some(order) = orders.recv() => {
                            refusal = Some(order.refusal);
                            ordered = Some(order.closed);
                        }
                        Ok(()) = everywhere.changed() => refusal = refusal_in(&everywhere.borrow_and_update()),
                        Some(_) = busy.join_next(), if !busy.is_empty() => {}
                    }
                }
            }
            drop(ordered);
            match refusal {
                Some(Refusal::For(time)) => tokio::time::sleep(time).await,
                // Only other faults end it.
                _ => drop(everywhere.changed().await),
            }
            is_refusal_over = matches!(refusal, Some(Refusal::For(_)));
            // The file of the old socket makes room for that of the new one.
            drop(file);
            self = loop {
                match Self::bind(face, &address, mode) {
                    Ok(bound) => break Self { security, ..bound },
                    Err(_) => tokio::time::sleep(PAUSE).await,
                }
            };
        }
    }
}

/// Binds a socket, and returns its address with the port that the system assigned, and the file of a Unix socket.
pub(crate) fn bind_socket(
    address: &Address,
    mode: Option<u32>,
) -> Result<(Address, Socket, Option<RemovedOnDrop>), Error> {
    let failed = |error| Error::Listen { address: address.clone(), error };
    let bound = match address {
        Address::Tcp(wanted) | Address::Tls(wanted) => {
            let socket = std::net::TcpListener::bind(wanted).map_err(failed)?;
            let given = socket.local_addr().map_err(failed)?;
            let has_tls = matches!(address, Address::Tls(_));
            (if has_tls { Address::Tls(given) } else { Address::Tcp(given) }, Socket::Tcp(socket), None)
        }
        Address::Unix(path) => {
            if file_type(path).is_some_and(|file| !file.is_socket()) {
                return Err(Error::NoSocket(path.clone()));
            }
            let socket = bind_unix(path).map_err(failed)?;
            let file = RemovedOnDrop::at(path).map_err(failed)?;
            if let Some(mode) = mode {
                fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed)?;
            }
            (address.clone(), Socket::Unix(socket), Some(file))
        }
        // The builder gives each of these a path before.
        Address::AnyUnix => return Err(failed(io::ErrorKind::InvalidInput.into())),
    };
    Ok(bound)
}

/// Returns for how long faults make all listeners refuse connections.
fn refusal_in(faults: &Faults) -> Option<Refusal> {
    faults.iter().find_map(|fault| if let Fault::Refuse(refusal) = fault { Some(*refusal) } else { None })
}

impl Accepting {
    /// Registers a socket with the Tokio runtime in which this is called.
    pub(crate) fn new(socket: Socket) -> io::Result<Self> {
        Ok(match socket {
            Socket::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                Self::Tcp(TcpListener::from_std(socket)?)
            }
            Socket::Unix(socket) => {
                socket.set_nonblocking(true)?;
                Self::Unix(UnixListener::from_std(socket)?)
            }
        })
    }

    /// Accepts the next connection.
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        Ok(match self {
            Self::Tcp(socket) => {
                let (stream, _) = socket.accept().await?;
                // A failure means that the stream is closed already, and then the option does not matter.
                let _ = stream.set_nodelay(true);
                Accepted::Tcp(stream)
            }
            Self::Unix(socket) => Accepted::Unix(socket.accept().await?.0),
        })
    }
}

impl Accepted {
    /// Serves the connection on a task of its own, which is among the given ones if there are any.
    fn serve<T: Serves>(
        self,
        server: &Arc<T>,
        listener: &Listener,
        security: Option<&Arc<Security>>,
        among: Option<&mut JoinSet<()>>,
    ) {
        let (server, listener) = (Arc::clone(server), listener.clone());
        match (self, security.cloned()) {
            (Self::Tcp(stream), Some(security)) => {
                spawn(async move { security.serve(stream, server, listener).await }, among);
            }
            (Self::Tcp(stream), None) => spawn(server.serve(stream, listener, Closing::plain(reset::tcp)), among),
            (Self::Unix(stream), _) if server.resets() => {
                let stream = HoldingBack::new(stream);
                spawn(server.serve(stream, listener, Closing::plain(drop)), among);
            }
            (Self::Unix(stream), _) => spawn(server.serve(stream, listener, Closing::plain(drop)), among),
        }
    }
}

fn spawn(serving: impl Future<Output = ()> + Send + 'static, among: Option<&mut JoinSet<()>>) {
    match among {
        Some(tasks) => drop(tasks.spawn(serving)),
        None => drop(tokio::spawn(serving)),
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
