//! Devices of a definition, from 3.1 on: the settings that the daemon adds to them (`XendConfig.py`, `device_add`), and
//! their form in the record of a domain that is not running.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::Device;
use super::class::is_block;
use super::dict::{put, sort_as_dict};
use crate::python;
use crate::world::identity::Identities;

/// The origin of a device's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::world) enum Origin {
    /// A configuration from a client. The daemon replaces the settings that it decides on itself.
    Configuration,
    /// A device that the daemon kept before. Only missing settings are added.
    Kept,
}

/// Adds the settings that a device lacks, in the daemon's order.
pub(super) fn complete(
    class: &str,
    settings: &mut Vec<(String, Datum)>,
    known: &[Device],
    release: Release,
    origin: Origin,
    identities: &mut Identities,
) {
    let text = |settings: &[(String, Datum)], name: &str| {
        settings.iter().find(|(known, _)| known == name).map(|(_, value)| python::str(value))
    };
    let decides =
        |settings: &[(String, Datum)], name: &str| origin == Origin::Configuration || text(settings, name).is_none();
    // A disk that has both was kept before, and needs no more settings.
    let is_whole = origin == Origin::Kept && text(settings, "uuid").is_some() && text(settings, "driver").is_some();
    let is_first = !known.iter().any(Device::is_block);
    let bootable = Datum::Int(i64::from(is_first));
    match class {
        "vif" | "vif2" => {
            // In 3.1 a network card without an address gets one only when the domain starts.
            if release >= Release::V3_2 && text(settings, "mac").unwrap_or_default().is_empty() {
                put(settings, "mac", identities.mac().into());
            }
            if let (Some(policy), Some(label)) = (text(settings, "policy"), text(settings, "label"))
                && release >= Release::V3_2
            {
                let label = [b"ACM:".as_slice(), &policy, b":", &label].concat();
                put(settings, "security_label", label.into());
            }
        }
        "vbd" => {
            if release < Release::V3_4 && decides(settings, "bootable") {
                put(settings, "bootable", bootable.clone());
            }
            if decides(settings, "driver") {
                let is_emulated = text(settings, "dev").is_some_and(|dev| dev.starts_with(b"ioemu:"));
                put(settings, "driver", if is_emulated { "ioemu" } else { "paravirtualised" }.into());
            }
        }
        "vfb" if release >= Release::V3_4 => {
            // Older configurations call this setting `type`.
            let kind = text(settings, "type").unwrap_or_default();
            if let Some(kind) = ["vnc", "sdl"].into_iter().find(|known| known.as_bytes() == kind) {
                let is_before_uuid = settings.windows(2).any(|pair| pair[0].0 == "type" && pair[1].0 == "uuid");
                if is_before_uuid && settings.iter().all(|(name, _)| name != kind) {
                    // A device that was kept before (`Device::replaced_type`).
                    settings
                        .iter_mut()
                        .filter(|(name, _)| name == "type")
                        .for_each(|it| *it = (kind.to_owned(), 1.into()));
                } else {
                    settings.retain(|(name, _)| name != "type");
                    put(settings, kind, 1.into());
                }
            }
        }
        _ => {}
    }
    if text(settings, "uuid").unwrap_or_default().is_empty() {
        settings.retain(|(name, _)| name != "uuid");
        // The record of a device that is passed through begins with its uuid, so the uuid is kept first.
        let is_passed_through = matches!(class, "pci" | "vscsi" | "vusb");
        let at = if is_passed_through { 0 } else { settings.len() };
        settings.insert(at, ("uuid".to_owned(), identities.uuid().into()));
    }
    // A disk that replaces another one by its uuid does not count as an additional disk (capture
    // `holly38-sameuuid@3.4`).
    let uuid = text(settings, "uuid").unwrap_or_default();
    let is_replaced = release >= Release::V3_4 && known.iter().any(|other| other.uuid().as_bytes() == uuid);
    if is_block(class) && !is_replaced {
        match settings.iter_mut().find(|(name, _)| name == "bootable") {
            None if is_whole => {}
            None => settings.push(("bootable".to_owned(), bootable)),
            Some((_, value)) if origin == Origin::Configuration && release < Release::V3_4 => *value = bootable,
            // From 4.0 on the daemon makes a given number an integer. In 3.4 it stays a text such as `'0'`, which
            // Python counts as true.
            Some((_, value)) if release >= Release::V4_1 || origin == Origin::Kept => {
                *value = python::number(value).map_or_else(|_| value.clone(), Datum::Int);
            }
            Some(_) => {}
        }
    }
}

impl Device {
    /// Returns the device as its configuration has it (captures `ash1@4.1`). `has_run` tells whether the domain was
    /// started before, so that the device has a number.
    pub(in crate::world) fn definition(&self, has_run: bool, release: Release) -> Datum {
        match self.class.as_str() {
            "pci" => return self.pci_definition(release),
            "vscsi" => return self.passthrough_definition(),
            "vusb" => return self.passthrough_definition(),
            _ => {}
        }
        let mut fields: Vec<(&str, Datum)> =
            self.settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        // The daemon keeps the Xen-API's attributes of a framebuffer in the same dict, where they affect the order.
        if self.class == "vfb" {
            // The key `type` affects the order, too: it was in the dict before it was replaced.
            if let Some(kind) = self.replaced_type(release) {
                let replaced = fields.remove(kind);
                fields.insert(0, ("type", Datum::None));
                fields.push(replaced);
            }
            let uuid = fields.iter().position(|(name, _)| *name == "uuid").map_or(fields.len(), |at| at + 1);
            fields.insert(uuid, (HIDDEN, Datum::None));
        }
        if has_run {
            fields.push(("devid", self.id.into()));
        }
        sort_as_dict(&mut fields);
        fields.retain(|(name, value)| *name != HIDDEN && !(*name == "type" && *value == Datum::None));
        self.list(fields)
    }

    /// Returns the position of the setting of a framebuffer that replaced `type`, as it does since 3.4.
    pub(super) fn replaced_type(&self, release: Release) -> Option<usize> {
        let replaces =
            |(name, value): &(String, Datum)| matches!((name.as_str(), value), ("vnc" | "sdl", Datum::Int(1)));
        let mut pairs = self.settings.windows(2);
        let at = pairs.position(|pair| replaces(&pair[0]) && pair[1].0 == "uuid");
        at.filter(|_| self.class == "vfb" && release >= Release::V3_4)
    }

    /// Returns the dict of a framebuffer in the order in which Python prints it, with the Xen-API's attributes
    /// (`XENAPI_CONSOLE_OTHER_CFG`).
    pub(in crate::world) fn screen_as_python_has_it(&self) -> Datum {
        const SHOWN: [&str; 8] =
            ["vncunused", "vncdisplay", "vnclisten", "vncpasswd", "type", "display", "xauthority", "keymap"];
        let dict = |fields: Vec<(&str, Datum)>| {
            Datum::Dict(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
        };
        let mut shown: Vec<(&str, Datum)> =
            SHOWN.into_iter().filter_map(|name| Some((name, self.setting(name)?.clone()))).collect();
        sort_as_dict(&mut shown);
        let mut fields: Vec<(&str, Datum)> =
            self.settings.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        fields.push((HIDDEN, dict(shown)));
        sort_as_dict(&mut fields);
        dict(fields)
    }
}

const HIDDEN: &str = "other_config";
