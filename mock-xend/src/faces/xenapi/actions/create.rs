//! `VM.create`: creating a domain from a struct (`XendConfig.update_with_xenapi_config`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use super::super::envelope::{ErrorDescription, Outcome};
use super::super::records::{self, Memory, ON_CRASH};
use super::vm;
use crate::python::{self, member};
use crate::world::{Command, Domain};

/// The attributes of a new domain that are kept unchanged.
const KEPT: [&str; 9] = [
    "is_a_template",
    "auto_power_on",
    "actions_after_suspend",
    "PV_bootloader",
    "PV_bootloader_args",
    "HVM_boot_policy",
    "HVM_boot_params",
    "other_config",
    "security_label",
];

/// Defines a domain. The struct is converted to an S-expression, which the world's command `New` takes.
pub(in super::super) fn create(call: &mut Context<'_>) -> Outcome {
    let config = &call.params[1];
    let Datum::Dict(_) = config else {
        let text = format!("'{}' object has no attribute 'items'", python::type_name(config));
        return Err(ErrorDescription::internal(text));
    };
    let text = |name: &str| member(config, name).map(python::str);
    let memory = Memory {
        static_min: integer(config, "memory_static_min")?.unwrap_or(0),
        static_max: integer(config, "memory_static_max")?.unwrap_or(0),
        dynamic_min: integer(config, "memory_dynamic_min")?.unwrap_or(0),
        dynamic_max: integer(config, "memory_dynamic_max")?.unwrap_or(0),
    };
    vm::check_memory(&memory)?;
    let params = vcpus_params(call, config)?;
    let uuid = text("uuid").filter(|uuid| !uuid.is_empty());
    let uuid = uuid.map_or_else(|| new_uuid(call), |uuid| String::from_utf8_lossy(&uuid).into_owned());
    if describes_running_domain(call, config, &uuid) {
        // The daemon has two domains with this uuid then, and the definition is visible nowhere.
        return Ok(uuid.into());
    }

    let mut pairs: Vec<Datum> = vec!["vm".into()];
    let mut add = |name: &str, value: Option<Datum>| pairs.extend(value.map(|value| Datum::pair(name, value)));
    add("name", text("name_label").map(Datum::from));
    add("uuid", Some(uuid.as_str().into()));
    add("memory", Some((memory.dynamic_max / MIB).into()));
    add("maxmem", Some((memory.static_max / MIB).into()));
    let vcpus = integer(config, "VCPUs_max")?.or(integer(config, "VCPUs_at_startup")?);
    add("vcpus", Some(vcpus.unwrap_or(1).into()));
    for (action, event) in [("shutdown", "on_poweroff"), ("reboot", "on_reboot"), ("crash", "on_crash")] {
        let word = text(&format!("actions_after_{action}"));
        let mode = word.map(|word| match ON_CRASH.iter().find(|(known, _)| known.as_bytes() == word) {
            Some((_, mode)) => (*mode).into(),
            None => word.into(),
        });
        add(event, mode);
    }
    for (name, field) in [("weight", "cpu_weight"), ("cap", "cpu_cap")] {
        let number = member(&params, name).and_then(|value| python::int(&python::str(value)).ok());
        add(field, number.map(Datum::from));
    }
    for (name, field) in [("PV_bootloader", "bootloader"), ("PV_bootloader_args", "bootloader_args")] {
        add(field, text(name).filter(|value| !value.is_empty()).map(Datum::from));
    }
    add("image", Some(image(config)));
    let was_there = records::domain(call, &uuid).is_some();
    call.ask(&Command::New { config: pairs.into() })?;

    if was_there {
        vm::keep_metrics(call, &uuid);
    }
    let mut keep = |field: &str, value: Datum| call.registry.objects.keep("VM", &uuid, field, value);
    for field in KEPT {
        // Before 3.4 this attribute is ignored.
        if let Some(value) = member(config, field)
            && (field != "auto_power_on" || call.release >= Release::V3_4)
        {
            keep(field, value.clone());
        }
    }
    keep("memory_static_min", memory.static_min.into());
    keep("memory_dynamic_min", memory.dynamic_min.into());
    keep("VCPUs_params", params);
    keep("platform", platform(config, call.release));
    let is_transient = member(config, "other_config").is_some_and(vm::is_transient);
    if let Ok(domain) = call.world.find_mut(&uuid.as_str().into()) {
        domain.is_transient = is_transient;
        // A struct has no devices. The framebuffer that the world creates for `vnc` belongs to S-expressions only.
        if domain.id.is_none() {
            domain.devices.clear();
        }
    }
    Ok(uuid.into())
}

/// Returns `int()` of a member.
fn integer(config: &Datum, name: &str) -> Result<Option<i64>, ErrorDescription> {
    match member(config, name) {
        Some(value) => python::int(&python::str(value)).map(Some).map_err(ErrorDescription::internal),
        None => Ok(None),
    }
}

/// Returns whether the struct describes a running domain, which the daemon accepts from 3.3 on (`_checkName`: only a
/// domain with another uuid blocks a name).
fn describes_running_domain(call: &Context<'_>, config: &Datum, uuid: &str) -> bool {
    let name = member(config, "name_label").map(python::text);
    let is_twin = |domain: &Domain| domain.id.is_some() && Some(&domain.name) == name.as_ref();
    call.release >= Release::V3_3 && records::domain(call, uuid).is_some_and(is_twin)
}

/// Returns the parameters of the virtual CPUs. From 3.2 on the weight and the cap must be numbers.
fn vcpus_params(call: &Context<'_>, config: &Datum) -> Outcome {
    let given = member(config, "VCPUs_params").cloned().unwrap_or(Datum::Dict(Vec::new()));
    let Datum::Dict(mut members) = given else { return Ok(given) };
    if call.release >= Release::V3_2 {
        for (name, usual) in [("weight", 256), ("cap", 0)] {
            match members.iter_mut().find(|(known, _)| known == name) {
                Some((_, value)) => {
                    let number = python::int(&python::str(value)).map_err(ErrorDescription::internal)?;
                    *value = number.into();
                }
                None => members.push((name.to_owned(), Datum::Int(usual))),
            }
        }
    }
    Ok(python::dict(members))
}

/// Returns the given platform settings with those that the daemon adds to every domain and to HVM domains
/// (`_platform_sanity_check`, captures `xenapi-VM.get_record-hvm`).
fn platform(config: &Datum, release: Release) -> Datum {
    const LOADER: &[(Release, &str)] =
        &[(Release::V3_3, "/usr/lib/xen/boot/hvmloader"), (Release::V4_1, "/srv/xend/bin/hvmloader")];
    let given = match member(config, "platform") {
        None => Vec::new(),
        Some(Datum::Dict(members)) => members.clone(),
        Some(other) => return other.clone(),
    };
    let number = |name: &'static str, value: i64| (name, Datum::Int(value));
    let is_hvm = member(config, "HVM_boot_policy").is_some_and(python::truth);
    let mut usual: Vec<(&str, Datum)> = Vec::new();
    if release >= Release::V4_1 {
        usual.extend([number("tsc_mode", 0), number("nomigrate", 0)]);
    }
    if is_hvm && release >= Release::V3_3 {
        usual.extend([number("timer_mode", i64::from(release >= Release::V3_4)), number("rtc_timeoffset", 0)]);
        usual.extend([number("hpet", 0), ("loader", release.pick(LOADER).into())]);
    }
    if is_hvm && release >= Release::V3_4 {
        usual.extend([number("viridian", 0), number("xen_platform_pci", 1), number("vpt_align", 1)]);
    }
    let missing = usual.into_iter().filter(|(name, _)| given.iter().all(|(known, _)| known != name));
    let missing: Vec<_> = missing.map(|(name, value)| (name.to_owned(), value)).collect();
    python::dict(given.into_iter().chain(missing).collect())
}

/// Returns a uuid that no domain has.
fn new_uuid(call: &mut Context<'_>) -> String {
    loop {
        let uuid = call.registry.objects.new_reference("VM");
        if records::domain(call, &uuid).is_none() {
            return uuid;
        }
    }
}

/// Returns the image: `(linux (kernel K) ...)`, or with a boot policy `(hvm (boot c) ...)` with the settings of the
/// platform.
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
