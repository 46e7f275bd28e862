//! One domain.

use std::time::Duration;

use xend_wire::datum::Datum;

use super::device::Device;

/// A domain of the host.
#[derive(Clone, Debug)]
pub struct Domain {
    /// Its id, which no other domain of this host had before.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its uuid.
    pub uuid: String,
    /// What it does.
    pub activity: Activity,
    /// How many virtual CPUs it has.
    pub vcpus: i64,
    /// How many of them are available, if that was set.
    pub available_vcpus: Option<i64>,
    /// Memory in MiB.
    pub memory: i64,
    /// Memory in MiB that it may grow to.
    pub max_memory: i64,
    /// What follows on the end of the domain, by what ended it.
    pub on_end: OnEnd,
    /// What it was started from. Domain-0 has none.
    pub image: Option<Image>,
    /// Its devices, in the order in which they were added.
    pub devices: Vec<Device>,
    /// When it was started, since the Unix epoch. Domain-0 was there before Xend.
    pub started: Option<Duration>,
    /// What its system was asked to do and has not done yet.
    pub asked: Option<Asked>,
}

/// What a domain does, as the hypervisor sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It is on a CPU.
    Running,
    /// It waits for something to do.
    Blocked,
    /// It is paused.
    Paused,
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
}

/// A request to a domain's system that it has not obeyed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `poweroff`, `reboot`, `suspend`, `crash` or `halt`.
    pub reason: Vec<u8>,
    /// When it obeys, since the Unix epoch.
    pub obeys_at: Duration,
}

impl Domain {
    /// Whether it is Domain-0.
    pub fn is_privileged(&self) -> bool {
        self.id == 0
    }

    /// The six characters of the daemon (protocol reference §6.1).
    pub fn state(&self) -> &'static str {
        match self.activity {
            Activity::Running => "r-----",
            Activity::Blocked => "-b----",
            Activity::Paused => "--p---",
        }
    }

    /// Whether it counts as running for the lists of 3.1 and later: Domain-0 and whatever is not paused.
    pub fn is_running(&self) -> bool {
        self.activity != Activity::Paused
    }

    /// CPU time in seconds: as much as the hypervisor of the captures had each domain use.
    pub fn cpu_time(&self) -> f64 {
        f64::from(self.id) + 1.234_567_89
    }
}

/// The value behind a name in a list of pairs: `child("(vm (name a))", "name")` is `a`.
pub(super) fn child<'d>(list: &'d Datum, name: &str) -> Option<&'d Datum> {
    children(list, name).next().and_then(|pair| pair.items().get(1))
}

/// The members of a list that begin with a name.
pub(super) fn children<'d>(list: &'d Datum, name: &str) -> impl Iterator<Item = &'d Datum> {
    list.items().iter().filter(move |item| item.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes()))
}
