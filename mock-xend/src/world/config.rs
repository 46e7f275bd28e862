//! A new domain from its configuration: `(vm (name vm1) (memory 64) (image (linux ...)) (device (vif ...)) ...)`.

use std::sync::Arc;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::device::{self, Device};
use super::domain::{Activity, Domain, Image, OnEnd, OnXend};
use super::identity::Identities;
use super::pairs::{child, children};
use super::scheduler::{Bvt, Credit, Sedf};
use super::{Failure, World};
use crate::python;

/// What may follow on the end of a domain (protocol reference §6.1). A core can be kept of one that crashed, from 3.1 on.
pub(super) fn restart_modes(event: &str, release: Release) -> &'static [&'static str] {
    const USUAL: &[&str] = &["destroy", "restart", "preserve", "rename-restart"];
    const OF_CRASH: &[&str] =
        &["destroy", "restart", "preserve", "rename-restart", "coredump-destroy", "coredump-restart"];
    if event == "crash" && release >= Release::V3_1 { OF_CRASH } else { USUAL }
}

/// A checked configuration.
pub(super) struct Config {
    /// None if it is made from the uuid.
    name: Option<String>,
    uuid: Option<String>,
    vcpus: i64,
    pub(super) memory: i64,
    pub(super) max_memory: i64,
    shadow_memory: i64,
    credit: Credit,
    on_end: OnEnd,
    on_xend: OnXend,
    image: Option<Image>,
    devices: Vec<Datum>,
}

impl World {
    /// The checks of `create` in the order in which the release makes them (captures `post-create-*`, `create-*`).
    pub(super) fn check_config(&self, config: &Datum) -> Result<Config, Failure> {
        let release = self.release;
        // Text beyond ASCII ends in an exception without a text (protocol reference §4.3).
        if holds_text(config) {
            return Err(Failure::exception(""));
        }
        let vcpus = match integer(config, "vcpus")? {
            // `xc.domain_max_vcpus`.
            Some(vcpus) if vcpus > most_vcpus(release) => {
                return Err(Failure::Hypervisor { errno: 22, text: "Invalid argument" });
            }
            Some(vcpus) => vcpus,
            // From 3.3 on a configuration without vcpus ends in a KeyError.
            None if release >= Release::V3_3 => return Err(Failure::key_error("vcpus")),
            None => 1,
        };
        let memory = match integer(config, "memory")? {
            Some(memory) if memory > 0 => memory,
            None if release <= Release::V3_0_3 => {
                return Err(Failure::exception("%d format: a number is required, not NoneType"));
            }
            Some(_) if release == Release::V3_0_3 => return Err(Failure::refused("Invalid memory size")),
            Some(memory) if release == Release::V3_0_2 => memory,
            _ => return Err(Failure::configuration("memory_dynamic_max must be greater than zero")),
        };
        let max_memory = integer(config, "maxmem")?.filter(|&maximum| maximum >= memory).unwrap_or(memory);
        let devices = self.check_devices(config)?;
        let on_end = self.check_on_end(config)?;
        let word = |name: &str, usual: String| {
            child(config, name).map_or(usual, |word| String::from_utf8_lossy(&python::str(word)).into_owned())
        };
        let usual = OnXend::default();
        let on_xend = OnXend { start: word("on_xend_start", usual.start), stop: word("on_xend_stop", usual.stop) };
        let name = match child(config, "name").map(python::str) {
            None if release <= Release::V3_0_3 => return Err(Failure::MissingName),
            // It gets one from its uuid (`XendConfig._name_sanity_check`).
            None => None,
            Some(name) => Some(self.check_name(&name)?),
        };
        let uuid = child(config, "uuid").map(|uuid| String::from_utf8_lossy(&python::str(uuid)).into_owned());
        let named = |domain: &&Arc<Domain>| name.as_ref() == Some(&domain.name);
        if let Some(other) = self.domains.iter().find(named) {
            // 3.1 takes a second domain of the same name and uuid; later a definition that is not active is overwritten.
            let is_same = Some(&other.uuid) == uuid.as_ref();
            if !(is_same && (release == Release::V3_1 || other.id.is_none())) {
                return Err(Failure::NameInUse { name: other.name.clone(), by: other.id });
            }
        }
        let shadow_memory = integer(config, "shadow_memory")?.unwrap_or_default();
        let usual = Credit::default();
        let credit = Credit {
            weight: integer(config, "cpu_weight")?.unwrap_or(usual.weight),
            cap: integer(config, "cpu_cap")?.unwrap_or(usual.cap),
        };
        let image = child(config, "image").map(|image| Image { config: image.clone() });
        Ok(Config { name, uuid, vcpus, memory, max_memory, shadow_memory, credit, on_end, on_xend, image, devices })
    }

    /// A name, if it is one (`XendDomainInfo.check_name`).
    pub(super) fn check_name(&self, name: &[u8]) -> Result<String, Failure> {
        let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:/+".contains(byte);
        if name.is_empty() {
            return Err(Failure::MissingName);
        }
        if !name.iter().all(valid) {
            return Err(Failure::InvalidName);
        }
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    fn check_devices(&self, config: &Datum) -> Result<Vec<Datum>, Failure> {
        let mut devices = Vec::new();
        for device in children(config, "device").filter_map(|pair| pair.items().get(1)) {
            let class = device.items().first().map(python::str).unwrap_or_default();
            if !self.knows_class(&class) {
                return Err(match self.release {
                    Release::V3_0_2 | Release::V3_0_3 => {
                        let (class, device) = (class.as_slice(), device.repr());
                        Failure::refused([b"invalid device (", class, b", ", &device, b")"].concat())
                    }
                    _ => unknown_type(&class),
                });
            }
            devices.push(device.clone());
        }
        Ok(devices)
    }

    /// Whether the daemon has a controller for a device class.
    pub(super) fn knows_class(&self, class: &[u8]) -> bool {
        device::classes(self.release).iter().any(|known| known.as_bytes() == class)
    }

    fn check_on_end(&self, config: &Datum) -> Result<OnEnd, Failure> {
        let mut on_end = OnEnd::default();
        let events = [("poweroff", &mut on_end.poweroff), ("reboot", &mut on_end.reboot), ("crash", &mut on_end.crash)];
        for (event, mode) in events {
            let Some(wanted) = child(config, &format!("on_{event}")).map(python::str) else { continue };
            match restart_modes(event, self.release).iter().find(|mode| mode.as_bytes() == wanted) {
                Some(known) => *mode = (*known).to_owned(),
                None if self.release <= Release::V3_0_3 => {
                    let text = format!("invalid restart event: on_{event} = ");
                    return Err(Failure::refused([text.as_bytes(), &wanted].concat()));
                }
                None => return Err(Failure::configuration(format!("Invalid event handling mode: {event}"))),
            }
        }
        Ok(on_end)
    }

    /// The checks of the image, which come when the domain is already there.
    pub(super) fn check_image(&self, config: &Config) -> Result<(), Failure> {
        match &config.image {
            Some(image) => self.check_kernel(image),
            None => Err(Failure::refused(match self.release {
                Release::V3_0_2 | Release::V3_0_3 => "Missing image in configuration",
                _ => "Had a bootloader specified, but no disks are bootable",
            })),
        }
    }

    pub(super) fn check_kernel(&self, image: &Image) -> Result<(), Failure> {
        match image.kind() {
            Some(b"linux" | b"hvm") => {}
            kind => return Err(Failure::refused([b"unknown image type: ", kind.unwrap_or_default()].concat())),
        }
        let kernel = image.setting("kernel").map(python::str).unwrap_or_default();
        if !self.files.exists(&kernel) {
            return Err(Failure::refused([b"Kernel image does not exist: ", kernel.as_slice()].concat()));
        }
        Ok(())
    }
}

/// How many virtual CPUs a domain can have (`MAX_VIRT_CPUS`).
pub(super) fn most_vcpus(release: Release) -> i64 {
    if release >= Release::V4_1 { 128 } else { 32 }
}

impl Config {
    /// Whether it has the uuid of a domain.
    pub(super) fn has_uuid_of(&self, domain: &Domain) -> bool {
        self.uuid.as_ref() == Some(&domain.uuid)
    }

    /// Whether it describes a domain that there is.
    pub(super) fn is_of(&self, domain: &Domain) -> bool {
        self.name.as_ref() == Some(&domain.name) && self.uuid.as_ref() == Some(&domain.uuid)
    }

    /// The domain: paused as `create` leaves it, or without an id as `new` does.
    pub(super) fn into_domain(
        self,
        id: Option<u32>,
        release: Release,
        now: Duration,
        identities: &mut Identities,
    ) -> Domain {
        let uuid = self.uuid.unwrap_or_else(|| identities.uuid());
        let mut devices: Vec<Device> = Vec::new();
        for config in &self.devices {
            devices.extend(Device::from_config(config, &devices, identities));
        }
        let mut domain = Domain {
            id,
            name: self.name.unwrap_or_else(|| format!("Domain-{uuid}")),
            uuid,
            activity: if id.is_some() { Activity::Paused } else { Activity::Halted },
            is_managed: false,
            vcpus: self.vcpus,
            available_vcpus: None,
            pinned: Vec::new(),
            memory: self.memory,
            max_memory: self.max_memory,
            shadow_memory: self.shadow_memory,
            credit: self.credit,
            sedf: Sedf::default(),
            bvt: Bvt::default(),
            on_end: self.on_end,
            on_xend: self.on_xend,
            image: self.image,
            devices,
            started: id.map(|_| now),
            asked: None,
            restarts: 0,
            restarted: None,
            pause_flag: false,
        };
        domain.add_console(release, identities);
        domain
    }
}

/// A device class that no controller is there for, in the words of 3.1 and later.
pub(super) fn unknown_type(class: &[u8]) -> Failure {
    Failure::configuration([b"XendConfig: ", class, b" not a valid device type"].concat())
}

/// Whether there is text in it that is no byte string.
fn holds_text(config: &Datum) -> bool {
    matches!(config, Datum::Text(_)) || config.items().iter().any(holds_text)
}

/// A number of the configuration, which may be given as text.
fn integer(config: &Datum, name: &str) -> Result<Option<i64>, Failure> {
    match child(config, name) {
        None => Ok(None),
        Some(Datum::Int(number) | Datum::Long(number)) => Ok(Some(*number)),
        Some(Datum::Bool(flag)) => Ok(Some(i64::from(*flag))),
        Some(value) => python::number(value).map(Some).map_err(Failure::Exception),
    }
}
