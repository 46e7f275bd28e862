//! Creating devices from their configurations, with their numbers.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::class::{classes, is_block, unknown_type};
use super::defined::Origin;
use super::given::{class_of, pairs_of, remove_mark};
use super::{Device, block, defined, pci, scsi, until_3_0_3};
use crate::python;
use crate::world::Failure;
use crate::world::identity::Identities;

impl Device {
    /// Creates a device as the daemon keeps it from 3.1 on. The configuration is a list, `(vif (bridge xenbr0))`, or an
    /// atom, which is a class without settings. `known` are the devices that the domain has already.
    ///
    /// # Errors
    /// Returns the daemon's failure for a class that the release lacks, and for settings that it can't read.
    pub(in crate::world) fn define(
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

    /// Creates a device of a release up to 3.0.3, which keeps the configuration unchanged.
    pub(in crate::world) fn plain(
        config: &Datum,
        known: &[Self],
        release: Release,
        identities: &mut Identities,
    ) -> Self {
        let class = String::from_utf8_lossy(&class_of(config).unwrap_or_default()).into_owned();
        let mut given = config.clone();
        let is_unplugged = remove_mark(&mut given);
        let mut settings = until_3_0_3::settings(&class, &given, release);
        if class == "vif" && !settings.iter().any(|(name, _)| name == "mac") {
            // `ip` may be given several times and stays last.
            let at = settings.iter().position(|(name, _)| name == "ip").unwrap_or(settings.len());
            settings.insert(at, ("mac".into(), identities.mac().into()));
        }
        let mut device = Self { class, id: 0, connected: true, settings };
        device.id = device.number(known, release);
        device.connected = !is_unplugged;
        device
    }

    /// Creates the console that every guest has. In the captures, the event channels are 12 for the first guest and 14
    /// for the second.
    pub(in crate::world) fn console(domain: u32, number: i64, identities: &mut Identities) -> Self {
        let location = (10 + 2 * domain).to_string();
        let settings = [("protocol", "vt100".to_owned()), ("uuid", identities.uuid()), ("location", location)];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.into())).into();
        Self { class: "console".into(), id: number, connected: true, settings }
    }

    /// Returns the number that the controller gives the device (`getDeviceDetails`).
    fn number(&self, known: &[Self], release: Release) -> i64 {
        let next = || {
            let of_class = known.iter().filter(|device| device.class == self.class);
            of_class.map(|device| device.id + 1).max().unwrap_or(0)
        };
        match self.class.as_str() {
            class if is_block(class) => {
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
}
