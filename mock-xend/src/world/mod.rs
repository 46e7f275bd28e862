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

mod command;
mod config;
mod device;
mod domain;
mod failure;
mod identity;
mod node;
mod record;

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

pub use command::{Command, Order, States};
pub use device::Device;
pub use domain::{Activity, Asked, Domain, Image, OnEnd};
pub use failure::Failure;
pub use node::Node;
pub use record::Detail;

use crate::python;
use identity::Identities;

/// A host with its domains.
#[derive(Clone, Debug)]
pub struct World {
    release: Release,
    /// The host itself.
    pub node: Node,
    /// How long a guest takes to obey a request to shut down. Nothing by default: it is gone for the next command.
    pub guest_delay: Duration,
    domains: Vec<Domain>,
    next_id: u32,
    messages: Vec<u8>,
    identities: Identities,
}

impl World {
    /// The world of the captures: Domain-0, `vm1` (id 1, running) and `vm2` (id 2, paused), all started at `now`.
    pub fn new(release: Release, now: Duration) -> Self {
        let mut world = Self {
            release,
            node: Node::default(),
            guest_delay: Duration::ZERO,
            domains: vec![Self::domain_0(release)],
            next_id: 1,
            messages: b"(XEN) fake console ring\n(XEN) line \"two\" & <three>\n".to_vec(),
            identities: Identities::default(),
        };
        for number in 1..=2_i64 {
            let config = Self::config_of_captures(number);
            let config = world.check_config(&config).expect("the configuration of the captures is valid");
            world.add(config, now);
        }
        world.domains[1].activity = Activity::Blocked;
        world
    }

    fn domain_0(release: Release) -> Domain {
        Domain {
            id: 0,
            name: "Domain-0".into(),
            uuid: "00000000-0000-0000-0000-000000000000".into(),
            activity: Activity::Running,
            vcpus: 2,
            available_vcpus: None,
            memory: 256,
            // The stub hypervisor of the captures gives no limit, which from 3.1 on shows as a huge one.
            max_memory: if release <= Release::V3_0_3 { 256 } else { 4_194_303 },
            on_end: OnEnd::default(),
            image: None,
            devices: Vec::new(),
            started: None,
            asked: None,
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

    /// The domains, by id.
    pub fn domains(&self) -> &[Domain] {
        &self.domains
    }

    /// The domain of a name or number, or from 3.1 on of a uuid (protocol reference §6.2).
    ///
    /// # Errors
    /// [`Failure::UnknownDomain`], and [`Failure::Exception`] for what is neither string nor number.
    pub fn find(&self, target: &Datum) -> Result<&Domain, Failure> {
        self.position(target).map(|at| &self.domains[at])
    }

    /// Does what is asked at a time, given as the time since the Unix epoch. Whatever was due before happens first.
    ///
    /// # Errors
    /// Whatever the daemon raises; then nothing has changed.
    pub fn perform(&mut self, now: Duration, command: &Command) -> Result<Datum, Failure> {
        self.settle(now);
        let release = self.release;
        match command {
            Command::Find { domain } => Ok(self.find(domain)?.id.into()),
            Command::NodeInfo => Ok(self.node.pairs(release).into()),
            Command::Messages => Ok(self.messages.clone().into()),
            Command::ClearMessages => Ok(std::mem::take(&mut self.messages).into()),
            Command::Log => Ok("".into()),
            Command::Names(states) => {
                let mut names: Vec<_> = self.listed(*states).map(|domain| domain.name.as_str()).collect();
                names.sort_unstable();
                Ok(names.into_iter().map(Datum::from).collect::<Vec<_>>().into())
            }
            Command::Records { states, detail, order } => {
                let mut domains: Vec<_> = self.listed(*states).collect();
                if *order == Order::ByName {
                    domains.sort_by(|one, other| one.name.cmp(&other.name));
                }
                let records = domains.into_iter().map(|domain| record::record(domain, release, *detail, now));
                Ok(records.collect::<Vec<_>>().into())
            }
            Command::Record { domain, detail } => Ok(record::record(self.find(domain)?, release, *detail, now)),
            Command::Vcpus { domain } => Ok(record::vcpus(self.find(domain)?)),
            Command::Create { config, detail } => {
                let config = self.check_config(config)?;
                let at = self.add(config, now);
                Ok(record::record(&self.domains[at], release, *detail, now))
            }
            Command::Pause { domain } => self.set_activity(domain, "pause", Activity::Paused),
            Command::Unpause { domain } => self.set_activity(domain, "unpause", Activity::Blocked),
            Command::Shutdown { domain, reason } => self.shutdown(domain, reason, now),
            Command::Destroy { domain } => self.destroy(domain),
            Command::Rename { domain, name } => self.rename(domain, name),
            Command::SetMemoryTarget { domain, target } => self.set_memory_target(domain, target),
            Command::SetMaxMemory { domain, memory } => self.set_max_memory(domain, memory),
            Command::SetVcpus { domain, vcpus } => self.set_vcpus(domain, vcpus),
            Command::SysRq { domain } | Command::WaitForDevices { domain } => {
                self.find(domain)?;
                Ok(Datum::None)
            }
            Command::Devices { domain, class } => self.devices(domain, class),
            Command::CreateDevice { domain, config } => self.create_device(domain, config),
            Command::DestroyDevice { domain, class, device } => self.destroy_device(domain, class, device),
        }
    }

    /// Lets happen what was due.
    fn settle(&mut self, now: Duration) {
        while let Some(at) = self.domains.iter().position(|domain| {
            let due = domain.asked.as_ref().is_some_and(|asked| asked.obeys_at <= now);
            due && domain.activity != Activity::Paused
        }) {
            let domain = self.domains.remove(at);
            let reason = domain.asked.as_ref().map(|asked| asked.reason.as_slice()).unwrap_or_default();
            let then = match reason {
                b"reboot" => &domain.on_end.reboot,
                b"crash" => &domain.on_end.crash,
                _ => &domain.on_end.poweroff,
            };
            if then == "restart" || then == "rename-restart" {
                // Name and uuid stay, the id does not.
                let id = self.next_id();
                self.domains.push(Domain {
                    id,
                    activity: Activity::Blocked,
                    started: Some(now),
                    asked: None,
                    ..domain
                });
            }
        }
    }

    /// The domains of a list, by id.
    pub fn listed(&self, states: States) -> impl Iterator<Item = &Domain> {
        let release = self.release;
        self.domains.iter().filter(move |domain| match states {
            States::Usual => release <= Release::V3_0_3 || domain.is_running(),
            States::All => true,
            States::Running => domain.is_running(),
            States::Paused => !domain.is_running(),
            States::None => false,
        })
    }

    fn position(&self, target: &Datum) -> Result<usize, Failure> {
        let text = python::str(target);
        let unknown = || Failure::UnknownDomain { target: text.clone() };
        let by_id = |id: i64| self.domains.iter().position(|domain| i64::from(domain.id) == id);
        match target {
            Datum::Int(id) | Datum::Long(id) => by_id(*id).ok_or_else(unknown),
            Datum::Bool(flag) => by_id(i64::from(*flag)).ok_or_else(unknown),
            Datum::Bytes(_) | Datum::Text(_) => {
                let by_name = self.domains.iter().position(|domain| domain.name.as_bytes() == text);
                let by_number = || python::int(&text).ok().and_then(by_id);
                let by_uuid = || {
                    let known = self.release >= Release::V3_1;
                    self.domains.iter().position(|domain| known && domain.uuid.as_bytes() == text)
                };
                by_name.or_else(by_number).or_else(by_uuid).ok_or_else(unknown)
            }
            other => Err(Failure::exception(format!(
                "int() argument must be a string or a number, not '{}'",
                python::type_name(other)
            ))),
        }
    }

    fn find_mut(&mut self, target: &Datum) -> Result<&mut Domain, Failure> {
        self.position(target).map(|at| &mut self.domains[at])
    }

    fn add(&mut self, config: config::Config, now: Duration) -> usize {
        let id = self.next_id();
        let domain = config.into_domain(id, now, &mut self.identities);
        self.domains.push(domain);
        self.domains.len() - 1
    }

    fn next_id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// Which files the host has: all but those under `/nonexistent`.
    fn file_exists(&self, path: &[u8]) -> bool {
        !path.is_empty() && !path.starts_with(b"/nonexistent")
    }

    fn set_activity(&mut self, target: &Datum, verb: &'static str, activity: Activity) -> Result<Datum, Failure> {
        let release = self.release;
        let wrapped = |failure| match release {
            // Here the daemon makes a `XendError` of any exception (captures `unpause-unknown@3.0.2`).
            Release::V3_0_2 => Failure::Wrapped(Box::new(failure)),
            _ => failure,
        };
        let domain = self.find_mut(target).map_err(wrapped)?;
        // 3.0.2 has no guard here (captures `pause-dom0`).
        if domain.is_privileged() && release >= Release::V3_0_3 {
            return Err(Failure::Privileged { verb, target: python::str(target) });
        }
        domain.activity = match activity {
            Activity::Blocked if domain.is_privileged() => Activity::Running,
            other => other,
        };
        Ok(Datum::None)
    }

    fn shutdown(&mut self, target: &Datum, reason: &[u8], now: Duration) -> Result<Datum, Failure> {
        const REASONS: [&[u8]; 5] = [b"poweroff", b"reboot", b"suspend", b"crash", b"halt"];
        let (release, obeys_at) = (self.release, now + self.guest_delay);
        let domain = self.find_mut(target)?;
        let known = REASONS.contains(&reason);
        if release <= Release::V3_0_3 && !known {
            return Err(Failure::InvalidReason(reason.to_vec()));
        }
        if domain.is_privileged() && release >= Release::V3_0_3 {
            return Err(Failure::ShutdownOfDomain0);
        }
        if !known {
            return Err(Failure::InvalidReason(reason.to_vec()));
        }
        // In 3.0.2 Domain-0 takes the request and goes on all the same (capture `shutdown-dom0@3.0.2`).
        if !domain.is_privileged() {
            domain.asked = Some(Asked { reason: reason.to_vec(), obeys_at });
        }
        Ok(Datum::None)
    }

    fn destroy(&mut self, target: &Datum) -> Result<Datum, Failure> {
        let at = match self.position(target) {
            Ok(at) => at,
            Err(failure) => return Err(self.destroy_unknown(target, failure)),
        };
        if self.domains[at].is_privileged() {
            return Err(Failure::Privileged { verb: "destroy", target: python::str(target) });
        }
        self.domains.remove(at);
        Ok(Datum::None)
    }

    /// All releases but 3.0.3 hand an unknown number on to the hypervisor (protocol reference §4.4).
    fn destroy_unknown(&self, target: &Datum, failure: Failure) -> Failure {
        let number = python::int(&python::str(target));
        match (self.release, number) {
            (Release::V3_0_3, _) => failure,
            (_, Ok(_)) => Failure::Hypervisor { errno: 3, text: "No such process" },
            (Release::V3_0_2, Err(text)) => Failure::Refused(text),
            (_, Err(_)) => failure,
        }
    }

    fn rename(&mut self, target: &Datum, name: &[u8]) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        let name = self.check_name(name)?;
        let wanted_by = self.domains[at].id;
        if let Some(other) = self.domains.iter().find(|domain| domain.name == name && domain.id != wanted_by) {
            return Err(Failure::NameTaken { name, wanted_by, by: other.id });
        }
        self.domains[at].name = name;
        Ok(Datum::None)
    }

    fn set_memory_target(&mut self, target: &Datum, memory: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let memory = match memory {
            Datum::Int(memory) => *memory,
            Datum::Bool(flag) => i64::from(*flag),
            // A text is shifted up to 3.0.3, and later compared with a number, which is always less.
            other if release <= Release::V3_0_3 => {
                let text = format!("unsupported operand type(s) for <<: '{}' and 'int'", python::type_name(other));
                return Err(Failure::exception(text));
            }
            _ => i64::MAX,
        };
        match release {
            // No check at all (capture `post-mem-neg@3.0.2`).
            Release::V3_0_2 => {}
            Release::V3_0_3 if memory <= 0 => return Err(Failure::refused("Invalid memory size")),
            Release::V3_0_3 => {}
            _ if memory < 0 => {
                let text = "memory_static_min must be less than or equal to memory_dynamic_min";
                return Err(Failure::configuration(text));
            }
            _ if memory == 0 => return Err(Failure::configuration("memory_dynamic_max must be greater than zero")),
            _ if memory > domain.max_memory => {
                let text = "memory_dynamic_max must be less than or equal to memory_static_max";
                return Err(Failure::configuration(text));
            }
            _ => {}
        }
        domain.memory = memory;
        Ok(Datum::None)
    }

    fn set_max_memory(&mut self, target: &Datum, memory: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let memory = python::int(&python::str(memory)).map_err(Failure::Exception)?;
        match release {
            Release::V3_0_2 | Release::V3_0_3 => {}
            _ if memory <= 0 && release == Release::V3_1 => return Err(Failure::refused("Invalid memory size")),
            _ if memory < domain.memory => {
                let text = "memory_dynamic_max must be less than or equal to memory_static_max";
                return Err(Failure::configuration(text));
            }
            _ => {}
        }
        domain.max_memory = memory;
        Ok(Datum::Int(0))
    }

    fn set_vcpus(&mut self, target: &Datum, vcpus: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let domain = self.find_mut(target)?;
        let vcpus = python::int(&python::str(vcpus)).map_err(Failure::Exception)?;
        match release {
            Release::V3_1 if vcpus <= 0 => return Err(Failure::refused("Invalid VCPUs")),
            Release::V3_4 | Release::V4_1 if vcpus <= 0 => {
                return Err(Failure::refused("Zero or less VCPUs is invalid"));
            }
            Release::V3_4 | Release::V4_1 if vcpus > domain.vcpus => {
                return Err(Failure::refused("Cannot set vcpus greater than max vcpus on running domain"));
            }
            _ => {}
        }
        domain.available_vcpus = Some(vcpus);
        Ok(Datum::None)
    }

    fn devices(&self, target: &Datum, class: &[u8]) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        if !self.knows_class(class) {
            return Err(device::unknown_class(class, self.release));
        }
        let of_class = |device: &&Device| device.connected && device.class.as_bytes() == class;
        let entries = domain.devices.iter().filter(of_class).map(|device| device.store_entry(domain.id, self.release));
        Ok(entries.collect::<Vec<_>>().into())
    }

    fn create_device(&mut self, target: &Datum, config: &Datum) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        let class = config.items().first().map(python::str).unwrap_or_default();
        if !self.knows_class(&class) {
            return Err(match self.release {
                Release::V3_0_2 | Release::V3_0_3 => device::unknown_class(&class, self.release),
                _ => config::unknown_type(&class),
            });
        }
        let domain = &mut self.domains[at];
        let Some(device) = Device::from_config(config, &domain.devices, &mut self.identities) else {
            return Err(device::unknown_class(&class, self.release));
        };
        let place = Datum::list(["dom".into(), domain.id.into(), "id".into(), device.id.into()]);
        if domain.devices.iter().any(|known| known.connected && known.class == device.class && known.id == device.id) {
            let text = format!("Device {} ({}, {}) is already connected.", device.id, domain.id, device.class);
            return Err(Failure::refused(text));
        }
        domain.devices.push(device);
        Ok(Datum::list([class.into(), place]))
    }

    fn destroy_device(&mut self, target: &Datum, class: &[u8], device: &[u8]) -> Result<Datum, Failure> {
        let domain = self.find_mut(target)?;
        let named =
            |known: &&mut Device| known.connected && known.class.as_bytes() == class && known.answers_to(device);
        match domain.devices.iter_mut().find(named) {
            Some(known) => known.connected = false,
            None => return Err(Failure::refused([b"Device ", device, b" not connected"].concat())),
        }
        Ok(Datum::None)
    }
}
