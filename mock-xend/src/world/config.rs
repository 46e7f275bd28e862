//! A new domain from its configuration: `(vm (name vm1) (memory 64) (image (linux ...)) (device (vif ...)) ...)`.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::device::{self, Device};
use super::domain::{Activity, Domain, Image, OnEnd, child, children};
use super::identity::Identities;
use super::{Failure, World};
use crate::python;

/// What follows on the end of a domain (protocol reference §6.1).
const RESTART_MODES: &[&str] = &["destroy", "restart", "preserve", "rename-restart"];

/// A checked configuration.
pub(super) struct Config {
    name: String,
    uuid: Option<String>,
    vcpus: i64,
    memory: i64,
    max_memory: i64,
    on_end: OnEnd,
    image: Image,
    devices: Vec<Datum>,
}

impl World {
    /// The checks of `create` in the order in which the release makes them (captures `post-create-*`, `create-*`).
    pub(super) fn check_config(&self, config: &Datum) -> Result<Config, Failure> {
        let release = self.release;
        let vcpus = match integer(config, "vcpus")? {
            Some(vcpus) => vcpus,
            // From 3.3 on a configuration without vcpus ends in a KeyError.
            None if release >= Release::V3_4 => return Err(Failure::key_error("vcpus")),
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
        let name = match child(config, "name").map(python::str) {
            None => return Err(Failure::MissingName),
            Some(name) => self.check_name(&name)?,
        };
        if let Some(other) = self.domains.iter().find(|domain| domain.name == name) {
            return Err(Failure::NameInUse { name, by: other.id });
        }
        let image = self.check_image(config)?;
        let uuid = child(config, "uuid").map(|uuid| String::from_utf8_lossy(&python::str(uuid)).into_owned());
        Ok(Config { name, uuid, vcpus, memory, max_memory, on_end, image, devices })
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
            match RESTART_MODES.iter().find(|mode| mode.as_bytes() == wanted) {
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

    fn check_image(&self, config: &Datum) -> Result<Image, Failure> {
        let Some(image) = child(config, "image") else {
            return Err(Failure::refused(match self.release {
                Release::V3_0_2 | Release::V3_0_3 => "Missing image in configuration",
                _ => "Had a bootloader specified, but no disks are bootable",
            }));
        };
        let image = Image { config: image.clone() };
        match image.kind() {
            Some(b"linux" | b"hvm") => {}
            kind => return Err(Failure::refused([b"unknown image type: ", kind.unwrap_or_default()].concat())),
        }
        let kernel = image.setting("kernel").map(python::str).unwrap_or_default();
        if !self.file_exists(&kernel) {
            return Err(Failure::refused([b"Kernel image does not exist: ", kernel.as_slice()].concat()));
        }
        Ok(image)
    }
}

impl Config {
    /// The domain, paused as `create` leaves it.
    pub(super) fn into_domain(self, id: u32, now: Duration, identities: &mut Identities) -> Domain {
        let uuid = self.uuid.unwrap_or_else(|| identities.uuid());
        let mut devices: Vec<Device> = Vec::new();
        for config in &self.devices {
            devices.extend(Device::from_config(config, &devices, identities));
        }
        devices.push(Device::console(id, identities));
        Domain {
            id,
            name: self.name,
            uuid,
            activity: Activity::Paused,
            vcpus: self.vcpus,
            available_vcpus: None,
            memory: self.memory,
            max_memory: self.max_memory,
            on_end: self.on_end,
            image: Some(self.image),
            devices,
            started: Some(now),
            asked: None,
        }
    }
}

/// A device class that no controller is there for, in the words of 3.1 and later.
pub(super) fn unknown_type(class: &[u8]) -> Failure {
    Failure::configuration([b"XendConfig: ", class, b" not a valid device type"].concat())
}

/// A number of the configuration, which may be given as text.
fn integer(config: &Datum, name: &str) -> Result<Option<i64>, Failure> {
    match child(config, name) {
        None => Ok(None),
        Some(Datum::Int(number) | Datum::Long(number)) => Ok(Some(*number)),
        Some(Datum::Bool(flag)) => Ok(Some(i64::from(*flag))),
        Some(value) => python::int(&python::str(value)).map(Some).map_err(Failure::Exception),
    }
}
