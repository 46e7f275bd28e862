//! Converts a device's configuration to the struct from which the Xen-API creates an object.

use super::field::{Field, fields, invalid, unsupported_field};
use crate::Error;
use crate::block_device::block_device_number;
use crate::sexpr::Sexpr;
use crate::xmlrpc::{CompactString, Value};

/// The classes of device objects that a client can create on the Xen-API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceClass {
    /// A virtual network interface.
    Vif,
    /// A virtual block device: a disk, or a drive for removable discs.
    Vbd,
}

impl DeviceClass {
    /// The Xen-API's name of the class: `VIF`, `VBD`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vif => "VIF",
            Self::Vbd => "VBD",
        }
    }

    /// The class of the devices that a configuration calls `vif` or `vbd`; `None` for any other word.
    pub(crate) fn of(kind: &str) -> Option<Self> {
        match kind {
            "vif" => Some(Self::Vif),
            "vbd" => Some(Self::Vbd),
            _ => None,
        }
    }
}

/// A device's configuration, converted to members of the Xen-API except for the references to other objects.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceConfig {
    /// The word of the configuration for this kind of device: `vif`, `vbd` or `tap`.
    pub kind: String,
    /// The class of the object on the Xen-API.
    pub class: DeviceClass,
    /// The name of a disk inside the domain, such as `sda1`; `None` for a network interface.
    pub name: Option<String>,
    /// The backend, if it is given: the bridge of a network interface, or the image of a disk, such as `phy:/dev/x`.
    pub backend: Option<String>,
    members: Vec<(CompactString, Value)>,
}

impl DeviceConfig {
    /// Reads a device's configuration: `(vif (mac 00:16:3e:00:00:01) (bridge xenbr0))`, or
    /// `(vbd (uname phy:/dev/x) (dev sda1) (mode w))`.
    ///
    /// The daemon chooses the driver of a disk by its image: an image that begins with `tap:` makes the disk a `tap`
    /// (`XendDomainInfo.py create_vbd`). So the word and the image must agree.
    ///
    /// # Errors
    /// As [`DomainConfig::read`](super::DomainConfig::read).
    pub fn read(config: Sexpr<'_>) -> Result<Self, Error> {
        let (kind, class) = match config.name() {
            Some(b"vif") => ("vif", DeviceClass::Vif),
            Some(b"vbd") => ("vbd", DeviceClass::Vbd),
            Some(b"tap") => ("tap", DeviceClass::Vbd),
            _ => return Err(invalid(config, "a `vif`, `vbd` or `tap`, which the Xen-API supports")),
        };
        let mut device = Self { kind: kind.to_owned(), class, name: None, backend: None, members: Vec::new() };
        for field in fields(config, &[])? {
            match class {
                DeviceClass::Vif => device.read_of_vif(&field)?,
                DeviceClass::Vbd => device.read_of_vbd(&field)?,
            }
        }
        let is_tap = device.backend.as_ref().is_some_and(|place| place.starts_with("tap:"));
        match kind {
            "vbd" | "tap" if device.name.is_none() => Err(invalid(config, "a disk with a name, such as (dev sda1)")),
            "vbd" if is_tap => Err(invalid(config, "a `tap`, because the image begins with `tap:`")),
            "tap" if !is_tap => Err(invalid(config, "a disk whose image begins with `tap:`")),
            _ => Ok(device),
        }
    }

    fn read_of_vif(&mut self, field: &Field<'_>) -> Result<(), Error> {
        let word = field.text()?;
        match field.name {
            "mac" => self.add("MAC", word),
            "bridge" => self.backend = Some(word.to_owned()),
            _ => return Err(unsupported_field(field, "VIF.create", "mac and bridge")),
        }
        Ok(())
    }

    fn read_of_vbd(&mut self, field: &Field<'_>) -> Result<(), Error> {
        let word = field.text()?;
        match (field.name, word) {
            ("uname", _) => self.backend = Some(word.to_owned()),
            ("dev", _) => {
                let (name, kind) = word.split_once(':').unwrap_or((word, "disk"));
                self.name = Some(name.to_owned());
                self.add("device", name);
                match kind {
                    "disk" => self.add("type", "Disk"),
                    "cdrom" => self.add("type", "CD"),
                    _ => {
                        return Err(invalid(
                            field.value,
                            "a name that ends in `:disk`, in `:cdrom` or without a colon",
                        ));
                    }
                }
            }
            ("mode", "w") => self.add("mode", "RW"),
            ("mode", "r") => self.add("mode", "RO"),
            ("mode", _) => return Err(invalid(field.value, "`r` or `w`")),
            ("bootable", "1") => self.add("bootable", true),
            ("bootable", "0") => self.add("bootable", false),
            ("bootable", _) => return Err(invalid(field.value, "1 or 0")),
            _ => return Err(unsupported_field(field, "VBD.create", "uname, dev, mode and bootable")),
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.members.push((name.into(), value.into()));
    }

    /// The image of the disc, if this configuration only puts another disc into this drive; `None` if it changes anything
    /// else. The drive is given by its number or its name.
    pub fn disc_for(&self, drive: &str) -> Option<&str> {
        let said = |name: &str| self.members.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let is_usual = said("bootable").is_none()
            && said("mode").is_none_or(|mode| *mode == Value::from("RO"))
            && said("type") == Some(&Value::from("CD"));
        let name = self.name.as_deref()?;
        let number = block_device_number(name.as_bytes());
        let is_it = drive.split(':').next() == Some(name)
            || (number.is_some() && number == block_device_number(drive.as_bytes()));
        self.backend.as_deref().filter(|_| is_usual && is_it)
    }

    /// The struct that `VIF.create` or `VBD.create` takes.
    ///
    /// `vm` is the reference of the domain, and `backend` that of the network or virtual disk image behind the device.
    pub fn record(&self, vm: &str, backend: Option<&str>) -> Value {
        let link = match self.class {
            DeviceClass::Vif => "network",
            DeviceClass::Vbd => "VDI",
        };
        let links = [Some(("VM", vm)), backend.map(|reference| (link, reference))];
        let links = links.into_iter().flatten().map(|(name, reference)| (name.into(), reference.into()));
        Value::Struct(links.chain(self.members.iter().cloned()).collect())
    }
}

/// The struct that `VDI.create` takes for an image that already exists.
///
/// `storage` is the reference of the storage repository, and `uname` the place of the image, which the daemon reads from
/// `other_config` (`XendLocalStorageRepo.py create_vdi`).
pub fn image_record(storage: &str, uname: &str) -> Value {
    let location = vec![("location".into(), uname.into())];
    let members: [(&str, Value); 8] = [
        ("name_label", uname.into()),
        ("name_description", "".into()),
        ("SR", storage.into()),
        ("virtual_size", "0".into()),
        ("type", "system".into()),
        ("sharable", false.into()),
        ("read_only", false.into()),
        ("other_config", Value::Struct(location)),
    ];
    Value::Struct(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}
