//! The admin listener: HTTP calls by which programs look at a running mock and change it, and a page that makes them for
//! people. `docs/control.md` has the calls.
//!
//! The listener has a thread of its own, so that it answers while the mock is busy, and is served by hyper: what it says
//! need not look like the daemon.

mod answer;
mod body;
mod calls;
mod guard;
mod lines;
mod page;
mod problem;
mod simulate;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use self::answer::{Controlled, answer};
use crate::address::Address;
use crate::error::Error;
use crate::host::{Accepted, Accepting, PAUSE, Served, bind_socket};
use crate::removed_on_drop::RemovedOnDrop;
use crate::temporary_folder::TemporaryFolder;

/// An admin listener. It stops when the value is dropped.
pub(crate) struct Admin {
    address: Address,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    /// The file of a Unix socket, which is removed before its folder.
    _file: Option<RemovedOnDrop>,
    /// The folder of a temporary socket.
    _folder: Option<TemporaryFolder>,
}

impl Admin {
    /// Binds the listener and serves it. `mode` are the permissions of the file of a Unix socket, if they are
    /// not those that the system gives. The secrets of clients are redacted unless they are kept.
    pub(crate) fn start(
        address: &Address,
        mode: Option<u32>,
        keeps_secrets: bool,
        served: Served,
    ) -> Result<Self, Error> {
        let failed = |error| Error::Listen { address: address.clone(), error };
        let folder = match address {
            Address::AnyUnix => Some(TemporaryFolder::new().map_err(failed)?),
            Address::Tcp(_) | Address::Tls(_) | Address::Unix(_) => None,
        };
        let path = folder.as_ref().map(|folder| Address::Unix(folder.path().join("admin")));
        let (address, socket, file) = bind_socket(path.as_ref().unwrap_or(address), mode)?;
        let controlled = Arc::new(Controlled { served, admin: address.clone(), keeps_secrets });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
        let socket = {
            let _guard = runtime.enter();
            Accepting::new(socket).map_err(Error::Start)?
        };
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            runtime.block_on(async {
                tokio::select! {
                    // It stops whether the sender sends a message or is dropped.
                    _ = stopped => {}
                    () = accept(&socket, &controlled) => {}
                }
            });
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("admin".to_owned()).spawn(serve).map_err(Error::Start)?;
        Ok(Self { address, running: Some((stop, thread)), _file: file, _folder: folder })
    }

    /// Returns the address, with the port that the system assigned.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the URL as `XEND_ADMIN_URL` has it: `http://127.0.0.1:40123`, or `unix:PATH`.
    pub(crate) fn url(&self) -> String {
        url(&self.address)
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.running.take() {
            // Sending fails if the thread has ended already.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Parses the address of an admin listener, which must be on loopback.
pub(crate) fn loopback(text: &str) -> Result<Address, String> {
    match text.parse::<Address>().map_err(|error| error.to_string())? {
        Address::Tcp(address) if !address.ip().is_loopback() => Err(format!(
            "{} is not on loopback, and whoever reaches the admin listener can change everything: write localhost:{} \
             or unix:PATH",
            address.ip(),
            address.port()
        )),
        Address::Tls(address) => Err(format!("the admin listener is on loopback, without TLS: write {address}")),
        address => Ok(address),
    }
}

/// Returns the URL of an admin listener.
fn url(address: &Address) -> String {
    match address {
        Address::Tcp(address) => format!("http://{address}"),
        Address::Tls(_) | Address::Unix(_) | Address::AnyUnix => address.to_string(),
    }
}

/// Accepts connections for ever.
async fn accept(socket: &Accepting, controlled: &Arc<Controlled>) {
    loop {
        match socket.accept().await {
            Ok(Accepted::Tcp(stream)) => drop(tokio::spawn(serve(stream, Arc::clone(controlled)))),
            Ok(Accepted::Unix(stream)) => drop(tokio::spawn(serve(stream, Arc::clone(controlled)))),
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Send + Unpin, controlled: Arc<Controlled>) {
    let service = service_fn(|request| {
        let controlled = Arc::clone(&controlled);
        async move { Ok::<_, Infallible>(answer(&controlled, request).await) }
    });
    // A connection that breaks is the business of its client.
    let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
}
