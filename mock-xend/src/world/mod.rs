//! The simulated host: a state machine without socket or clock. Time comes with each command.
//!
//! ```
//! use std::time::Duration;
//! use mock_xend::world::{Command, World};
//! use xend_wire::Release;
//!
//! let now = Duration::from_secs(1_200_000_000);
//! let mut world = World::new(Release::V3_0_3, now);
//! let refused = world.perform(now, &Command::Pause { domain: 0.into() }).unwrap_err();
//! assert_eq!(refused.message(Release::V3_0_3), b"Cannot pause privileged domain 0");
//! ```

mod checkpoint;
mod command;
mod config;
mod device;
mod domain;
mod domains;
mod failure;
mod file;
mod filesystem;
mod identity;
mod image;
mod lifecycle;
mod listing;
mod lookup;
mod memory;
mod node;
mod pairs;
mod plug;
mod record;
mod scheduler;
mod start;
mod vcpu;
mod xend_config;

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

pub use command::{Command, Order, Scheduler, States};
pub use config::field::Settings;
pub use device::Device;
pub use domain::{Activity, Asked, Domain, OnEnd, OnXend, PowerState, Run};
pub use failure::Failure;
pub use filesystem::{Filesystem, Patterns};
pub use image::Image;
pub use listing::Listing;
pub use node::Node;
pub use record::Detail;
pub use scheduler::{Bvt, Credit, Sedf};
pub use xend_config::XendConfig;

use crate::python;
use domains::Domains;
pub(crate) use identity::Identities;

/// A program that finds the kernel of a guest on its disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootloader {
    /// Where it is: `/usr/bin/pygrub`.
    pub path: String,
    /// What it answers: `(linux (kernel K) (ramdisk R) (args A))`.
    pub answer: Datum,
}

/// A host with its domains.
#[derive(Clone, Debug)]
pub struct World {
    release: Release,
    /// The host itself.
    pub node: Node,
    /// The daemon's own configuration.
    pub xend_config: XendConfig,
    /// Its files.
    pub files: Filesystem,
    /// The bootloaders that answer something. Any other one answers nothing.
    pub bootloaders: Vec<Bootloader>,
    /// Hosts that take domains from this one: `HOST:PORT`. None by default.
    pub peers: Vec<String>,
    /// How long a guest takes to obey a request to shut down: no time by default, so that it is gone for the next
    /// command. Without a time guests never obey, and are destroyed when the daemon's patience is at its end.
    pub guest_delay: Option<Duration>,
    /// The console ring of the hypervisor.
    pub messages: Vec<u8>,
    /// The daemon's log file.
    pub log: Vec<u8>,
    domains: Domains,
    next_id: u32,
    identities: Identities,
}

impl World {
    /// The world of the captures: Domain-0, `vm1` (id 1, running) and `vm2` (id 2, paused), all started at `now`.
    pub fn new(release: Release, now: Duration) -> Self {
        let mut world = Self::empty(release);
        for number in 1..=2_i64 {
            let config = Self::config_of_captures(number);
            world.perform(now, &Command::Create { config, detail: Detail::Whole }).expect("the captures' own is valid");
        }
        world.domains[1].activity = Activity::Blocked;
        world
    }

    /// Domain-0 alone.
    pub fn empty(release: Release) -> Self {
        Self {
            release,
            node: Node::default(),
            xend_config: XendConfig::default(),
            files: Filesystem::default(),
            bootloaders: Vec::new(),
            peers: Vec::new(),
            guest_delay: Some(Duration::ZERO),
            messages: b"(XEN) fake console ring\n(XEN) line \"two\" & <three>\n".to_vec(),
            log: Vec::new(),
            domains: Self::domain_0(release).into(),
            next_id: 1,
            identities: Identities::default(),
        }
    }

    fn domain_0(release: Release) -> Domain {
        Domain {
            id: Some(0),
            name: "Domain-0".into(),
            uuid: "00000000-0000-0000-0000-000000000000".into(),
            activity: Activity::Running,
            vcpus: 2,
            pinned: vec![vec![0, 1]; 2],
            memory: 256,
            // The stub hypervisor of the captures gives no limit, which from 3.1 on shows as a huge one.
            max_memory: if release <= Release::V3_0_3 { 256 } else { 4_194_303 },
            ..Domain::blank()
        }
    }

    fn config_of_captures(number: i64) -> Datum {
        let name = format!("vm{number}");
        let digit = number.to_string();
        let uuid = [8, 4, 4, 4, 12].map(|length| digit.repeat(length)).join("-");
        let list = |name: &str, pairs: &[(&str, String)]| {
            let pairs = pairs.iter().map(|(name, value)| Datum::pair(name, value.as_str()));
            Datum::List([name.into()].into_iter().chain(pairs).collect())
        };
        let image = [
            ("kernel", "/srv/xend/etc/vmlinuz"),
            ("ramdisk", "/srv/xend/etc/initrd"),
            ("root", "/dev/sda1 ro"),
            ("args", "xencons=tty quiet"),
        ];
        let image = list("linux", &image.map(|(name, value)| (name, value.to_owned())));
        let vbd = [("uname", format!("phy:vg/{name}")), ("dev", "sda1".into()), ("mode", "w".into())];
        let mac = format!("00:16:3e:00:00:0{number}");
        let vif = [("mac", mac), ("bridge", "xenbr0".into()), ("script", "vif-bridge".into())];
        Datum::List(vec![
            "vm".into(),
            Datum::pair("name", name),
            Datum::pair("memory", 64),
            Datum::pair("maxmem", 128),
            Datum::pair("vcpus", number),
            Datum::pair("uuid", uuid),
            Datum::pair("image", image),
            Datum::pair("device", list("vbd", &vbd)),
            Datum::pair("device", list("vif", &vif)),
        ])
    }

    /// The release whose daemon runs here.
    pub fn release(&self) -> Release {
        self.release
    }

    /// A number that is another one whenever a domain may have changed, come or gone: what was looked up while it was the
    /// same is still true.
    pub fn generation(&self) -> u64 {
        self.domains.generation()
    }

    /// Does what is asked at a time, given as the time since the Unix epoch. Whatever was due before happens first.
    ///
    /// # Errors
    /// Whatever the daemon raises; then nothing has changed, but that the id of a domain that could not be built is
    /// used up.
    pub fn perform(&mut self, now: Duration, command: &Command) -> Result<Datum, Failure> {
        self.settle(now);
        let release = self.release;
        match command {
            Command::Find { domain } => {
                let domain = self.find(domain)?;
                Ok(Datum::list([domain.domid(), domain.uuid.as_str().into()]))
            }
            Command::NodeInfo { with_topology } => Ok(self.node.pairs(release, *with_topology).into()),
            Command::Messages => Ok(self.messages.clone().into()),
            Command::ClearMessages => Ok(std::mem::take(&mut self.messages).into()),
            Command::Log => Ok(self.log.clone().into()),
            // What the hypervisor writes for each key is not simulated.
            Command::DebugKeys { keys: _ } => Ok(Datum::None),
            Command::Names(states) => {
                let mut names: Vec<_> = self.listed(*states).map(|domain| domain.name.as_str()).collect();
                names.sort_unstable();
                Ok(names.into_iter().map(Datum::from).collect::<Vec<_>>().into())
            }
            Command::Records { states, detail, order } => {
                Ok(self.listing(now, *states, *detail, *order).records().collect::<Vec<_>>().into())
            }
            Command::Record { domain, detail } => Ok(record::record(self.find(domain)?, release, *detail, now)),
            Command::Create { config, detail } => self.create(config, *detail, now),
            Command::New { config } => self.define(config),
            Command::Start { domain, paused } => self.start(domain, *paused, now),
            Command::Delete { domain } => self.delete(domain),
            Command::Suspend { domain } => self.suspend(domain),
            Command::Resume { domain, paused } => self.resume(domain, *paused, now),
            Command::Pause { domain } => self.pause(domain),
            Command::Unpause { domain } => self.unpause(domain, now),
            Command::Shutdown { domain, reason } => self.shutdown(domain, reason, now),
            Command::Destroy { domain } => self.destroy(domain),
            Command::Reset { domain } => self.reset(domain, now),
            Command::Rename { domain, name } => self.rename(domain, name),
            Command::RestartCount { domain } => Ok(self.find(domain)?.restarts.to_string().into()),
            Command::PauseFlag { domain } => Ok(self.find(domain)?.pause_flag.into()),
            Command::SetPauseFlag { domain, flag } => {
                self.find_mut(domain)?.pause_flag = *flag;
                Ok(Datum::None)
            }
            Command::SysRq { domain, key } => self.send_sysrq(domain, key),
            Command::Trigger { domain, trigger } => self.send_trigger(domain, trigger),
            Command::Save { domain, path, checkpoint } => self.save(domain, path, *checkpoint),
            Command::Restore { path, paused, detail } => self.restore(path, *paused, *detail, now),
            Command::Migrate { domain, destination, port } => self.migrate(domain, destination, port),
            Command::Dump { domain, path, crash, reset } => self.dump(domain, path.as_deref(), *crash, *reset, now),
            Command::SetMemoryTarget { domain, target } => self.set_memory_target(domain, target),
            Command::SetMaxMemory { domain, memory } => self.set_max_memory(domain, memory),
            Command::ShadowMemory { domain } => Ok(self.find(domain)?.shadow_memory.into()),
            Command::SetShadowMemory { domain, memory } => self.set_shadow_memory(domain, memory),
            Command::Vcpus { domain } => vcpu::vcpus(self.find(domain)?, release),
            Command::SetVcpus { domain, vcpus } => self.set_vcpus(domain, vcpus),
            Command::Pin { domain, vcpu, cpus } => self.pin(domain, vcpu, cpus),
            Command::Scheduling { domain, scheduler } => self.scheduling(domain, *scheduler),
            Command::SetScheduling { domain, scheduler, values } => self.set_scheduling(domain, *scheduler, values),
            // The ports themselves are not simulated.
            Command::SetIoPorts { domain } => self.find(domain).map(|_| Datum::Int(0)),
            Command::WaitForDevices { domain } => self.wait_for_devices(domain),
            Command::Devices { domain, class } => self.devices(domain, class),
            Command::BlockDeviceClass { domain, device } => self.block_device_class(domain, device),
            Command::CreateDevice { domain, config } => self.create_device(domain, config),
            Command::ConfigureDevice { domain, config, device } => self.configure_device(domain, config, device),
            Command::DestroyDevice { domain, class, device, forget } => {
                self.destroy_device(domain, class, device, *forget)
            }
        }
    }

    fn send_sysrq(&self, target: &Datum, key: &Datum) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        if self.release >= Release::V3_3 && domain.power_state() != PowerState::Running {
            return match domain.id {
                // A guest that is paused gets it later.
                Some(_) => Ok(Datum::None),
                None => Err(Failure::not_started(&domain.name.as_str().into())),
            };
        }
        // `asserts.isCharConvertible`, which is an assertion: one character, or the code of one.
        match key {
            Datum::Bool(_) | Datum::Int(0..=255) => Ok(Datum::None),
            Datum::Bytes(text) if text.len() == 1 => Ok(Datum::None),
            _ => Err(Failure::exception([python::str(key).as_slice(), b" is not convertible to a character"].concat())),
        }
    }

    fn send_trigger(&self, target: &Datum, trigger: &[u8]) -> Result<Datum, Failure> {
        const TRIGGERS: [&[u8]; 6] = [b"nmi", b"reset", b"init", b"s3resume", b"power", b"sleep"];
        let domain = self.find(target)?;
        if domain.id.is_none() {
            return Err(Failure::not_started(target));
        }
        if !TRIGGERS.contains(&trigger) {
            // 3.1 gives the exception one argument too many (capture `xenapi-VM.send_trigger-bad@3.1`).
            if self.release <= Release::V3_1 {
                return Err(Failure::exception("__init__() takes exactly 2 arguments (3 given)"));
            }
            return Err(Failure::refused([b"Invalid trigger: ", trigger].concat()));
        }
        Ok(Datum::None)
    }
}
