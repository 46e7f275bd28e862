//! Changes of the simulated host that happen beside a reply.

use std::fmt;
use std::time::Duration;

use xend_wire::datum::Datum;
use xend_wire::{sexpr, visible};

use super::matching::no_pattern;
use super::shown;
use crate::clock::Clock;
use crate::world::{Command, Detail, World};

/// A change of the simulated host, which happens right after the reply to a request was decided: the client learns of
/// it by its next request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// The guest of this domain crashes, and the domain's `on_crash` is followed.
    Crash(String),
    /// The guest of this domain powers off by itself, and the domain's `on_poweroff` is followed.
    PowerOff(String),
    /// The guest of this domain reboots by itself, and the domain's `on_reboot` is followed.
    Reboot(String),
    /// This domain is destroyed.
    Destroy(String),
    /// This domain is paused.
    Pause(String),
    /// This domain is unpaused.
    Unpause(String),
    /// A domain with this configuration, `(vm ...)`, is created.
    Create(String),
    /// The host has this much free memory, in MiB.
    FreeMemory(i64),
    /// The clock of the simulated host moves forward.
    Advance(Duration),
}

impl Change {
    /// Checks what can be checked without the host.
    ///
    /// # Errors
    /// Returns what is wrong, for people.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Create(config) => match parsed(config)? {
                Some(_) => Ok(()),
                None => Err("the configuration of a domain is empty, expected `(vm ...)`".to_owned()),
            },
            Self::Crash(name)
            | Self::PowerOff(name)
            | Self::Reboot(name)
            | Self::Destroy(name)
            | Self::Pause(name)
            | Self::Unpause(name)
                if no_pattern(name.as_bytes(), true).is_err() =>
            {
                Err(format!("`{name}` reads like a pattern, but a change is one of one domain: write its name"))
            }
            Self::FreeMemory(memory) if *memory < 0 => Err("`free-memory` is in MiB, expected 0 or more".to_owned()),
            _ => Ok(()),
        }
    }

    /// Changes the host.
    ///
    /// # Errors
    /// Returns what stands against it, for people: mostly that there is no such domain.
    pub(crate) fn apply(&self, world: &mut World, clock: &Clock) -> Result<(), String> {
        let now = clock.now();
        let domain = |name: &String| name.as_str().into();
        let release = world.release();
        let done = match self {
            Self::Crash(name) => world.end_guest(&domain(name), b"crash", now),
            Self::PowerOff(name) => world.end_guest(&domain(name), b"poweroff", now),
            Self::Reboot(name) => world.end_guest(&domain(name), b"reboot", now),
            Self::Destroy(name) => world.perform(now, &Command::Destroy { domain: domain(name) }).map(drop),
            Self::Pause(name) => world.perform(now, &Command::Pause { domain: domain(name) }).map(drop),
            Self::Unpause(name) => world.perform(now, &Command::Unpause { domain: domain(name) }).map(drop),
            Self::Create(config) => {
                let config = parsed(config)?.ok_or("the configuration of a domain is empty")?;
                world.perform(now, &Command::Create { config, detail: Detail::Whole }).map(drop)
            }
            Self::FreeMemory(memory) => {
                world.node.free_memory = *memory;
                Ok(())
            }
            Self::Advance(by) => {
                clock.advance(*by);
                Ok(())
            }
        };
        done.map_err(|failure| visible(&failure.message(release)))
    }
}

/// Returns the first S-expression of a configuration; `None` if there is none.
fn parsed(config: &str) -> Result<Option<Datum>, String> {
    sexpr::parse(config.as_bytes())
        .and_then(|document| document.first().map(Datum::from_sexpr).transpose())
        .map_err(|error| format!("the configuration of a domain is not an S-expression: {error}"))
}

/// The change as reports show it, in the words of scenario files: `crash vm1`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, what) = match self {
            Self::Crash(name) => ("crash", name),
            Self::PowerOff(name) => ("power-off", name),
            Self::Reboot(name) => ("reboot", name),
            Self::Destroy(name) => ("destroy", name),
            Self::Pause(name) => ("pause", name),
            Self::Unpause(name) => ("unpause", name),
            Self::Create(config) => ("create", config),
            Self::FreeMemory(memory) => return write!(f, "free-memory {memory}"),
            Self::Advance(by) => return write!(f, "advance {by:?}"),
        };
        write!(f, "{word} {}", shown::text(what.as_bytes()))
    }
}
