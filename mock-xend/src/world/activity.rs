//! The activity of a domain, and its state in the daemon's life cycle.

use std::fmt;

/// What a domain is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The domain runs on a CPU.
    Running,
    /// The domain waits for something to do.
    Blocked,
    /// The domain is paused.
    Paused,
    /// The domain has ended and is preserved.
    ShutDown,
    /// The domain has crashed and is preserved.
    Crashed,
    /// The domain is defined, but not active.
    Halted,
    /// The domain is not active, and the daemon keeps an image of its memory.
    Suspended,
}

impl Activity {
    /// All activities.
    pub const ALL: [Self; 7] =
        [Self::Running, Self::Blocked, Self::Paused, Self::ShutDown, Self::Crashed, Self::Halted, Self::Suspended];

    /// Returns the word that world files use for the activity.
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

    /// Returns whether the domain is active, so that the hypervisor knows it.
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Halted | Self::Suspended)
    }
}

/// The state of a domain as the daemon's life cycle sees it (`XendAPIConstants.py`, protocol reference §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerState {
    /// The domain is defined and not active, or has ended and is preserved.
    Halted,
    /// The domain is paused.
    Paused,
    /// The domain is running or ready to run.
    Running,
    /// The domain is not active, and the daemon keeps an image of its memory.
    Suspended,
    /// The domain has crashed and is preserved.
    Crashed,
}

impl PowerState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Halted, Self::Paused, Self::Running, Self::Suspended, Self::Crashed];

    /// Returns the daemon's word for the state, such as `Running`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Halted => "Halted",
            Self::Paused => "Paused",
            Self::Running => "Running",
            Self::Suspended => "Suspended",
            Self::Crashed => "Crashed",
        }
    }

    /// Returns the number of the state in the field `status` of a record. Before 3.4, the daemon reports a crashed
    /// domain as one in an unknown state, which has the same number.
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
