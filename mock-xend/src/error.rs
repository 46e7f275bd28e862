//! The error type of this crate.

use std::io;
use std::path::PathBuf;

use xend_wire::{Diagnostic, Release};

use crate::address::Address;
use crate::quirk::Quirk;

/// The reason why a mock can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scenario has a mistake.
    #[error("{0}")]
    Scenario(#[from] Diagnostic),
    /// An expectation that is written in Rust has a mistake.
    #[error("{place}: {message}")]
    Expectation {
        /// Where the expectation is written: `FILE:LINE`.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A file can't be read or written.
    #[error("{path}: {error}")]
    File {
        /// The path of the file, preceded by the option that named it, if an option did: `--dump-world out.toml`.
        path: String,
        /// The reason that the system gives.
        #[source]
        error: io::Error,
    },
    /// The scenario is written for another release than the requested one.
    #[error("the scenario is written for release {scenario}, not for {requested}")]
    ReleaseConflict {
        /// The release that the scenario is written for.
        scenario: Release,
        /// The requested release.
        requested: Release,
    },
    /// The world belongs to another release than the requested one.
    #[error("the world belongs to release {world}, not to {requested}")]
    WorldConflict {
        /// The release that the world belongs to.
        world: Release,
        /// The requested release.
        requested: Release,
    },
    /// The mock can't listen on an address.
    #[error("can't listen on {address}: {}", why_not(.address, .error))]
    Listen {
        /// The address.
        address: Address,
        /// The reason that the system gives.
        #[source]
        error: io::Error,
    },
    /// The same address was given for two listeners.
    #[error("{0} is given twice: each listener needs its own address")]
    SameAddress(Address),
    /// A proxy was to listen where the server is that it stands before.
    #[error("{0} is where the proxy itself listens: give it another address than that of the server")]
    OwnServer(Address),
    /// A file that is not a socket stands at the path of a Unix socket. The mock leaves it alone.
    #[error("can't listen on unix:{}: a file that is not a socket is there; remove it or choose another path", .0.display())]
    NoSocket(PathBuf),
    /// A listener for the Xen-API was requested for a release that has none.
    #[error("release {0} has no xenapi face: the Xen-API came with Xen 3.0.4")]
    NoXenApi(Release),
    /// The daemon of the requested release does not have the requested quirk.
    #[error("release {release} has no quirk {quirk}")]
    NoQuirk {
        /// The requested quirk.
        quirk: Quirk,
        /// The requested release.
        release: Release,
    },
    /// The faults for replies exclude each other, or apply to no reply.
    #[error("invalid faults: {0}")]
    Faults(String),
    /// A listener for S-expressions was requested with TLS, which the daemon never had.
    #[error("the daemon serves S-expressions without TLS: {0} is for xmlrpc and xenapi")]
    NoTlsForSxp(Address),
    /// Something of TLS can't be used: a certificate, a key, or TLS itself, because the crate is built without it.
    #[error("{0}")]
    Tls(String),
    /// The system refuses to start a thread or an event loop.
    #[error("can't start: {0}")]
    Start(#[source] io::Error),
}

impl Error {
    /// Returns whether something else already listens on an address that the mock was to listen on, so that another
    /// address can help.
    ///
    /// ```
    /// use mock_xend::{Address, Face, MockXend};
    ///
    /// let first = MockXend::builder().listen(Face::Sxp, Address::any_port()).start()?;
    /// let (_, taken) = first.listening()[0].clone();
    /// let second = MockXend::builder().listen(Face::Sxp, taken).start();
    /// assert!(second.is_err_and(|error| error.is_address_in_use()));
    /// # Ok::<(), mock_xend::Error>(())
    /// ```
    pub fn is_address_in_use(&self) -> bool {
        match self {
            Self::Listen { error, .. } => error.kind() == io::ErrorKind::AddrInUse,
            Self::SameAddress(_) => true,
            _ => false,
        }
    }
}

fn why_not(address: &Address, error: &io::Error) -> String {
    match (error.kind(), address) {
        (io::ErrorKind::AddrInUse, Address::Tcp(_) | Address::Tls(_)) => {
            "another program listens there; choose another address, port 0 is any that is free".to_owned()
        }
        (io::ErrorKind::AddrInUse, Address::Unix(_)) => "another program listens there; choose another path".to_owned(),
        (io::ErrorKind::InvalidInput, _) => "the path is too long for a socket".to_owned(),
        _ => error.to_string(),
    }
}
