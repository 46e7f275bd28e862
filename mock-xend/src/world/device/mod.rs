//! Devices of a domain: from a configuration to what the daemon keeps.
//!
//! What is kept of a device is a Python dict, so the order of its fields follows from the order in which they were put
//! in. [`Device::settings`] has them in that order; the order in which they are told is computed when they are told
//! ([`defined`], [`running`]).

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
pub(super) use check::{Place, check, is_number_or_name};
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
    /// `vif`, `vbd` and so on.
    pub class: String,
    /// Its number within the class: 0 for the first vif, 2049 for `sda1`.
    pub id: i64,
    /// Whether it is plugged in. One that was pulled out and not forgotten stays in the configuration of its domain.
    pub connected: bool,
    /// Its settings, name and value, in the order in which they came: first what was given, then what the daemon put in.
    /// A `dev` or `port` of a class that has several is a setting each.
    pub settings: Vec<(String, Datum)>,
}

impl Device {
    /// Changes a setting, or adds it.
    pub(crate) fn set(&mut self, name: &str, value: Datum) {
        put(&mut self.settings, name, value);
    }

    /// Gives it an address, if it is a network card without one.
    pub(super) fn give_address_if_card(&mut self, identities: &mut Identities) {
        if matches!(self.class.as_str(), "vif" | "vif2") {
            self.give_address(identities);
        }
    }

    /// Gives a network card an address, unless it has one.
    pub(super) fn give_address(&mut self, identities: &mut Identities) {
        if self.text("mac").unwrap_or_default().is_empty() {
            put(&mut self.settings, "mac", identities.mac().into());
        }
    }

    /// Puts another disc into a drive.
    pub(super) fn change_disc(&mut self, disc: Vec<(String, Datum)>) {
        for (name, value) in disc {
            if name != "uuid" {
                put(&mut self.settings, &name, value);
            }
        }
    }

    /// The device as a world file has it: all its settings, as a configuration has them.
    pub(super) fn config(&self) -> Datum {
        let several = |(name, value): &(String, Datum)| match (name.as_str(), value) {
            ("dev" | "port", Datum::List(items)) if items.iter().all(|item| !item.items().is_empty()) => {
                [Datum::from(name.as_str())].into_iter().chain(items.iter().cloned()).collect::<Vec<_>>().into()
            }
            _ => Datum::pair(name, value.clone()),
        };
        let mark = (!self.connected).then(|| Datum::pair(UNPLUGGED, true));
        let settings = self.settings.iter().map(several).chain(mark);
        [self.class.as_str().into()].into_iter().chain(settings).collect::<Vec<_>>().into()
    }

    /// The uuid by which 3.1 and later know the device. Earlier releases give none.
    pub fn uuid(&self) -> &str {
        let uuid = self.setting("uuid").and_then(Datum::as_bytes).unwrap_or_default();
        str::from_utf8(uuid).unwrap_or_default()
    }

    /// A setting.
    pub fn setting(&self, name: &str) -> Option<&Datum> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// A setting as text.
    pub(super) fn text(&self, name: &str) -> Option<Vec<u8>> {
        self.setting(name).map(python::str)
    }

    /// Whether a client means this device: by its number, or a block device by its name.
    pub(super) fn answers_to(&self, device: &[u8], release: Release) -> bool {
        let number = python::int(device).ok().or_else(|| block::number(device, release));
        number == Some(self.id)
    }

    /// Whether a guest can be given another disc: `(dev hdc:cdrom)`.
    pub(super) fn is_cd_drive(&self) -> bool {
        self.text("dev").is_some_and(|dev| dev.ends_with(b":cdrom"))
    }

    /// Whether it is a disk.
    pub(super) fn is_block(&self) -> bool {
        class::is_block(&self.class)
    }

    /// Whether a screen is shown by it: `XendConfig.has_rfb`.
    pub(super) fn is_framebuffer(&self) -> bool {
        self.class == "vfb" || (self.class == "console" && self.text("protocol").as_deref() == Some(b"rfb"))
    }

    /// A list of the class and these fields.
    fn list<'f>(&self, fields: impl IntoIterator<Item = (&'f str, Datum)>) -> Datum {
        let pairs = fields.into_iter().map(|(name, value)| Datum::pair(name, value));
        [self.class.as_str().into()].into_iter().chain(pairs).collect::<Vec<_>>().into()
    }
}
