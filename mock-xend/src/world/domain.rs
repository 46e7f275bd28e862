//! Domains of a host.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::{Activity, PowerState};
use super::device::Device;
use super::identity::Identities;
use super::image::Image;
use super::printed::Printed;
use super::scheduler::{Bvt, Credit, Sedf};
use super::settings::Settings;
use crate::{python, weight};

/// A domain of the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Domain {
    /// The id, which no earlier domain of the host had. `None` for a domain that is defined but not active.
    pub id: Option<u32>,
    /// The name.
    pub name: String,
    /// The uuid.
    pub uuid: String,
    /// What the domain is doing.
    pub activity: Activity,
    /// Whether the daemon keeps the domain when it ends. From 3.1 on `new` makes such domains, and `create` does not.
    pub is_managed: bool,
    /// Whether the daemon forgets the domain when it ends although it is managed, because the Xen-API's `other_config`
    /// says so.
    pub is_transient: bool,
    /// The number of virtual CPUs.
    pub vcpus: i64,
    /// The mask of available virtual CPUs that the configuration gives.
    pub vcpu_avail: Option<i64>,
    /// The number of available virtual CPUs, if an operation has set it.
    pub available_vcpus: Option<i64>,
    /// The CPUs that each virtual CPU is pinned to. A virtual CPU without an entry, or with an empty one, may run on
    /// any CPU.
    pub pinned: Vec<Vec<i64>>,
    /// The CPUs of the last operation that pinned a virtual CPU.
    pub last_pinned: Option<Vec<i64>>,
    /// The memory, in MiB.
    pub memory: i64,
    /// The most memory that the domain may have, in MiB.
    pub max_memory: i64,
    /// The memory for shadow page tables, in MiB.
    pub shadow_memory: i64,
    /// The parameters of the credit scheduler.
    pub credit: Credit,
    /// The credit parameters of the domain's configuration. In 3.1 the domain's record keeps showing them after the
    /// parameters were changed.
    pub configured_credit: Option<Credit>,
    /// The parameters of the SEDF scheduler.
    pub sedf: Sedf,
    /// The parameters of the BVT scheduler.
    pub bvt: Bvt,
    /// What the daemon does when the domain ends.
    pub on_end: OnEnd,
    /// What happens to the domain when the daemon starts and stops.
    pub on_xend: OnXend,
    /// The other settings of the configuration.
    pub settings: Settings,
    /// The image that the domain is started from. Domain-0 has none.
    pub image: Option<Image>,
    /// The devices, in the order in which they were added.
    pub devices: Vec<Device>,
    /// When the domain was started, since the Unix epoch. `None` for Domain-0, which was there before Xend.
    pub started: Option<Duration>,
    /// The address that framebuffers listen on, once the device model has reported it.
    pub vnc_address: Option<String>,
    /// The last run of a domain that is not active now.
    pub ran: Option<Run>,
    /// A shutdown request that the guest has not obeyed yet.
    pub shutdown_request: Option<ShutdownRequest>,
    /// How often the daemon has restarted the domain.
    pub restarts: u32,
    /// When the daemon last restarted the domain, since the Unix epoch.
    pub restarted: Option<Duration>,
    /// Whether a client marked the domain as paused.
    pub pause_flag: bool,
    /// The domain's record, as the last listing printed it.
    pub(super) printed: Printed,
}

/// What the daemon does when a domain ends (`on_poweroff` and so on): `destroy`, `restart`, `preserve` or
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

/// What happens to a domain when the daemon starts and stops (`on_xend_start`, `on_xend_stop`), from 3.1 on. The values
/// are kept as they were configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnXend {
    /// On the daemon's start: `ignore` or `start`.
    pub start: String,
    /// On the daemon's stop: `ignore`, `shutdown` or `suspend`.
    pub stop: String,
}

impl Default for OnXend {
    fn default() -> Self {
        Self { start: "ignore".into(), stop: "ignore".into() }
    }
}

/// The last run of a domain that is no longer active. The record of the domain keeps traces of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The id that the domain had.
    pub id: u32,
    /// When the domain was started, since the Unix epoch.
    pub started: Duration,
}

/// A shutdown request that a guest has not obeyed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShutdownRequest {
    /// The reason: `poweroff`, `reboot`, `suspend`, `crash` or `halt`.
    pub reason: Vec<u8>,
    /// When the request was made, since the Unix epoch.
    pub at: Duration,
    /// When the guest obeys, since the Unix epoch; `None` if it never does.
    pub obeys_at: Option<Duration>,
}

/// The bytes that are counted for any domain besides its settings: its own fields, the console and the addresses that a
/// start adds, and its record as the last listing printed it.
const DOMAIN: usize = size_of::<Domain>() + 2048 + Printed::MOST;

impl Domain {
    /// Creates a domain with default values, defined and not active.
    pub(super) fn blank() -> Self {
        Self {
            id: None,
            name: String::new(),
            uuid: String::new(),
            activity: Activity::Halted,
            is_managed: false,
            is_transient: false,
            vcpus: 1,
            vcpu_avail: None,
            available_vcpus: None,
            pinned: Vec::new(),
            last_pinned: None,
            memory: 0,
            max_memory: 0,
            shadow_memory: 0,
            credit: Credit::default(),
            configured_credit: None,
            sedf: Sedf::default(),
            bvt: Bvt::default(),
            on_end: OnEnd::default(),
            on_xend: OnXend::default(),
            settings: Settings::default(),
            image: None,
            devices: Vec::new(),
            started: None,
            vnc_address: None,
            ran: None,
            shutdown_request: None,
            restarts: 0,
            restarted: None,
            pause_flag: false,
            printed: Printed::default(),
        }
    }

    /// Returns whether the domain is Domain-0.
    pub fn is_privileged(&self) -> bool {
        self.id == Some(0)
    }

    /// Returns the six characters by which the daemon shows the state (protocol reference §6.1).
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

    /// Returns the state in the daemon's life cycle.
    pub fn power_state(&self) -> PowerState {
        match self.activity {
            Activity::Running | Activity::Blocked => PowerState::Running,
            Activity::Paused => PowerState::Paused,
            Activity::ShutDown | Activity::Halted => PowerState::Halted,
            Activity::Crashed => PowerState::Crashed,
            Activity::Suspended => PowerState::Suspended,
        }
    }

    /// Returns the id as the daemon's code has it: Python's `None` if the domain is not active.
    pub fn domid(&self) -> Datum {
        self.id.map_or(Datum::None, Datum::from)
    }

    /// Returns the CPU time that the domain has used, in seconds. It does not grow: it is a constant for each id, as in the
    /// captures, whose hypervisor was simulated.
    pub fn cpu_time(&self) -> f64 {
        f64::from(self.id.unwrap_or_default()) + 1.234_567_89
    }

    /// Returns whether the domain is fully virtualised (HVM).
    pub fn is_hvm(&self) -> bool {
        self.image.as_ref().is_some_and(Image::is_hvm)
    }

    /// Returns the path of the bootloader that the configuration names.
    pub(super) fn bootloader(&self) -> Vec<u8> {
        self.settings.get("bootloader").map(python::str).unwrap_or_default()
    }

    /// Unpauses the domain.
    pub(super) fn unpause(&mut self) {
        self.activity = if self.is_privileged() { Activity::Running } else { Activity::Blocked };
    }

    /// Adds a console, which every guest has from 3.1 on, unless there is one. From 4.0 on all consoles of a guest get
    /// the same uuid (capture `jade10-consolerfb@4.1`).
    pub(super) fn plug_in_console(&mut self, release: Release, identities: &mut Identities) {
        let Some(id) = self.id.filter(|_| self.lacks_console(release)) else { return };
        let is_console = |device: &&Device| device.class == "console";
        let number = self.devices.iter().filter(is_console).count();
        let console = Device::console(id, i64::try_from(number).unwrap_or_default(), identities);
        if release >= Release::V4_1 {
            for known in self.devices.iter_mut().filter(|device| device.class == "console") {
                known.set("uuid", console.uuid().into());
            }
        }
        self.devices.push(console);
    }

    /// Returns whether the domain is a running guest without the console that every guest has from 3.1 on.
    pub(super) fn lacks_console(&self, release: Release) -> bool {
        let is_one = |device: &Device| {
            device.class == "console" && device.text("protocol").is_some_and(|protocol| protocol == b"vt100")
        };
        let is_guest = self.id.is_some() && !self.is_privileged();
        release >= Release::V3_1 && is_guest && !self.devices.iter().any(is_one)
    }

    /// Gives a domain that is started the resources that every domain needs: memory for shadow page tables, and MAC
    /// addresses for its network cards.
    pub(super) fn allocate_resources(&mut self, release: Release, identities: &mut Identities) {
        if release >= Release::V3_0_3 {
            self.shadow_memory = self.needed_shadow_memory(release);
        }
        for device in &mut self.devices {
            device.assign_mac_if_network_card(identities);
        }
        self.ran = None;
    }

    /// Adds to a domain what a start adds to every domain.
    pub(super) fn started(&mut self, release: Release, identities: &mut Identities) {
        self.allocate_resources(release, identities);
        self.plug_in_console(release, identities);
    }

    /// Returns the memory for shadow page tables that an HVM domain needs, in MiB (`image.py`,
    /// `getRequiredShadowMemory`): 256 pages for each virtual CPU and 2 for each MiB. A paravirtual guest gets none,
    /// whatever it asked for.
    fn needed_shadow_memory(&self, release: Release) -> i64 {
        if !self.is_hvm() {
            return 0;
        }
        let kib = if release < Release::V3_1 {
            // In these releases, the memory of the device model is included.
            self.vcpus.saturating_mul(1024).saturating_add(self.max_memory.saturating_add(1).saturating_mul(4))
        } else {
            self.vcpus.saturating_mul(256).saturating_add(self.max_memory.saturating_mul(2)).saturating_mul(4)
        };
        let needed = kib.saturating_add(1023) / 1024;
        // 3.1 mixes up units and so ignores the requested memory (capture `fir36-shadow@3.1`).
        if release == Release::V3_1 { needed } else { needed.max(self.shadow_memory) }
    }

    /// Makes the domain inactive. Its definition stays, with traces of the run.
    pub(super) fn deactivate(&mut self, activity: Activity) {
        if let (Some(id), Some(started)) = (self.id, self.started) {
            self.ran = Some(Run { id, started });
        }
        self.credit = self.configured_credit.take().unwrap_or(self.credit);
        self.id = None;
        self.activity = activity;
        self.started = None;
        self.shutdown_request = None;
        self.devices.retain(|device| device.connected && device.class != "console");
    }

    /// Returns the bytes that the domain takes, approximately.
    pub(super) fn weight(&self) -> usize {
        let texts = [&self.uuid, &self.on_end.poweroff, &self.on_end.reboot, &self.on_end.crash];
        let texts = texts.into_iter().chain([&self.on_xend.start, &self.on_xend.stop]);
        let settings = self.settings.iter().map(|(_, value)| weight::of(value));
        let devices = self.devices.iter().map(|device| {
            let settings = device.settings.iter().map(|(name, value)| weight::of_named(name, value));
            weight::of_text(&device.class) + settings.sum::<usize>()
        });
        let processors =
            self.pinned.iter().chain(&self.last_pinned).map(|cpus| size_of_val(cpus) + size_of_val(&cpus[..]));
        DOMAIN
            + self.name_and_image_weight()
            + texts.map(String::len).sum::<usize>()
            + settings.chain(devices).chain(processors).sum::<usize>()
    }

    /// Returns the part of [`weight`](Self::weight) that is the domain's name and image.
    pub(super) fn name_and_image_weight(&self) -> usize {
        self.name.len() + self.image.as_ref().map_or(0, |image| weight::of(&image.config))
    }
}

/// Returns how long the daemon waits for a guest to obey a shutdown request before it destroys the domain (protocol
/// reference §8).
pub(super) fn shutdown_timeout(release: Release) -> Duration {
    Duration::from_secs(if release <= Release::V3_1 { 30 } else { 300 })
}

/// Returns the shortest time between two restarts (`MINIMUM_RESTART_TIME`). A domain that restarts sooner is destroyed
/// instead.
pub(super) fn minimum_restart_time(release: Release) -> Duration {
    Duration::from_secs(if release < Release::V3_4 { 20 } else { 60 })
}
