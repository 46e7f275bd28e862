//! The description of a domain.

use std::time::Duration;

use xend_wire::sexpr::{Document, Sexpr};

use super::{Device, record, seconds};

record! {
    /// The description of a domain: `(domain (domid 1) (name vm1) ...)` (protocol reference §3.8).
    Domain, "domain", several
}

/// The state flags of a domain. The daemon writes them as six characters, each a letter of `rbpscd` or `-` (protocol
/// reference §6.1).
///
/// Several flags may be set. If none is set, the domain is ready to run but does not have a processor right now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The domain is running on a processor right now.
    pub is_running: bool,
    /// The domain is waiting for an event.
    pub is_blocked: bool,
    /// The domain was paused, for instance by [`Client::pause`](crate::Client::pause).
    pub is_paused: bool,
    /// The domain has shut down.
    pub is_shut_down: bool,
    /// The domain has crashed.
    pub is_crashed: bool,
    /// The domain is being destroyed.
    pub is_dying: bool,
}

/// The state of a domain in one word. Every face tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PowerState {
    /// The domain is defined, but not running.
    Halted,
    /// The domain is paused.
    Paused,
    /// The domain is running or ready to run.
    Running,
    /// The domain was saved by the daemon, and can be resumed.
    Suspended,
    /// The domain has crashed.
    Crashed,
    /// The domain has shut down or is being destroyed.
    Ending,
}

impl Domain {
    /// Returns the domain's name.
    pub fn name(&self) -> Option<&str> {
        self.field("name")
    }

    /// Returns the number by which the hypervisor knows the domain. A domain that is not running has none.
    pub fn domid(&self) -> Option<u32> {
        self.parsed("domid")
    }

    /// Returns the domain's uuid, as the daemon wrote it: `8e1d1c7a-...`.
    pub fn uuid(&self) -> Option<&str> {
        self.field("uuid")
    }

    /// Returns the memory that the domain has or is to have, in MiB.
    pub fn memory_mib(&self) -> Option<u64> {
        self.parsed("memory")
    }

    /// Returns the maximum of the domain's memory, in MiB.
    pub fn max_memory_mib(&self) -> Option<u64> {
        self.parsed("maxmem")
    }

    /// Returns the number of the domain's virtual processors.
    pub fn vcpus(&self) -> Option<u32> {
        self.parsed("vcpus")
    }

    /// Returns the number of the domain's virtual processors that are online.
    pub fn online_vcpus(&self) -> Option<u32> {
        self.parsed("online_vcpus")
    }

    /// Returns the domain's state flags. The Xen-API does not tell them. Up to 3.0.3 the daemon may write `?` for a
    /// flag that it does not know yet; such a flag is not set in the result.
    pub fn state(&self) -> Option<State> {
        let letters = self.field("state")?.as_bytes();
        let is_set = |at: usize, letter| letters.get(at) == Some(&letter);
        (letters.len() == 6).then(|| State {
            is_running: is_set(0, b'r'),
            is_blocked: is_set(1, b'b'),
            is_paused: is_set(2, b'p'),
            is_shut_down: is_set(3, b's'),
            is_crashed: is_set(4, b'c'),
            is_dying: is_set(5, b'd'),
        })
    }

    /// Returns the domain's state in one word. It follows from the state flags, or on the Xen-API from `power_state`. A
    /// domain without an id is halted.
    pub fn power_state(&self) -> Option<PowerState> {
        if let Some(word) = self.field("power_state") {
            return Some(match word {
                "Halted" => PowerState::Halted,
                "Paused" => PowerState::Paused,
                "Running" => PowerState::Running,
                "Suspended" => PowerState::Suspended,
                "Crashed" => PowerState::Crashed,
                _ => return None,
            });
        }
        match self.state() {
            None if self.field("domid").is_some() => None,
            // The status 3 means suspended in every release that has this field (protocol reference §6.1).
            None if self.field("status") == Some("3") => Some(PowerState::Suspended),
            None => Some(PowerState::Halted),
            Some(State { is_crashed: true, .. }) => Some(PowerState::Crashed),
            Some(State { is_dying, is_shut_down, .. }) if is_dying || is_shut_down => Some(PowerState::Ending),
            Some(State { is_paused: true, .. }) => Some(PowerState::Paused),
            Some(_) => Some(PowerState::Running),
        }
    }

    /// Returns the processor time that the domain has used. The Xen-API does not tell it.
    pub fn cpu_time(&self) -> Option<Duration> {
        self.field("cpu_time").and_then(seconds)
    }

    /// Returns when the domain was started, as the time since the Unix epoch.
    pub fn start_time(&self) -> Option<Duration> {
        self.field("start_time").and_then(seconds)
    }

    /// Returns why the domain shut down: `poweroff`, `reboot`, `suspend`, `crash` or `halt`. Up to 3.0.3 domains that
    /// have not shut down have a reason, too.
    pub fn shutdown_reason(&self) -> Option<&str> {
        self.field("shutdown_reason")
    }

    /// Returns `hvm` for a domain with full virtualisation, and `linux` for any other.
    pub fn os_type(&self) -> &str {
        let is_hvm = self.record().lookup("domain/image/hvm").is_some()
            || self.field("HVM_boot_policy").is_some_and(|policy| !policy.is_empty());
        if is_hvm { "hvm" } else { "linux" }
    }

    /// Returns whether the domain starts together with the daemon.
    pub fn starts_with_daemon(&self) -> bool {
        self.field("on_xend_start") == Some("start") || self.field("auto_power_on") == Some("True")
    }

    /// Returns what happens after an event, which is `poweroff`, `reboot` or `crash`: `destroy`, `restart`, `preserve`
    /// or `rename-restart`.
    pub fn action_on(&self, event: &str) -> Option<&str> {
        self.field(&format!("on_{event}"))
    }

    /// Returns the devices in the domain's configuration. On the Xen-API the description of a domain contains no
    /// devices.
    pub fn devices(&self) -> Vec<Device> {
        let devices = self.record().items().filter(|field| field.name() == Some(b"device"));
        devices.filter_map(Sexpr::value).filter_map(Device::from_config).collect()
    }
}

impl PowerState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Halted, Self::Paused, Self::Running, Self::Suspended, Self::Crashed, Self::Ending];

    /// Returns the state's name in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Halted => "halted",
            Self::Paused => "paused",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Crashed => "crashed",
            Self::Ending => "ending",
        }
    }
}

impl std::fmt::Display for PowerState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
