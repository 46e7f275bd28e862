//! What a domain does, and the state that the life cycle of the daemon makes of it.

use std::fmt;

/// What a domain does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It is on a CPU.
    Running,
    /// It waits for something to do.
    Blocked,
    /// It is paused.
    Paused,
    /// It has ended and is preserved.
    ShutDown,
    /// It has crashed and is preserved.
    Crashed,
    /// It is defined, and not active.
    Halted,
    /// It is not active, and its image is kept by the daemon.
    Suspended,
}

impl Activity {
    /// Every activity.
    pub const ALL: [Self; 7] =
        [Self::Running, Self::Blocked, Self::Paused, Self::ShutDown, Self::Crashed, Self::Halted, Self::Suspended];

    /// The word for it in a world file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Blocked => "blocked",
            Self::Paused => "paused",
            Self::ShutDown => "shut-down",
            Self::Crashed => "crashed",
            Self::Halted => "halted",
            Self::Suspended => "suspended",
        }
    }

    /// Whether the hypervisor knows the domain.
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Halted | Self::Suspended)
    }
}

/// The state of a domain as the daemon's life cycle sees it (`XendAPIConstants.py`, protocol reference §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerState {
    /// Defined and not active, or ended and preserved.
    Halted,
    /// Paused.
    Paused,
    /// Running or ready to.
    Running,
    /// Not active, with an image that the daemon keeps.
    Suspended,
    /// Crashed and preserved.
    Crashed,
}

impl PowerState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Halted, Self::Paused, Self::Running, Self::Suspended, Self::Crashed];

    /// The daemon's word for it: `Running`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Halted => "Halted",
            Self::Paused => "Paused",
            Self::Running => "Running",
            Self::Suspended => "Suspended",
            Self::Crashed => "Crashed",
        }
    }

    /// The number in the field `status`. Before 3.4 a crashed domain is one of an unknown state, which has the same
    /// number.
    pub fn number(self) -> i64 {
        match self {
            Self::Halted => 0,
            Self::Paused => 1,
            Self::Running => 2,
            Self::Suspended => 3,
            Self::Crashed => 5,
        }
    }
}

impl fmt::Display for PowerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
