//! Plugging and unplugging devices (`server/DevController.py`).

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::device::{self, Device, Origin, Place};
use super::domain::Domain;
use super::pairs::child;
use super::{Failure, World};
use crate::{python, weight};

/// The bytes that are counted for a device besides its configuration: its uuid, its address, and the other settings
/// that the daemon adds.
const DEVICE: usize = 2048;

impl World {
    pub(super) fn devices(&self, target: &Datum, class: &[u8]) -> Result<Datum, Failure> {
        let domain = self.find(target)?;
        let release = self.release;
        let Some(guest) = domain.guest() else { return Ok(defined_devices(domain, class, release)) };
        if !self.knows_class(class) {
            return Err(device::unknown_class(class, release));
        }
        let is_listed = |device: &&Device| device.connected && device.is_listed_as(class, release);
        let devices = domain.devices.iter().filter(is_listed);
        let entries: Vec<Datum> = match class {
            b"pci" if release >= Release::V3_3 => devices.flat_map(Device::pci_store_entries).collect(),
            _ => devices.map(|device| device.store_entry(guest, release)).collect(),
        };
        Ok(entries.into())
    }

    pub(super) fn block_device_class(&self, target: &Datum, device: &[u8]) -> Result<Datum, Failure> {
        let known = |known: &&Device| known.connected && known.is_block() && known.answers_to(device, self.release);
        let found = self.find(target)?.devices.iter().find(known);
        Ok(found.map_or(Datum::None, |device| device.class.as_str().into()))
    }

    pub(super) fn create_device(&mut self, target: &Datum, config: &Datum) -> Result<Datum, Failure> {
        let at = self.position(target)?;
        self.check_room(DEVICE + weight::of(config))?;
        let release = self.release;
        let class = device::class_of(config);
        if !class.as_ref().is_some_and(|class| self.knows_class(class)) {
            return Err(match release < Release::V3_1 {
                true => device::unknown_class(&class.unwrap_or_else(|| b"None".to_vec()), release),
                false => device::unknown_type(class.as_deref()),
            });
        }
        if release >= Release::V3_4 && class.as_deref() == Some(b"vif") && !has_valid_mac(config) {
            let text = "Cannot create a new virtual network interface - MAC address is not valid!";
            return Err(Failure::refused(text));
        }
        let is_there = |device: &&Device| device.connected || self.domains[at].id.is_none();
        let known: Vec<Device> = self.domains[at].devices.iter().filter(is_there).cloned().collect();
        let identities = &mut self.identities;
        let mut device = match release < Release::V3_1 {
            true => Device::plain(config, &known, release, identities),
            false => Device::define(config, &known, release, Origin::Configuration, identities)?,
        };
        let place = device::check(&device, &known, release)?;
        let Some(id) = self.domains[at].id else {
            self.domains[at].devices.push(device);
            // The daemon goes on as if the device were plugged in. 3.1 puts its number into a path.
            if release < Release::V3_2 {
                return Err(Failure::exception(NO_NUMBER));
            }
            let place = Datum::list(["dom".into(), Datum::None, "id".into(), Datum::None]);
            return Ok(Datum::list([class.unwrap_or_default().into(), place]));
        };
        device.assign_mac_if_network_card(&mut self.identities);
        if place == Place::New {
            let created: Vec<&Device> = known.iter().collect();
            self.check_device(&device, self.domains[at].is_hvm(), &created)?;
        }
        let number = device.id;
        match place {
            Place::New => self.domains[at].devices.push(device),
            Place::Drive(drive) => {
                let drive = &known[drive];
                let mut devices = self.domains[at].devices.iter_mut();
                if let Some(known) = devices.find(|known| known.connected && known.uuid() == drive.uuid()) {
                    known.change_disc(device.settings);
                }
            }
        }
        let place = Datum::list(["dom".into(), id.into(), "id".into(), number.into()]);
        Ok(Datum::list([class.unwrap_or_default().into(), place]))
    }

    /// Adds a device as the Xen-API does, with fewer checks than [`create_device`](Self::create_device), and returns
    /// its uuid (`XendConfig.device_add` with `cfg_xenapi`).
    pub(crate) fn add_device(&mut self, target: &Datum, config: &Datum) -> Result<String, Failure> {
        let at = self.position(target)?;
        self.check_room(DEVICE + weight::of(config))?;
        let domain = &mut self.domains[at];
        let mut device = Device::define(config, &domain.devices, self.release, Origin::Kept, &mut self.identities)?;
        let is_it = |known: &Device| known.connected && known.class == device.class && known.id == device.id;
        if domain.id.is_some() {
            if domain.devices.iter().any(is_it) {
                let name = child(config, "dev").map_or_else(|| device.id.to_string(), python::text);
                let name = name.split(':').next().unwrap_or_default();
                let text = format!("Device {name} ({}, {}) is already connected.", device.id, device.class);
                return Err(Failure::refused(text));
            }
            device.assign_mac_if_network_card(&mut self.identities);
        }
        let uuid = device.uuid().to_owned();
        domain.devices.push(device);
        Ok(uuid)
    }

    /// Removes a device and forgets it, as the Xen-API does (`XendDomainInfo.destroy_device_by_uuid`).
    pub(crate) fn remove_device(&mut self, target: &Datum, uuid: &str) {
        if let Ok(at) = self.position(target) {
            self.domains[at].devices.retain(|device| device.uuid() != uuid);
        }
    }

    /// Changes a device. Only the disc in a CD drive can be changed, from 3.1 on (`blkif.py`, `reconfigureDevice`), and
    /// a PCI device can be removed (`XendDomainInfo.py`, `device_configure`).
    pub(super) fn configure_device(
        &mut self,
        target: &Datum,
        config: &Datum,
        device: &Datum,
    ) -> Result<Datum, Failure> {
        let release = self.release;
        let class = device::class_of(config).unwrap_or_default();
        let knows_class = self.knows_class(&class);
        let at = self.position(target)?;
        self.check_room(DEVICE + weight::of(config))?;
        if !knows_class {
            return Err(device::unknown_class(&class, release));
        }
        if class == b"pci" && release >= Release::V3_3 {
            return self.configure_bus(at, config);
        }
        if !matches!(class.as_slice(), b"vbd" | b"tap") || release == Release::V3_0_2 {
            return Err(Failure::refused([class.as_slice(), b" devices may not be reconfigured"].concat()));
        }
        let name = match device {
            // Up to 3.4 only the configuration counts.
            _ if release < Release::V4_1 => child(config, "dev").map(python::str).unwrap_or_default(),
            Datum::None => child(config, "dev").map(python::str).unwrap_or_default(),
            // From 4.1 on a device is found only by its number.
            device if python::int(&python::str(device)).is_err() => {
                let text = [b"Device ", python::str(device).as_slice(), b" not connected"].concat();
                return Err(Failure::refused(text));
            }
            device => python::str(device),
        };
        let named =
            |known: &Device| known.connected && known.class.as_bytes() == class && known.answers_to(&name, release);
        let Some(known) = self.domains[at].devices.iter().position(named) else {
            return Err(Failure::refused([b"Device ".as_slice(), &name, b" not connected"].concat()));
        };
        let settings = device::pairs_of(config);
        let known = &mut self.domains[at].devices[known];
        if known.is_cd_drive() && release >= Release::V3_1 {
            known.change_disc(settings.clone());
            return Ok(Datum::Bool(true));
        }
        let what = format!("Refusing to reconfigure device {}:{} to ", known.class, known.id);
        Err(Failure::refused([what.as_bytes(), &Datum::Dict(settings).repr()].concat()))
    }

    /// Gives a domain PCI devices, or removes those whose state is `Closing`, as libvirt and xm ask for it
    /// (`XendDomainInfo.pci_device_configure`).
    fn configure_bus(&mut self, at: usize, config: &Datum) -> Result<Datum, Failure> {
        let release = self.release;
        let state = child(config, "state").map(python::str).unwrap_or_default();
        let is_bus = |device: &Device| device.class == "pci";
        let known = self.domains[at].devices.iter().position(is_bus);
        if known.is_none() && state != b"Initialising" {
            return Err(Failure::refused("Cannot detach when pci platform does not exist"));
        }
        if child(config, "dev").is_none() {
            return Err(Failure::exception(python::LIST_INDEX));
        }
        let given = Device::define(config, &[], release, Origin::Configuration, &mut self.identities)?;
        let addresses = given.pci_addresses();
        match (state.as_slice(), known) {
            (b"Closing", Some(known)) => {
                let bus = &mut self.domains[at].devices[known];
                bus.remove_addresses(&addresses);
                if bus.pci_addresses().is_empty() {
                    self.domains[at].devices.remove(known);
                }
            }
            (_, Some(known)) => {
                let devs = given.settings.into_iter().filter(|(name, _)| name == "dev");
                self.domains[at].devices[known].settings.extend(devs);
            }
            (_, None) => self.domains[at].devices.push(given),
        }
        Ok(Datum::Bool(true))
    }

    /// Unplugs a device. The hotplug scripts remove it when it is closed, so it is gone from the record of a running
    /// domain as well. It is forgotten only if the client asks for that.
    pub(super) fn destroy_device(
        &mut self,
        target: &Datum,
        class: &[u8],
        device: &[u8],
        forget: bool,
    ) -> Result<Datum, Failure> {
        let release = self.release;
        let knows_class = self.knows_class(class);
        let at = self.position(target)?;
        if !knows_class {
            return Err(device::unknown_class(class, release));
        }
        let is_active = self.domains[at].id.is_some();
        if !is_active && release >= Release::V3_3 {
            // There is nothing to unplug, and a network card to forget is taken by its place in the list.
            if !forget {
                return Ok(Datum::None);
            }
            if class == b"vif" {
                let place = python::int(device).map_err(Failure::Exception)?;
                let devices = &mut self.domains[at].devices;
                let mut cards = (0..devices.len()).filter(|&at| devices[at].class == "vif");
                // Python counts a negative place from the end.
                let card = match usize::try_from(place) {
                    Ok(place) => cards.nth(place),
                    Err(_) => usize::try_from(place.unsigned_abs() - 1).ok().and_then(|place| cards.nth_back(place)),
                };
                let card = card.ok_or_else(|| Failure::exception(python::LIST_INDEX))?;
                devices.remove(card);
                return Ok(Datum::None);
            }
        }
        let named = |known: &Device| {
            (known.connected || forget) && known.class.as_bytes() == class && known.answers_to(device, release)
        };
        match self.domains[at].devices.iter().rposition(named).filter(|_| is_active || forget) {
            Some(known) if forget => {
                self.domains[at].devices.remove(known);
                Ok(Datum::None)
            }
            Some(known) => {
                self.domains[at].devices[known].connected = false;
                Ok(Datum::None)
            }
            None if forget => Err(Failure::refused([b"Device ", device, b" is not defined"].concat())),
            None => Err(not_connected(class, device, release)),
        }
    }

    /// Waits for the devices of a domain, which are always connected. 3.3 also waits for devices that were unplugged
    /// but are still configured, and these never come (capture `waitForDevices@3.3`).
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

/// The text of Python's exception for a device without a number, where the daemon puts its number into a text.
const NO_NUMBER: &str = "%d format: a number is required, not NoneType";

/// Returns whether the MAC address of a network card, if the configuration gives one, is six pairs of hexadecimal digits.
fn has_valid_mac(config: &Datum) -> bool {
    child(config, "mac").map(python::str).is_none_or(|mac| {
        let pairs: Vec<&[u8]> = mac.split(|&byte| byte == b':').collect();
        pairs.len() == 6 && pairs.iter().all(|pair| pair.len() == 2 && pair.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Returns the devices of a domain that is not active, which has no entries in the store: the daemon shows its
/// configuration (`XendDomainInfo.getDeviceSxprs`, captures C8). The numbers are consecutive, but for disks from 3.4 on.
fn defined_devices(domain: &Domain, class: &[u8], release: Release) -> Datum {
    let has_disk_numbers = class == b"vbd" && release >= Release::V3_4;
    let is_listed = |device: &&Device| match has_disk_numbers {
        true => matches!(device.class.as_str(), "vbd" | "tap"),
        false => device.class.as_bytes() == class,
    };
    let devices = domain.devices.iter().filter(is_listed);
    if class == b"pci" && release >= Release::V3_3 {
        return devices.flat_map(Device::pci_store_entries).collect::<Vec<_>>().into();
    }
    let told = |(number, device): (i64, &Device)| {
        let number = if has_disk_numbers { device.id } else { number };
        Datum::list([number.into(), device.definition(false, release)])
    };
    (0..).zip(devices).map(told).collect::<Vec<_>>().into()
}

/// What is said of a device that can't be taken away, since there is none (`DevController.destroyDevice`, `blkif.py`,
/// protocol reference §6.3). Up to 3.1 a disk is looked for by its name; later a number is made of that first.
fn not_connected(class: &[u8], device: &[u8], release: Release) -> Failure {
    let is_block = device::class::is_block(&String::from_utf8_lossy(class));
    let shown = match python::int(device) {
        Ok(number) => number.to_string().into_bytes(),
        Err(raised) if !is_block => return Failure::Exception(raised),
        Err(_) if release < Release::V3_2 => device.to_vec(),
        Err(_) => match device::block::number(device, release) {
            Some(number) => number.to_string().into_bytes(),
            None if release < Release::V3_4 => {
                return Failure::exception(NO_NUMBER);
            }
            None => b"None".to_vec(),
        },
    };
    Failure::refused([b"Device ".as_slice(), &shown, b" not connected"].concat())
}
