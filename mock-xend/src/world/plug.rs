//! Plugging devices in and out (`server/DevController.py`).

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::device::{self, Device};
use super::pairs::child;
use super::{Failure, World, config};
use crate::python;

impl World {
    pub(super) fn devices(&self, target: &Datum, class: &[u8]) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        if !self.knows_class(class) {
            return Err(device::unknown_class(class, self.release));
        }
        // The store has entries of active domains only.
        let Some(id) = domain.id else { return Ok(Datum::List(vec![])) };
        let of_class = |device: &&Device| device.connected && device.class.as_bytes() == class;
        let entries = domain.devices.iter().filter(of_class).map(|device| device.store_entry(id, self.release));
        Ok(entries.collect::<Vec<_>>().into())
    }

    pub(super) fn block_device_class(&self, target: &Datum, device: &[u8]) -> Result<Datum, Failure> {
        let known = |known: &&Device| known.connected && known.is_block() && known.answers_to(device);
        let found = self.find(target)?.devices.iter().find(known);
        Ok(found.map_or(Datum::None, |device| device.class.as_str().into()))
    }

    pub(super) fn create_device(&mut self, target: &Datum, config: &Datum) -> Result<Datum, Failure> {
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
        let same = |known: &&Device| known.connected && known.class == device.class && known.id == device.id;
        match (domain.id, domain.devices.iter().any(|known| same(&known))) {
            (Some(id), true) => {
                let text = format!("Device {} ({id}, {}) is already connected.", device.id, device.class);
                Err(Failure::refused(text))
            }
            (Some(id), false) => {
                let place = Datum::list(["dom".into(), id.into(), "id".into(), device.id.into()]);
                domain.devices.push(device);
                Ok(Datum::list([class.into(), place]))
            }
            // Only the definition changes.
            (None, _) => {
                domain.devices.push(device);
                Ok(Datum::Bool(true))
            }
        }
    }

    /// Only what is in a CD drive can be changed, from 3.1 on (`blkif.py`, `reconfigureDevice`).
    pub(super) fn configure_device(
        &mut self,
        target: &Datum,
        config: &Datum,
        device: &Datum,
    ) -> Result<Datum, Failure> {
        let release = self.release;
        let class = config.items().first().map(python::str).unwrap_or_default();
        let knows_class = self.knows_class(&class);
        let domain = self.find_mut(target)?;
        if !knows_class {
            return Err(device::unknown_class(&class, release));
        }
        if !matches!(class.as_slice(), b"vbd" | b"tap") || release == Release::V3_0_2 {
            return Err(Failure::refused([class.as_slice(), b" devices may not be reconfigured"].concat()));
        }
        let name = match device {
            Datum::None => child(config, "dev").map(python::str).unwrap_or_default(),
            device => python::str(device),
        };
        let named = |known: &&mut Device| known.connected && known.class.as_bytes() == class && known.answers_to(&name);
        let Some(known) = domain.devices.iter_mut().find(named) else {
            return Err(Failure::refused([b"Device ".as_slice(), &name, b" not connected"].concat()));
        };
        let settings = device::settings(config);
        if known.is_cd_drive() && release >= Release::V3_1 {
            known.settings = settings;
            return Ok(Datum::None);
        }
        let what = format!("Refusing to reconfigure device {}:{} to ", known.class, known.id);
        Err(Failure::refused([what.as_bytes(), &Datum::Dict(settings).repr()].concat()))
    }

    /// A device that was pulled out is still closing as far as the captures go: pulling it out again is no mistake, as
    /// long as the domain's configuration has not forgotten it (xm commands `block-detach vm1 sdb1` and `block-detach
    /// vm1 2065`).
    pub(super) fn destroy_device(
        &mut self,
        target: &Datum,
        class: &[u8],
        device: &[u8],
        forget: bool,
    ) -> Result<Datum, Failure> {
        let release = self.release;
        let knows_class = self.knows_class(class);
        let domain = self.find_mut(target)?;
        if !knows_class {
            return Err(device::unknown_class(class, release));
        }
        let named = |known: &Device| known.class.as_bytes() == class && known.answers_to(device);
        match domain.devices.iter().rposition(named) {
            Some(at) if forget => {
                domain.devices.remove(at);
                Ok(Datum::None)
            }
            Some(at) => {
                domain.devices[at].connected = false;
                Ok(Datum::None)
            }
            None if forget => Err(Failure::refused([b"Device ", device, b" is not defined"].concat())),
            None => Err(Failure::refused(match (device::is_number_or_name(class, device), release) {
                (true, _) => [b"Device ", device, b" not connected"].concat(),
                // What `blkdev_name_to_number` makes of a name that it does not know (protocol reference §6.3).
                (false, Release::V3_0_2 | Release::V3_0_3 | Release::V3_1) => device.to_vec(),
                (false, _) => b"None".to_vec(),
            })),
        }
    }

    /// Devices are there at once. 3.3 alone also waits for those that were pulled out and are still configured, which
    /// never come (capture `waitForDevices@3.3`).
    pub(super) fn wait_for_devices(&self, target: &Datum) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        let missing = domain.devices.iter().find(|device| !device.connected);
        match missing.filter(|_| Releases::only(Release::V3_3).contains(self.release)) {
            Some(Device { id, class, .. }) => {
                Err(Failure::refused(format!("Device {id} ({class}) could not be connected. Device not found.")))
            }
            None => Ok(Datum::None),
        }
    }
}
