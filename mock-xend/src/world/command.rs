//! The commands that a world performs.

use xend_wire::datum::Datum;

use super::activity::PowerState;
use super::scheduler::Scheduler;

/// A command that a world performs.
///
/// The field `domain` has the value by which the caller identifies a domain, as the daemon's code sees it: a string or
/// a number. The S-expression face looks up the name in the path first and then passes the number on, so its messages
/// show the number (protocol reference §6.3). For a domain that is defined but not active, the number is `None`.
///
/// A field of the type [`Datum`] holds what the caller gave, whatever its type; the world decides what Python would
/// make of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// Return the id of a domain (`None` if it is not active) and its name.
    Find {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Return the pairs that describe the host.
    NodeInfo {
        /// Whether the pairs include the layout of processors and memory, from 4.1 on.
        with_topology: bool,
    },
    /// Return the content of the hypervisor's console ring.
    Messages,
    /// Empty the hypervisor's console ring, and return what was in it.
    ClearMessages,
    /// Return the daemon's log file.
    Log,
    /// Send debug keys to the hypervisor.
    DebugKeys {
        /// The keys.
        keys: Vec<u8>,
    },
    /// Return the names of domains, sorted.
    Names(States),
    /// Return records of domains.
    Records {
        /// The states of the domains to list.
        states: States,
        /// The fields that each record has.
        detail: Detail,
        /// The order of the list.
        order: Order,
    },
    /// Return the record of one domain.
    Record {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The fields that the record has.
        detail: Detail,
    },
    /// Create a domain from a configuration, start it and leave it paused. The result is its record.
    Create {
        /// The configuration: `(vm ...)`.
        config: Datum,
        /// The fields that the record has.
        detail: Detail,
    },
    /// Define a domain that the daemon keeps, without starting it (from 3.1 on).
    New {
        /// The configuration: `(vm ...)`.
        config: Datum,
    },
    /// Start a defined domain.
    Start {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// Whether the domain is left paused.
        paused: bool,
    },
    /// Forget a defined domain.
    Delete {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Save the memory of a defined domain in the daemon's own folder, and stop the domain.
    Suspend {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Let a suspended domain go on.
    Resume {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// Whether the domain is left paused.
        paused: bool,
    },
    /// Pause a domain. The result is the number of its state before.
    Pause {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Let a paused domain go on.
    Unpause {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Ask the guest system of a domain to end.
    Shutdown {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The reason: `poweroff`, `reboot`, `suspend`, `crash` or `halt`.
        reason: Vec<u8>,
    },
    /// End a domain at once.
    Destroy {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// End a domain at once and start it again (from 3.3 on).
    Reset {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Give a domain another name.
    Rename {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The new name.
        name: Vec<u8>,
    },
    /// Return the number of restarts of a domain, as text.
    RestartCount {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Return whether a client marked a domain as paused (4.1).
    PauseFlag {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Mark a domain as paused, or remove the mark (4.1).
    SetPauseFlag {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// Whether the domain has the mark from now on.
        flag: bool,
    },
    /// Send a magic SysRq key to the guest system of a domain.
    SysRq {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The key: a character, or the code of one.
        key: Datum,
    },
    /// Send an event to a domain: `nmi`, `reset`, `init`, `power`, `sleep` or `s3resume` (from 3.1 on).
    Trigger {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The name of the event.
        trigger: Vec<u8>,
    },
    /// Save the memory of a domain in a file, and end the domain.
    Save {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The path of the file.
        path: Vec<u8>,
        /// Whether the domain goes on after it is saved, instead of ending.
        checkpoint: bool,
    },
    /// Create a domain from a file that `Save` wrote. The result is its record.
    Restore {
        /// The path of the file.
        path: Vec<u8>,
        /// Whether the domain is left paused.
        paused: bool,
        /// The fields that the record has.
        detail: Detail,
    },
    /// Migrate a domain to another host.
    Migrate {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The name or address of the host.
        destination: Datum,
        /// The port of the daemon there; 0 stands for the usual one.
        port: Datum,
    },
    /// Write a core dump of a domain to a file.
    Dump {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The path of the file; `None` for a file in the daemon's folder for dumps.
        path: Option<Vec<u8>>,
        /// Whether the domain is ended afterwards.
        crash: bool,
        /// Whether the domain is started again afterwards.
        reset: bool,
    },
    /// Set the memory that a domain should have.
    SetMemoryTarget {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The memory, in MiB.
        target: Datum,
    },
    /// Set the most memory that a domain may have.
    SetMaxMemory {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The memory, in MiB.
        memory: Datum,
    },
    /// Return the memory for a domain's shadow page tables, in MiB.
    ShadowMemory {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Set the memory for a domain's shadow page tables.
    SetShadowMemory {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The memory, in MiB.
        memory: Datum,
    },
    /// Return the state of a domain's virtual CPUs.
    Vcpus {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Set the number of virtual CPUs that a domain may use.
    SetVcpus {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The number of virtual CPUs.
        vcpus: Datum,
    },
    /// Set the CPUs that a virtual CPU may run on.
    Pin {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The number of the virtual CPU; from 3.0.3 on also `all`.
        vcpu: Datum,
        /// The CPUs: a list of numbers up to 3.4, and from 4.0 on a text of numbers with commas between them.
        cpus: Datum,
    },
    /// Return the parameters of a scheduler for a domain, in the form that the release returns.
    Scheduling {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The scheduler.
        scheduler: Scheduler,
    },
    /// Set the parameters of a scheduler for a domain.
    SetScheduling {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The scheduler.
        scheduler: Scheduler,
        /// The values, in the order of the parameters of the daemon's method.
        values: Vec<Datum>,
    },
    /// Permit or forbid a domain the use of I/O ports of the host.
    SetIoPorts {
        /// The first port.
        first: Datum,
        /// The last port.
        last: Datum,
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Wait until the devices of a domain are connected. In a world they always are.
    WaitForDevices {
        /// The domain, by name, id or uuid.
        domain: Datum,
    },
    /// Return what the store holds of a domain's devices of one class.
    Devices {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The class of the devices, such as `vif` or `vbd`.
        class: Vec<u8>,
    },
    /// Return the class of a block device, such as `vbd` or `tap` (from 3.2 on).
    BlockDeviceClass {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The number or the name of the device.
        device: Vec<u8>,
    },
    /// Plug a device into a domain.
    CreateDevice {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The configuration of the device: `(vif (mac M) ...)`.
        config: Datum,
    },
    /// Change the configuration of a device.
    ConfigureDevice {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The new configuration: `(vbd (uname U) ...)`.
        config: Datum,
        /// The number or the name of the device.
        device: Datum,
    },
    /// Unplug a device from a domain.
    DestroyDevice {
        /// The domain, by name, id or uuid.
        domain: Datum,
        /// The class of the device, such as `vif` or `vbd`.
        class: Vec<u8>,
        /// The number or the name of the device.
        device: Vec<u8>,
        /// Whether the device is removed from the domain's configuration as well (from 3.3 on).
        forget: bool,
    },
}

impl Command {
    /// Returns whether the daemon looks up a domain, or goes through all of them, for this command.
    pub(super) fn refreshes_domains(&self) -> bool {
        let of_host = matches!(
            self,
            Self::NodeInfo { .. } | Self::Messages | Self::ClearMessages | Self::Log | Self::DebugKeys { .. }
        );
        !of_host && !matches!(self, Self::New { .. })
    }
}

/// The fields that a record has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All fields, as the S-expression face shows them.
    Whole,
    /// All but `vcpu_avail`, as XML-RPC shows a record whose details are requested (`XMLRPCServer.py`, `fixup_sxpr`).
    WithoutAvailability,
    /// All but `vcpu_avail` and, from 3.1 on, the devices: what XML-RPC shows by default.
    WithoutDevices,
}

/// The order of a list of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// By id, the order of the daemon's table (`SrvDomainDir.py`).
    ById,
    /// By name (`XendDomain.list_sorted`).
    ByName,
}

/// The states that a list of domains covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// The states that the release lists by default: all up to 3.0.3, running domains from 3.1 on.
    Usual,
    /// All states.
    All,
    /// One state.
    Only(PowerState),
    /// No state, because the daemon does not know the word that was given.
    None,
}

impl States {
    /// Returns the states that a word stands for. Upper and lower case are the same (protocol reference §3.2).
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
