//! `VIF`, `VBD` and `console`: devices of domains, by the uuids that the daemon gives them.

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use crate::python;
use crate::registry::reference;
use crate::world::{Device, Domain};

/// The kinds of devices of a class.
fn kinds(class: &str) -> &'static [&'static str] {
    match class {
        "VIF" | "VIF_metrics" => &["vif"],
        "VBD" | "VBD_metrics" => &["vbd", "tap", "tap2"],
        "console" => &["console"],
        _ => &[],
    }
}

/// All connected devices of a class.
fn devices<'w>(call: &'w Context<'_>, class: &str) -> impl Iterator<Item = (&'w Domain, &'w Device)> + use<'w> {
    let kinds = kinds(class);
    let domains = call.world.domains().iter().map(Arc::as_ref);
    let devices = domains.flat_map(|domain| domain.devices.iter().map(move |device| (domain, device)));
    devices.filter(move |(_, device)| kinds.contains(&device.class.as_str()))
}

pub(super) fn references(call: &Context<'_>, class: &str) -> Vec<String> {
    devices(call, class).map(|(_, device)| device.uuid().to_owned()).collect()
}

/// The record of a device (`get_dev_xenapi_config`). Its metrics have the reference of the device itself.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Option<Datum> {
    let (domain, device) = devices(call, class).find(|(_, device)| device.uuid() == given)?;
    let setting = |name: &str| {
        let found = device.settings.iter().find(|(known, _)| known == name);
        found.map_or_else(|| "".into(), |(_, value)| python::str(value).into())
    };
    let kept = |field: &str, otherwise: Datum| call.registry.objects.kept(class, given, field).unwrap_or(otherwise);
    let vm = Datum::from(domain.uuid.as_str());
    let from_3_4 = call.release >= Release::V3_4;
    let mut fields: Vec<(&str, Datum)> = vec![("uuid", given.into())];
    match class {
        "VIF" => {
            fields.extend([("VM", vm), ("MAC", setting("mac")), ("MTU", 1500.into())]);
            fields.push(("device", format!("eth{}", device.id).into()));
            fields.push(("network", network(call, &python::text(&setting("bridge")))));
            fields.push(("metrics", given.into()));
            fields.push(("runtime_properties", Datum::Dict(Vec::new())));
            if from_3_4 {
                fields.push(("security_label", kept("security_label", "".into())));
            }
        }
        "VBD" => {
            let name = python::text(&setting("dev"));
            let (name, kind) = name.split_once(':').unwrap_or((&name, "disk"));
            let mode = if python::str(&setting("mode")).starts_with(b"w") { "RW" } else { "RO" };
            let is_first = domain.devices.iter().find(|known| kinds(class).contains(&known.class.as_str()));
            let bootable = match device.settings.iter().find(|(known, _)| known == "bootable") {
                Some((_, flag)) => python::str(flag) == b"1",
                None => is_first.is_some_and(|first| first.uuid() == device.uuid()),
            };
            fields.extend([("VM", vm), ("VDI", setting("VDI")), ("device", name.into())]);
            fields.push(("bootable", kept("bootable", bootable.into())));
            fields.push(("mode", kept("mode", mode.into())));
            fields.push(("type", if kind == "cdrom" { "CD" } else { "Disk" }.into()));
            fields.push(("metrics", given.into()));
            fields.push(("runtime_properties", Datum::Dict(Vec::new())));
        }
        "VIF_metrics" => {
            fields.extend([("io_read_kbs", 0.0.into()), ("io_write_kbs", 0.0.into())]);
            if from_3_4 {
                fields.extend([("io_total_read_kbs", 0.0.into()), ("io_total_write_kbs", 0.0.into())]);
            }
            fields.push(("last_updated", python::date_time(call.now)));
        }
        "VBD_metrics" => {
            fields.extend([("io_read_kbs", 0.0.into()), ("io_write_kbs", 0.0.into())]);
            fields.push(("last_updated", python::date_time(call.now)));
        }
        _ => {
            let protocol = setting("protocol");
            fields.push(("location", setting("location")));
            fields.push(("protocol", if protocol == "".into() { "vt100".into() } else { protocol }));
            fields.push(("VM", vm));
            if from_3_4 {
                fields.push(("other_config", kept("other_config", Datum::Dict(Vec::new()))));
            }
        }
    }
    Some(python::literal(fields))
}

/// The network of a bridge, if there is one.
fn network(call: &Context<'_>, bridge: &str) -> Datum {
    let networks = call.registry.objects.references("network");
    let wanted = reference("network", bridge);
    if networks.contains(&wanted) { wanted.into() } else { "".into() }
}

/// A connected device of a class and its domain, by its reference.
pub(in super::super) fn device<'w>(
    call: &'w Context<'_>,
    class: &str,
    given: &str,
) -> Option<(&'w Domain, &'w Device)> {
    devices(call, class).find(|(_, device)| device.uuid() == given)
}

/// Where an image is (`XendLocalVDI.get_location`).
pub(in super::super) fn image_location(call: &Context<'_>, vdi: &Datum) -> Option<Vec<u8>> {
    let config = super::attribute(call, "VDI", &python::text(vdi), "other_config")?;
    python::member(&config, "location").map(python::str)
}
