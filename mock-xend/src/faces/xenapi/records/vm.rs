//! The record of `VM`, a domain.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::super::context::{Context, MIB};
use super::references::{list, references};
use super::{device, metrics};
use crate::python;
use crate::registry::reference;
use crate::world::{Domain, Image, PowerState};

/// The actions after a normal end of a domain (`XEN_API_ON_NORMAL_EXIT`).
pub(in super::super) const ON_NORMAL_EXIT: [&str; 2] = ["destroy", "restart"];
/// The actions after a crash (`XEN_API_ON_CRASH_BEHAVIOUR`), each with its word in a domain's configuration.
pub(in super::super) const ON_CRASH: [(&str, &str); 6] = [
    ("destroy", "destroy"),
    ("coredump_and_destroy", "coredump-destroy"),
    ("restart", "restart"),
    ("coredump_and_restart", "coredump-restart"),
    ("preserve", "preserve"),
    ("rename_restart", "rename-restart"),
];

/// Returns the Xen-API's word for a state (`XEN_API_VM_POWER_STATE`, protocol reference §6.1).
pub(in super::super) fn power_state(state: PowerState, release: Release) -> &'static str {
    match state {
        PowerState::Crashed if release < Release::V3_4 => "Unknown",
        state => state.as_str(),
    }
}

/// The memory of a domain in bytes: the current values while it runs, and those of its definition.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Memory {
    pub(in super::super) static_min: i64,
    pub(in super::super) static_max: i64,
    pub(in super::super) dynamic_min: i64,
    pub(in super::super) dynamic_max: i64,
}

pub(in super::super) fn memory(call: &Context<'_>, domain: &Domain) -> Memory {
    /// The maximum of Domain-0's memory, in bytes: the number of KiB that stands for no limit in the hypervisor of the
    /// captures. The world keeps it in whole MiB.
    const NO_LIMIT: i64 = 4_294_967_292 << 10;
    let bytes = |mib: i64| if mib == NO_LIMIT / MIB { NO_LIMIT } else { mib.saturating_mul(MIB) };
    let kept = |field: &str| match call.registry.objects.kept("VM", &domain.uuid, field) {
        Some(Datum::Int(bytes)) => Some(bytes),
        _ => None,
    };
    let dynamic_max = bytes(domain.memory);
    Memory {
        static_min: kept("memory_static_min").unwrap_or_default(),
        static_max: bytes(domain.max_memory),
        dynamic_min: kept("memory_dynamic_min").filter(|least| *least <= dynamic_max).unwrap_or(dynamic_max),
        dynamic_max,
    }
}

/// Returns the record of a domain (`VM_get_record`), with its members in the order of the source, which determines
/// their order in the reply.
pub(super) fn record(call: &Context<'_>, domain: &Domain) -> Datum {
    let release = call.release;
    let vm = domain.uuid.as_str();
    let is_hvm = domain.image.as_ref().and_then(Image::kind) == Some(b"hvm");
    let kept = |field: &str, otherwise: Datum| call.registry.objects.kept("VM", vm, field).unwrap_or(otherwise);
    let devices = |class: &str| list(device::of_domain(domain, class));
    let empty = || Datum::List(Vec::new());
    let no_members = || Datum::Dict(Vec::new());
    let image = |name: &str| image_setting(domain, name).unwrap_or("".into());
    // The kernel of an HVM domain is its loader, which the platform shows.
    let of_kernel = |name: &str| if is_hvm { "".into() } else { image(name) };
    let boot_order = || python::literal(image_setting(domain, "boot").map(|order| ("order", order)));
    let normal_exit = |mode: &str| if ON_NORMAL_EXIT.contains(&mode) { mode.to_owned() } else { "restart".to_owned() };
    let on_crash = ON_CRASH.iter().find(|(_, mode)| *mode == domain.on_end.crash).map_or("destroy", |(word, _)| *word);
    let memory = memory(call, domain);
    let arguments = domain.image.as_ref().filter(|_| !is_hvm).map(Image::arguments).unwrap_or_default();
    let pools = if domain.id.is_some() { references(call, "cpu_pool") } else { Vec::new() };
    let always = Releases::ALL;
    let since = Releases::since;

    let fields = [
        (always, "uuid", vm.into()),
        (always, "power_state", power_state(domain.power_state(), release).into()),
        (always, "name_label", domain.name.as_str().into()),
        // The daemon always shows the name and the same version, whatever a client has set.
        (always, "name_description", domain.name.as_str().into()),
        (always, "user_version", 1.into()),
        (always, "is_a_template", kept("is_a_template", false.into())),
        (always, "auto_power_on", kept("auto_power_on", false.into())),
        (always, "resident_on", reference("host", "").into()),
        (always, "memory_static_min", memory.static_min.into()),
        (always, "memory_static_max", memory.static_max.into()),
        (always, "memory_dynamic_min", memory.dynamic_min.into()),
        (always, "memory_dynamic_max", memory.dynamic_max.into()),
        (always, "VCPUs_params", vcpus_params(call, domain)),
        (always, "VCPUs_at_startup", domain.vcpus.into()),
        (always, "VCPUs_max", domain.vcpus.into()),
        (always, "actions_after_shutdown", normal_exit(&domain.on_end.poweroff).into()),
        (always, "actions_after_reboot", normal_exit(&domain.on_end.reboot).into()),
        (always, "actions_after_suspend", kept("actions_after_suspend", "restart".into())),
        (always, "actions_after_crash", on_crash.into()),
        (always, "consoles", devices("console")),
        (always, "VIFs", devices("VIF")),
        (always, "VBDs", devices("VBD")),
        (Releases::until(Release::V4_1), "VTPMs", devices("VTPM")),
        (since(Release::V3_3), "DPCIs", empty()),
        (since(Release::V3_4), "DSCSIs", empty()),
        (since(Release::V4_1), "DSCSI_HBAs", empty()),
        (always, "PV_bootloader", kept("PV_bootloader", "".into())),
        (always, "PV_kernel", of_kernel("kernel")),
        (always, "PV_ramdisk", of_kernel("ramdisk")),
        (always, "PV_args", arguments.into()),
        (always, "PV_bootloader_args", kept("PV_bootloader_args", "".into())),
        (always, "HVM_boot_policy", kept("HVM_boot_policy", if is_hvm { "BIOS order" } else { "" }.into())),
        (always, "HVM_boot_params", kept("HVM_boot_params", if is_hvm { boot_order() } else { no_members() })),
        (always, "platform", platform(call, domain)),
        // The daemon sets this attribute under one name and reads it under another (`get_pci_bus`).
        (always, "PCI_bus", "".into()),
        (always, "tools_version", no_members()),
        (always, "other_config", kept("other_config", no_members())),
        (always, "domid", domain.id.map_or(Datum::Int(-1), Datum::from)),
        (always, "is_control_domain", domain.is_privileged().into()),
        (always, "metrics", metrics::of_domain(call, domain).into()),
        (since(Release::V3_2), "security_label", kept("security_label", "".into())),
        (since(Release::V3_2), "crash_dumps", empty()),
        (since(Release::V4_1), "pool_name", kept("pool_name", "Pool-0".into())),
        (since(Release::V4_1), "cpu_pool", list(pools)),
    ];
    let fields = fields.into_iter().filter(|(releases, _, _)| releases.contains(release));
    python::literal(fields.map(|(_, name, value)| (name, value)))
}

/// Returns the parameters of the virtual CPUs: those of the hypervisor, or those that a client gave for a halted
/// domain.
fn vcpus_params(call: &Context<'_>, domain: &Domain) -> Datum {
    match call.registry.objects.kept("VM", &domain.uuid, "VCPUs_params").filter(|_| domain.id.is_none()) {
        Some(params) => params,
        None => python::literal([("cap", domain.credit.cap.into()), ("weight", domain.credit.weight.into())]),
    }
}

fn image_setting(domain: &Domain, name: &str) -> Option<Datum> {
    let setting = domain.image.as_ref().and_then(|image| image.setting(name));
    setting.map(|value| python::str(value).into())
}

/// Returns the platform settings that a client gave, with those that the daemon adds to every domain and to each one
/// that it starts (captures `xenapi-VM.get_record-*`).
fn platform(call: &Context<'_>, domain: &Domain) -> Datum {
    let given = call.registry.objects.kept("VM", &domain.uuid, "platform");
    let is_known_from_client = given.is_some();
    let mut members = match given {
        Some(Datum::Dict(members)) => members,
        Some(other) => return other,
        None => Vec::new(),
    };
    let mut add = |is_added: bool, name: &str, value: Datum| {
        if is_added && members.iter().all(|(known, _)| known != name) {
            members.push((name.to_owned(), value));
        }
    };
    let is_started = domain.id.is_some();
    add(call.release <= Release::V3_1 && is_started, "rtc_timeoffset", 0.into());
    let is_validated = call.release >= Release::V4_1 && (is_started || !is_known_from_client);
    add(is_validated, "nomigrate", 0.into());
    add(is_validated, "tsc_mode", 0.into());
    add(is_validated && is_started && !domain.is_privileged(), "pci", Datum::List(Vec::new()));
    python::dict(members)
}
