//! The one error of this crate.

use std::io;

use xend_wire::{Diagnostic, Release};

use crate::{Address, Quirk};

/// Why a mock can't start.
#[derive(Debug, thiserror::Error)]
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
    #[error("can't listen on {address}: {}", why_not(.error))]
    Listen {
        /// The address.
        address: Address,
        /// Why.
        error: io::Error,
    },
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

fn why_not(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => "it is in use".to_owned(),
        io::ErrorKind::InvalidInput => "the path is too long for a socket".to_owned(),
        _ => error.to_string(),
    }
}
