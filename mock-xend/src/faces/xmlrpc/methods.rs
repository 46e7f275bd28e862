//! The methods that the daemon registers (`server/XMLRPCServer.py`, protocol reference §4.2), release by release.

use xend_wire::Release::{self, V3_0_2, V3_0_3, V3_1, V3_4, V4_1};
use xend_wire::datum::Datum;

use super::call::Invocation;
use crate::python;
use crate::world::{Command, Detail, Failure, Order, Scheduler, States};

/// A method, with the parameters that it has in some releases.
pub(crate) struct Method {
    /// `xend.domain.pause`.
    pub(crate) name: &'static str,
    /// The first and the last release of this row.
    releases: (Release, Release),
    /// What Python calls it in its complaints.
    pub(super) function: &'static str,
    pub(super) form: Form,
    pub(super) required: usize,
    pub(super) optional: usize,
    /// None if the world does not simulate it: then only a scenario can answer.
    pub(super) run: Option<Run>,
}

/// What stands behind a method's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A plain function.
    Function,
    /// A method of the manager of all domains, of the node or of the console ring.
    OfManager,
    /// A method of the domain that the first parameter names.
    OfDomain,
}

impl Method {
    /// Whether a release has it.
    pub(crate) fn is_known(&self, release: Release) -> bool {
        (self.releases.0..=self.releases.1).contains(&release)
    }

    /// Whether the world answers it.
    #[cfg(test)]
    pub(crate) fn is_simulated(&self) -> bool {
        self.run.is_some()
    }

    /// Only a scenario can answer it.
    const fn unsimulated(self) -> Self {
        Self { run: None, ..self }
    }
}

/// The method of that name in a release.
pub(super) fn find(name: &str, release: Release) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name && method.is_known(release))
}

/// The names of all methods of a release, sorted.
fn names(release: Release) -> Vec<&'static str> {
    let mut names: Vec<_> =
        METHODS.iter().filter(|method| method.is_known(release)).map(|method| method.name).collect();
    names.sort_unstable();
    names
}

type Run = fn(&Invocation<'_>) -> Result<Datum, Failure>;
type Releases = (Release, Release);
/// How many parameters are needed, and how many more may be given. They are counted as a client gives them, the domain
/// included.
type Arity = (usize, usize);

const ALL: Releases = (V3_0_2, V4_1);
const FROM_3_0_3: Releases = (V3_0_3, V4_1);
const FROM_3_1: Releases = (V3_1, V4_1);
const FROM_3_4: Releases = (V3_4, V4_1);
const UNTIL_3_0_3: Releases = (V3_0_2, V3_0_3);
const UNTIL_3_1: Releases = (V3_0_2, V3_1);
const ONLY_3_0_2: Releases = (V3_0_2, V3_0_2);
const ONLY_4_1: Releases = (V4_1, V4_1);

const fn function(name: &'static str, releases: Releases, function: &'static str, arity: Arity, run: Run) -> Method {
    Method { name, releases, function, form: Form::Function, required: arity.0, optional: arity.1, run: Some(run) }
}

const fn of_manager(name: &'static str, releases: Releases, function: &'static str, arity: Arity, run: Run) -> Method {
    Method { form: Form::OfManager, ..self::function(name, releases, function, arity, run) }
}

const fn of_domain(name: &'static str, releases: Releases, function: &'static str, arity: Arity, run: Run) -> Method {
    Method { form: Form::OfDomain, ..self::function(name, releases, function, arity, run) }
}

const fn known_only(name: &'static str, releases: Releases, function: &'static str, arity: Arity) -> Method {
    self::function(name, releases, function, arity, |_| Ok(Datum::None)).unsimulated()
}

/// All methods. Their names and numbers are those of protocol reference §4.2; a row of its own for each set of parameters.
pub(crate) static METHODS: &[Method] = &[
    function("xend.domains", UNTIL_3_0_3, "domains", (0, 1), domains),
    function("xend.domains", FROM_3_1, "domains", (0, 2), domains),
    function("xend.domains_with_state", FROM_3_1, "domains_with_state", (3, 0), |call| {
        list(call, &call.param(0), States::from_word(&python::str(&call.param(1))), &call.param(2))
    }),
    function("xend.domain", UNTIL_3_0_3, "domain", (1, 0), domain),
    function("xend.domain", FROM_3_1, "domain", (1, 1), domain),
    // The life of a domain.
    function("xend.domain.create", ALL, "domain_create", (1, 0), |call| {
        call.perform(Command::Create { config: call.param(0), detail: Detail::WithoutAvailability })
    }),
    of_manager("xend.domain.new", FROM_3_1, "domain_new", (1, 0), |call| {
        call.perform(Command::New { config: call.param(0) })
    }),
    of_manager("xend.domain.start", FROM_3_1, "domain_start", (1, 1), |call| {
        call.perform(Command::Start { domain: call.domain(), paused: python::truth(&call.param_or(1, true)) })
    }),
    of_manager("xend.domain.delete", FROM_3_1, "domain_delete", (1, 0), |call| {
        call.perform(Command::Delete { domain: call.domain() })
    }),
    of_manager("xend.domain.suspend", FROM_3_1, "domain_suspend", (1, 0), |call| {
        call.perform(Command::Suspend { domain: call.domain() })
    }),
    of_manager("xend.domain.resume", FROM_3_1, "domain_resume", (1, 1), |call| {
        call.perform(Command::Resume { domain: call.domain(), paused: python::truth(&call.param(1)) })
    }),
    of_manager("xend.domain.pause", UNTIL_3_1, "domain_pause", (1, 0), pause),
    of_manager("xend.domain.pause", FROM_3_4, "domain_pause", (1, 1), pause),
    of_manager("xend.domain.unpause", ALL, "domain_unpause", (1, 0), |call| {
        call.perform(Command::Unpause { domain: call.domain() })
    }),
    of_domain("xend.domain.shutdown", ALL, "shutdown", (2, 0), |call| {
        call.perform(Command::Shutdown { domain: call.domain(), reason: python::str(&call.param(1)) })
    }),
    of_manager("xend.domain.destroy", ALL, "domain_destroy", (1, 0), |call| {
        call.perform(Command::Destroy { domain: call.domain() })
    }),
    of_manager("xend.domain.reset", FROM_3_4, "domain_reset", (1, 0), |call| {
        call.perform(Command::Reset { domain: call.domain() })
    }),
    of_domain("xend.domain.setName", ALL, "setName", (2, 0), |call| {
        let name = match call.param(1) {
            name @ (Datum::None | Datum::Bytes(_) | Datum::Text(_)) => name,
            // The name is taken apart up to 3.0.3, and later matched with an expression.
            other if call.release() <= V3_0_3 => {
                return Err(Failure::exception(format!("'{}' object is not iterable", python::type_name(&other))));
            }
            _ => return Err(Failure::exception("expected string or buffer")),
        };
        let name = if name == Datum::None { Vec::new() } else { python::str(&name) };
        call.perform(Command::Rename { domain: call.domain(), name })
    }),
    of_domain("xend.domain.getRestartCount", FROM_3_0_3, "getRestartCount", (1, 0), |call| {
        call.perform(Command::RestartCount { domain: call.domain() })
    }),
    of_domain("xend.domain.send_sysrq", ALL, "send_sysrq", (2, 0), |call| {
        call.perform(Command::SysRq { domain: call.domain(), key: call.param(1) })
    }),
    of_manager("xend.domain.send_trigger", FROM_3_1, "domain_send_trigger", (2, 1), |call| {
        call.perform(Command::Trigger { domain: call.domain(), trigger: python::str(&call.param(1)) })
    }),
    of_manager("xend.domain.getpauseflag", ONLY_4_1, "domain_getpauseflag", (1, 0), |call| {
        call.perform(Command::PauseFlag { domain: call.domain() })
    }),
    of_manager("xend.domain.setpauseflag", ONLY_4_1, "domain_setpauseflag", (1, 1), |call| {
        call.perform(Command::SetPauseFlag { domain: call.domain(), flag: python::truth(&call.param(1)) })
    }),
    // A domain as a file.
    of_manager("xend.domain.save", UNTIL_3_0_3, "domain_save", (2, 0), save),
    of_manager("xend.domain.save", FROM_3_1, "domain_save", (2, 1), save),
    function("xend.domain.restore", UNTIL_3_0_3, "domain_restore", (1, 0), restore),
    function("xend.domain.restore", FROM_3_1, "domain_restore", (1, 1), restore),
    // Live, resource, port at first; without the second from 3.3 on.
    of_manager("xend.domain.migrate", UNTIL_3_1, "domain_migrate", (2, 3), |call| migrate(call, 4)),
    of_manager("xend.domain.migrate", (V3_4, V3_4), "domain_migrate", (2, 4), |call| migrate(call, 3)),
    of_manager("xend.domain.migrate", ONLY_4_1, "domain_migrate", (2, 5), |call| migrate(call, 3)),
    of_manager("xend.domain.dump", (V3_0_3, V3_1), "domain_dump", (4, 0), dump),
    of_manager("xend.domain.dump", FROM_3_4, "domain_dump", (1, 4), dump),
    // Memory and CPUs.
    of_domain("xend.domain.setMemoryTarget", ALL, "setMemoryTarget", (2, 0), |call| {
        call.perform(Command::SetMemoryTarget { domain: call.domain(), target: call.param(1) })
    }),
    of_manager("xend.domain.maxmem_set", ALL, "domain_maxmem_set", (2, 0), |call| {
        let set = call.perform(Command::SetMaxMemory { domain: call.domain(), memory: call.param(1) })?;
        Ok(if call.release() <= V3_0_3 { set } else { Datum::None })
    }),
    of_manager("xend.domain.shadow_mem_get", FROM_3_0_3, "domain_shadow_mem_get", (1, 0), |call| {
        call.perform(Command::ShadowMemory { domain: call.domain() })
    }),
    of_manager("xend.domain.shadow_mem_set", FROM_3_0_3, "domain_shadow_mem_set", (2, 0), |call| {
        call.perform(Command::SetShadowMemory { domain: call.domain(), memory: call.param(1) })
    }),
    known_only("xend.domain.shadow_control", FROM_3_0_3, "domain_shadow_control", (2, 0)),
    of_domain("xend.domain.setVCpuCount", ALL, "setVCpuCount", (2, 0), |call| {
        call.perform(Command::SetVcpus { domain: call.domain(), vcpus: call.param(1) })
    }),
    of_domain("xend.domain.getVCPUInfo", ALL, "getVCPUInfo", (1, 0), |call| {
        call.perform(Command::Vcpus { domain: call.domain() })
    }),
    of_manager("xend.domain.pincpu", ALL, "domain_pincpu", (3, 0), |call| {
        call.perform(Command::Pin { domain: call.domain(), vcpu: call.param(1), cpus: call.param(2) })
    }),
    of_manager("xend.domain.cpu_bvt_get", ONLY_3_0_2, "domain_cpu_bvt_get", (1, 0), |call| {
        call.perform(Command::Scheduling { domain: call.domain(), scheduler: Scheduler::Bvt })
    }),
    of_manager("xend.domain.cpu_bvt_set", ONLY_3_0_2, "domain_cpu_bvt_set", (6, 0), |call| {
        set_scheduling(call, Scheduler::Bvt)
    }),
    of_manager("xend.domain.cpu_sedf_get", ALL, "domain_cpu_sedf_get", (1, 0), |call| {
        call.perform(Command::Scheduling { domain: call.domain(), scheduler: Scheduler::Sedf })
    }),
    of_manager("xend.domain.cpu_sedf_set", ALL, "domain_cpu_sedf_set", (6, 0), |call| {
        set_scheduling(call, Scheduler::Sedf)
    }),
    of_manager("xend.domain.sched_credit_get", FROM_3_0_3, "domain_sched_credit_get", (1, 0), |call| {
        call.perform(Command::Scheduling { domain: call.domain(), scheduler: Scheduler::Credit })
    }),
    of_manager("xend.domain.sched_credit_set", FROM_3_0_3, "domain_sched_credit_set", (1, 2), |call| {
        set_scheduling(call, Scheduler::Credit)
    }),
    of_manager("xend.domain.sched_credit2_get", ONLY_4_1, "domain_sched_credit2_get", (1, 0), |call| {
        call.perform(Command::Scheduling { domain: call.domain(), scheduler: Scheduler::Credit2 })
    }),
    of_manager("xend.domain.sched_credit2_set", ONLY_4_1, "domain_sched_credit2_set", (1, 1), |call| {
        set_scheduling(call, Scheduler::Credit2)
    }),
    // Devices.
    of_domain("xend.domain.waitForDevices", ALL, "waitForDevices", (1, 0), |call| {
        call.perform(Command::WaitForDevices { domain: call.domain() })
    }),
    of_domain("xend.domain.getDeviceSxprs", ALL, "getDeviceSxprs", (2, 0), |call| {
        call.perform(Command::Devices { domain: call.domain(), class: python::str(&call.param(1)) })
    }),
    of_domain("xend.domain.getBlockDeviceClass", FROM_3_4, "getBlockDeviceClass", (2, 0), |call| {
        call.perform(Command::BlockDeviceClass { domain: call.domain(), device: python::str(&call.param(1)) })
    }),
    of_domain("xend.domain.device_create", ALL, "device_create", (2, 0), |call| {
        call.perform(Command::CreateDevice { domain: call.domain(), config: call.param(1) })
    }),
    of_domain("xend.domain.device_configure", (V3_0_3, V3_0_3), "device_configure", (2, 0), configure_device),
    of_domain("xend.domain.device_configure", FROM_3_1, "device_configure", (2, 1), configure_device),
    of_domain("xend.domain.destroyDevice", UNTIL_3_0_3, "destroyDevice", (3, 0), destroy_device),
    of_domain("xend.domain.destroyDevice", (V3_1, V3_1), "destroyDevice", (3, 1), destroy_device),
    of_domain("xend.domain.destroyDevice", FROM_3_4, "destroyDevice", (3, 2), destroy_device),
    of_manager("xend.domain.ioport_range_enable", ALL, "domain_ioport_range_enable", (3, 0), |call| {
        call.perform(Command::SetIoPorts { domain: call.domain() })
    }),
    of_manager("xend.domain.ioport_range_disable", ALL, "domain_ioport_range_disable", (3, 0), |call| {
        call.perform(Command::SetIoPorts { domain: call.domain() })
    }),
    known_only("xend.domain.usb_add", ONLY_4_1, "domain_usb_add", (2, 0)),
    known_only("xend.domain.usb_del", ONLY_4_1, "domain_usb_del", (2, 0)),
    // What the daemon did not mean to show. The first never worked; the others need or give objects of its own.
    of_manager("xend.domain.configure", ALL, "domain_configure", (1, 0), |_| Err(Failure::refused("Unsupported"))),
    of_manager("xend.domain.lookup", ALL, "domain_lookup", (1, 0), |call| match call.release() {
        // The table has numbers as keys there.
        V3_0_2 | V3_0_3 if matches!(call.domain(), Datum::Bytes(_) | Datum::Text(_)) => Ok(Datum::None),
        V3_0_2 | V3_0_3 => call.object().or(Ok(Datum::None)),
        _ => call.object(),
    }),
    of_manager("xend.domain.lookup_nr", ALL, "domain_lookup_nr", (1, 0), object_or_none),
    of_manager("xend.domain.lookup_by_name_nr", UNTIL_3_0_3, "domain_lookup_by_name_nr", (1, 0), object_or_none),
    of_manager("xend.domain.lookup_by_name_or_id", UNTIL_3_0_3, "domain_lookup_by_name_or_id", (1, 0), object_or_none),
    of_manager(
        "xend.domain.lookup_by_name_or_id_nr",
        UNTIL_3_0_3,
        "domain_lookup_by_name_or_id_nr",
        (1, 0),
        object_or_none,
    ),
    known_only("xend.domain.restore_fd", ALL, "domain_restore_fd", (1, 0)),
    known_only("xend.domain.create_from_dict", FROM_3_1, "domain_create_from_dict", (1, 0)),
    known_only("xend.domain.delete_by_dominfo", FROM_3_1, "domain_delete_by_dominfo", (1, 0)),
    // The host.
    of_manager("xend.node.info", (V3_0_2, V3_4), "info", (0, 0), |call| call.perform(Command::NodeInfo)),
    of_manager("xend.node.info", ONLY_4_1, "info", (0, 1), |call| call.perform(Command::NodeInfo)),
    of_manager("xend.node.cpu_bvt_slice_set", ONLY_3_0_2, "cpu_bvt_slice_set", (1, 0), |_| Ok(0.into())),
    of_manager("xend.node.send_debug_keys", FROM_3_1, "send_debug_keys", (1, 0), |call| {
        call.perform(Command::DebugKeys { keys: python::str(&call.param(0)) })
    }),
    // A host without devices for guests.
    of_manager("xend.node.pciinfo", FROM_3_4, "pciinfo", (0, 0), |_| Ok(Datum::List(vec![]))),
    function("xend.node.log", ALL, "get_log", (0, 0), |call| call.perform(Command::Log)),
    of_manager("xend.node.dmesg.info", ALL, "info", (0, 0), |call| call.perform(Command::Messages)),
    of_manager("xend.node.dmesg.clear", ALL, "clear", (0, 0), |call| {
        let messages = call.perform(Command::ClearMessages)?;
        Ok(if call.release() <= V3_0_3 { Datum::None } else { messages })
    }),
    // A host without transcendent memory.
    of_manager("xend.node.tmem_list", ONLY_4_1, "tmem_list", (2, 0), |_| Ok("".into())),
    known_only("xend.node.tmem_thaw", ONLY_4_1, "tmem_thaw", (1, 0)),
    known_only("xend.node.tmem_freeze", ONLY_4_1, "tmem_freeze", (1, 0)),
    known_only("xend.node.tmem_flush", ONLY_4_1, "tmem_flush", (2, 0)),
    known_only("xend.node.tmem_destroy", ONLY_4_1, "tmem_destroy", (1, 0)),
    known_only("xend.node.tmem_set_weight", ONLY_4_1, "tmem_set_weight", (2, 0)),
    known_only("xend.node.tmem_set_cap", ONLY_4_1, "tmem_set_cap", (2, 0)),
    known_only("xend.node.tmem_set_compress", ONLY_4_1, "tmem_set_compress", (2, 0)),
    known_only("xend.node.tmem_query_freeable_mb", ONLY_4_1, "tmem_query_freeable_mb", (0, 0)),
    known_only("xend.node.tmem_shared_auth", ONLY_4_1, "tmem_shared_auth", (3, 0)),
    // A host without a security module.
    function("xend.security.get_xstype", FROM_3_4, "get_xstype", (0, 0), |_| Ok(0.into())),
    function("xend.security.list_labels", FROM_3_4, "list_labels", (2, 0), |_| Ok(Datum::List(vec![]))),
    function("xend.security.get_domain_label", FROM_3_4, "get_domain_label", (1, 0), |call| {
        call.perform(Command::Find { domain: call.domain() }).map(|_| "".into())
    }),
    known_only("xend.security.set_domain_label", FROM_3_4, "set_domain_label", (3, 0)),
    known_only("xend.security.get_resource_label", FROM_3_4, "get_resource_label", (1, 0)),
    known_only("xend.security.get_labeled_resources", FROM_3_4, "get_labeled_resources", (0, 0)),
    known_only("xend.security.set_resource_label", FROM_3_4, "set_resource_label", (4, 0)),
    known_only("xend.security.get_policy", FROM_3_4, "get_policy", (0, 0)),
    known_only("xend.security.set_policy", FROM_3_4, "set_policy", (4, 0)),
    known_only("xend.security.reset_policy", FROM_3_4, "reset_policy", (0, 0)),
    known_only("xend.security.activate_policy", FROM_3_4, "activate_policy", (1, 0)),
    known_only("xend.security.rm_bootpolicy", FROM_3_4, "rm_bootpolicy", (0, 0)),
    // One pool, and no way to make others.
    function("xend.cpu_pool.list", ONLY_4_1, "pool_list", (1, 0), pools),
    known_only("xend.cpu_pool.create", ONLY_4_1, "pool_create", (1, 0)),
    known_only("xend.cpu_pool.new", ONLY_4_1, "pool_new", (1, 0)),
    known_only("xend.cpu_pool.start", ONLY_4_1, "pool_start", (1, 0)),
    known_only("xend.cpu_pool.destroy", ONLY_4_1, "pool_destroy", (1, 0)),
    known_only("xend.cpu_pool.delete", ONLY_4_1, "pool_delete", (1, 0)),
    known_only("xend.cpu_pool.cpu_add", ONLY_4_1, "pool_cpu_add", (2, 0)),
    known_only("xend.cpu_pool.cpu_remove", ONLY_4_1, "pool_cpu_remove", (2, 0)),
    known_only("xend.cpu_pool.migrate", ONLY_4_1, "pool_migrate", (2, 0)),
    // Python's own.
    of_manager("system.listMethods", ALL, "system_listMethods", (0, 0), |call| {
        Ok(names(call.release()).into_iter().map(Datum::from).collect::<Vec<_>>().into())
    }),
    of_manager("system.methodHelp", ALL, "system_methodHelp", (1, 0), |_| Ok("".into())),
    of_manager("system.methodSignature", ALL, "system_methodSignature", (1, 0), |_| {
        Ok("signatures not supported".into())
    }),
];

/// Up to 3.0.3 a number is compared with 1; later it is a flag.
fn domains(call: &Invocation<'_>) -> Result<Datum, Failure> {
    list(call, &call.param_or(0, true), States::Usual, &call.param(1))
}

fn list(call: &Invocation<'_>, detail: &Datum, states: States, full: &Datum) -> Result<Datum, Failure> {
    if python::truth(detail) {
        call.perform(Command::Records { states, detail: detail_of(full), order: Order::ByName })
    } else {
        call.perform(Command::Names(states))
    }
}

fn domain(call: &Invocation<'_>) -> Result<Datum, Failure> {
    call.perform(Command::Record { domain: call.domain(), detail: detail_of(&call.param(1)) })
}

fn detail_of(full: &Datum) -> Detail {
    if python::truth(full) { Detail::WithoutAvailability } else { Detail::WithoutDevices }
}

/// From 3.2 on it gives the number of the state before, if asked for it.
fn pause(call: &Invocation<'_>) -> Result<Datum, Failure> {
    let before = call.perform(Command::Pause { domain: call.domain() })?;
    Ok(if python::truth(&call.param(1)) { before } else { Datum::None })
}

/// What `os.open` takes.
fn path(value: &Datum) -> Result<Vec<u8>, Failure> {
    match value {
        Datum::Bytes(_) | Datum::Text(_) => Ok(python::str(value)),
        other => Err(Failure::exception(format!(
            "coercing to Unicode: need string or buffer, {} found",
            python::type_name(other)
        ))),
    }
}

fn save(call: &Invocation<'_>) -> Result<Datum, Failure> {
    let (path, checkpoint) = (path(&call.param(1))?, python::truth(&call.param(2)));
    call.perform(Command::Save { domain: call.domain(), path, checkpoint })
}

fn restore(call: &Invocation<'_>) -> Result<Datum, Failure> {
    let (path, paused) = (path(&call.param(0))?, python::truth(&call.param(1)));
    call.perform(Command::Restore { path, paused, detail: Detail::WithoutAvailability })
}

fn migrate(call: &Invocation<'_>, port: usize) -> Result<Datum, Failure> {
    let destination = python::str(&call.param(1));
    call.perform(Command::Migrate { domain: call.domain(), destination, port: call.param(port) })
}

fn dump(call: &Invocation<'_>) -> Result<Datum, Failure> {
    let path = match call.param(1) {
        Datum::None => None,
        path => Some(python::str(&path)),
    };
    let (crash, reset) = (python::truth(&call.param(3)), python::truth(&call.param(4)));
    call.perform(Command::Dump { domain: call.domain(), path, crash, reset })
}

fn set_scheduling(call: &Invocation<'_>, scheduler: Scheduler) -> Result<Datum, Failure> {
    call.perform(Command::SetScheduling { domain: call.domain(), scheduler, values: call.params_from(1) })
}

fn configure_device(call: &Invocation<'_>) -> Result<Datum, Failure> {
    call.perform(Command::ConfigureDevice { domain: call.domain(), config: call.param(1), device: call.param(2) })
}

fn object_or_none(call: &Invocation<'_>) -> Result<Datum, Failure> {
    match call.object() {
        Err(Failure::UnknownDomain { .. }) => Ok(Datum::None),
        other => other,
    }
}

/// The pool that a host begins with (`XendCPUPool.get_record`).
fn pools(call: &Invocation<'_>) -> Result<Datum, Failure> {
    let wanted = call.param(0);
    if !wanted.items().is_empty() && !wanted.items().contains(&"Pool-0".into()) {
        return Ok(Datum::List(vec![]));
    }
    let text = |name: &str, value: &str| (name.to_owned(), value.into());
    let pool = vec![
        text("name_label", "Pool-0"),
        text("name_description", "Pool-0"),
        ("activated".to_owned(), true.into()),
        ("auto_power_on".to_owned(), false.into()),
        text("ncpu", "2"),
        text("sched_policy", "credit"),
    ];
    Ok(Datum::list([Datum::Dict(pool)]))
}

fn destroy_device(call: &Invocation<'_>) -> Result<Datum, Failure> {
    let (class, device) = (python::str(&call.param(1)), python::str(&call.param(2)));
    call.perform(Command::DestroyDevice { domain: call.domain(), class, device, forget: python::truth(&call.param(4)) })
}
