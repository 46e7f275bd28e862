//! Devices of a domain.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::Failure;
use super::identity::Identities;
use super::pairs::child;
use crate::python;

/// The device classes that the daemon has a controller for.
pub(super) fn classes(release: Release) -> &'static [&'static str] {
    const UNTIL_3_0_3: &[&str] = &["vif", "usb", "vbd", "irq", "vkbd", "vfb", "pci", "ioports", "tap", "vtpm"];
    // A console follows the vifs from 3.1 on (captures `get-domain-vm1`).
    const FROM_3_1: &[&str] = &["vif", "console", "vbd", "irq", "vkbd", "vfb", "pci", "ioports", "tap", "vtpm"];
    // It follows the disks in 3.2 alone (capture `get-domain-vm1@3.2`).
    const FROM_3_2: &[&str] = &["vif", "vbd", "console", "irq", "vkbd", "vfb", "pci", "ioports", "tap", "vtpm"];
    const FROM_3_3: &[&str] =
        &["vif", "console", "vbd", "irq", "vkbd", "vfb", "pci", "ioports", "tap", "vtpm", "vscsi"];
    const FROM_4_1: &[&str] =
        &["vif", "console", "vbd", "irq", "vkbd", "vfb", "pci", "ioports", "tap", "vtpm", "vscsi", "tap2", "vusb"];
    const FROM_4_4: &[&str] =
        &["vif", "console", "vbd", "irq", "vkbd", "vfb", "pci", "ioports", "tap", "vscsi", "tap2", "vusb"];
    release.pick(&[
        (Release::V3_0_2, UNTIL_3_0_3),
        (Release::V3_1, FROM_3_1),
        (Release::V3_2, FROM_3_2),
        (Release::V3_3, FROM_3_3),
        (Release::V4_1, FROM_4_1),
        (Release::V4_4, FROM_4_4),
    ])
}

/// A device of a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// `vif`, `vbd` and so on.
    pub class: String,
    /// Its number within the class: 0 for the first vif, 2049 for `sda1`.
    pub id: i64,
    /// Whether it is plugged in. One that was unplugged stays in the domain's record (capture `post-list@3.0.2`).
    pub connected: bool,
    /// The uuid by which 3.1 and later know it.
    pub uuid: String,
    /// Its settings as they were configured: name and value.
    pub settings: Vec<(String, Datum)>,
}

impl Device {
    /// A device from its configuration: `(vif (mac 00:16:3e:00:00:01) (bridge xenbr0))`. `None` if it has no class.
    pub(super) fn from_config(config: &Datum, known: &[Device], identities: &mut Identities) -> Option<Self> {
        let class = String::from_utf8_lossy(config.items().first()?.as_bytes()?).into_owned();
        let mut settings = settings(config);
        let given = settings.iter().position(|(name, _)| name == "uuid").map(|at| settings.remove(at).1);
        let uuid = match given {
            Some(uuid) => String::from_utf8_lossy(&python::str(&uuid)).into_owned(),
            None => identities.uuid(),
        };
        if class == "vif" && child(config, "mac").is_none() {
            settings.push(("mac".into(), identities.mac().into()));
        }
        let next = known.iter().filter(|device| device.class == class).map(|device| device.id + 1).max().unwrap_or(0);
        let id = match child(config, "dev").and_then(Datum::as_bytes) {
            Some(name) if matches!(class.as_str(), "vbd" | "tap" | "tap2") => block_device_number(name).unwrap_or(next),
            _ => next,
        };
        Some(Self { class, id, connected: true, uuid, settings })
    }

    /// The console that every guest has.
    pub(super) fn console(domain: u32, identities: &mut Identities) -> Self {
        // The event channels of the captures: 12 for the first guest, 14 for the second.
        let location = (10 + 2 * domain).to_string();
        let settings = vec![("location".into(), location.into())];
        Self { class: "console".into(), id: 0, connected: true, uuid: identities.uuid(), settings }
    }

    /// Whether a client means this device: by its number, or a block device by its name.
    pub(super) fn answers_to(&self, device: &[u8]) -> bool {
        let number = python::int(device).ok().or_else(|| block_device_number(device));
        number == Some(self.id)
    }

    fn setting(&self, name: &str) -> Option<&Datum> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The device as it stands in the record of its domain (`getDeviceConfiguration` of its controller, captures
    /// `get-domain-vm1`).
    ///
    /// One of a domain that is not active has its configuration only (protocol reference §3.8).
    pub(super) fn record(&self, release: Release, is_active: bool) -> Datum {
        if !is_active {
            return self.definition(release);
        }
        let mut fields: Vec<(&str, Datum)> = vec![("backend", 0.into())];
        // Fields that are put behind those of the dict.
        let mut behind: Vec<(&str, Datum)> = Vec::new();
        match self.class.as_str() {
            "vif" => {
                fields.push(("script", self.script(release)));
                for name in ["ip", "bridge", "mac", "type", "vifname", "rate"] {
                    match self.setting(name) {
                        Some(value) => fields.push((name, value.clone())),
                        None if name == "type" && release == Release::V3_1 => fields.push((name, "netfront".into())),
                        None => {}
                    }
                }
            }
            "vbd" | "tap" | "tap2" => {
                let dev = self.setting("dev").map(python::str).unwrap_or_default();
                let suffix: &[u8] = if release >= Release::V3_0_3 && !dev.contains(&b':') { b":disk" } else { b"" };
                fields.push(("dev", [&dev, suffix].concat().into()));
                for name in ["uname", "mode"] {
                    fields.extend(self.setting(name).map(|value| (name, value.clone())));
                }
                let bootable = self.setting("bootable").cloned().unwrap_or(Datum::Int(1));
                if release >= Release::V3_4 {
                    fields.push(("bootable", bootable.clone()));
                }
                if Releases::between(Release::V3_1, Release::V3_4).contains(release) {
                    behind.push(("bootable", bootable));
                }
                if release >= Release::V3_3 {
                    fields.push(("protocol", "x86_64-abi".into()));
                    behind.push(("VDI", self.setting("VDI").cloned().unwrap_or("".into())));
                }
            }
            "console" => {
                fields = vec![("protocol", "vt100".into())];
                fields.extend(self.setting("location").map(|value| ("location", value.clone())));
            }
            _ => fields.extend(self.settings.iter().map(|(name, value)| (name.as_str(), value.clone()))),
        }
        if release >= Release::V3_1 {
            fields.push(("uuid", self.uuid.as_str().into()));
            sort_as_dict(&mut fields);
        }
        self.list(fields.into_iter().chain(behind))
    }

    fn definition(&self, release: Release) -> Datum {
        let mut fields: Vec<(&str, Datum)> =
            self.settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        fields.push(("uuid", self.uuid.as_str().into()));
        let mut usual = |name: &'static str, value: Datum| {
            if self.setting(name).is_none() {
                fields.push((name, value));
            }
        };
        if self.is_block() {
            usual("driver", "paravirtualised".into());
            if release >= Release::V3_4 {
                usual("bootable", 1.into());
            }
        }
        sort_as_dict(&mut fields);
        self.list(fields)
    }

    fn list<'f>(&self, fields: impl IntoIterator<Item = (&'f str, Datum)>) -> Datum {
        let pairs = fields.into_iter().map(|(name, value)| Datum::pair(name, value));
        [self.class.as_str().into()].into_iter().chain(pairs).collect::<Vec<_>>().into()
    }

    /// Whether a guest can be given another disc: `(dev hdc:cdrom)`.
    pub(super) fn is_cd_drive(&self) -> bool {
        self.setting("dev").is_some_and(|dev| python::str(dev).ends_with(b":cdrom"))
    }

    /// Whether it is a disk.
    pub(super) fn is_block(&self) -> bool {
        matches!(self.class.as_str(), "vbd" | "tap" | "tap2")
    }

    fn script(&self, release: Release) -> Datum {
        let script = self.setting("script").map_or_else(|| b"vif-bridge".to_vec(), python::str);
        // The folder is that of the captures.
        let folder = match script.contains(&b'/') {
            true => "",
            false => release.pick(&[
                (Release::V3_0_2, ""),
                (Release::V3_4, "/etc/xen/scripts/"),
                (Release::V4_1, "/srv/xend/etc/scripts/"),
            ]),
        };
        [folder.as_bytes(), &script].concat().into()
    }

    /// What the store holds of its front end: `(0 ((backend /local/domain/0/backend/vif/1/0) ...))`, names in
    /// alphabetical order, all values text (captures `devs-vif`, `devs-vbd`).
    pub(super) fn store_entry(&self, domain: u32, release: Release) -> Datum {
        let id = self.id.to_string();
        let class = &self.class;
        let mut fields = vec![
            Datum::pair("backend", format!("/local/domain/0/backend/{class}/{domain}/{id}")),
            Datum::pair("backend-id", "0"),
        ];
        let protocol = (release >= Release::V3_2).then(|| Datum::pair("protocol", "x86_64-abi"));
        match class.as_str() {
            "vif" => {
                fields.push(Datum::pair("handle", id.as_str()));
                fields.extend(self.setting("mac").map(|mac| Datum::pair("mac", mac.clone())));
                fields.extend(protocol);
                fields.push(Datum::pair("state", "1"));
            }
            "vbd" | "tap" | "tap2" => {
                fields.extend((release >= Release::V3_0_3).then(|| Datum::pair("device-type", "disk")));
                fields.extend(protocol);
                fields.push(Datum::pair("state", "1"));
                fields.push(Datum::pair("virtual-device", id.as_str()));
            }
            _ => fields.push(Datum::pair("state", "1")),
        }
        Datum::List(vec![id.into(), fields.into()])
    }
}

/// The settings in a configuration: name and value.
pub(super) fn settings(config: &Datum) -> Vec<(String, Datum)> {
    let setting = |pair: &Datum| match pair.items() {
        [Datum::Bytes(name), value, ..] => Some((String::from_utf8_lossy(name).into_owned(), value.clone())),
        _ => None,
    };
    config.items().iter().skip(1).filter_map(setting).collect()
}

/// The order of a dict with these keys.
fn sort_as_dict(fields: &mut [(&str, Datum)]) {
    let order = python::dict_order(fields.iter().map(|(name, _)| *name));
    fields.sort_by_key(|(name, _)| order.iter().position(|known| known == name));
}

/// What the daemon makes of a block device's name, which may also be a number.
fn block_device_number(name: &[u8]) -> Option<i64> {
    let number = name.split(|&byte| byte == b':').next().unwrap_or_default();
    python::int(number).ok().or_else(|| xend_wire::block_device_number(name))
}

/// A class that the daemon has no controller for.
pub(super) fn unknown_class(class: &[u8], release: Release) -> Failure {
    let unknown = if release <= Release::V3_0_3 { "unknown" } else { "Unknown" };
    Failure::refused([format!("{unknown} device type: ").as_bytes(), class].concat())
}

/// Whether the daemon can make a number of a device's name.
pub(super) fn is_number_or_name(class: &[u8], device: &[u8]) -> bool {
    python::int(device).is_ok() || (matches!(class, b"vbd" | b"tap" | b"tap2") && block_device_number(device).is_some())
}
