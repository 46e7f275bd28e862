//! SCSI and USB devices that are passed through to a domain (`XendConfig.py`, `vscsi_convert_*`, `vusb_convert_*`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::dict::sort_as_dict;
use super::{Device, given};
use crate::python;
use crate::world::Failure;
use crate::world::identity::Identities;
use crate::world::pairs::{child, children};

/// Reads the settings of `(vscsi (feature-host 0) (dev (devid 0) (p-dev 1:0:0:0) (v-dev 0:0:0:0)))`. 3.3 keeps only the
/// devices.
///
/// # Errors
/// Returns Python's exception if `feature-host` is missing.
pub(super) fn vscsi_settings(
    config: &Datum,
    release: Release,
    identities: &mut Identities,
) -> Result<Vec<(String, Datum)>, Failure> {
    let mut settings = Vec::from_iter(given::setting(config, "uuid"));
    if release >= Release::V3_4 {
        let feature = given::setting(config, "feature-host");
        settings.push(feature.ok_or_else(|| Failure::exception("list index out of range"))?);
        settings.extend(given::setting(config, "backend"));
    }
    for dev in children(config, "dev") {
        let mut pairs: Vec<Datum> =
            dev.items().iter().skip(1).filter(|pair| pair.items().len() == 2).cloned().collect();
        if child(dev, "uuid").is_none() {
            pairs.push(Datum::pair("uuid", identities.uuid()));
        }
        settings.push(("dev".to_owned(), pairs.into()));
    }
    Ok(settings)
}

/// Reads the settings of `(vusb (usb-ver 2) (num-ports 4) (port (1 1-8) (2 '')))`, from 4.0 on.
///
/// # Errors
/// Returns Python's exception if the list of ports is missing.
pub(super) fn vusb_settings(config: &Datum) -> Result<Vec<(String, Datum)>, Failure> {
    let names = ["uuid", "usb-ver", "num-ports"];
    let mut settings: Vec<_> = names.into_iter().filter_map(|name| given::setting(config, name)).collect();
    let Some(ports) = children(config, "port").next() else {
        return Err(Failure::exception("'NoneType' object has no attribute '__getitem__'"));
    };
    let count = child(config, "num-ports").and_then(|count| python::number(count).ok()).unwrap_or_default();
    let port = |number: i64| {
        let number = number.to_string();
        let bus = child(ports, &number).cloned().unwrap_or_else(|| "".into());
        Datum::list([number.into(), bus])
    };
    /// The most ports that a USB controller can have.
    const MOST_PORTS: i64 = 31;
    settings.push(("port".to_owned(), (1..=count.min(MOST_PORTS)).map(port).collect::<Vec<_>>().into()));
    Ok(settings)
}

impl Device {
    /// Returns the `dev` lists of a SCSI host.
    pub(super) fn scsi_devs(&self) -> impl Iterator<Item = &Datum> {
        self.settings.iter().filter(|(name, _)| name == "dev").map(|(_, dev)| dev)
    }

    /// Returns the record of a SCSI host or USB controller that is not plugged in.
    pub(super) fn passthrough_definition(&self) -> Datum {
        let mut items: Vec<Datum> = vec![self.class.as_str().into(), Datum::pair("uuid", self.uuid())];
        for (name, value) in &self.settings {
            match name.as_str() {
                "uuid" => {}
                "dev" => {
                    let mut pairs: Vec<(&str, Datum)> = value.items().iter().filter_map(pair).collect();
                    sort_as_dict(&mut pairs);
                    items.push(named("dev", pairs));
                }
                "port" => items.push(
                    [Datum::from("port")].into_iter().chain(value.items().iter().cloned()).collect::<Vec<_>>().into(),
                ),
                name => items.push(Datum::pair(name, value.clone())),
            }
        }
        items.into()
    }

    /// Returns the record of a SCSI host in the form that its controller keeps in the store.
    pub(super) fn vscsi_running(&self) -> Datum {
        let mut items: Vec<Datum> = vec!["vscsi".into()];
        for dev in self.scsi_devs() {
            let told = ["v-dev", "state", "devid", "p-devname", "p-dev"];
            let told = told.into_iter().filter_map(|name| {
                let pair = dev
                    .items()
                    .iter()
                    .find(|pair| pair.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes()))?;
                Some((name, pair.items().get(1)?.clone()))
            });
            items.push(named("dev", told.collect()));
        }
        items.push(Datum::pair("uuid", self.uuid()));
        items.extend(self.setting("feature-host").map(|feature| Datum::pair("feature-host", feature.clone())));
        items.push(Datum::pair("backend", 0));
        items.into()
    }

    /// Returns the record of a USB controller in the form that the store keeps, which has no uuid.
    pub(super) fn vusb_running(&self) -> Datum {
        let ports = self.setting("port").map(Datum::items).unwrap_or_default();
        let mut fields: Vec<(String, Datum)> = vec![("backend".to_owned(), 0.into())];
        for name in ["usb-ver", "num-ports"] {
            fields.extend(self.setting(name).map(|value| (name.to_owned(), value.clone())));
        }
        fields.extend(ports.iter().filter_map(|port| {
            let [number, bus] = port.items() else { return None };
            Some((format!("port-{}", python::text(number)), bus.clone()))
        }));
        let mut fields: Vec<(&str, Datum)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        sort_as_dict(&mut fields);
        named("vusb", fields)
    }
}

fn pair(pair: &Datum) -> Option<(&str, Datum)> {
    match pair.items() {
        [Datum::Bytes(name), value] => Some((str::from_utf8(name).ok()?, value.clone())),
        _ => None,
    }
}

fn named(name: &str, pairs: Vec<(&str, Datum)>) -> Datum {
    let pairs = pairs.into_iter().map(|(name, value)| Datum::pair(name, value));
    [Datum::from(name)].into_iter().chain(pairs).collect::<Vec<_>>().into()
}
