//! What can be asked of the world.

use xend_wire::datum::Datum;

use super::activity::PowerState;
use super::scheduler::Scheduler;

/// One thing asked of the world.
///
/// A `domain` is what the caller gave to name one, as the daemon's code sees it: a string or a number. The S-expression
/// face looks the name in the path up first and then gives the number, so its messages have the number (protocol
/// reference §6.3); of a domain that is defined but not active that number is `None`.
///
/// A value that is a [`Datum`] is what the caller gave, whatever its type: what Python makes of it is the world's affair.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// The id of a domain (`None` of one that is not active) and its name.
    Find {
        /// The domain.
        domain: Datum,
    },
    /// The pairs that describe the host.
    NodeInfo {
        /// Whether the layout of processors and memory is among them, from 4.1 on.
        with_topology: bool,
    },
    /// The console ring of the hypervisor.
    Messages,
    /// Empty the console ring of the hypervisor. The answer is what was in it.
    ClearMessages,
    /// The daemon's log file.
    Log,
    /// Have the hypervisor act on a debug key.
    DebugKeys {
        /// The keys.
        keys: Vec<u8>,
    },
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
    /// A new domain, left paused.
    Create {
        /// `(vm ...)`.
        config: Datum,
        /// How much of its record is the answer.
        detail: Detail,
    },
    /// Define a domain that the daemon keeps, without starting it (from 3.1 on).
    New {
        /// `(vm ...)`.
        config: Datum,
    },
    /// Start a defined domain.
    Start {
        /// The domain.
        domain: Datum,
        /// Whether it is left paused.
        paused: bool,
    },
    /// Forget a defined domain.
    Delete {
        /// The domain.
        domain: Datum,
    },
    /// Keep the image of a defined domain in the daemon's own folder and stop it.
    Suspend {
        /// The domain.
        domain: Datum,
    },
    /// Let a suspended domain go on.
    Resume {
        /// The domain.
        domain: Datum,
        /// Whether it is left paused.
        paused: bool,
    },
    /// Stop it where it is. The answer is the number of the state before.
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
    /// End it at once and start it anew (from 3.3 on).
    Reset {
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
    /// How often it was restarted, as text.
    RestartCount {
        /// The domain.
        domain: Datum,
    },
    /// Whether a client marked it as paused (4.1).
    PauseFlag {
        /// The domain.
        domain: Datum,
    },
    /// Mark it as paused, or not.
    SetPauseFlag {
        /// The domain.
        domain: Datum,
        /// Whether the domain is marked as paused from now on.
        flag: bool,
    },
    /// Send its system a magic key.
    SysRq {
        /// The domain.
        domain: Datum,
        /// A character, or the code of one.
        key: Datum,
    },
    /// Send it an event: `nmi`, `reset`, `init`, `power`, `sleep`, `s3resume` (from 3.1 on).
    Trigger {
        /// The domain.
        domain: Datum,
        /// The event.
        trigger: Vec<u8>,
    },
    /// Write its memory to a file and end it.
    Save {
        /// The domain.
        domain: Datum,
        /// The file.
        path: Vec<u8>,
        /// Whether it goes on afterwards.
        checkpoint: bool,
    },
    /// Make a domain from such a file.
    Restore {
        /// The file.
        path: Vec<u8>,
        /// Whether it is left paused.
        paused: bool,
        /// How much of its record is the answer.
        detail: Detail,
    },
    /// Move it to another host.
    Migrate {
        /// The domain.
        domain: Datum,
        /// The host.
        destination: Datum,
        /// The port; 0 is the usual one.
        port: Datum,
    },
    /// Write a core of it to a file.
    Dump {
        /// The domain.
        domain: Datum,
        /// The file; without one, a file in the daemon's folder for dumps.
        path: Option<Vec<u8>>,
        /// Whether the domain ends afterwards.
        crash: bool,
        /// Whether it starts anew afterwards.
        reset: bool,
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
    /// How much memory holds its shadow page tables, in MiB.
    ShadowMemory {
        /// The domain.
        domain: Datum,
    },
    /// Set how much memory holds the shadow page tables of a domain, in MiB.
    SetShadowMemory {
        /// The domain.
        domain: Datum,
        /// MiB.
        memory: Datum,
    },
    /// What its virtual CPUs do.
    Vcpus {
        /// The domain.
        domain: Datum,
    },
    /// How many virtual CPUs it may use.
    SetVcpus {
        /// The domain.
        domain: Datum,
        /// How many.
        vcpus: Datum,
    },
    /// On which CPUs a virtual one may run.
    Pin {
        /// The domain.
        domain: Datum,
        /// The virtual CPU; from 3.0.3 on also `all`.
        vcpu: Datum,
        /// The CPUs: a list of numbers up to 3.4, numbers with commas between from 4.0 on.
        cpus: Datum,
    },
    /// Parameters of a scheduler, in the form that the release gives them.
    Scheduling {
        /// The domain.
        domain: Datum,
        /// Which one.
        scheduler: Scheduler,
    },
    /// Set the parameters of a scheduler, in the order in which the daemon's methods take them.
    SetScheduling {
        /// The domain.
        domain: Datum,
        /// Which one.
        scheduler: Scheduler,
        /// The values.
        values: Vec<Datum>,
    },
    /// Let it use I/O ports of the host, or no longer.
    SetIoPorts {
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
    /// The class of a block device: `vbd`, `tap` (from 3.2 on).
    BlockDeviceClass {
        /// The domain.
        domain: Datum,
        /// Its number or name.
        device: Vec<u8>,
    },
    /// Plug a device in.
    CreateDevice {
        /// The domain.
        domain: Datum,
        /// `(vif (mac M) ...)`.
        config: Datum,
    },
    /// Give a device another configuration.
    ConfigureDevice {
        /// The domain.
        domain: Datum,
        /// `(vbd (uname U) ...)`.
        config: Datum,
        /// Its number or name.
        device: Datum,
    },
    /// Pull a device out.
    DestroyDevice {
        /// The domain.
        domain: Datum,
        /// `vif`, `vbd`.
        class: Vec<u8>,
        /// Its number or name.
        device: Vec<u8>,
        /// Whether the domain's configuration forgets it as well (from 3.3 on).
        forget: bool,
    },
}

impl Command {
    /// Whether the daemon looks for a domain, or at all of them, to do it.
    pub(super) fn looks_for_domains(&self) -> bool {
        let of_host = matches!(
            self,
            Self::NodeInfo { .. } | Self::Messages | Self::ClearMessages | Self::Log | Self::DebugKeys { .. }
        );
        !of_host && !matches!(self, Self::New { .. })
    }
}

/// Which parts of a record are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All of it, as the S-expression face shows it.
    Whole,
    /// Without `vcpu_avail`, as XML-RPC shows it when asked for all (`XMLRPCServer.py`, `fixup_sxpr`).
    WithoutAvailability,
    /// Without `vcpu_avail` and, from 3.1 on, without devices: what XML-RPC shows if not asked for more.
    WithoutDevices,
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
    /// Those in one state.
    Only(PowerState),
    /// None: a word that the daemon does not know.
    None,
}

impl States {
    /// The states of a word, upper or lower case (protocol reference §3.2).
    pub fn from_word(word: &[u8]) -> Self {
        match word.to_ascii_lowercase().as_slice() {
            b"all" => Self::All,
            word => {
                let named = |state: &PowerState| state.as_str().as_bytes().eq_ignore_ascii_case(word);
                PowerState::ALL.into_iter().find(named).map_or(Self::None, Self::Only)
            }
        }
    }
}
