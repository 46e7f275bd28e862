//! What each method does, in one table by name.
//!
//! A function here is given a call whose session, reference and count of parameters are right.

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
use super::method::{Kind, Method};

/// What a method does: what the table has for it, or else what is done in the same way for every class. None if only a
/// scenario can answer it.
pub(super) fn of(method: &Method) -> Option<Action> {
    let verb = method.verb();
    let generic = |verb: &str| GENERIC.iter().find(|(name, _)| *name == verb).map(|(_, action)| *action);
    BY_NAME.get(method.name.as_str()).copied().or_else(|| generic(verb)).or(match (method.kind, method.class) {
        (Kind::Get, "session") => Some(session::get),
        (Kind::Get, _) => Some(generic::get),
        (Kind::Set, _) => Some(generic::set),
        (Kind::Method | Kind::Function, _) => None,
    })
}

static BY_NAME: LazyLock<HashMap<&'static str, Action>> = LazyLock::new(|| METHODS.iter().copied().collect());

/// Methods that every class may have.
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
    ("session.get_uuid", session::get),
    ("session.get_record", session::get_record),
    ("session.get_all", session::get_all),
    ("session.logout", session::logout),
    ("task.cancel", session::cancel_task),
    ("event.register", session::register),
    ("event.unregister", session::unregister),
    ("event.next", session::next_event),
    ("event.get_all_records", session::no_get_all),
    ("debug.get_all_records", session::no_get_all),
    ("debug.return_failure", session::debug_failure),
    ("debug.wait", session::debug_wait),
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
    ("VM.start", vm::start),
    ("VM.pause", vm::pause),
    ("VM.unpause", vm::unpause),
    ("VM.suspend", vm::suspend),
    ("VM.resume", vm::resume),
    ("VM.clean_shutdown", vm::clean_shutdown),
    ("VM.clean_reboot", vm::clean_reboot),
    ("VM.hard_shutdown", vm::hard_shutdown),
    ("VM.hard_reboot", vm::hard_reboot),
    ("VM.clone", vm::clone),
    ("VM.destroy", vm::destroy),
    ("VM.save", vm::save),
    ("VM.restore", vm::restore),
    ("VM.migrate", vm::migrate),
    ("VM.send_sysrq", vm::send_sysrq),
    ("VM.send_trigger", vm::send_trigger),
    ("VM.set_VCPUs_number_live", vm::set_vcpus),
    ("VM.set_VCPUs_max", vm::set_vcpus),
    ("VM.set_VCPUs_at_startup", vm::set_vcpus),
    ("VM.set_memory_dynamic_max", vm::set_memory_target),
    ("VM.set_memory_dynamic_max_live", vm::set_memory_target),
    ("VM.set_memory_dynamic_min_live", vm::set_memory_target),
    ("VM.set_memory_static_max", vm::set_memory_static_max),
    ("VM.set_memory_dynamic_min", vm::set_kept_memory),
    ("VM.set_memory_static_min", vm::set_kept_memory),
    ("VM.set_VCPUs_params", vm::set_vcpus_params),
    ("VM.add_to_VCPUs_params", vm::add_to_vcpus_params),
    ("VM.add_to_VCPUs_params_live", vm::add_to_vcpus_params_live),
    ("VM.remove_from_VCPUs_params", vm::remove_from_vcpus_params),
    ("VM.add_to_HVM_boot_params", generic::add_to),
    ("VM.remove_from_HVM_boot_params", generic::remove_from),
    ("VM.add_to_platform", generic::add_to),
    ("VM.remove_from_platform", generic::remove_from),
    ("VM.set_name_label", vm::set_name_label),
    ("VM.set_actions_after_shutdown", vm::set_normal_exit),
    ("VM.set_actions_after_reboot", vm::set_normal_exit),
    ("VM.set_actions_after_suspend", vm::set_normal_exit),
    ("VM.set_actions_after_crash", vm::set_on_crash),
    ("VM.set_HVM_boot_policy", vm::set_hvm_boot_policy),
    ("VM.set_PV_kernel", vm::set_in_image),
    ("VM.set_PV_ramdisk", vm::set_in_image),
    ("VM.set_PV_args", vm::set_in_image),
    ("VIF.create", device::create),
    ("VIF.destroy", device::destroy),
    ("VBD.create", device::create),
    ("VBD.destroy", device::destroy),
    ("VBD.media_change", device::change_media),
    ("VBD.set_mode", generic::set),
    ("console.create", device::create_console),
    ("network.create", network::create_network),
    ("network.destroy", network::destroy_network),
    ("PIF.destroy", generic::destroy),
    ("PIF.create_VLAN", network::create_vlan),
    ("VDI.create", storage::create_image),
    ("VDI.destroy", generic::destroy),
    ("PBD.create", storage::create),
    ("PBD.destroy", generic::destroy),
    ("PBD.get_by_SR", storage::get_by_storage),
];
