//! Records of `VIF`, `VBD`, `VTPM` and `console`: devices of domains, identified by the uuids that the daemon gives
//! them (`XendDomainInfo.get_dev_xenapi_config`).

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome};
use super::domains::domains;
use crate::python;
use crate::world::{Device, Domain, PowerState};

/// Returns the device classes that a class of the Xen-API stands for. A framebuffer is a console, too.
fn kinds(class: &str) -> &'static [&'static str] {
    match class {
        "VIF" | "VIF_metrics" => &["vif"],
        "VBD" | "VBD_metrics" => &["vbd", "tap", "tap2"],
        "VTPM" => &["vtpm"],
        "console" => &["console", "vfb"],
        _ => &[],
    }
}

/// Returns whether the objects of a class are devices of domains.
pub(super) fn is_class(class: &str) -> bool {
    !kinds(class).is_empty()
}

/// Returns all connected devices of a class.
fn devices<'w>(call: &'w Context<'_>, class: &str) -> impl Iterator<Item = (&'w Domain, &'w Device)> + use<'w> {
    let kinds = kinds(class);
    let devices =
        domains(call).into_iter().flat_map(|domain| domain.devices.iter().map(move |device| (domain, device)));
    devices.filter(move |(_, device)| kinds.contains(&device.class.as_str()))
}

pub(super) fn references(call: &Context<'_>, class: &str) -> Vec<String> {
    devices(call, class).map(|(_, device)| device.uuid().to_owned()).collect()
}

/// Returns the references of a domain's devices of a class.
pub(super) fn of_domain(domain: &Domain, class: &str) -> Vec<String> {
    let of_class = |device: &&Device| kinds(class).contains(&device.class.as_str());
    domain.devices.iter().filter(of_class).map(|device| device.uuid().to_owned()).collect()
}

/// Returns a connected device with its domain, by the reference of the device.
pub(in super::super) fn device<'w>(
    call: &'w Context<'_>,
    class: &str,
    given: &str,
) -> Option<(&'w Domain, &'w Device)> {
    let kinds = kinds(class);
    let domains = call.world.domains().iter().map(Arc::as_ref);
    let mut devices = domains.flat_map(|domain| domain.devices.iter().map(move |device| (domain, device)));
    devices.find(|(_, device)| device.uuid() == given && kinds.contains(&device.class.as_str()))
}

/// Returns whether the store has the devices of a domain. A halted or suspended domain has them only in its
/// configuration.
pub(in super::super) fn is_running(domain: &Domain) -> bool {
    !matches!(domain.power_state(), PowerState::Halted | PowerState::Suspended)
}

/// Checks that the disks of a domain can be read. 3.4 converts the store's `bootable` to a number, which fails for the
/// `False` that a client has set (captures `xenapi-VBD.get_record-running@3.4` and `-hot@3.4`).
pub(in super::super) fn vbd_is_readable(call: &Context<'_>, domain: &Domain) -> Result<(), ErrorDescription> {
    let is_flag = |vbd: &String| matches!(call.registry.objects.kept("VBD", vbd, "bootable"), Some(Datum::Bool(_)));
    let flag = of_domain(domain, "VBD").into_iter().find(is_flag);
    match flag.and_then(|vbd| call.registry.objects.kept("VBD", &vbd, "bootable")) {
        Some(Datum::Bool(flag)) if call.release == Release::V3_4 && is_running(domain) => {
            let word = if flag { "True" } else { "False" };
            Err(ErrorDescription::internal(format!("invalid literal for int() with base 10: '{word}'")))
        }
        _ => Ok(()),
    }
}

/// Returns the references of the devices of a class whose attribute has a value.
pub(super) fn with_attribute(call: &Context<'_>, class: &str, field: &str, wanted: &Datum) -> Vec<String> {
    let is_it = |given: &String| match setting_of(call, class, given, field) {
        Some(value) => value == *wanted,
        None => attribute(call, class, given, field).as_ref() == Ok(wanted),
    };
    references(call, class).into_iter().filter(is_it).collect()
}

/// Returns an attribute that follows from a device's settings alone, so that a search need not make the record.
fn setting_of(call: &Context<'_>, class: &str, given: &str, field: &str) -> Option<Datum> {
    match (class, field) {
        ("VBD", "VDI") => {
            let (_, device) = device(call, class, given)?;
            Some(device.setting("VDI").cloned().unwrap_or("".into()))
        }
        _ => None,
    }
}

/// Returns an attribute of a device (`get_dev_property_by_uuid`).
pub(super) fn attribute(call: &Context<'_>, class: &str, given: &str, field: &str) -> Outcome {
    let invalid = || ErrorDescription::handle_invalid(class, &given.into());
    let (domain, device) = device(call, class, given).ok_or_else(invalid)?;
    let now = || Ok(python::date_time(call.now));
    match field {
        "metrics" => return Ok(given.into()),
        "runtime_properties" => return runtime_properties(call, class, given),
        "last_updated" => return now(),
        "backend" if class == "VTPM" && device.setting("backend").is_none() => {
            return Ok("00000000-0000-0000-0000-000000000000".into());
        }
        _ => {}
    }
    // The daemon catches the failed conversion to a number here, and loses the value.
    if class.starts_with("VBD") && vbd_is_readable(call, domain).is_err() {
        return Ok(Datum::None);
    }
    let record = record(call, class, given)?;
    let missing = || ErrorDescription::internal(format!("Invalid property for device: {field}"));
    python::member(&record, field).cloned().ok_or_else(missing)
}

/// Returns the record of a device. Its metrics have the same reference as the device itself.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Outcome {
    let invalid = || ErrorDescription::handle_invalid(class, &given.into());
    let (domain, device) = device(call, class, given).ok_or_else(invalid)?;
    if class.starts_with("VBD") {
        vbd_is_readable(call, domain)?;
    }
    let kept = |field: &str| call.registry.objects.kept(kept_by(class), given, field);
    let setting = |name: &str| device.setting(name).cloned();
    let text = |name: &str| setting(name).map_or_else(|| "".into(), |value| python::str(&value).into());
    let mut fields: Vec<(&str, Datum)> = vec![("uuid", given.into()), ("VM", domain.uuid.as_str().into())];
    match class {
        "VIF" => {
            let mac = kept("MAC").filter(|_| !is_running(domain)).unwrap_or_else(|| text("mac"));
            let name = if is_running(domain) { format!("eth{}", device.id) } else { String::new() };
            fields.extend([("MAC", mac), ("MTU", 1500.into()), ("device", name.into()), ("metrics", given.into())]);
            fields.extend(network(call, setting("bridge")).map(|network| ("network", network)));
            if call.release >= Release::V3_2 {
                fields.push(("security_label", text("security_label")));
            }
        }
        "VBD" => {
            let dev = python::text(&text("dev"));
            let dev = dev.strip_prefix("ioemu:").unwrap_or(&dev);
            let (name, suffix) = dev.split_once(':').map_or((dev, None), |(name, suffix)| (name, Some(suffix)));
            let mode = if python::str(&text("mode")).starts_with(b"w") { "RW" } else { "RO" };
            fields.extend([("VDI", text("VDI")), ("device", name.into()), ("mode", mode.into())]);
            // In the store, the name of a disk always has its kind as a suffix.
            let kind = match suffix {
                None if is_running(domain) => Some("disk"),
                suffix => suffix,
            };
            let kind = kind.map(|kind| if kind == "cdrom" { "CD" } else { "Disk" }.into());
            fields.extend(kind.or_else(|| setting("type")).map(|kind| ("type", kind)));
            fields.push(("bootable", kept("bootable").unwrap_or_else(|| bootable(domain, device))));
            fields.push(("metrics", given.into()));
            if call.release >= Release::V3_2 {
                fields.push(("runtime_properties", Datum::Dict(Vec::new())));
            }
        }
        "VTPM" => {
            let backend = setting("backend").unwrap_or_else(|| "00000000-0000-0000-0000-000000000000".into());
            fields.push(("backend", backend));
            if call.release >= Release::V3_2 {
                fields.push(("other_config", kept("other_config").unwrap_or(Datum::Dict(Vec::new()))));
            }
        }
        "VIF_metrics" | "VBD_metrics" => {
            let of_release = match class {
                "VIF_metrics" if call.release >= Release::V3_2 => {
                    &["io_read_kbs", "io_write_kbs", "io_total_read_kbs", "io_total_write_kbs"][..]
                }
                _ => &["io_read_kbs", "io_write_kbs"],
            };
            fields = of_release.iter().map(|name| (*name, 0.0.into())).collect();
            fields.push(("last_updated", python::date_time(call.now)));
        }
        _ => {
            fields.extend(setting("location").map(|location| ("location", location)));
            let protocol = if device.class == "console" { Some("vt100".into()) } else { None };
            let of_framebuffer = || match setting("type") {
                Some(kind) if kind == "vnc".into() => Some("rfb".into()),
                Some(kind) if kind == "sdl".into() => Some("rdp".into()),
                _ => None,
            };
            let protocol = protocol.or_else(|| setting("protocol")).or_else(of_framebuffer);
            fields.extend(protocol.map(|protocol| ("protocol", protocol)));
            fields.push(("other_config", kept("other_config").unwrap_or(Datum::Dict(Vec::new()))));
        }
    }
    Ok(python::dict(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

/// Returns the class under which the registry keeps attributes of a device.
fn kept_by(class: &str) -> &str {
    class.strip_suffix("_metrics").unwrap_or(class)
}

/// Returns `bootable` as a number, which is 1 for the first disk by default (`device_add`).
fn bootable(domain: &Domain, device: &Device) -> Datum {
    match device.setting("bootable") {
        Some(flag) => python::int(&python::str(flag)).map_or_else(|_| flag.clone(), Datum::from),
        None => i64::from(of_domain(domain, "VBD").first().is_some_and(|first| first == device.uuid())).into(),
    }
}

/// Returns the network of a bridge; without a bridge, that of the first one (`bridge_to_network`).
fn network(call: &Context<'_>, bridge: Option<Datum>) -> Option<Datum> {
    let networks = match bridge.filter(python::truth) {
        // A search through the networks' records would not end, since these name the network cards.
        Some(bridge) => call.registry.objects.with_attribute("network", "name_label", &bridge),
        None => call.registry.objects.references("network"),
    };
    networks.into_iter().next().map(Datum::from)
}

/// Returns the store's entries of a running device's front end. The folder of the back end is missing: it is cut off
/// with the first pair, except for disks, which lose it only in 3.1 (`get_runtime_properties`).
fn runtime_properties(call: &Context<'_>, class: &str, given: &str) -> Outcome {
    let invalid = || ErrorDescription::handle_invalid(class, &given.into());
    let (domain, device) = device(call, class, given).ok_or_else(invalid)?;
    if class == "VBD" {
        vbd_is_readable(call, domain)?;
    }
    if !is_running(domain) {
        return Ok(Datum::Dict(Vec::new()));
    }
    let Some(Datum::List(entry)) = domain.store_entry(device, call.release) else {
        return Ok(Datum::Dict(Vec::new()));
    };
    let pairs = entry.get(1).map(Datum::items).unwrap_or_default();
    let skipped = usize::from(class != "VBD" || call.release <= Release::V3_1);
    let members = pairs.iter().skip(skipped).filter_map(|pair| match pair.items() {
        [name, value] => Some((python::text(name), value.clone())),
        _ => None,
    });
    Ok(python::dict(members.collect()))
}

/// Returns the location of an image (`XendLocalVDI.get_location`).
pub(in super::super) fn image_location(call: &Context<'_>, vdi: &Datum) -> Option<Vec<u8>> {
    let fields = call.registry.objects.fields("VDI", &python::text(vdi))?;
    let (_, config) = fields.iter().find(|(name, _)| name == "other_config")?;
    python::member(config, "location").map(python::str)
}
