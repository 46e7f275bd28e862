//! Methods of `VM`: the life cycle, the resources and the attributes of domains.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::{Context, MIB};
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::records::{self, Memory, ON_CRASH, ON_NORMAL_EXIT, memory, power_state};
use super::generic;
use crate::python::{self, member};
use crate::registry::reference;
use crate::world::{Command, Detail, Domain, Failure, Image, PowerState, Scheduler};

/// Returns the domain that the method is called on.
fn domain<'c>(call: &'c Context<'_>) -> Result<&'c Domain, ErrorDescription> {
    records::domain(call, &call.reference()).ok_or_else(|| ErrorDescription::handle_invalid("VM", &call.params[1]))
}

/// Returns the value by which the daemon's older code finds the domain: the id, or the name of a domain that is not
/// active (`do_legacy_api_with_uuid`).
fn target(call: &Context<'_>) -> Result<Datum, ErrorDescription> {
    let domain = domain(call)?;
    Ok(domain.id.map_or_else(|| domain.name.as_str().into(), Datum::from))
}

fn domain_mut<'c>(call: &'c mut Context<'_>) -> Result<&'c mut Domain, ErrorDescription> {
    let target = target(call)?;
    let release = call.release;
    call.world.find_mut(&target).map_err(|failure| ErrorDescription::from_failure(&failure, release))
}

/// Performs a command on the domain and drops its result (`do_vm_func`). A wrong state of the domain has an error code
/// of its own.
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

/// Performs a command on the domain, for methods that call the daemon's older code themselves. There a wrong state is
/// an internal error.
fn ask(call: &mut Context<'_>, command: impl FnOnce(Datum) -> Command) -> Outcome {
    let target = target(call)?;
    call.ask(&command(target)).and_then(|_| void())
}

pub(in super::super) fn start(call: &mut Context<'_>) -> Outcome {
    let is_halted = domain(call)?.power_state() == PowerState::Halted;
    if is_halted && lacks_hvm(call) {
        return Err(ErrorDescription::new(["VM_HVM_REQUIRED", &call.reference()]));
    }
    // The scheduler gets the parameters that were set while the domain was halted (`XendDomainInfo.start`).
    if is_halted && call.release >= Release::V3_2 {
        let params = vcpus_params(call)?;
        check_weight(&params)?;
        let number = |name: &str| match member(&params, name) {
            Some(Datum::Int(number)) => Some(*number),
            _ => None,
        };
        let credit = &mut domain_mut(call)?.credit;
        credit.weight = number("weight").unwrap_or(credit.weight);
        credit.cap = number("cap").unwrap_or(credit.cap);
    }
    let paused = call.flag(2);
    perform(call, |domain| Command::Start { domain, paused })
}

/// Returns whether the domain needs an HVM host and the host is none (`HVMRequired`): its capabilities do not name
/// `hvm`.
fn lacks_hvm(call: &Context<'_>) -> bool {
    let policy = call.registry.objects.kept("VM", &call.reference(), "HVM_boot_policy");
    let is_hvm = |domain: &Domain| {
        let kind = domain.image.as_ref().and_then(Image::kind);
        kind == Some(b"hvm") || policy.as_ref().is_some_and(python::truth)
    };
    let needs_hvm = domain(call).is_ok_and(|domain| domain.id.is_none() && is_hvm(domain));
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

/// Reboots a domain at once, from 3.3 on (`VM_hard_reboot`).
pub(in super::super) fn hard_reboot(call: &mut Context<'_>) -> Outcome {
    if call.release <= Release::V3_2 {
        return Err(ErrorDescription::unsupported());
    }
    perform(call, |domain| Command::Reset { domain })?;
    let vm = call.reference();
    keep_metrics(call, &vm);
    void()
}

pub(in super::super) fn destroy(call: &mut Context<'_>) -> Outcome {
    let vm = call.reference();
    perform(call, |domain| Command::Delete { domain })?;
    if call.release <= Release::V3_1 {
        keep_metrics(call, &vm);
    }
    call.registry.objects.forget("VM", &vm);
    void()
}

/// Keeps the metrics of a domain that is created again. The daemon makes new metrics for it and forgets to remove the
/// old ones from its list (captures `xenapi-VM_metrics.get_all` and `-end`). In 3.1 it never removes any.
pub(super) fn keep_metrics(call: &mut Context<'_>, vm: &str) {
    let metrics = match call.registry.objects.kept("VM", vm, "metrics") {
        Some(metrics) => python::text(&metrics),
        None => reference("VM_metrics", vm),
    };
    let renewed = call.registry.objects.new_reference("VM_metrics");
    call.registry.objects.add("VM_metrics", metrics, Vec::new());
    call.registry.objects.keep("VM", vm, "metrics", renewed.into());
}

pub(in super::super) fn save(call: &mut Context<'_>) -> Outcome {
    let (path, checkpoint) = (call.text(2), call.flag(3));
    ask(call, |domain| Command::Save { domain, path, checkpoint })
}

pub(in super::super) fn restore(call: &mut Context<'_>) -> Outcome {
    let (path, paused) = (call.text(1), call.flag(2));
    call.ask(&Command::Restore { path, paused, detail: Detail::WithoutDevices }).and_then(|_| void())
}

/// Migrates a domain. The port must be a number here, because a socket rejects a text (`XendDomain.domain_migrate`).
pub(in super::super) fn migrate(call: &mut Context<'_>) -> Outcome {
    let destination = call.text(2);
    let port = member(&call.params[4], "port").cloned().unwrap_or(Datum::Int(0));
    let is_text = matches!(port, Datum::Bytes(_) | Datum::Text(_));
    if is_text && domain(call)?.power_state() == PowerState::Running && !domain(call)?.is_privileged() {
        return Err(ErrorDescription::internal("an integer is required"));
    }
    ask(call, |domain| Command::Migrate { domain, destination: destination.into(), port })
}

/// Sends a SysRq key. The state is checked here, because only this method reports it by an error code.
pub(in super::super) fn send_sysrq(call: &mut Context<'_>) -> Outcome {
    let state = domain(call)?.power_state();
    if !matches!(state, PowerState::Running | PowerState::Paused) {
        let actual = power_state(state, call.release);
        return Err(ErrorDescription::new(["VM_BAD_POWER_STATE", &call.reference(), "Running", actual]));
    }
    let key = call.params[2].clone();
    ask(call, |domain| Command::SysRq { domain, key })
}

pub(in super::super) fn send_trigger(call: &mut Context<'_>) -> Outcome {
    let trigger = call.text(2);
    ask(call, |domain| Command::Trigger { domain, trigger })
}

pub(in super::super) fn set_vcpus(call: &mut Context<'_>) -> Outcome {
    let vcpus = call.integer(2)?.into();
    ask(call, |domain| Command::SetVcpus { domain, vcpus })
}

/// Sets one of `memory_dynamic_max`, `memory_static_min` and so on, in the definition of the domain.
pub(in super::super) fn set_memory(call: &mut Context<'_>) -> Outcome {
    let bytes = call.integer(2)?;
    let domain = domain(call)?;
    let mut changed = memory(call, domain);
    match call.method.field() {
        "memory_static_min" => changed.static_min = bytes,
        "memory_static_max" => changed.static_max = bytes,
        "memory_dynamic_min" => changed.dynamic_min = bytes,
        _ => changed.dynamic_max = bytes,
    }
    check_memory(&changed)?;
    keep_memory(call, &changed)
}

/// Sets one of the memory limits, and asks the running domain to take or release memory
/// (`VM_set_memory_dynamic_max_live`). This makes the minimum the domain's target as well.
pub(in super::super) fn set_memory_live(call: &mut Context<'_>) -> Outcome {
    let bytes = call.integer(2)?;
    let mut changed = memory(call, domain(call)?);
    match call.method.field() {
        "memory_dynamic_min_live" => changed.dynamic_min = bytes,
        _ => changed.dynamic_max = bytes,
    }
    check_memory(&changed)?;
    let target = (bytes / MIB).into();
    ask(call, |domain| Command::SetMemoryTarget { domain, target })?;
    let vm = call.reference();
    call.registry.objects.keep("VM", &vm, "memory_dynamic_min", bytes.into());
    void()
}

fn keep_memory(call: &mut Context<'_>, memory: &Memory) -> Outcome {
    let vm = call.reference();
    let domain = domain_mut(call)?;
    domain.memory = memory.dynamic_max / MIB;
    domain.max_memory = memory.static_max / MIB;
    call.registry.objects.keep("VM", &vm, "memory_static_min", memory.static_min.into());
    call.registry.objects.keep("VM", &vm, "memory_dynamic_min", memory.dynamic_min.into());
    void()
}

/// Checks that the limits are consistent (`_memory_sanity_check`).
pub(super) fn check_memory(memory: &Memory) -> Result<(), ErrorDescription> {
    let wrong = if memory.static_min > memory.static_max {
        "memory_static_min must be less than or equal to memory_static_max"
    } else if memory.static_min > memory.dynamic_min {
        "memory_static_min must be less than or equal to memory_dynamic_min"
    } else if memory.dynamic_max > memory.static_max {
        "memory_dynamic_max must be less than or equal to memory_static_max"
    } else if memory.dynamic_max <= 0 {
        "memory_dynamic_max must be greater than zero"
    } else if memory.static_max <= 0 {
        "memory_static_max must be greater than zero"
    } else {
        return Ok(());
    };
    Err(ErrorDescription::internal(format!("Invalid Configuration: {wrong}")))
}

/// Returns the parameters of the virtual CPUs that clients gave, whatever the hypervisor has.
fn vcpus_params(call: &Context<'_>) -> Outcome {
    let domain = domain(call)?;
    let kept = call.registry.objects.kept("VM", &domain.uuid, "VCPUs_params");
    let of_config = || match call.release {
        release if release <= Release::V3_1 => Datum::Dict(Vec::new()),
        _ => python::literal([("cap", domain.credit.cap.into()), ("weight", domain.credit.weight.into())]),
    };
    Ok(kept.unwrap_or_else(of_config))
}

fn change_vcpus_params(call: &mut Context<'_>, value: Option<Datum>) -> Outcome {
    let Datum::Dict(mut members) = vcpus_params(call)? else { return void() };
    let key = python::text(&call.params[2]);
    members.retain(|(known, _)| *known != key);
    members.extend(value.map(|value| (key, value)));
    let vm = call.reference();
    call.registry.objects.keep("VM", &vm, "VCPUs_params", Datum::Dict(members));
    void()
}

pub(super) fn add_to_vcpus_params(call: &mut Context<'_>) -> Outcome {
    change_vcpus_params(call, Some(call.params[3].clone()))
}

pub(super) fn remove_from_vcpus_params(call: &mut Context<'_>) -> Outcome {
    change_vcpus_params(call, None)
}

/// Stores a parameter and then passes all of them to the hypervisor (`_VM_VCPUs_params_refresh`). Parameters that the
/// hypervisor refuses are stored all the same.
pub(in super::super) fn add_to_vcpus_params_live(call: &mut Context<'_>) -> Outcome {
    add_to_vcpus_params(call)?;
    let params = vcpus_params(call)?;
    let Datum::Dict(members) = &params else { return void() };
    let domain = domain(call)?.domid();
    for (name, cpus) in members {
        let Some(vcpu) = name.strip_prefix("cpumap") else { continue };
        let vcpu = python::int(vcpu.as_bytes()).map_err(ErrorDescription::internal)?.into();
        // From 4.1 on the older code expects a text and gets a list, so nothing is pinned and no error is reported
        // (capture `xenapi-VM_metrics.get_VCPUs_params-pinned@4.1`). Earlier errors are only logged, too.
        if call.release <= Release::V3_4 {
            let text = python::str(cpus);
            let cpus = Datum::List(text.split(|&byte| byte == b',').map(|cpu| cpu.to_vec().into()).collect());
            drop(call.world.perform(call.now, &Command::Pin { domain: domain.clone(), vcpu, cpus }));
        }
    }
    let (Some(weight), Some(cap)) = (member(&params, "weight"), member(&params, "cap")) else { return void() };
    check_weight(&params)?;
    let (scheduler, values) = match call.release {
        release if release <= Release::V3_4 => (Scheduler::Credit, vec![weight.clone(), cap.clone()]),
        // The credit2 scheduler has no cap (capture `xenapi-VM.add_to_VCPUs_params_live-cap@4.1`).
        _ => (Scheduler::Credit2, vec![weight.clone()]),
    };
    call.ask(&Command::SetScheduling { domain, scheduler, values }).and_then(|_| void())
}

/// Checks the weight. Python takes any text for more than any number.
fn check_weight(params: &Datum) -> Result<(), ErrorDescription> {
    match member(params, "weight") {
        Some(Datum::Bytes(_) | Datum::Text(_)) => Err(ErrorDescription::internal("weight is out of range")),
        _ => Ok(()),
    }
}

pub(in super::super) fn set_name_label(call: &mut Context<'_>) -> Outcome {
    if !matches!(call.params[2], Datum::Bytes(_) | Datum::Text(_)) {
        // The text is that of `re.search` (capture `xenapi-VM.set_name_label-int`).
        return Err(ErrorDescription::internal("expected string or buffer"));
    }
    let name = call.text(2);
    ask(call, |domain| Command::Rename { domain, name })
}

/// Returns the domain that the daemon's older code finds by a name, which may also be an id or a uuid.
pub(super) fn get_by_name_label(call: &mut Context<'_>) -> Outcome {
    let found = call.world.find(&call.params[1]).map(|domain| domain.uuid.clone());
    Ok(records::list(found.into_iter().collect()))
}

/// Sets `other_config`, which also determines whether the domain is forgotten when it ends: `xm create` makes its
/// domains in this way.
pub(super) fn set_other_config(call: &mut Context<'_>) -> Outcome {
    let config = call.params[2].clone();
    keep_other_config(call, config)
}

pub(super) fn add_to_other_config(call: &mut Context<'_>) -> Outcome {
    let config = generic::with_member(call, Some(call.params[3].clone()))?;
    keep_other_config(call, config)
}

pub(super) fn remove_from_other_config(call: &mut Context<'_>) -> Outcome {
    let config = generic::with_member(call, None)?;
    keep_other_config(call, config)
}

fn keep_other_config(call: &mut Context<'_>, config: Datum) -> Outcome {
    let is_transient = is_transient(&config);
    domain_mut(call)?.is_transient = is_transient;
    let vm = call.reference();
    call.registry.objects.keep("VM", &vm, "other_config", config);
    void()
}

/// Returns whether a domain is forgotten when it ends, which any text but an empty one means.
pub(super) fn is_transient(other_config: &Datum) -> bool {
    member(other_config, "transient").is_some_and(python::truth)
}

/// Moves a domain to a CPU pool, of which there is only one.
pub(super) fn migrate_to_pool(call: &mut Context<'_>) -> Outcome {
    let pool = call.params[2].clone();
    if !records::exists(call, "cpu_pool", &pool) {
        return Err(ErrorDescription::handle_invalid("cpu_pool", &pool));
    }
    if domain(call)?.is_privileged() {
        return Err(ErrorDescription::new(["OPERATION_NOT_ALLOWED", "could not move Domain-0"]));
    }
    let name = records::attribute(call, "cpu_pool", &python::text(&pool), "name_label")?;
    let vm = call.reference();
    call.registry.objects.keep("VM", &vm, "pool_name", name);
    void()
}

/// Sets `actions_after_shutdown`, `actions_after_reboot` or `actions_after_suspend`.
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

/// Sets `PV_kernel`, `PV_ramdisk` or `PV_args`, which are settings of the image.
pub(super) fn set_in_image(call: &mut Context<'_>) -> Outcome {
    let value = call.params[2].clone();
    let name = call.method.field().trim_start_matches("PV_");
    let none = || Image { config: Datum::list(["linux".into(), Datum::pair("kernel", "")]) };
    let image = domain_mut(call)?.image.get_or_insert_with(none);
    let is_replaced = |pair: &Datum| {
        let known = pair.items().first().and_then(Datum::as_bytes).unwrap_or_default();
        // The arguments include those that come from the settings `root` and `ip`.
        known == name.as_bytes() || (name == "args" && matches!(known, b"root" | b"ip"))
    };
    let kept = image.config.items().iter().filter(|pair| !is_replaced(pair)).cloned();
    // An empty value removes the setting, unless it is the kernel.
    let given = Some(Datum::pair(name, value.clone())).filter(|_| name == "kernel" || python::truth(&value));
    image.config = kept.chain(given).collect::<Vec<_>>().into();
    void()
}
