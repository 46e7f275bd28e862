//! PCI devices: `(pci (dev (domain 0x0) (bus 0x2) (slot 0x1a) (func 0x0)))` (`XendConfig.py`, `pci_convert_*`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::dict::{put, sort_as_dict};
use super::{Device, given};
use crate::python;
use crate::world::Failure;
use crate::world::identity::Identities;
use crate::world::pairs::children;

/// Returns the keys that each `dev` must have, in the order in which the daemon checks them.
fn needed(release: Release) -> &'static [&'static str] {
    release.pick(&[
        (Release::V3_0_2, &[] as &[&str]),
        (Release::V3_3, &["domain", "bus", "slot", "func"]),
        (Release::V4_1, &["bus", "slot", "func", "domain"]),
    ])
}

/// Returns the settings of a pci device: its uuid, if given, and each `dev` with its pairs. Everything else is dropped.
///
/// # Errors
/// Returns Python's exception for a value that is not a list of pairs, and for a missing key.
pub(super) fn settings(
    config: &Datum,
    release: Release,
    identities: &mut Identities,
) -> Result<Vec<(String, Datum)>, Failure> {
    let mut settings = Vec::from_iter(given::setting(config, "uuid"));
    for dev in children(config, "dev") {
        let mut pairs: Vec<(String, Datum)> = Vec::new();
        for (at, item) in dev.items().iter().skip(1).enumerate() {
            match item.items() {
                [Datum::Bytes(name), value] => put(&mut pairs, &String::from_utf8_lossy(name), value.clone()),
                _ if release < Release::V3_4 => return Err(Failure::exception("need more than 1 value to unpack")),
                _ if release < Release::V4_1 => {}
                other => return Err(Failure::exception(no_pair(at, other.len().max(1)))),
            }
        }
        let find = |pairs: &[(String, Datum)], name: &str| {
            pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        if let Some(missing) = needed(release).iter().find(|name| find(&pairs, name).is_none()) {
            return Err(Failure::key_error(missing));
        }
        if release >= Release::V3_3 && find(&pairs, "uuid").is_none() {
            pairs.push(("uuid".into(), identities.uuid().into()));
        }
        if release >= Release::V4_1 {
            let number = |name| find(&pairs, name).map_or(0, |value| hexadecimal(&value));
            let key = format!("{:02x}:{:02x}.{:01x}", number("bus"), number("slot"), number("func"));
            if find(&pairs, "key").is_none() {
                pairs.push(("key".into(), key.into()));
            }
            if find(&pairs, "vdevfn").is_none() {
                pairs.push(("vdevfn".into(), "0x100".into()));
            }
        }
        let pairs = pairs.iter().map(|(name, value)| Datum::pair(name, value.clone()));
        settings.push(("dev".to_owned(), pairs.collect::<Vec<_>>().into()));
    }
    Ok(settings)
}

/// Formats Python's exception from `dict()` for an element of a list that is not a pair.
fn no_pair(at: usize, length: usize) -> String {
    format!("dictionary update sequence element #{at} has length {length}; 2 is required")
}

/// Returns `int(text, 16)`: numbers are hexadecimal with and without `0x` (capture `iris4-dec@4.1`). A value that can't
/// be read is 0.
fn hexadecimal(value: &Datum) -> i64 {
    let text = python::str(value);
    let digits = text.trim_ascii();
    let digits = digits.strip_prefix(b"0x").unwrap_or(digits);
    str::from_utf8(digits).ok().and_then(|digits| i64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

impl Device {
    /// Returns the pairs of each `dev` of a pci device.
    pub(super) fn pci_devs(&self) -> impl Iterator<Item = Vec<(&str, Datum)>> {
        let devs = self.settings.iter().filter(|(name, _)| name == "dev");
        devs.map(|(_, dev)| {
            let pairs = dev.items().iter().filter_map(|pair| match pair.items() {
                [Datum::Bytes(name), value] => Some((str::from_utf8(name).ok()?, value.clone())),
                _ => None,
            });
            pairs.collect()
        })
    }

    /// Checks that each option is a name with a value, as in `(opts (msitranslate 1))`, because the daemon makes a dict
    /// of the options when it builds the domain. A list of such pairs has a list where the name should be.
    pub(in crate::world) fn check_bus_options(&self) -> Result<(), Failure> {
        for (_, option) in self.pci_devs().flatten().filter(|(name, _)| *name == "opts") {
            match option.items() {
                [name, _] => python::hashable(name).map_err(Failure::Exception)?,
                other => return Err(Failure::exception(no_pair(0, other.len()))),
            }
        }
        Ok(())
    }

    /// Removes the devices with these addresses from the pci device.
    pub(in crate::world) fn remove_addresses(&mut self, addresses: &[String]) {
        let known = self.pci_addresses();
        let mut at = 0;
        self.settings.retain(|(name, _)| {
            let is_kept = name != "dev" || !addresses.contains(&known[at]);
            at += usize::from(name == "dev");
            is_kept
        });
    }

    /// Returns the record of a pci device that is not plugged in: its uuid, then a dict for each `dev`. 3.1 leaves out
    /// the class.
    pub(super) fn pci_definition(&self, release: Release) -> Datum {
        let mut items: Vec<Datum> = Vec::new();
        if release >= Release::V3_2 {
            items.push("pci".into());
        }
        items.push(Datum::pair("uuid", self.uuid()));
        items.extend(self.pci_devs().map(|mut pairs| {
            sort_as_dict(&mut pairs);
            dev(pairs)
        }));
        items.into()
    }

    /// Returns the record of a pci device in the form that its controller keeps in the store (`pciif.py`,
    /// `getDeviceConfiguration`).
    pub(super) fn pci_running(&self, release: Release) -> Datum {
        let mut items: Vec<Datum> = vec!["pci".into()];
        for pairs in self.pci_devs() {
            let given = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            let number = |name: &str| given(name).map_or(0, |value| hexadecimal(&value));
            let function = number("func");
            let function =
                if release < Release::V3_3 { format!("0x{function:02x}") } else { format!("0x{function:x}") };
            let mut pairs: Vec<(&str, Datum)> = vec![
                ("domain", format!("0x{:04x}", number("domain")).into()),
                ("bus", format!("0x{:02x}", number("bus")).into()),
                ("slot", format!("0x{:02x}", number("slot")).into()),
                ("func", function.into()),
            ];
            let more: &[&str] = release.pick(&[
                (Release::V3_0_2, &[] as &[&str]),
                (Release::V3_3, &["uuid", "vslt"]),
                (Release::V3_4, &["uuid", "vslot"]),
                (Release::V4_1, &["vdevfn", "key", "uuid", "opts"]),
            ]);
            pairs.extend(more.iter().filter_map(|name| Some((*name, given(name)?))));
            sort_as_dict(&mut pairs);
            items.push(dev(pairs));
        }
        items.push(Datum::pair("uuid", self.uuid()));
        items.push(Datum::pair("backend", 0));
        items.into()
    }

    /// Returns the address of each `dev`, such as `0000:02:1a.0`.
    pub(in crate::world) fn pci_addresses(&self) -> Vec<String> {
        let address = |pairs: Vec<(&str, Datum)>| {
            let number =
                |name: &str| pairs.iter().find(|(known, _)| *known == name).map_or(0, |(_, value)| hexadecimal(value));
            format!("{:04x}:{:02x}:{:02x}.{:x}", number("domain"), number("bus"), number("slot"), number("func"))
        };
        self.pci_devs().map(address).collect()
    }

    /// Returns what a start adds to the image for each `dev`, from 4.0 on.
    pub(in crate::world) fn pci_of_image(&self) -> Vec<Datum> {
        let of_dev = |pairs: Vec<(&str, Datum)>| {
            let given = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            let options = given("opts").unwrap_or_else(|| Datum::list([]));
            let names = ["domain", "bus", "slot", "func", "vdevfn"].into_iter().filter_map(given);
            names.chain([options]).collect::<Vec<_>>().into()
        };
        self.pci_devs().map(of_dev).collect()
    }
}

/// Formats a `dev`: `(dev (slot 0x1a) ...)`.
fn dev(pairs: Vec<(&str, Datum)>) -> Datum {
    let pairs = pairs.into_iter().map(|(name, value)| Datum::pair(name, value));
    [Datum::from("dev")].into_iter().chain(pairs).collect::<Vec<_>>().into()
}
