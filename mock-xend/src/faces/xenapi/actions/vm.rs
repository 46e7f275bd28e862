//! What can be done with `VM`: the life of a domain, its resources and its attributes.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::records::{self, ON_CRASH, ON_NORMAL_EXIT, power_state};
use super::generic;
use crate::python::{self, member};
use crate::world::{Command, Detail, Domain, Failure, Image, PowerState, Scheduler};

/// The domain that the method is called on.
fn domain<'c>(call: &'c Context<'_>) -> Result<&'c Domain, ErrorDescription> {
    records::domain(call, &call.reference()).ok_or_else(|| ErrorDescription::handle_invalid("VM", &call.params[1]))
}

/// What the daemon hands on to its older code: the id, or the name of a domain that is not active
/// (`do_legacy_api_with_uuid`).
fn target(call: &Context<'_>) -> Result<Datum, ErrorDescription> {
    let domain = domain(call)?;
    Ok(domain.id.map_or_else(|| domain.name.as_str().into(), Datum::from))
}

fn domain_mut<'c>(call: &'c mut Context<'_>) -> Result<&'c mut Domain, ErrorDescription> {
    let target = target(call)?;
    let release = call.release;
    call.world.find_mut(&target).map_err(|failure| ErrorDescription::from_failure(&failure, release))
}

/// Has the world do something to the domain, and tells nothing of what it answers. A state that is not the right one has
/// a code of its own (`do_vm_func`).
fn perform(call: &mut Context<'_>, command: impl FnOnce(Datum) -> Command) -> Outcome {
    let target = target(call)?;
    match call.world.perform(call.now, &command(target)) {
        Ok(_) => void(),
        Err(Failure::BadState { expected, actual, .. }) => {
            let (vm, state) = (call.reference(), |state| power_state(state, call.release));
            Err(ErrorDescription::new(["VM_BAD_POWER_STATE", &vm, state(expected), state(actual)]))
        }
        Err(failure) => Err(ErrorDescription::from_failure(&failure, call.release)),
    }
}

pub(in super::super) fn start(call: &mut Context<'_>) -> Outcome {
    if lacks_hvm(call) {
        return Err(ErrorDescription::new(["VM_HVM_REQUIRED", &call.reference()]));
    }
    let paused = call.flag(2);
    perform(call, |domain| Command::Start { domain, paused })
}

/// Whether the domain could be started but for what the host has not (`HVMRequired`): its capabilities name no `hvm`.
fn lacks_hvm(call: &Context<'_>) -> bool {
    let policy = call.registry.objects.kept("VM", &call.reference(), "HVM_boot_policy");
    let is_hvm = |domain: &Domain| {
        let kind = domain.image.as_ref().and_then(Image::kind);
        kind == Some(b"hvm") || policy.as_ref().is_some_and(python::truth)
    };
    let is_startable = |domain: &Domain| domain.power_state() == PowerState::Halted && domain.id.is_none();
    let needs_hvm = domain(call).is_ok_and(|domain| is_startable(domain) && is_hvm(domain));
    needs_hvm && !records::node(call, "xen_caps").is_some_and(|caps| python::text(&caps).contains("hvm"))
}

pub(in super::super) fn pause(call: &mut Context<'_>) -> Outcome {
    perform(call, |domain| Command::Pause { domain })
}

pub(in super::super) fn unpause(call: &mut Context<'_>) -> Outcome {
    perform(call, |domain| Command::Unpause { domain })
}

pub(in super::super) fn suspend(call: &mut Context<'_>) -> Outcome {
    perform(call, |domain| Command::Suspend { domain })
}

pub(in super::super) fn resume(call: &mut Context<'_>) -> Outcome {
    let paused = call.flag(2);
    perform(call, |domain| Command::Resume { domain, paused })
}

pub(in super::super) fn clean_shutdown(call: &mut Context<'_>) -> Outcome {
    perform(call, |domain| Command::Shutdown { domain, reason: b"poweroff".to_vec() })
}

pub(in super::super) fn clean_reboot(call: &mut Context<'_>) -> Outcome {
    perform(call, |domain| Command::Shutdown { domain, reason: b"reboot".to_vec() })
}

pub(in super::super) fn hard_shutdown(call: &mut Context<'_>) -> Outcome {
    perform(call, |domain| Command::Destroy { domain })
}

pub(in super::super) fn hard_reboot(call: &mut Context<'_>) -> Outcome {
    perform(call, |domain| Command::Reset { domain })
}

pub(super) fn clone(_: &mut Context<'_>) -> Outcome {
    Err(ErrorDescription::unsupported())
}

pub(in super::super) fn destroy(call: &mut Context<'_>) -> Outcome {
    let vm = call.reference();
    perform(call, |domain| Command::Delete { domain })?;
    call.registry.objects.forget("VM", &vm);
    void()
}

pub(in super::super) fn save(call: &mut Context<'_>) -> Outcome {
    let (path, checkpoint) = (call.text(2), call.flag(3));
    perform(call, |domain| Command::Save { domain, path, checkpoint })
}

pub(in super::super) fn restore(call: &mut Context<'_>) -> Outcome {
    let (path, paused) = (call.text(1), call.flag(2));
    call.ask(&Command::Restore { path, paused, detail: Detail::WithoutDevices }).and_then(|_| void())
}

pub(in super::super) fn migrate(call: &mut Context<'_>) -> Outcome {
    let destination = call.text(2);
    let port = member(&call.params[4], "port").cloned().unwrap_or(Datum::Int(0));
    perform(call, |domain| Command::Migrate { domain, destination, port })
}

/// Checked here, since only this method tells the state by a code.
pub(in super::super) fn send_sysrq(call: &mut Context<'_>) -> Outcome {
    let state = domain(call)?.power_state();
    if state != PowerState::Running {
        let actual = power_state(state, call.release);
        return Err(ErrorDescription::new(["VM_BAD_POWER_STATE", &call.reference(), "Running", actual]));
    }
    let key = call.params[2].clone();
    perform(call, |domain| Command::SysRq { domain, key })
}

pub(in super::super) fn send_trigger(call: &mut Context<'_>) -> Outcome {
    let trigger = call.text(2);
    perform(call, |domain| Command::Trigger { domain, trigger })
}

pub(in super::super) fn set_vcpus(call: &mut Context<'_>) -> Outcome {
    let vcpus = call.integer(2)?.into();
    perform(call, |domain| Command::SetVcpus { domain, vcpus })
}

pub(in super::super) fn set_memory_target(call: &mut Context<'_>) -> Outcome {
    let target = (call.integer(2)? / MIB).into();
    perform(call, |domain| Command::SetMemoryTarget { domain, target })
}

pub(in super::super) fn set_memory_static_max(call: &mut Context<'_>) -> Outcome {
    let memory = (call.integer(2)? / MIB).into();
    perform(call, |domain| Command::SetMaxMemory { domain, memory })
}

pub(super) fn set_kept_memory(call: &mut Context<'_>) -> Outcome {
    let (vm, bytes) = (call.reference(), call.integer(2)?);
    call.registry.objects.keep("VM", &vm, call.method.field(), bytes.into());
    void()
}

pub(in super::super) fn add_to_vcpus_params_live(call: &mut Context<'_>) -> Outcome {
    let (name, value) = (python::text(&call.params[2]), call.params[3].clone());
    match name.strip_prefix("cpumap") {
        Some(vcpu) => pin(call, vcpu, &value),
        None => set_scheduling(call, &Datum::Dict(vec![(name, value)])),
    }
}

/// What goes wrong is only logged (`_VM_VCPUs_params_refresh`; not captured).
fn pin(call: &mut Context<'_>, vcpu: &str, cpus: &Datum) -> Outcome {
    let vcpu = python::int(vcpu.as_bytes()).map_err(ErrorDescription::internal)?.into();
    let text = python::str(cpus);
    let cpus = match call.release {
        release if release >= Release::V4_1 => text.into(),
        _ => Datum::List(text.split(|&byte| byte == b',').map(|cpu| cpu.to_vec().into()).collect()),
    };
    drop(perform(call, |domain| Command::Pin { domain, vcpu, cpus }));
    void()
}

fn set_scheduling(call: &mut Context<'_>, params: &Datum) -> Outcome {
    let value = |name: &str| member(params, name).cloned().unwrap_or(Datum::None);
    let values = vec![value("weight"), value("cap")];
    if values.iter().all(|value| *value == Datum::None) {
        return void();
    }
    perform(call, |domain| Command::SetScheduling { domain, scheduler: Scheduler::Credit, values })
}

pub(super) fn set_vcpus_params(call: &mut Context<'_>) -> Outcome {
    let params = call.params[2].clone();
    set_scheduling(call, &params)
}

pub(super) fn add_to_vcpus_params(call: &mut Context<'_>) -> Outcome {
    let params = generic::with_member(call, Some(call.params[3].clone()))?;
    set_scheduling(call, &params)
}

pub(super) fn remove_from_vcpus_params(call: &mut Context<'_>) -> Outcome {
    let params = generic::with_member(call, None)?;
    set_scheduling(call, &params)
}

pub(in super::super) fn set_name_label(call: &mut Context<'_>) -> Outcome {
    let name = call.text(2);
    perform(call, |domain| Command::Rename { domain, name })
}

/// `actions_after_shutdown`, `actions_after_reboot` and `actions_after_suspend`.
pub(super) fn set_normal_exit(call: &mut Context<'_>) -> Outcome {
    let mode = call.text(2);
    let Some(mode) = ON_NORMAL_EXIT.into_iter().find(|known| known.as_bytes() == mode) else {
        return Err(ErrorDescription::new(["VM_ON_NORMAL_EXIT_INVALID", &call.reference()]));
    };
    let field = call.method.field();
    let domain = domain_mut(call)?;
    match field {
        "actions_after_shutdown" => domain.on_end.poweroff = mode.to_owned(),
        "actions_after_reboot" => domain.on_end.reboot = mode.to_owned(),
        _ => return generic::set(call),
    }
    void()
}

pub(super) fn set_on_crash(call: &mut Context<'_>) -> Outcome {
    let word = call.text(2);
    let Some((_, mode)) = ON_CRASH.into_iter().find(|(known, _)| known.as_bytes() == word) else {
        return Err(ErrorDescription::new(["VM_ON_CRASH_BEHAVIOUR_INVALID", &call.reference()]));
    };
    domain_mut(call)?.on_end.crash = mode.to_owned();
    void()
}

pub(super) fn set_hvm_boot_policy(call: &mut Context<'_>) -> Outcome {
    let value = call.params[2].clone();
    if python::truth(&value) && python::str(&value) != b"BIOS order" {
        let supported = "Xend supports only the \"BIOS order\" boot policy.";
        let words = ["VALUE_NOT_SUPPORTED".into(), "VM.HVM_boot_policy".into(), value, supported.into()];
        return Err(ErrorDescription::of(words));
    }
    generic::set(call)
}

/// `PV_kernel`, `PV_ramdisk` and `PV_args`: what the domain is started from.
pub(super) fn set_in_image(call: &mut Context<'_>) -> Outcome {
    let value = call.params[2].clone();
    let name = call.method.field().trim_start_matches("PV_");
    let image = domain_mut(call)?.image.get_or_insert_with(|| Image { config: Datum::list(["linux".into()]) });
    let is_replaced = |pair: &Datum| {
        let known = pair.items().first().and_then(Datum::as_bytes).unwrap_or_default();
        // The arguments are told with those that come from settings of their own.
        known == name.as_bytes() || (name == "args" && matches!(known, b"root" | b"ip"))
    };
    let kept = image.config.items().iter().filter(|pair| !is_replaced(pair)).cloned();
    image.config = kept.chain([Datum::pair(name, value)]).collect::<Vec<_>>().into();
    void()
}
