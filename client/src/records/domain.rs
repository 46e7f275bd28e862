//! A domain.

use std::time::Duration;

use xend_wire::sexpr::{Document, Sexpr};

use super::{Device, record, seconds};

record! {
    /// A domain: `(domain (domid 1) (name vm1) ...)` (protocol reference §3.8).
    Domain, "domain", several
}

/// The flags of a domain: six characters, each a letter of `rbpscd` or `-` (protocol reference §6.1).
///
/// Several may be set; that none is, is a legal state: it could run and does not right now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// On a processor right now.
    pub is_running: bool,
    /// Waiting for something.
    pub is_blocked: bool,
    /// Stopped by [`Client::pause`](crate::Client::pause).
    pub is_paused: bool,
    /// Shut down.
    pub is_shut_down: bool,
    /// Crashed.
    pub is_crashed: bool,
    /// On its way out.
    pub is_dying: bool,
}

/// What a domain is up to, in one word. It can be told on every face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PowerState {
    /// Defined, and not there.
    Halted,
    /// Stopped for a while.
    Paused,
    /// It runs, or could.
    Running,
    /// Saved by the daemon.
    Suspended,
    /// Crashed.
    Crashed,
    /// Shut down or dying.
    Ending,
}

impl Domain {
    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.field("name")
    }

    /// The number by which the hypervisor knows it. A domain that is only defined has none.
    pub fn domid(&self) -> Option<u32> {
        self.parsed("domid")
    }

    /// The uuid in its usual form.
    pub fn uuid(&self) -> Option<&str> {
        self.field("uuid")
    }

    /// Memory that it has or is to have, in MiB.
    pub fn memory_mib(&self) -> Option<u64> {
        self.parsed("memory")
    }

    /// Memory that it may have at most, in MiB.
    pub fn max_memory_mib(&self) -> Option<u64> {
        self.parsed("maxmem")
    }

    /// How many virtual CPUs it has.
    pub fn vcpus(&self) -> Option<u32> {
        self.parsed("vcpus")
    }

    /// How many of them are online.
    pub fn online_vcpus(&self) -> Option<u32> {
        self.parsed("online_vcpus")
    }

    /// The flags of its state, which the Xen-API does not tell. A `?`, which up to 3.0.3 means that a flag is not known
    /// yet, counts as not set.
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

    /// What it is up to: by the flags of its state, or by what the Xen-API says of it. A domain without an id is halted.
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
            // Protocol reference §6.1: 3 is suspended in every release that has the number.
            None if self.field("status") == Some("3") => Some(PowerState::Suspended),
            None => Some(PowerState::Halted),
            Some(State { is_crashed: true, .. }) => Some(PowerState::Crashed),
            Some(State { is_dying, is_shut_down, .. }) if is_dying || is_shut_down => Some(PowerState::Ending),
            Some(State { is_paused: true, .. }) => Some(PowerState::Paused),
            Some(_) => Some(PowerState::Running),
        }
    }

    /// Processor time used. The Xen-API does not tell it.
    pub fn cpu_time(&self) -> Option<Duration> {
        self.field("cpu_time").and_then(seconds)
    }

    /// When it began, since the Unix epoch.
    pub fn start_time(&self) -> Option<Duration> {
        self.field("start_time").and_then(seconds)
    }

    /// Why it shut down: `poweroff`, `reboot`, `suspend`, `crash` or `halt`. Up to 3.0.3 there is one before it has, too.
    pub fn shutdown_reason(&self) -> Option<&str> {
        self.field("shutdown_reason")
    }

    /// `hvm` for a domain with full virtualisation, `linux` for any other.
    pub fn os_type(&self) -> &str {
        let is_hvm = self.record().lookup("domain/image/hvm").is_some()
            || self.field("HVM_boot_policy").is_some_and(|policy| !policy.is_empty());
        if is_hvm { "hvm" } else { "linux" }
    }

    /// Whether it starts when the daemon does.
    pub fn starts_with_daemon(&self) -> bool {
        self.field("on_xend_start") == Some("start") || self.field("auto_power_on") == Some("True")
    }

    /// What happens when it ends: `destroy`, `restart`, `preserve` or `rename-restart`. The event is `poweroff`, `reboot`
    /// or `crash`.
    pub fn action_on(&self, event: &str) -> Option<&str> {
        self.field(&format!("on_{event}"))
    }

    /// The devices in its configuration. On the Xen-API they are objects of their own, and not here.
    pub fn devices(&self) -> Vec<Device> {
        let devices = self.record().items().filter(|field| field.name() == Some(b"device"));
        devices.filter_map(Sexpr::value).filter_map(Device::in_config).collect()
    }
}

impl PowerState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Halted, Self::Paused, Self::Running, Self::Suspended, Self::Crashed, Self::Ending];

    /// The word, in lower case.
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
