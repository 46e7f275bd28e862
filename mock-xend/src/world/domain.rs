//! One domain.

use std::fmt;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::device::Device;
use super::identity::Identities;
use super::pairs::child;
use super::scheduler::{Bvt, Credit, Sedf};
use crate::python;

/// A domain of the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// Its id, which no other domain of this host had before. One that is defined but not active has none.
    pub id: Option<u32>,
    /// Its name.
    pub name: String,
    /// Its uuid.
    pub uuid: String,
    /// What it does.
    pub activity: Activity,
    /// Whether the daemon keeps it when it ends (from 3.1 on: made by `new`, not by `create`).
    pub is_managed: bool,
    /// How many virtual CPUs it has.
    pub vcpus: i64,
    /// How many of them are available, if that was set.
    pub available_vcpus: Option<i64>,
    /// The CPUs that each virtual one was pinned to. One without an entry, or with an empty one, may run on any.
    pub pinned: Vec<Vec<i64>>,
    /// Memory in MiB.
    pub memory: i64,
    /// Memory in MiB that it may grow to.
    pub max_memory: i64,
    /// Memory in MiB for its shadow page tables.
    pub shadow_memory: i64,
    /// What the credit scheduler grants it.
    pub credit: Credit,
    /// What the SEDF scheduler grants it.
    pub sedf: Sedf,
    /// What the BVT scheduler grants it.
    pub bvt: Bvt,
    /// What follows on the end of the domain, by what ended it.
    pub on_end: OnEnd,
    /// What becomes of it when the daemon starts and stops.
    pub on_xend: OnXend,
    /// What it was started from. Domain-0 has none.
    pub image: Option<Image>,
    /// Its devices, in the order in which they were added.
    pub devices: Vec<Device>,
    /// When it was started, since the Unix epoch. Domain-0 was there before Xend.
    pub started: Option<Duration>,
    /// What its system was asked to do and has not done yet.
    pub asked: Option<Asked>,
    /// How often the daemon started it anew.
    pub restarts: u32,
    /// When the daemon last started it anew.
    pub restarted: Option<Duration>,
    /// Whether a client marked it as paused.
    pub pause_flag: bool,
}

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

/// What the daemon does when a domain has ended (`on_poweroff` and so on): `destroy`, `restart`, `preserve` or
/// `rename-restart`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnEnd {
    /// After a power-off or halt.
    pub poweroff: String,
    /// After a reboot.
    pub reboot: String,
    /// After a crash.
    pub crash: String,
}

impl Default for OnEnd {
    fn default() -> Self {
        Self { poweroff: "destroy".into(), reboot: "restart".into(), crash: "restart".into() }
    }
}

/// What becomes of a domain with the daemon (`on_xend_start`, `on_xend_stop`), from 3.1 on: kept as it was configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnXend {
    /// When the daemon starts: `ignore` or `start`.
    pub start: String,
    /// When the daemon stops: `ignore`, `shutdown` or `suspend`.
    pub stop: String,
}

impl Default for OnXend {
    fn default() -> Self {
        Self { start: "ignore".into(), stop: "ignore".into() }
    }
}

/// What a domain was started from.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The image as it was configured: `(linux (kernel K) (ramdisk R) (root D) (args A))`.
    pub config: Datum,
}

impl Image {
    /// `linux`, `hvm`.
    pub fn kind(&self) -> Option<&[u8]> {
        self.config.items().first().and_then(Datum::as_bytes)
    }

    /// A setting of the image.
    pub fn setting(&self, name: &str) -> Option<&Datum> {
        child(&self.config, name)
    }

    /// What a kernel is told, from 3.1 on: `root` and `ip` go before `args`, unless they are in them
    /// (`XendConfig.py update_with_image_sxp`, protocol reference §3.8).
    pub(crate) fn arguments(&self) -> Vec<u8> {
        let text = |name| self.setting(name).map(python::str).unwrap_or_default();
        let mut arguments = text("args");
        for name in ["ip", "root"] {
            let (value, sign) = (text(name), format!("{name}=").into_bytes());
            let is_there = arguments.windows(sign.len()).any(|window| window == sign);
            if !value.is_empty() && !is_there {
                arguments = [sign.as_slice(), &value, b" ", &arguments].concat();
            }
        }
        arguments
    }
}

/// A request to a domain's system that it has not obeyed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `poweroff`, `reboot`, `suspend`, `crash` or `halt`.
    pub reason: Vec<u8>,
    /// When it was asked, since the Unix epoch.
    pub at: Duration,
    /// When it obeys, since the Unix epoch; never, if there is no such time.
    pub obeys_at: Option<Duration>,
}

impl Domain {
    /// Whether it is Domain-0.
    pub fn is_privileged(&self) -> bool {
        self.id == Some(0)
    }

    /// The six characters of the daemon (protocol reference §6.1).
    pub fn state(&self) -> &'static str {
        match self.activity {
            Activity::Running => "r-----",
            Activity::Blocked => "-b----",
            Activity::Paused => "--p---",
            Activity::ShutDown => "---s--",
            Activity::Crashed => "---sc-",
            Activity::Halted | Activity::Suspended => "------",
        }
    }

    /// Its state in the life cycle.
    pub fn power_state(&self) -> PowerState {
        match self.activity {
            Activity::Running | Activity::Blocked => PowerState::Running,
            Activity::Paused => PowerState::Paused,
            Activity::ShutDown | Activity::Halted => PowerState::Halted,
            Activity::Crashed => PowerState::Crashed,
            Activity::Suspended => PowerState::Suspended,
        }
    }

    /// Its id as the daemon's code has it: `None`, Python's, if it is not active.
    pub fn domid(&self) -> Datum {
        self.id.map_or(Datum::None, Datum::from)
    }

    /// CPU time in seconds: as much as the hypervisor of the captures had each domain use.
    pub fn cpu_time(&self) -> f64 {
        f64::from(self.id.unwrap_or_default()) + 1.234_567_89
    }

    /// Lets it run.
    pub(super) fn wake(&mut self) {
        self.activity = if self.is_privileged() { Activity::Running } else { Activity::Blocked };
    }

    /// Adds the console that every guest gets when it starts, from 3.1 on.
    pub(super) fn add_console(&mut self, release: Release, identities: &mut Identities) {
        let has_one = self.devices.iter().any(|device| device.class == "console");
        if let Some(id) = self.id.filter(|_| release >= Release::V3_1 && !has_one) {
            self.devices.push(Device::console(id, identities));
        }
    }

    /// What is left of it when it is not active: its definition.
    pub(super) fn deactivate(&mut self, activity: Activity) {
        self.id = None;
        self.activity = activity;
        self.started = None;
        self.asked = None;
        self.devices.retain(|device| device.connected && device.class != "console");
    }
}

/// How long a guest that does not obey is left alone, and after how long a restart is no loop (protocol reference §8).
pub(super) fn shutdown_timeout(release: Release) -> Duration {
    Duration::from_secs(if release <= Release::V3_1 { 30 } else { 300 })
}

/// `MINIMUM_RESTART_TIME`.
pub(super) fn minimum_restart_time(release: Release) -> Duration {
    Duration::from_secs(if release < Release::V3_4 { 20 } else { 60 })
}
