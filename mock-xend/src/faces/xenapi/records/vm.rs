//! The record of a domain.

use std::collections::HashMap;
use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use crate::python;
use crate::registry::reference;
use crate::world::{Domain, Image, PowerState};

/// `XEN_API_ON_NORMAL_EXIT`.
pub(in super::super) const ON_NORMAL_EXIT: [&str; 2] = ["destroy", "restart"];
/// `XEN_API_ON_CRASH_BEHAVIOUR`, and what the configuration of a domain calls them.
pub(in super::super) const ON_CRASH: [(&str, &str); 6] = [
    ("destroy", "destroy"),
    ("coredump_and_destroy", "coredump-destroy"),
    ("restart", "restart"),
    ("coredump_and_restart", "coredump-restart"),
    ("preserve", "preserve"),
    ("rename_restart", "rename-restart"),
];

/// All domains: the active ones by id, then the others as a dict of their uuids gives them (`XendDomain.list`).
pub(in super::super) fn domains<'w>(call: &'w Context<'_>) -> Vec<&'w Domain> {
    let (mut domains, inactive): (Vec<_>, Vec<_>) =
        call.world.domains().iter().map(Arc::as_ref).partition(|domain| domain.id.is_some());
    let by_uuid: HashMap<_, _> = inactive.iter().map(|domain| (domain.uuid.as_str(), *domain)).collect();
    let order = python::dict_order(inactive.iter().map(|domain| domain.uuid.as_str()));
    domains.extend(order.into_iter().map(|uuid| by_uuid[uuid]));
    domains
}

pub(in super::super) fn domain<'w>(call: &'w Context<'_>, vm: &str) -> Option<&'w Domain> {
    call.world.domains().iter().map(Arc::as_ref).find(|domain| domain.uuid == vm)
}

/// The word for a state (`XEN_API_VM_POWER_STATE`, protocol reference §6.1).
pub(in super::super) fn power_state(state: PowerState, release: Release) -> &'static str {
    match state {
        PowerState::Crashed if release < Release::V3_4 => "Unknown",
        state => state.as_str(),
    }
}

/// `VM_get_record`, its fields in the order of the source, which decides on their order in the reply.
pub(super) fn record(call: &Context<'_>, domain: &Domain) -> Datum {
    let release = call.release;
    let vm = domain.uuid.as_str();
    let kept = |field: &str, otherwise: Datum| call.registry.objects.kept("VM", vm, field).unwrap_or(otherwise);
    let devices = |classes: &[&str]| {
        let of_class = domain.devices.iter().filter(|device| classes.contains(&device.class.as_str()));
        Datum::List(of_class.map(|device| device.uuid().into()).collect())
    };
    let empty = || Datum::List(Vec::new());
    let no_members = || Datum::Dict(Vec::new());
    let image = |name: &str| image_setting(domain, name);
    let normal_exit = |mode: &str| if ON_NORMAL_EXIT.contains(&mode) { mode.to_owned() } else { "restart".to_owned() };
    let on_crash = ON_CRASH.iter().find(|(_, mode)| *mode == domain.on_end.crash).map_or("destroy", |(word, _)| *word);
    let pool = call.registry.objects.references("cpu_pool").into_iter().map(Datum::from).collect::<Vec<_>>();

    let from_3_2 = release >= Release::V3_2;
    let from_4_1 = release >= Release::V4_1;
    let mut fields: Vec<(&str, Datum)> = Vec::new();
    let mut add = |is_there: bool, name: &'static str, value: Datum| {
        if is_there {
            fields.push((name, value));
        }
    };
    add(true, "uuid", vm.into());
    add(true, "power_state", power_state(domain.power_state(), release).into());
    add(true, "name_label", domain.name.as_str().into());
    add(true, "name_description", kept("name_description", domain.name.as_str().into()));
    add(true, "user_version", kept("user_version", 1.into()));
    add(true, "is_a_template", kept("is_a_template", false.into()));
    add(true, "auto_power_on", kept("auto_power_on", false.into()));
    add(true, "resident_on", reference("host", "").into());
    add(true, "memory_static_min", kept("memory_static_min", 0.into()));
    add(true, "memory_static_max", most_memory(domain).into());
    add(true, "memory_dynamic_min", kept("memory_dynamic_min", domain.memory.saturating_mul(MIB).into()));
    add(true, "memory_dynamic_max", domain.memory.saturating_mul(MIB).into());
    add(true, "VCPUs_params", vcpus_params(domain));
    add(true, "VCPUs_at_startup", domain.vcpus.into());
    add(true, "VCPUs_max", domain.vcpus.into());
    add(true, "actions_after_shutdown", normal_exit(&domain.on_end.poweroff).into());
    add(true, "actions_after_reboot", normal_exit(&domain.on_end.reboot).into());
    add(true, "actions_after_suspend", kept("actions_after_suspend", "restart".into()));
    add(true, "actions_after_crash", on_crash.into());
    add(true, "consoles", devices(&["console"]));
    add(true, "VIFs", devices(&["vif"]));
    add(true, "VBDs", devices(&["vbd", "tap", "tap2"]));
    add(release < Release::V4_4, "VTPMs", devices(&["vtpm"]));
    add(release >= Release::V3_3, "DPCIs", empty());
    add(release >= Release::V3_4, "DSCSIs", empty());
    add(from_4_1, "DSCSI_HBAs", empty());
    add(true, "PV_bootloader", kept("PV_bootloader", "".into()));
    add(true, "PV_kernel", image("kernel"));
    add(true, "PV_ramdisk", image("ramdisk"));
    add(true, "PV_args", domain.image.as_ref().map(Image::arguments).unwrap_or_default().into());
    add(true, "PV_bootloader_args", kept("PV_bootloader_args", "".into()));
    add(true, "HVM_boot_policy", kept("HVM_boot_policy", "".into()));
    add(true, "HVM_boot_params", kept("HVM_boot_params", no_members()));
    add(true, "platform", kept("platform", platform(domain, release)));
    add(true, "PCI_bus", kept("PCI_bus", "".into()));
    add(true, "tools_version", no_members());
    add(true, "other_config", kept("other_config", no_members()));
    add(true, "domid", domain.id.map_or(Datum::Int(-1), Datum::from));
    add(true, "is_control_domain", domain.is_privileged().into());
    add(true, "metrics", reference("VM_metrics", vm).into());
    add(from_3_2, "security_label", kept("security_label", "".into()));
    add(from_3_2, "crash_dumps", empty());
    add(from_4_1, "pool_name", kept("pool_name", "Pool-0".into()));
    add(from_4_1, "cpu_pool", pool.into());
    python::literal(fields)
}

/// Bytes. Domain-0's is what the hypervisor of the captures gives as no limit, in KiB; the world keeps whole MiB of it.
fn most_memory(domain: &Domain) -> i64 {
    const NO_LIMIT: i64 = 4_294_967_292 << 10;
    if domain.max_memory == NO_LIMIT / MIB { NO_LIMIT } else { domain.max_memory.saturating_mul(MIB) }
}

fn vcpus_params(domain: &Domain) -> Datum {
    python::literal([("cap", domain.credit.cap.into()), ("weight", domain.credit.weight.into())])
}

fn image_setting(domain: &Domain, name: &str) -> Datum {
    let setting = domain.image.as_ref().and_then(|image| image.setting(name));
    setting.map_or_else(|| "".into(), |value| python::str(value).into())
}

/// What stands in the captures (`xenapi-VM.get_all_records`).
fn platform(domain: &Domain, release: Release) -> Datum {
    match release {
        Release::V3_1 => python::literal([("rtc_timeoffset", 0.into())]),
        release if release < Release::V4_1 => Datum::Dict(Vec::new()),
        _ if domain.is_privileged() => python::literal([("nomigrate", 0.into()), ("tsc_mode", 0.into())]),
        _ => python::literal([("nomigrate", 0.into()), ("tsc_mode", 0.into()), ("pci", Datum::List(Vec::new()))]),
    }
}
