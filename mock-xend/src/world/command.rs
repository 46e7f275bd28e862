//! What can be asked of the world.

use xend_wire::datum::Datum;

use super::Detail;

/// One thing asked of the world.
///
/// A `domain` is what the caller gave to name one, as the daemon's code sees it: a string or a number. The S-expression
/// face looks the name in the path up first and then gives the number, so its messages have the number (protocol
/// reference §6.3).
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// The id of a domain.
    Find {
        /// The domain.
        domain: Datum,
    },
    /// The pairs that describe the host.
    NodeInfo,
    /// The console ring of the hypervisor.
    Messages,
    /// The same, emptied afterwards.
    ClearMessages,
    /// The daemon's log file.
    Log,
    /// Names of domains, sorted.
    Names(States),
    /// Records of domains.
    Records {
        /// Which of them.
        states: States,
        /// How much of each.
        detail: Detail,
        /// In which order.
        order: Order,
    },
    /// The record of one domain.
    Record {
        /// The domain.
        domain: Datum,
        /// How much of it.
        detail: Detail,
    },
    /// What its virtual CPUs do.
    Vcpus {
        /// The domain.
        domain: Datum,
    },
    /// A new domain, left paused.
    Create {
        /// `(vm ...)`.
        config: Datum,
        /// How much of its record is the answer.
        detail: Detail,
    },
    /// Stop it where it is.
    Pause {
        /// The domain.
        domain: Datum,
    },
    /// Let it go on.
    Unpause {
        /// The domain.
        domain: Datum,
    },
    /// Ask its system to end.
    Shutdown {
        /// The domain.
        domain: Datum,
        /// `poweroff`, `reboot`, `suspend`, `crash` or `halt`.
        reason: Vec<u8>,
    },
    /// End it at once.
    Destroy {
        /// The domain.
        domain: Datum,
    },
    /// Give it another name.
    Rename {
        /// The domain.
        domain: Datum,
        /// The name.
        name: Vec<u8>,
    },
    /// How much memory it shall have.
    SetMemoryTarget {
        /// The domain.
        domain: Datum,
        /// MiB.
        target: Datum,
    },
    /// How much memory it may have.
    SetMaxMemory {
        /// The domain.
        domain: Datum,
        /// MiB.
        memory: Datum,
    },
    /// How many virtual CPUs it may use.
    SetVcpus {
        /// The domain.
        domain: Datum,
        /// How many.
        vcpus: Datum,
    },
    /// Send its system a magic key.
    SysRq {
        /// The domain.
        domain: Datum,
    },
    /// Wait until its devices are there, which they are.
    WaitForDevices {
        /// The domain.
        domain: Datum,
    },
    /// What the store holds of its devices of a class.
    Devices {
        /// The domain.
        domain: Datum,
        /// `vif`, `vbd`.
        class: Vec<u8>,
    },
    /// Plug a device in.
    CreateDevice {
        /// The domain.
        domain: Datum,
        /// `(vif (mac M) ...)`.
        config: Datum,
    },
    /// Pull a device out.
    DestroyDevice {
        /// The domain.
        domain: Datum,
        /// `vif`, `vbd`.
        class: Vec<u8>,
        /// Its number or name.
        device: Vec<u8>,
    },
}

/// In which order a list of records comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By id, which is what the daemon's table gives (`SrvDomainDir.py`).
    ById,
    /// By name (`XendDomain.list_sorted`).
    ByName,
}

/// Which domains a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// What the release lists if nothing is said: all of them up to 3.0.3, those that run from 3.1 on.
    Usual,
    /// All.
    All,
    /// Those that run.
    Running,
    /// Those that are paused.
    Paused,
    /// None: the others, or a word that the daemon does not know.
    None,
}

impl States {
    /// The states of a word, upper or lower case (protocol reference §3.2).
    pub fn from_word(word: &[u8]) -> Self {
        match word.to_ascii_lowercase().as_slice() {
            b"all" => Self::All,
            b"running" => Self::Running,
            b"paused" => Self::Paused,
            _ => Self::None,
        }
    }
}
