//! The table of what each method does, by name.
//!
//! When a function is called, the session, the reference and the number of parameters have been checked.

mod create;
mod device;
mod generic;
mod host;
mod network;
mod session;
mod storage;
mod vm;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::context::Action;
use super::method::{Access, Kind, Method};

/// Returns the function of a method: its own from the table, or else the one for all classes. Returns `None` if only a
/// scenario can answer the method.
pub(super) fn of(method: &Method) -> Option<Action> {
    let generic = |verb: &str| GENERIC.iter().find(|(name, _)| *name == verb).map(|(_, action)| *action);
    let own = BY_NAME.get(method.name.as_str()).copied().or_else(|| generic(method.verb()));
    own.or(match method.kind {
        Kind::Get(Access::Record) => match method.class {
            "session" => Some(session::get),
            "SR" => Some(storage::get_of_storage),
            _ => Some(generic::get),
        },
        Kind::Set(Access::Record) => Some(generic::set),
        Kind::Get(Access::Bare) => Some(generic::get_bare),
        Kind::Get(Access::Todo) | Kind::Set(Access::Todo) => Some(generic::todo),
        Kind::Get(Access::Unsupported) | Kind::Set(Access::Unsupported | Access::Bare) => Some(generic::unsupported),
        Kind::Get(Access::Raises(_)) | Kind::Set(Access::Raises(_)) => Some(generic::raise),
        Kind::Method | Kind::Function => None,
    })
}

static BY_NAME: LazyLock<HashMap<&'static str, Action>> = LazyLock::new(|| METHODS.iter().copied().collect());

/// Methods that any class may have.
const GENERIC: [(&str, Action); 8] = [
    ("get_uuid", generic::get_uuid),
    ("get_record", generic::get_record),
    ("get_all", generic::get_all),
    ("get_all_records", generic::get_all_records),
    ("get_by_uuid", generic::get_by_uuid),
    ("get_by_name_label", generic::get_by_name_label),
    ("add_to_other_config", generic::add_to),
    ("remove_from_other_config", generic::remove_from),
];

const METHODS: &[(&str, Action)] = &[
    ("session.get_record", session::get_record),
    ("session.get_all", session::get_all),
    ("session.logout", session::logout),
    ("task.get_by_name_label", session::no_task_by_name),
    ("task.cancel", session::cancel_task),
    ("event.register", session::register),
    ("event.unregister", session::unregister),
    ("event.next", session::next_event),
    ("event.get_all_records", session::no_get_all),
    ("debug.get_all_records", session::no_get_all),
    ("debug.return_failure", session::debug_failure),
    ("debug.wait", session::debug_wait),
    ("host.get_name_description", host::get_name_description),
    ("host.get_PBDs", host::get_connections),
    ("host.disable", host::disable),
    ("host.enable", host::enable),
    ("host.reboot", host::reboot),
    ("host.shutdown", host::reboot),
    ("host.dmesg", host::dmesg),
    ("host.dmesg_clear", host::dmesg_clear),
    ("host.get_log", host::get_log),
    ("host.send_debug_keys", host::send_debug_keys),
    ("host.list_methods", host::list_methods),
    ("host_cpu.get_unassigned_cpus", host::unassigned_cpus),
    ("VM.create", create::create),
    ("VM.get_by_name_label", vm::get_by_name_label),
    ("VM.start", vm::start),
    ("VM.pause", vm::pause),
    ("VM.unpause", vm::unpause),
    ("VM.suspend", vm::suspend),
    ("VM.resume", vm::resume),
    ("VM.clean_shutdown", vm::clean_shutdown),
    ("VM.clean_reboot", vm::clean_reboot),
    ("VM.hard_shutdown", vm::hard_shutdown),
    ("VM.hard_reboot", vm::hard_reboot),
    ("VM.clone", generic::unsupported),
    ("VM.destroy", vm::destroy),
    ("VM.save", vm::save),
    ("VM.restore", vm::restore),
    ("VM.migrate", vm::migrate),
    ("VM.send_sysrq", vm::send_sysrq),
    ("VM.send_trigger", vm::send_trigger),
    ("VM.set_VCPUs_number_live", vm::set_vcpus),
    ("VM.set_VCPUs_max", vm::set_vcpus),
    ("VM.set_VCPUs_at_startup", generic::nothing),
    ("VM.set_memory_dynamic_max", vm::set_memory),
    ("VM.set_memory_dynamic_min", vm::set_memory),
    ("VM.set_memory_static_max", vm::set_memory),
    ("VM.set_memory_static_min", vm::set_memory),
    ("VM.set_memory_dynamic_max_live", vm::set_memory_live),
    ("VM.set_memory_dynamic_min_live", vm::set_memory_live),
    ("VM.add_to_VCPUs_params", vm::add_to_vcpus_params),
    ("VM.add_to_VCPUs_params_live", vm::add_to_vcpus_params_live),
    ("VM.remove_from_VCPUs_params", vm::remove_from_vcpus_params),
    ("VM.add_to_HVM_boot_params", generic::add_to),
    ("VM.remove_from_HVM_boot_params", generic::remove_from),
    ("VM.add_to_platform", generic::add_to),
    ("VM.remove_from_platform", generic::remove_from),
    ("VM.set_other_config", vm::set_other_config),
    ("VM.add_to_other_config", vm::add_to_other_config),
    ("VM.remove_from_other_config", vm::remove_from_other_config),
    ("VM.set_name_label", vm::set_name_label),
    ("VM.set_actions_after_shutdown", vm::set_normal_exit),
    ("VM.set_actions_after_reboot", vm::set_normal_exit),
    ("VM.set_actions_after_suspend", vm::set_normal_exit),
    ("VM.set_actions_after_crash", vm::set_on_crash),
    ("VM.set_HVM_boot_policy", vm::set_hvm_boot_policy),
    ("VM.set_PV_kernel", vm::set_in_image),
    ("VM.set_PV_ramdisk", vm::set_in_image),
    ("VM.set_PV_args", vm::set_in_image),
    ("VM.cpu_pool_migrate", vm::migrate_to_pool),
    ("VIF.create", device::create_vif),
    ("VIF.destroy", device::destroy),
    ("VBD.create", device::create_vbd),
    ("VBD.destroy", device::destroy),
    ("VBD.media_change", device::change_media),
    ("VBD.set_bootable", device::set_bootable),
    ("VBD.set_mode", device::set_mode),
    ("VTPM.create", device::create_vtpm),
    ("VTPM.destroy", device::destroy_vtpm),
    ("console.create", device::create_console),
    ("network.create", network::create_network),
    ("network.destroy", network::destroy_network),
    ("PIF.create_VLAN", network::create_vlan),
    ("PIF.plug", generic::nothing),
    ("PIF.unplug", generic::nothing),
    ("PIF.destroy", network::destroy_card),
    ("PIF.set_MAC", network::set_of_card),
    ("PIF.set_MTU", network::set_of_card),
    ("VDI.get_by_name_label", storage::get_image_by_name_label),
    ("VDI.get_physical_utilisation", storage::get_utilisation),
    ("VDI.create", storage::create_image),
    ("VDI.destroy", storage::destroy_image),
    ("VDI.set_sharable", generic::set_flag),
    ("VDI.set_read_only", generic::set_flag),
    ("PBD.get_by_SR", storage::get_by_storage),
    ("PBD.create", storage::create_connection),
    ("PBD.destroy", generic::destroy),
    ("XSPolicy.get_xstype", generic::no_policy),
];
