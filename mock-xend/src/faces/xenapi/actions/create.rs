//! `VM.create`: a domain from a struct.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use super::super::envelope::{ErrorDescription, Outcome};
use super::super::records::{self, ON_CRASH};
use crate::python::{self, member};
use crate::world::Command;

/// The attributes of a new domain that only this face knows.
const KEPT: [&str; 11] = [
    "name_description",
    "user_version",
    "is_a_template",
    "auto_power_on",
    "PV_bootloader",
    "PV_bootloader_args",
    "HVM_boot_policy",
    "HVM_boot_params",
    "PCI_bus",
    "other_config",
    "security_label",
];

/// A definition from a struct (`XendConfig(xapi = ...)`): what it says in its own words, the world's `new` takes
/// in those of an S-expression.
pub(in super::super) fn create(call: &mut Context<'_>) -> Outcome {
    let config = &call.params[1];
    let integer = |name: &str| match member(config, name) {
        Some(value) => python::int(&python::str(value)).map(Some).map_err(ErrorDescription::internal),
        None => Ok(None),
    };
    let text = |name: &str| member(config, name).map(python::str);
    let mut pairs: Vec<Datum> = vec!["vm".into()];
    let mut add = |name: &str, value: Option<Datum>| pairs.extend(value.map(|value| Datum::pair(name, value)));
    add("name", text("name_label").map(Datum::from));
    let uuid = text("uuid").map_or_else(|| new_uuid(call), |uuid| String::from_utf8_lossy(&uuid).into_owned());
    add("uuid", Some(uuid.as_str().into()));
    let memory = integer("memory_dynamic_max")?.map(|bytes| bytes / MIB);
    add("memory", Some(memory.unwrap_or_default().into()));
    add("maxmem", integer("memory_static_max")?.map(|bytes| (bytes / MIB).into()));
    let vcpus = integer("VCPUs_max")?.or(integer("VCPUs_at_startup")?);
    add("vcpus", Some(vcpus.unwrap_or(1).into()));
    for (action, event) in [("shutdown", "on_poweroff"), ("reboot", "on_reboot"), ("crash", "on_crash")] {
        let word = text(&format!("actions_after_{action}"));
        let mode = word.map(|word| match ON_CRASH.iter().find(|(known, _)| known.as_bytes() == word) {
            Some((_, mode)) => (*mode).into(),
            None => word.into(),
        });
        add(event, mode);
    }
    if let Some(params) = member(config, "VCPUs_params") {
        add("cpu_weight", member(params, "weight").cloned());
        add("cpu_cap", member(params, "cap").cloned());
    }
    add("image", Some(image(config)));
    call.ask(&Command::New { config: pairs.into() })?;

    for field in KEPT {
        if let Some(value) = member(config, field) {
            call.registry.objects.keep("VM", &uuid, field, value.clone());
        }
    }
    let usual = match call.release {
        release if release >= Release::V4_1 => vec![("nomigrate", Datum::Int(0)), ("tsc_mode", Datum::Int(0))],
        _ => Vec::new(),
    };
    let given = member(config, "platform").cloned().unwrap_or_else(|| Datum::Dict(Vec::new()));
    let missing: Vec<_> = usual.into_iter().filter(|(name, _)| member(&given, name).is_none()).collect();
    let Datum::Dict(mut platform) = given else { return Ok(uuid.into()) };
    platform.extend(missing.into_iter().map(|(name, value)| (name.to_owned(), value)));
    if call.release != Release::V3_1 || !platform.is_empty() {
        call.registry.objects.keep("VM", &uuid, "platform", Datum::Dict(platform));
    }
    Ok(uuid.into())
}

/// A uuid that no domain has.
fn new_uuid(call: &mut Context<'_>) -> String {
    loop {
        let uuid = call.registry.objects.new_reference("VM");
        if records::domain(call, &uuid).is_none() {
            return uuid;
        }
    }
}

/// `(linux (kernel K) ...)`, or with a boot policy `(hvm (boot c) ...)` with the settings of the platform.
fn image(config: &Datum) -> Datum {
    let of = |parent: &Datum, name: &str| member(parent, name).map(python::str).filter(|value| !value.is_empty());
    let pair = |name: &str, value: Option<Vec<u8>>| value.map(|value| Datum::pair(name, value));
    let mut image: Vec<Datum> = Vec::new();
    if member(config, "HVM_boot_policy").is_some_and(python::truth) {
        let order = member(config, "HVM_boot_params").and_then(|params| of(params, "order"));
        image.extend([Some("hvm".into()), pair("boot", order)].into_iter().flatten());
        let platform = match member(config, "platform") {
            Some(Datum::Dict(members)) => members.as_slice(),
            _ => &[],
        };
        let settings = platform.iter().map(|(name, value)| {
            let name = if name == "loader" { "kernel" } else { name };
            Datum::pair(name, python::str(value))
        });
        image.extend(settings);
    } else {
        let fields = [("kernel", "PV_kernel"), ("ramdisk", "PV_ramdisk"), ("args", "PV_args")];
        let settings = fields.into_iter().filter_map(|(name, field)| pair(name, of(config, field)));
        image.push("linux".into());
        image.extend(settings);
    }
    image.into()
}
