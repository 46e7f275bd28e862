//! The one error of this crate.

use std::io;
use std::path::PathBuf;

use xend_wire::{Diagnostic, Release};

use crate::address::Address;
use crate::quirk::Quirk;

/// Why a mock can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scenario has a mistake.
    #[error("{0}")]
    Scenario(#[from] Diagnostic),
    /// A file can't be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// The release that was asked for is not the one that the scenario was written for.
    #[error("the scenario is written for release {scenario}, not for {asked}")]
    ReleaseConflict {
        /// That of the scenario.
        scenario: Release,
        /// The other.
        asked: Release,
    },
    /// The release that was asked for is not the one that the world belongs to.
    #[error("the world is one of release {world}, not of {asked}")]
    WorldConflict {
        /// That of the world.
        world: Release,
        /// The other.
        asked: Release,
    },
    /// An address can't be listened on.
    #[error("can't listen on {address}: {}", why_not(.address, .error))]
    Listen {
        /// The address.
        address: Address,
        /// Why.
        error: io::Error,
    },
    /// An address was given twice.
    #[error("{0} is given twice: a listener needs an address of its own")]
    SameAddress(Address),
    /// What is at the path of a Unix socket is no socket, and stays.
    #[error("can't listen on unix:{}: a file that is no socket is there; remove it or take another path", .0.display())]
    NoSocket(PathBuf),
    /// The daemon of that release has no such face.
    #[error("release {0} has no xenapi face: it came with 3.0.4")]
    NoXenApi(Release),
    /// The daemon of that release does not behave so.
    #[error("release {release} has no quirk {quirk}")]
    NoQuirk {
        /// What was asked for.
        quirk: Quirk,
        /// The release.
        release: Release,
    },
    /// The system refuses a thread or an event queue.
    #[error("can't start: {0}")]
    Start(io::Error),
}

fn why_not(address: &Address, error: &io::Error) -> String {
    match (error.kind(), address) {
        (io::ErrorKind::AddrInUse, Address::Tcp(_)) => {
            "another program listens there; choose another address, port 0 is any that is free".to_owned()
        }
        (io::ErrorKind::AddrInUse, Address::Unix(_)) => "another program listens there; choose another path".to_owned(),
        (io::ErrorKind::InvalidInput, _) => "the path is too long for a socket".to_owned(),
        _ => error.to_string(),
    }
}
