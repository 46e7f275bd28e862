//! `VM`: domains, by their uuids.

mod create;
mod record;

use std::collections::HashMap;
use std::sync::Arc;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::call::Context;
use super::envelope::{ErrorDescription, Outcome, void};
use super::{MIB, member};
use crate::python;
use crate::world::{Command, Detail, Domain, Image, PowerState, Scheduler};

pub(super) use record::record;

/// `XEN_API_ON_NORMAL_EXIT`.
const ON_NORMAL_EXIT: [&str; 2] = ["destroy", "restart"];
/// `XEN_API_ON_CRASH_BEHAVIOUR`, and what the configuration of a domain calls them.
const ON_CRASH: [(&str, &str); 6] = [
    ("destroy", "destroy"),
    ("coredump_and_destroy", "coredump-destroy"),
    ("restart", "restart"),
    ("coredump_and_restart", "coredump-restart"),
    ("preserve", "preserve"),
    ("rename_restart", "rename-restart"),
];

/// All domains: the active ones by id, then the others as a dict of their uuids gives them (`XendDomain.list`).
pub(super) fn domains<'w>(call: &'w Context<'_>) -> Vec<&'w Domain> {
    let (mut domains, inactive): (Vec<_>, Vec<_>) =
        call.world.domains().iter().map(Arc::as_ref).partition(|domain| domain.id.is_some());
    let by_uuid: HashMap<_, _> = inactive.iter().map(|domain| (domain.uuid.as_str(), *domain)).collect();
    let order = python::dict_order(inactive.iter().map(|domain| domain.uuid.as_str()));
    domains.extend(order.into_iter().map(|uuid| by_uuid[uuid]));
    domains
}

pub(super) fn find<'w>(call: &'w Context<'_>, vm: &str) -> Option<&'w Domain> {
    call.world.domains().iter().map(Arc::as_ref).find(|domain| domain.uuid == vm)
}

/// The word for a state (`XEN_API_VM_POWER_STATE`, protocol reference §6.1).
fn power_state(state: PowerState, release: Release) -> &'static str {
    match state {
        PowerState::Crashed if release < Release::V3_4 => "Unknown",
        state => state.as_str(),
    }
}

impl Context<'_> {
    fn domain(&self, vm: &str) -> Result<&Domain, ErrorDescription> {
        find(self, vm).ok_or_else(|| ErrorDescription::handle_invalid("VM", &vm.into()))
    }

    /// What the daemon hands on to its older code: the id, or the name of a domain that is not active
    /// (`do_legacy_api_with_uuid`).
    fn target(&self, vm: &str) -> Result<Datum, ErrorDescription> {
        let domain = self.domain(vm)?;
        Ok(domain.id.map_or_else(|| domain.name.as_str().into(), Datum::from))
    }

    /// Asks the world, and tells nothing of what it answers. A state that is not the right one has a code of its own
    /// (`do_vm_func`).
    fn vm_function(&mut self, vm: &str, command: impl FnOnce(Datum) -> Command) -> Outcome {
        let target = self.target(vm)?;
        match self.world.perform(self.now, &command(target)) {
            Ok(_) => void(),
            Err(crate::world::Failure::BadState { expected, actual, .. }) => {
                let state = |state| power_state(state, self.release);
                Err(ErrorDescription::new(["VM_BAD_POWER_STATE", vm, state(expected), state(actual)]))
            }
            Err(failure) => Err(ErrorDescription::from_failure(&failure, self.release)),
        }
    }

    pub(super) fn vm_method(&mut self, name: &str, vm: &str) -> Option<Outcome> {
        let word = |at: usize| python::str(&self.params[at]);
        let flag = |at: usize| python::truth(&self.params[at]);
        Some(match name {
            "start" if self.lacks_hvm(vm) => Err(ErrorDescription::new(["VM_HVM_REQUIRED", vm])),
            "start" => {
                let paused = flag(2);
                self.vm_function(vm, |domain| Command::Start { domain, paused })
            }
            "pause" => self.vm_function(vm, |domain| Command::Pause { domain }),
            "unpause" => self.vm_function(vm, |domain| Command::Unpause { domain }),
            "suspend" => self.vm_function(vm, |domain| Command::Suspend { domain }),
            "resume" => {
                let paused = flag(2);
                self.vm_function(vm, |domain| Command::Resume { domain, paused })
            }
            "clean_shutdown" => {
                self.vm_function(vm, |domain| Command::Shutdown { domain, reason: b"poweroff".to_vec() })
            }
            "clean_reboot" => self.vm_function(vm, |domain| Command::Shutdown { domain, reason: b"reboot".to_vec() }),
            "hard_shutdown" => self.vm_function(vm, |domain| Command::Destroy { domain }),
            "hard_reboot" => self.vm_function(vm, |domain| Command::Reset { domain }),
            "clone" => Err(ErrorDescription::unsupported()),
            "destroy" => {
                let destroyed = self.vm_function(vm, |domain| Command::Delete { domain });
                if destroyed.is_ok() {
                    self.state.objects.forget("VM", vm);
                }
                destroyed
            }
            "save" => {
                let (path, checkpoint) = (word(2), flag(3));
                self.vm_function(vm, |domain| Command::Save { domain, path, checkpoint })
            }
            "migrate" => {
                let destination = word(2);
                let port = member(&self.params[4], "port").cloned().unwrap_or(Datum::Int(0));
                self.vm_function(vm, |domain| Command::Migrate { domain, destination, port })
            }
            "send_sysrq" => self.send_sysrq(vm),
            "send_trigger" => {
                let trigger = word(2);
                self.vm_function(vm, |domain| Command::Trigger { domain, trigger })
            }
            "set_VCPUs_number_live" | "set_VCPUs_max" | "set_VCPUs_at_startup" => {
                let vcpus = match self.integer(2) {
                    Ok(vcpus) => vcpus.into(),
                    Err(raised) => return Some(Err(raised)),
                };
                self.vm_function(vm, |domain| Command::SetVcpus { domain, vcpus })
            }
            "set_memory_dynamic_max_live" | "set_memory_dynamic_min_live" => self.set_memory_target(vm),
            "add_to_VCPUs_params_live" => {
                let (name, value) = (python::text(&self.params[2]), self.params[3].clone());
                match name.strip_prefix("cpumap") {
                    Some(vcpu) => self.pin(vm, vcpu, &value),
                    None => self.set_vcpus_params(vm, &Datum::Dict(vec![(name, value)])),
                }
            }
            "cpu_pool_migrate" => return None,
            _ => return self.change_members(name, "VM", vm),
        })
    }

    /// Whether a domain that could be started needs what the host has not (`HVMRequired`): its capabilities name no
    /// `hvm`.
    fn lacks_hvm(&mut self, vm: &str) -> bool {
        let policy = self.state.objects.kept("VM", vm, "HVM_boot_policy");
        let is_hvm = |domain: &Domain| {
            let kind = domain.image.as_ref().and_then(Image::kind);
            kind == Some(b"hvm") || policy.as_ref().is_some_and(python::truth)
        };
        let is_startable = |domain: &Domain| domain.power_state() == PowerState::Halted && domain.id.is_none();
        let needs_hvm = find(self, vm).is_some_and(|domain| is_startable(domain) && is_hvm(domain));
        needs_hvm && !python::text(&self.node("xen_caps")).contains("hvm")
    }

    /// Checked here, since only this method tells the state by a code.
    fn send_sysrq(&mut self, vm: &str) -> Outcome {
        let state = self.domain(vm)?.power_state();
        if state != PowerState::Running {
            let actual = power_state(state, self.release);
            return Err(ErrorDescription::new(["VM_BAD_POWER_STATE", vm, "Running", actual]));
        }
        let key = self.params[2].clone();
        self.vm_function(vm, |domain| Command::SysRq { domain, key })
    }

    /// `int()` of a parameter.
    fn integer(&self, at: usize) -> Result<i64, ErrorDescription> {
        python::int(&python::str(&self.params[at])).map_err(ErrorDescription::internal)
    }

    fn set_memory_target(&mut self, vm: &str) -> Outcome {
        let target = (self.integer(2)? / MIB).into();
        self.vm_function(vm, |domain| Command::SetMemoryTarget { domain, target })
    }

    /// What goes wrong is only logged (`_VM_VCPUs_params_refresh`; not captured).
    fn pin(&mut self, vm: &str, vcpu: &str, cpus: &Datum) -> Outcome {
        let vcpu = python::int(vcpu.as_bytes()).map_err(ErrorDescription::internal)?.into();
        let text = python::str(cpus);
        let cpus = match self.release {
            Release::V4_1 => text.into(),
            _ => Datum::List(text.split(|&byte| byte == b',').map(|cpu| cpu.to_vec().into()).collect()),
        };
        drop(self.vm_function(vm, |domain| Command::Pin { domain, vcpu, cpus }));
        void()
    }

    fn set_vcpus_params(&mut self, vm: &str, params: &Datum) -> Outcome {
        let value = |name: &str| member(params, name).cloned().unwrap_or(Datum::None);
        let values = vec![value("weight"), value("cap")];
        if values.iter().all(|value| *value == Datum::None) {
            return void();
        }
        self.vm_function(vm, |domain| Command::SetScheduling { domain, scheduler: Scheduler::Credit, values })
    }

    pub(super) fn set_vm(&mut self, vm: &str, field: &str, value: Datum) -> Outcome {
        match field {
            "name_label" => {
                let name = python::str(&value);
                self.vm_function(vm, |domain| Command::Rename { domain, name })
            }
            "memory_dynamic_max" => self.set_memory_target(vm),
            "memory_static_max" => {
                let memory = (self.integer(2)? / MIB).into();
                self.vm_function(vm, |domain| Command::SetMaxMemory { domain, memory })
            }
            "VCPUs_params" => self.set_vcpus_params(vm, &value),
            "actions_after_shutdown" | "actions_after_reboot" | "actions_after_suspend" => {
                let mode = python::str(&value);
                let Some(mode) = ON_NORMAL_EXIT.into_iter().find(|known| known.as_bytes() == mode) else {
                    return Err(ErrorDescription::new(["VM_ON_NORMAL_EXIT_INVALID", vm]));
                };
                let domain = self.domain_mut(vm)?;
                match field {
                    "actions_after_shutdown" => domain.on_end.poweroff = mode.to_owned(),
                    "actions_after_reboot" => domain.on_end.reboot = mode.to_owned(),
                    _ => self.state.objects.keep("VM", vm, field, value),
                }
                void()
            }
            "actions_after_crash" => {
                let word = python::str(&value);
                let Some((_, mode)) = ON_CRASH.into_iter().find(|(known, _)| known.as_bytes() == word) else {
                    return Err(ErrorDescription::new(["VM_ON_CRASH_BEHAVIOUR_INVALID", vm]));
                };
                self.domain_mut(vm)?.on_end.crash = mode.to_owned();
                void()
            }
            "HVM_boot_policy" if python::truth(&value) && python::str(&value) != b"BIOS order" => {
                let supported = "Xend supports only the \"BIOS order\" boot policy.";
                let words = ["VALUE_NOT_SUPPORTED".into(), "VM.HVM_boot_policy".into(), value, supported.into()];
                Err(ErrorDescription::of(words))
            }
            "PV_kernel" | "PV_ramdisk" | "PV_args" => {
                let image = self.domain_mut(vm)?.image.get_or_insert_with(|| Image { config: linux([]) });
                set_in_image(image, field, &value);
                void()
            }
            "memory_dynamic_min" | "memory_static_min" => {
                let bytes = self.integer(2)?;
                self.state.objects.keep("VM", vm, field, bytes.into());
                void()
            }
            _ => {
                self.state.objects.keep("VM", vm, field, value);
                void()
            }
        }
    }

    fn domain_mut(&mut self, vm: &str) -> Result<&mut Domain, ErrorDescription> {
        let target = self.target(vm)?;
        let release = self.release;
        self.world.find_mut(&target).map_err(|failure| ErrorDescription::from_failure(&failure, release))
    }

    pub(super) fn vm_function_without_reference(&mut self, name: &str) -> Option<Outcome> {
        Some(match name {
            "create" => self.create_vm(&self.params[1].clone()),
            "restore" => {
                let (path, paused) = (python::str(&self.params[1]), python::truth(&self.params[2]));
                let command = Command::Restore { path, paused, detail: Detail::WithoutDevices };
                self.ask(&command).and_then(|_| void())
            }
            _ => return None,
        })
    }
}

/// `(linux (kernel K) ...)`.
fn linux<'n>(settings: impl IntoIterator<Item = (&'n str, Vec<u8>)>) -> Datum {
    let settings = settings.into_iter().map(|(name, value)| Datum::pair(name, value));
    Datum::List([Datum::from("linux")].into_iter().chain(settings).collect())
}

fn set_in_image(image: &mut Image, field: &str, value: &Datum) {
    let name = field.trim_start_matches("PV_");
    let is_replaced = |pair: &Datum| {
        let known = pair.items().first().and_then(Datum::as_bytes).unwrap_or_default();
        // The arguments are told with those that come from settings of their own.
        known == name.as_bytes() || (name == "args" && matches!(known, b"root" | b"ip"))
    };
    let kept = image.config.items().iter().filter(|pair| !is_replaced(pair)).cloned();
    image.config = kept.chain([Datum::pair(name, value.clone())]).collect::<Vec<_>>().into();
}
