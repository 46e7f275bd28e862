//! Devices of a domain: from a configuration to what the daemon keeps.
//!
//! What is kept of a device is a Python dict, so the order of its fields follows from the order in which they were put
//! in. [`Device::settings`] has them in that order; the order in which they are told is computed when they are told
//! ([`defined`], [`running`]).

pub(super) mod block;
mod check;
pub(super) mod class;
mod defined;
mod pci;
mod rate;
mod running;
mod scsi;
mod until_3_0_3;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::Failure;
use super::identity::Identities;
use super::pairs::{child, children};
use crate::python;
pub(super) use check::{Place, check, is_number_or_name};
pub(super) use class::classes;

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

/// Where the settings of a device come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A configuration that somebody wrote: the daemon decides on what is its own to decide.
    Configuration,
    /// A device as it was kept before: only what is missing is put in.
    Kept,
}

impl Device {
    /// A device as the daemon keeps it, from 3.1 on, made of its configuration: `(vif (bridge xenbr0))`, or an atom, which
    /// is a class without settings. `known` are those that the domain has already.
    ///
    /// # Errors
    /// A class that the release lacks, and settings that the daemon can't take apart.
    pub(super) fn define(
        config: &Datum,
        known: &[Self],
        release: Release,
        origin: Origin,
        identities: &mut Identities,
    ) -> Result<Self, Failure> {
        let class = class_of(config);
        let Some(class) = class.as_deref().filter(|class| classes(release).iter().any(|it| it.as_bytes() == *class))
        else {
            return Err(unknown_type(class.as_deref()));
        };
        let class = String::from_utf8_lossy(class).into_owned();
        let mut given = config.clone();
        let is_unplugged = origin == Origin::Kept && remove_mark(&mut given);
        let config = &given;
        let mut settings = match class.as_str() {
            "pci" => pci::settings(config, release, identities)?,
            "vscsi" => scsi::vscsi_settings(config, release, identities)?,
            "vusb" => scsi::vusb_settings(config)?,
            _ => pairs_of(config),
        };
        defined::complete(&class, &mut settings, known, release, origin, identities);
        let mut device = Self { class, id: 0, connected: true, settings };
        device.id = device.number(known, release);
        device.connected = !is_unplugged;
        Ok(device)
    }

    /// A device of a release up to 3.0.3, which keeps its configuration as it is.
    pub(super) fn plain(config: &Datum, known: &[Self], release: Release, identities: &mut Identities) -> Self {
        let class = String::from_utf8_lossy(&class_of(config).unwrap_or_default()).into_owned();
        let mut given = config.clone();
        let is_unplugged = remove_mark(&mut given);
        let mut settings = until_3_0_3::settings(&class, &given, release);
        if class == "vif" && !settings.iter().any(|(name, _)| name == "mac") {
            settings.push(("mac".into(), identities.mac().into()));
        }
        let mut device = Self { class, id: 0, connected: true, settings };
        device.id = device.number(known, release);
        device.connected = !is_unplugged;
        device
    }

    /// The console that every guest has. The event channels of the captures are 12 for the first guest, 14 for the
    /// second.
    pub(super) fn console(domain: u32, number: i64, identities: &mut Identities) -> Self {
        let location = (10 + 2 * domain).to_string();
        let settings = [("protocol", "vt100".to_owned()), ("location", location), ("uuid", identities.uuid())];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.into())).into();
        Self { class: "console".into(), id: number, connected: true, settings }
    }

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

    /// The number that the device's controller gives it (`getDeviceDetails`).
    fn number(&self, known: &[Self], release: Release) -> i64 {
        let next = || {
            let of_class = known.iter().filter(|device| device.class == self.class);
            of_class.map(|device| device.id + 1).max().unwrap_or(0)
        };
        match self.class.as_str() {
            class if class::is_block(class) => {
                self.text("dev").and_then(|name| block::number(&name, release)).unwrap_or_else(next)
            }
            "vfb" | "vkbd" | "pci" => 0,
            "vscsi" => self.settings.iter().find(|(name, _)| name == "dev").map_or(0, |(_, dev)| {
                dev.items()
                    .iter()
                    .find_map(|pair| match pair.items() {
                        [name, value] if name.as_bytes() == Some(b"devid") => python::number(value).ok(),
                        _ => None,
                    })
                    .unwrap_or(0)
            }),
            _ => next(),
        }
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

    /// The device as it stands in the record of its domain.
    pub(super) fn record(&self, stage: Stage<'_>, release: Release) -> Option<Datum> {
        match stage {
            _ if release < Release::V3_1 => self.record_until_3_0_3(release),
            Stage::Running(guest) => self.running_record(guest, release),
            Stage::Defined { has_run } => Some(self.definition(has_run, release)),
        }
    }

    /// A list of the class and these fields.
    fn list<'f>(&self, fields: impl IntoIterator<Item = (&'f str, Datum)>) -> Datum {
        let pairs = fields.into_iter().map(|(name, value)| Datum::pair(name, value));
        [self.class.as_str().into()].into_iter().chain(pairs).collect::<Vec<_>>().into()
    }
}

/// Marks a device in a world file that was pulled out.
const UNPLUGGED: &str = "unplugged";

/// Takes the mark of a device that was pulled out from its configuration. Whether it was there.
fn remove_mark(config: &mut Datum) -> bool {
    let Datum::List(items) = config else { return false };
    let before = items.len();
    items.retain(|item| item.items().first().and_then(Datum::as_bytes) != Some(UNPLUGGED.as_bytes()));
    items.len() < before
}

/// What the domain does whose device is described.
#[derive(Clone, Copy)]
pub(super) enum Stage<'d> {
    /// It is defined and not active.
    Defined {
        /// Whether it was active before: then its devices have been given their numbers.
        has_run: bool,
    },
    /// It is active.
    Running(Guest<'d>),
}

/// What a device's record owes to the domain that has it.
#[derive(Clone, Copy)]
pub(super) struct Guest<'d> {
    /// Its id.
    pub(super) id: u32,
    /// Whether it is a machine of its own.
    pub(super) is_hvm: bool,
    /// The address that screens are shown at, once the device model has said so.
    pub(super) screens: Option<&'d str>,
}

/// The class in a configuration of a device. `None`, Python's, if it is empty.
pub(super) fn class_of(config: &Datum) -> Option<Vec<u8>> {
    match config {
        Datum::List(items) => items.first().map(python::str),
        atom => Some(python::str(atom)),
    }
}

/// The settings in a configuration: the lists of exactly two items. Of a name that is repeated the last value counts, at
/// the place of the first, as in a Python dict.
pub(super) fn pairs_of(config: &Datum) -> Vec<(String, Datum)> {
    let mut pairs: Vec<(String, Datum)> = Vec::new();
    for item in config.items().iter().skip(1) {
        if let [Datum::Bytes(name), value] = item.items() {
            put(&mut pairs, &String::from_utf8_lossy(name), value.clone());
        }
    }
    pairs
}

/// `dict[name] = value`.
fn put(pairs: &mut Vec<(String, Datum)>, name: &str, value: Datum) {
    match pairs.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => pairs.push((name.to_owned(), value)),
    }
}

/// The order of a dict with these keys.
fn sort_as_dict(fields: &mut [(&str, Datum)]) {
    let order = python::dict_order(fields.iter().map(|(name, _)| *name));
    fields.sort_by_key(|(name, _)| order.iter().position(|known| known == name));
}

/// A device class that no controller is there for, in the words of 3.1 and later.
pub(super) fn unknown_type(class: Option<&[u8]>) -> Failure {
    let class = class.unwrap_or(b"None");
    Failure::configuration([b"XendConfig: ".as_slice(), class, b" not a valid device type"].concat())
}

/// A class that the daemon has no controller for.
pub(super) fn unknown_class(class: &[u8], release: Release) -> Failure {
    let unknown = if release <= Release::V3_0_3 { "unknown" } else { "Unknown" };
    Failure::refused([format!("{unknown} device type: ").as_bytes(), class].concat())
}

/// The value of a pair among several that begin alike: those of `(dev (domain 0) (bus 2))`.
fn members(config: &Datum, name: &str) -> impl Iterator<Item = Datum> {
    children(config, name).cloned().collect::<Vec<_>>().into_iter()
}

/// A value of a configuration, if it is there.
fn value<'d>(config: &'d Datum, name: &str) -> Option<&'d Datum> {
    child(config, name)
}
