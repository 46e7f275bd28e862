//! The devices of a domain.
//!
//! The daemon keeps a device as a Python dict, so the order of its fields follows from the order in which they were
//! added. [`Device::settings`] has them in that order; the order in which a record shows them is computed when the
//! record is made ([`defined`], [`running`]).

pub(super) mod block;
mod check;
pub(super) mod class;
mod defined;
mod dict;
mod from_config;
mod given;
mod pci;
mod rate;
mod record;
mod running;
mod scsi;
mod until_3_0_3;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::identity::Identities;
use crate::python;
pub(super) use check::{Place, check};
pub(super) use class::{classes, unknown_class, unknown_type};
pub(super) use defined::Origin;
use dict::put;
use given::UNPLUGGED;
pub(super) use given::{class_of, pairs_of};
pub(super) use record::Stage;
pub(super) use running::Guest;

/// A device of a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// The class, such as `vif` or `vbd`.
    pub class: String,
    /// The number within the class: 0 for the first vif, 2049 for `sda1`.
    pub id: i64,
    /// Whether the device is plugged in. A device that was unplugged and not forgotten stays in the configuration of
    /// its domain.
    pub connected: bool,
    /// The settings, as names and values. First come those that were given and then those that the daemon added, in the
    /// order in which they came. Where a class has several `dev` or `port`, each is a setting of its own.
    pub settings: Vec<(String, Datum)>,
}

impl Device {
    /// Changes a setting, or adds it.
    pub(crate) fn set(&mut self, name: &str, value: Datum) {
        put(&mut self.settings, name, value);
    }

    /// Gives the device a MAC address, if it is a network card without one.
    pub(super) fn assign_mac_if_network_card(&mut self, identities: &mut Identities) {
        if matches!(self.class.as_str(), "vif" | "vif2") {
            self.assign_mac(identities);
        }
    }

    /// Gives the device, a network card, a MAC address, unless it has one.
    pub(super) fn assign_mac(&mut self, identities: &mut Identities) {
        if self.text("mac").unwrap_or_default().is_empty() {
            put(&mut self.settings, "mac", identities.mac().into());
        }
    }

    /// Puts another disc into a CD drive.
    pub(super) fn change_disc(&mut self, disc: Vec<(String, Datum)>) {
        for (name, value) in disc {
            if name != "uuid" {
                put(&mut self.settings, &name, value);
            }
        }
    }

    /// Returns the device in the form of a world file: all its settings, written as in a configuration.
    pub(super) fn config(&self, release: Release) -> Datum {
        let replaced = self.replaced_type(release);
        let several = |(at, (name, value)): (usize, &(String, Datum))| match (name.as_str(), value) {
            // The order of a framebuffer's fields shows that the setting was called `type`.
            (name, _) if replaced == Some(at) => Datum::pair("type", name),
            ("dev" | "port", Datum::List(items)) if items.iter().all(|item| !item.items().is_empty()) => {
                [Datum::from(name.as_str())].into_iter().chain(items.iter().cloned()).collect::<Vec<_>>().into()
            }
            _ => Datum::pair(name, value.clone()),
        };
        let mark = (!self.connected).then(|| Datum::pair(UNPLUGGED, true));
        let settings = self.settings.iter().enumerate().map(several).chain(mark);
        [self.class.as_str().into()].into_iter().chain(settings).collect::<Vec<_>>().into()
    }

    /// Returns the uuid by which 3.1 and later know the device. Earlier releases assign none.
    pub fn uuid(&self) -> &str {
        let uuid = self.setting("uuid").and_then(Datum::as_bytes).unwrap_or_default();
        str::from_utf8(uuid).unwrap_or_default()
    }

    /// Returns the value of a setting.
    pub fn setting(&self, name: &str) -> Option<&Datum> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Returns the value of a setting as text.
    pub(super) fn text(&self, name: &str) -> Option<Vec<u8>> {
        self.setting(name).map(python::str)
    }

    /// Returns whether `device` identifies this device: by its number, or a block device also by its name.
    pub(super) fn answers_to(&self, device: &[u8], release: Release) -> bool {
        let number = python::int(device).ok().or_else(|| block::number(device, release));
        number == Some(self.id)
    }

    /// Returns whether the device is a CD drive, whose disc can be changed: `(dev hdc:cdrom)`.
    pub(super) fn is_cd_drive(&self) -> bool {
        self.text("dev").is_some_and(|dev| dev.ends_with(b":cdrom"))
    }

    /// Returns whether the device is a disk.
    pub(super) fn is_block(&self) -> bool {
        class::is_block(&self.class)
    }

    /// Returns whether the device is a framebuffer (`XendConfig.has_rfb`).
    pub(super) fn is_framebuffer(&self) -> bool {
        self.class == "vfb" || (self.class == "console" && self.text("protocol").as_deref() == Some(b"rfb"))
    }

    /// Returns a list of the class and the given fields.
    fn list<'f>(&self, fields: impl IntoIterator<Item = (&'f str, Datum)>) -> Datum {
        let pairs = fields.into_iter().map(|(name, value)| Datum::pair(name, value));
        [self.class.as_str().into()].into_iter().chain(pairs).collect::<Vec<_>>().into()
    }
}
