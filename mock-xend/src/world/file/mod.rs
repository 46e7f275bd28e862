//! Worlds as TOML files.

mod image;
mod read;
mod tables;

use std::path::Path;
use std::time::Duration;

use xend_wire::{Diagnostic, Release};

use super::World;
use crate::error::Error;
use crate::text_file;
use read::Source;
use tables::WorldTable;

impl World {
    /// Parses a world file, whose format is described in `docs/worlds.md`.
    ///
    /// `name` is the name of the file that diagnostics show. `release` is the requested release; if it is `None`, the
    /// release of the file counts, and 4.1 if the file names none. Active domains for which the file gives no time have
    /// been started at `now`, the time since the Unix epoch.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use mock_xend::{Release, World};
    /// let world = World::parse("one.toml", r#"
    ///     release = "3.4"
    ///     guest-delay = 1.5                # seconds until a guest obeys; guest-obeys = false: never
    ///     missing-files = ["/nonexistent"] # all others exist
    ///     peers = ["other.example:8002"]   # hosts that take domains from this one
    ///
    ///     [node]
    ///     host = "xen.example"
    ///     total-memory = 8192              # MiB
    ///     free-memory = 4096
    ///
    ///     [[domain]]
    ///     name = "web"
    ///     state = "paused"                 # running, blocked, paused, shut-down, crashed, halted, suspended
    ///     memory = 256
    ///     vcpus = 2
    ///     image = "(linux (kernel /boot/vmlinuz) (root '/dev/sda1 ro'))"
    ///     devices = ["(vbd (uname phy:vg/web) (dev sda1) (mode w))", "(vif (bridge xenbr0))"]
    ///
    ///     [[domain]]
    ///     name = "spare"
    ///     state = "halted"                 # defined, not active
    ///     memory = 128
    /// "#, None, Duration::from_secs(1_200_000_000))?;
    /// assert_eq!(world.domains().len(), 3);
    /// assert!(World::parse("two.toml", &world.to_toml(), None, Duration::ZERO).is_ok());
    /// # Ok::<(), xend_wire::Diagnostic>(())
    /// ```
    ///
    /// # Errors
    /// Returns a diagnostic, with the place in the text, for the first value that the format does not permit or that no
    /// host can have.
    pub fn parse(name: &str, text: &str, release: Option<Release>, now: Duration) -> Result<Self, Diagnostic> {
        let table: WorldTable = toml::from_str(text).map_err(|error| {
            Diagnostic::new(name, text.as_bytes(), error.span().unwrap_or_default(), error.message().trim_end())
        })?;
        let source = Source { name, text, now };
        source.world(table, release)
    }

    /// Reads a world file; [`World::parse`] describes the parameters.
    ///
    /// # Errors
    /// Returns the errors of [`World::parse`], and an error if the file can't be read.
    pub fn from_file(path: impl AsRef<Path>, release: Option<Release>, now: Duration) -> Result<Self, Error> {
        let (name, text) = text_file::read(path.as_ref(), "a world")?;
        Ok(Self::parse(&name, &text, release, now)?)
    }

    /// Returns the world as the text of a world file, which [`parse`](Self::parse) reads back. Bytes of the log and the
    /// console ring that are not UTF-8 are lost.
    pub fn to_toml(&self) -> String {
        toml::to_string(&WorldTable::of(self)).expect("the tables of a world have nothing that TOML has not")
    }
}
