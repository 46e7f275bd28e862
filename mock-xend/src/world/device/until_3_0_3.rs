//! Devices of the releases up to 3.0.3, which keep the configuration only in the store and show its fields in a fixed
//! order.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::class::is_block;
use super::{Device, block, rate};
use crate::python;
use crate::world::Failure;
use crate::world::pairs::children;

/// Returns the settings of a device. `ip` may be given several times, and so may the `dev` of a pci device.
pub(super) fn settings(class: &str, config: &Datum, release: Release) -> Vec<(String, Datum)> {
    // If a name is repeated, the first value counts, and further items behind a value are ignored (captures `holly39`,
    // `holly14`).
    let mut settings: Vec<(String, Datum)> = Vec::new();
    for item in config.items().iter().skip(1) {
        if let [Datum::Bytes(name), value, ..] = item.items() {
            let name = String::from_utf8_lossy(name).into_owned();
            if !settings.iter().any(|(known, _)| *known == name) {
                settings.push((name, value.clone()));
            }
        }
    }
    // The form of Xen 2 has a single PCI device, with its slot as `dev`. The daemon of 3.0.2 can't read it.
    let is_flat = class == "pci"
        && children(config, "dev")
            .next()
            .is_some_and(|dev| dev.items().get(1).is_some_and(|dev| dev.items().is_empty()));
    if is_flat && release < Release::V3_0_3 {
        return Vec::new();
    }
    if is_flat {
        let pair = |(name, value): (String, Datum)| Datum::pair(if name == "dev" { "slot" } else { &name }, value);
        return vec![("dev".to_owned(), settings.into_iter().map(pair).collect::<Vec<_>>().into())];
    }
    let several = match class {
        "vif" => "ip",
        "pci" => "dev",
        _ => return settings,
    };
    settings.retain(|(name, _)| name != several);
    settings.extend(children(config, several).filter_map(|pair| match class {
        "pci" => Some((several.to_owned(), pair.items().get(1..)?.to_vec().into())),
        _ => Some((several.to_owned(), pair.items().get(1)?.clone())),
    }));
    settings
}

impl Device {
    /// Checks the settings of a pci device as its controller does (`pciif.py`).
    ///
    /// # Errors
    /// Returns the controller's failure for a missing number.
    pub(in crate::world) fn check_bus_until_3_0_3(&self, release: Release) -> Result<(), Failure> {
        let devs: Vec<_> = self.settings.iter().filter(|(name, _)| name == "dev").collect();
        if devs.is_empty() {
            return Err(if release < Release::V3_0_3 {
                Failure::exception("local variable 'dev_config' referenced before assignment")
            } else {
                Failure::refused("pci: Invalid config setting bus: None")
            });
        }
        for (_, dev) in devs {
            for name in ["bus", "slot", "func"] {
                let has_it = |pair: &Datum| pair.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes());
                if !dev.items().iter().any(has_it) {
                    return Err(Failure::refused(format!("pci: Invalid config setting {name}: None")));
                }
            }
        }
        Ok(())
    }

    /// Returns the record of a device; `None` for a class that records don't show.
    pub(super) fn record_until_3_0_3(&self, release: Release) -> Option<Datum> {
        let mut fields: Vec<(&str, Datum)> = vec![("backend", self.backend().into())];
        let given = |name: &'static str| {
            self.setting(name).filter(|value| python::truth(value)).map(|value| (name, value.clone()))
        };
        match self.class.as_str() {
            "vif" => {
                // The record shows only the name of the script, without its folder.
                let script = python::str(&self.script(release));
                let name = script.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
                fields.push(("script", script[name..].to_vec().into()));
                let addresses = self.settings.iter().filter(|(name, _)| name == "ip");
                for (_, addresses) in addresses {
                    let addresses = python::str(addresses);
                    let each = addresses.split(|&byte| byte == b' ').filter(|address| !address.is_empty());
                    fields.extend(each.map(|address| ("ip", address.to_vec().into())));
                }
                fields.extend(["bridge", "mac"].into_iter().filter_map(given));
                fields.extend(given("type").filter(|(_, kind)| kind.as_bytes() == Some(b"ioemu")));
                fields.extend(given("vifname"));
                fields.extend(self.text("rate").map(|rate| ("rate", rate::format(rate::parse(&rate)).into())));
            }
            class if is_block(class) => {
                fields.extend(self.text("dev").map(|dev| ("dev", block::name_in_record(&dev, release).into())));
                let has_kind = |uname: &Datum| release < Release::V3_0_3 || python::str(uname).contains(&b':');
                fields.extend(given("uname").filter(|(_, uname)| has_kind(uname)));
                fields.push(("mode", self.setting("mode").cloned().unwrap_or_else(|| "r".into())));
            }
            // The daemon of 3.0.2 shows nothing of a pci device.
            "pci" if release < Release::V3_0_3 => {}
            "pci" => {
                let devs: Vec<_> = self.settings.iter().filter(|(name, _)| name == "dev").collect();
                for (_, dev) in devs {
                    let number = |name: &str| {
                        let pair = dev
                            .items()
                            .iter()
                            .find(|pair| pair.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes()));
                        let text = pair.and_then(|pair| pair.items().get(1)).map(python::str).unwrap_or_default();
                        let digits = text.strip_prefix(b"0x").unwrap_or(&text);
                        str::from_utf8(digits).ok().and_then(|digits| i64::from_str_radix(digits, 16).ok()).unwrap_or(0)
                    };
                    let pairs = vec![
                        Datum::pair("domain", format!("0x{:04x}", number("domain"))),
                        Datum::pair("bus", format!("0x{:02x}", number("bus"))),
                        Datum::pair("slot", format!("0x{:02x}", number("slot"))),
                        Datum::pair("func", format!("0x{:02x}", number("func"))),
                    ];
                    fields.push(("dev", pairs.into()));
                }
            }
            "vtpm" | "usb" => {}
            _ => return None,
        }
        let pairs = fields.into_iter().map(|(name, value)| match (name, &value) {
            // `(dev (domain 0x0000) ...)`: the pairs follow the name directly.
            ("dev", Datum::List(pairs)) => {
                [Datum::from("dev")].into_iter().chain(pairs.iter().cloned()).collect::<Vec<_>>().into()
            }
            _ => Datum::pair(name, value),
        });
        Some([self.class.as_str().into()].into_iter().chain(pairs).collect::<Vec<_>>().into())
    }
}
