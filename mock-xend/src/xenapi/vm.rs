//! `VM`: domains, by their uuids.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::call::Context;
use super::envelope::{ErrorDescription, Outcome, literal, void};
use super::{MIB, member, reference};
use crate::python;
use crate::world::{Command, Detail, Domain, Image, PowerState, Scheduler};

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
pub(super) fn references(call: &Context<'_>) -> Vec<String> {
    let uuids = |is_active: bool| {
        let domains = call.world.domains().iter().filter(move |domain| domain.id.is_some() == is_active);
        domains.map(|domain| domain.uuid.as_str())
    };
    let inactive = python::dict_order(uuids(false));
    uuids(true).chain(inactive).map(str::to_owned).collect()
}

/// The word for a state (`XEN_API_VM_POWER_STATE`, protocol reference §6.1).
fn power_state(state: PowerState, release: Release) -> &'static str {
    match state {
        PowerState::Crashed if release < Release::V3_4 => "Unknown",
        state => state.as_str(),
    }
}

/// `VM_get_record`, its fields in the order of the source, which decides on their order in the reply.
pub(super) fn record(call: &Context<'_>, vm: &str) -> Option<Datum> {
    let release = call.release;
    let domain = call.world.domains().iter().find(|domain| domain.uuid == vm)?;
    let kept = |field: &str, otherwise: Datum| call.state.objects.kept("VM", vm, field).unwrap_or(otherwise);
    let devices = |classes: &[&str]| {
        let of_class = domain.devices.iter().filter(|device| classes.contains(&device.class.as_str()));
        let connected = of_class.filter(|device| device.connected);
        Datum::List(connected.map(|device| device.uuid.as_str().into()).collect())
    };
    let empty = || Datum::List(Vec::new());
    let no_members = || Datum::Dict(Vec::new());
    let image = |name: &str| image_setting(domain, name);
    let normal_exit = |mode: &str| if ON_NORMAL_EXIT.contains(&mode) { mode.to_owned() } else { "restart".to_owned() };
    let on_crash = ON_CRASH.iter().find(|(_, mode)| *mode == domain.on_end.crash).map_or("destroy", |(word, _)| *word);
    let pool = call.state.objects.references("cpu_pool").into_iter().map(Datum::from).collect::<Vec<_>>();

    let from_3_4 = release >= Release::V3_4;
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
    add(true, "memory_dynamic_min", kept("memory_dynamic_min", (domain.memory * MIB).into()));
    add(true, "memory_dynamic_max", (domain.memory * MIB).into());
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
    add(true, "VTPMs", devices(&["vtpm"]));
    add(from_3_4, "DPCIs", empty());
    add(from_3_4, "DSCSIs", empty());
    add(from_4_1, "DSCSI_HBAs", empty());
    add(true, "PV_bootloader", kept("PV_bootloader", "".into()));
    add(true, "PV_kernel", image("kernel"));
    add(true, "PV_ramdisk", image("ramdisk"));
    add(true, "PV_args", kernel_arguments(domain));
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
    add(from_3_4, "security_label", kept("security_label", "".into()));
    add(from_3_4, "crash_dumps", empty());
    add(from_4_1, "pool_name", kept("pool_name", "Pool-0".into()));
    add(from_4_1, "cpu_pool", pool.into());
    Some(literal(fields))
}

/// Bytes. Domain-0's is what the hypervisor of the captures gives as no limit, in KiB; the world keeps whole MiB of it.
fn most_memory(domain: &Domain) -> i64 {
    const NO_LIMIT: i64 = 4_294_967_292 << 10;
    if domain.max_memory == NO_LIMIT / MIB { NO_LIMIT } else { domain.max_memory * MIB }
}

fn vcpus_params(domain: &Domain) -> Datum {
    literal([("cap", domain.credit.cap.into()), ("weight", domain.credit.weight.into())])
}

fn image_setting(domain: &Domain, name: &str) -> Datum {
    let setting = domain.image.as_ref().and_then(|image| image.setting(name));
    setting.map_or_else(|| "".into(), |value| python::str(value).into())
}

/// What a kernel is told: `ip` and `root` of the configuration go before `args` (`XendConfig.update_with_image_sxp`).
fn kernel_arguments(domain: &Domain) -> Datum {
    let mut arguments = python::str(&image_setting(domain, "args"));
    for name in ["ip", "root"] {
        let value = python::str(&image_setting(domain, name));
        let sign = format!("{name}=").into_bytes();
        let is_there = arguments.windows(sign.len()).any(|window| window == sign);
        if !value.is_empty() && !is_there {
            arguments = [sign.as_slice(), &value, b" ", &arguments].concat();
        }
    }
    arguments.into()
}

/// What stands in the captures (`xenapi-VM.get_all_records`).
fn platform(domain: &Domain, release: Release) -> Datum {
    match release {
        Release::V3_0_2 | Release::V3_0_3 | Release::V3_4 => Datum::Dict(Vec::new()),
        Release::V3_1 => literal([("rtc_timeoffset", 0.into())]),
        Release::V4_1 if domain.is_privileged() => literal([("nomigrate", 0.into()), ("tsc_mode", 0.into())]),
        Release::V4_1 => literal([("nomigrate", 0.into()), ("tsc_mode", 0.into()), ("pci", Datum::List(Vec::new()))]),
    }
}

impl Context<'_> {
    fn domain(&self, vm: &str) -> Result<&Domain, ErrorDescription> {
        let found = self.world.domains().iter().find(|domain| domain.uuid == vm);
        found.ok_or_else(|| ErrorDescription::handle_invalid("VM", &vm.into()))
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
                let vcpus = self.params[2].clone();
                self.vm_function(vm, |domain| Command::SetVcpus { domain, vcpus })
            }
            "set_memory_dynamic_max_live" | "set_memory_dynamic_min_live" => self.set_memory_target(vm),
            "add_to_VCPUs_params_live" => {
                let params = Datum::Dict(vec![(python::text(&self.params[2]), self.params[3].clone())]);
                self.set_vcpus_params(vm, &params)
            }
            "cpu_pool_migrate" => return None,
            _ => return self.change_members(name, "VM", vm),
        })
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

    /// Bytes become MiB.
    fn mebibytes(&self, at: usize) -> Result<i64, ErrorDescription> {
        let bytes = python::int(&python::str(&self.params[at])).map_err(ErrorDescription::internal)?;
        Ok(bytes / MIB)
    }

    fn set_memory_target(&mut self, vm: &str) -> Outcome {
        let target = self.mebibytes(2)?.into();
        self.vm_function(vm, |domain| Command::SetMemoryTarget { domain, target })
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
                let memory = self.mebibytes(2)?.into();
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
            "PV_kernel" | "PV_ramdisk" | "PV_args" => {
                let image = self.domain_mut(vm)?.image.get_or_insert_with(|| Image { config: linux([]) });
                set_in_image(image, field, &value);
                void()
            }
            "memory_dynamic_min" | "memory_static_min" => {
                let bytes = python::int(&python::str(&value)).map_err(ErrorDescription::internal)?;
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

    /// A definition from a struct (`XendConfig(xapi = ...)`): what it says in its own words, the world's `new` takes
    /// in those of an S-expression.
    fn create_vm(&mut self, config: &Datum) -> Outcome {
        let integer = |name: &str| match member(config, name) {
            Some(value) => python::int(&python::str(value)).map(Some).map_err(ErrorDescription::internal),
            None => Ok(None),
        };
        let text = |name: &str| member(config, name).map(python::str);
        let mut pairs: Vec<Datum> = vec!["vm".into()];
        let mut add = |name: &str, value: Option<Datum>| pairs.extend(value.map(|value| Datum::pair(name, value)));
        add("name", text("name_label").map(Datum::from));
        let uuid = text("uuid").map_or_else(|| self.new_uuid(), |uuid| String::from_utf8_lossy(&uuid).into_owned());
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
        let image = [("kernel", "PV_kernel"), ("ramdisk", "PV_ramdisk"), ("args", "PV_args")];
        let image = image.map(|(name, field)| (name, text(field).unwrap_or_default()));
        add("image", Some(linux(image.into_iter().filter(|(_, value)| !value.is_empty()))));
        self.ask(&Command::New { config: pairs.into() })?;

        for field in KEPT {
            if let Some(value) = member(config, field) {
                self.state.objects.keep("VM", &uuid, field, value.clone());
            }
        }
        let usual = match self.release {
            Release::V4_1 => vec![("nomigrate", Datum::Int(0)), ("tsc_mode", Datum::Int(0))],
            _ => Vec::new(),
        };
        let given = member(config, "platform").cloned().unwrap_or_else(|| Datum::Dict(Vec::new()));
        let missing: Vec<_> = usual.into_iter().filter(|(name, _)| member(&given, name).is_none()).collect();
        let Datum::Dict(mut platform) = given else { return Ok(uuid.into()) };
        platform.extend(missing.into_iter().map(|(name, value)| (name.to_owned(), value)));
        if self.release != Release::V3_1 || !platform.is_empty() {
            self.state.objects.keep("VM", &uuid, "platform", Datum::Dict(platform));
        }
        Ok(uuid.into())
    }

    /// A uuid that no domain has.
    fn new_uuid(&mut self) -> String {
        loop {
            let uuid = self.state.objects.new_reference("VM");
            if self.domain(&uuid).is_err() {
                return uuid;
            }
        }
    }
}

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
