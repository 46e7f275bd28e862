//! One domain.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::activity::{Activity, PowerState};
use super::device::Device;
use super::identity::Identities;
use super::image::Image;
use super::scheduler::{Bvt, Credit, Sedf};
use super::settings::Settings;
use crate::{python, weight};

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
    /// Whether it is forgotten when it ends although it is managed: the Xen-API's `other_config` says so.
    pub is_transient: bool,
    /// How many virtual CPUs it has.
    pub vcpus: i64,
    /// Which of them are available as its configuration says: a mask.
    pub vcpu_avail: Option<i64>,
    /// How many of them are available, if that was set since.
    pub available_vcpus: Option<i64>,
    /// The CPUs that each virtual one was pinned to. One without an entry, or with an empty one, may run on any.
    pub pinned: Vec<Vec<i64>>,
    /// The CPUs that one of them was pinned to last by an operation.
    pub last_pinned: Option<Vec<i64>>,
    /// Memory in MiB.
    pub memory: i64,
    /// Memory in MiB that it may grow to.
    pub max_memory: i64,
    /// Memory in MiB for its shadow page tables.
    pub shadow_memory: i64,
    /// What the credit scheduler grants it.
    pub credit: Credit,
    /// What its record goes on telling of that, in 3.1, when the scheduler was told otherwise: its configuration.
    pub told_credit: Option<Credit>,
    /// What the SEDF scheduler grants it.
    pub sedf: Sedf,
    /// What the BVT scheduler grants it.
    pub bvt: Bvt,
    /// What follows on the end of the domain, by what ended it.
    pub on_end: OnEnd,
    /// What becomes of it when the daemon starts and stops.
    pub on_xend: OnXend,
    /// What else its configuration says.
    pub settings: Settings,
    /// What it was started from. Domain-0 has none.
    pub image: Option<Image>,
    /// Its devices, in the order in which they were added.
    pub devices: Vec<Device>,
    /// When it was started, since the Unix epoch. Domain-0 was there before Xend.
    pub started: Option<Duration>,
    /// The address that its screens are shown at, once its device model has said so.
    pub screens: Option<String>,
    /// When it was active last, if it is not now.
    pub ran: Option<Run>,
    /// What its system was asked to do and has not done yet.
    pub asked: Option<Asked>,
    /// How often the daemon started it anew.
    pub restarts: u32,
    /// When the daemon last started it anew.
    pub restarted: Option<Duration>,
    /// Whether a client marked it as paused.
    pub pause_flag: bool,
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

/// The last time that a domain was active, of which its record keeps traces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The id that it had.
    pub id: u32,
    /// When it was started, since the Unix epoch.
    pub started: Duration,
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

/// What is counted for any domain besides what it was given, in bytes: its own fields, and the console, the addresses and
/// the screens that a start puts in.
const DOMAIN: usize = size_of::<Domain>() + 2048;

impl Domain {
    /// A domain that nothing is said of, defined and not active.
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
            told_credit: None,
            sedf: Sedf::default(),
            bvt: Bvt::default(),
            on_end: OnEnd::default(),
            on_xend: OnXend::default(),
            settings: Settings::default(),
            image: None,
            devices: Vec::new(),
            started: None,
            screens: None,
            ran: None,
            asked: None,
            restarts: 0,
            restarted: None,
            pause_flag: false,
        }
    }

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

    /// Whether it is a machine of its own, fully virtualised.
    pub fn is_hvm(&self) -> bool {
        self.image.as_ref().is_some_and(Image::is_hvm)
    }

    /// The bootloader that its configuration names.
    pub(super) fn bootloader(&self) -> Vec<u8> {
        self.settings.get("bootloader").map(python::str).unwrap_or_default()
    }

    /// Lets it run.
    pub(super) fn wake(&mut self) {
        self.activity = if self.is_privileged() { Activity::Running } else { Activity::Blocked };
    }

    /// Puts in what every guest has from 3.1 on: a console, unless it has one. From 4.0 on all consoles of a guest get one
    /// uuid (capture `jade10-consolerfb@4.1`).
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

    /// Whether it is a guest that runs without the console that every guest has from 3.1 on.
    pub(super) fn lacks_console(&self, release: Release) -> bool {
        let is_one = |device: &Device| {
            device.class == "console" && device.text("protocol").is_some_and(|protocol| protocol == b"vt100")
        };
        let is_guest = self.id.is_some() && !self.is_privileged();
        release >= Release::V3_1 && is_guest && !self.devices.iter().any(is_one)
    }

    /// Gives a domain that is started what it needs: memory for shadow page tables, and addresses of network cards.
    pub(super) fn give_what_all_need(&mut self, release: Release, identities: &mut Identities) {
        if release >= Release::V3_0_3 {
            self.shadow_memory = self.needed_shadow_memory(release);
        }
        for device in &mut self.devices {
            device.give_address_if_card(identities);
        }
        self.ran = None;
    }

    /// Puts in what a start adds.
    pub(super) fn started(&mut self, release: Release, identities: &mut Identities) {
        self.give_what_all_need(release, identities);
        self.plug_in_console(release, identities);
    }

    /// What the page tables of a machine need besides, in MiB (`image.py`, `getRequiredShadowMemory`): 256 pages for each
    /// vcpu, 2 for each MiB. None is kept for a paravirtual guest, whatever was asked.
    fn needed_shadow_memory(&self, release: Release) -> i64 {
        if !self.is_hvm() {
            return 0;
        }
        let kib = if release < Release::V3_1 {
            // Here the memory of the device model counts, too.
            self.vcpus.saturating_mul(1024).saturating_add(self.max_memory.saturating_add(1).saturating_mul(4))
        } else {
            self.vcpus.saturating_mul(256).saturating_add(self.max_memory.saturating_mul(2)).saturating_mul(4)
        };
        let needed = kib.saturating_add(1023) / 1024;
        // A slip of units makes nothing of what was asked (capture `fir36-shadow@3.1`).
        if release == Release::V3_1 { needed } else { needed.max(self.shadow_memory) }
    }

    /// What is left of it when it is not active: its definition, with traces of the run.
    pub(super) fn deactivate(&mut self, activity: Activity) {
        if let (Some(id), Some(started)) = (self.id, self.started) {
            self.ran = Some(Run { id, started });
        }
        self.credit = self.told_credit.take().unwrap_or(self.credit);
        self.id = None;
        self.activity = activity;
        self.started = None;
        self.asked = None;
        self.devices.retain(|device| device.connected && device.class != "console");
    }

    /// In bytes, about.
    pub(super) fn weight(&self) -> usize {
        let texts = [&self.name, &self.uuid, &self.on_end.poweroff, &self.on_end.reboot, &self.on_end.crash];
        let texts = texts.into_iter().chain([&self.on_xend.start, &self.on_xend.stop]);
        let settings = self.settings.iter().map(|(_, value)| weight::of(value));
        let image = self.image.iter().map(|image| weight::of(&image.config));
        let devices = self.devices.iter().map(|device| {
            let settings = device.settings.iter().map(|(name, value)| weight::of_named(name, value));
            weight::of_text(&device.class) + settings.sum::<usize>()
        });
        let processors =
            self.pinned.iter().chain(&self.last_pinned).map(|cpus| size_of_val(cpus) + size_of_val(&cpus[..]));
        DOMAIN
            + texts.map(String::len).sum::<usize>()
            + settings.chain(image).chain(devices).chain(processors).sum::<usize>()
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
