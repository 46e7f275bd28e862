//! The methods that the daemon registers (`server/XMLRPCServer.py`, protocol reference §4.2), release by release.

use xend_wire::Release::{self, V3_0_2, V3_0_3, V3_1, V3_4, V4_1};
use xend_wire::datum::Datum;

use super::call::Invocation;
use crate::python;
use crate::world::{Command, Detail, Failure, Order, States};

/// A method, with the parameters that it has in some releases.
pub(super) struct Method {
    /// `xend.domain.pause`.
    pub(super) name: &'static str,
    /// The first and the last release of this row.
    releases: (Release, Release),
    /// What Python calls it in its complaints.
    pub(super) function: &'static str,
    pub(super) form: Form,
    pub(super) required: usize,
    pub(super) optional: usize,
    pub(super) run: fn(&Invocation<'_>) -> Result<Datum, Failure>,
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

/// The method of that name in a release.
pub(super) fn find(name: &str, release: Release) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name && (method.releases.0..=method.releases.1).contains(&release))
}

/// The names of all methods of a release, sorted.
fn names(release: Release) -> Vec<&'static str> {
    let mut names: Vec<_> = METHODS
        .iter()
        .filter(|method| (method.releases.0..=method.releases.1).contains(&release))
        .map(|method| method.name)
        .collect();
    names.sort_unstable();
    names
}

type Run = fn(&Invocation<'_>) -> Result<Datum, Failure>;

const ALL: (Release, Release) = (V3_0_2, V4_1);
const FROM_3_1: (Release, Release) = (V3_1, V4_1);
const FROM_3_4: (Release, Release) = (V3_4, V4_1);
const UNTIL_3_0_3: (Release, Release) = (V3_0_2, V3_0_3);
const UNTIL_3_1: (Release, Release) = (V3_0_2, V3_1);

const fn function(
    name: &'static str,
    releases: (Release, Release),
    function: &'static str,
    (required, optional): (usize, usize),
    run: Run,
) -> Method {
    Method { name, releases, function, form: Form::Function, required, optional, run }
}

const fn of_manager(
    name: &'static str,
    releases: (Release, Release),
    function: &'static str,
    (required, optional): (usize, usize),
    run: Run,
) -> Method {
    Method { name, releases, function, form: Form::OfManager, required, optional, run }
}

const fn of_domain(
    name: &'static str,
    releases: (Release, Release),
    function: &'static str,
    (required, optional): (usize, usize),
    run: Run,
) -> Method {
    Method { name, releases, function, form: Form::OfDomain, required, optional, run }
}

/// Parameters are counted as a client gives them, the domain included; required ones, then those with a default.
static METHODS: &[Method] = &[
    function("xend.domains", UNTIL_3_0_3, "domains", (0, 1), domains),
    function("xend.domains", FROM_3_1, "domains", (0, 2), domains),
    function("xend.domains_with_state", FROM_3_1, "domains_with_state", (3, 0), |call| {
        list(call, &call.param(0), States::from_word(&python::str(&call.param(1))), &call.param(2))
    }),
    function("xend.domain", UNTIL_3_0_3, "domain", (1, 0), domain),
    function("xend.domain", FROM_3_1, "domain", (1, 1), domain),
    function("xend.domain.create", ALL, "domain_create", (1, 0), |call| {
        call.perform(Command::Create { config: call.param(0), detail: Detail::WithoutAvailability })
    }),
    of_manager("xend.domain.pause", UNTIL_3_1, "domain_pause", (1, 0), pause),
    of_manager("xend.domain.pause", FROM_3_4, "domain_pause", (1, 1), pause),
    of_manager("xend.domain.unpause", ALL, "domain_unpause", (1, 0), |call| {
        call.perform(Command::Unpause { domain: call.domain() })
    }),
    of_manager("xend.domain.destroy", ALL, "domain_destroy", (1, 0), |call| {
        call.perform(Command::Destroy { domain: call.domain() })
    }),
    of_domain("xend.domain.shutdown", ALL, "shutdown", (2, 0), |call| {
        call.perform(Command::Shutdown { domain: call.domain(), reason: python::str(&call.param(1)) })
    }),
    of_domain("xend.domain.setName", ALL, "setName", (2, 0), |call| {
        call.perform(Command::Rename { domain: call.domain(), name: python::str(&call.param(1)) })
    }),
    of_domain("xend.domain.setMemoryTarget", ALL, "setMemoryTarget", (2, 0), |call| {
        call.perform(Command::SetMemoryTarget { domain: call.domain(), target: call.param(1) })
    }),
    of_domain("xend.domain.setVCpuCount", ALL, "setVCpuCount", (2, 0), |call| {
        call.perform(Command::SetVcpus { domain: call.domain(), vcpus: call.param(1) })
    }),
    of_domain("xend.domain.send_sysrq", ALL, "send_sysrq", (2, 0), |call| {
        call.perform(Command::SysRq { domain: call.domain(), key: call.param(1) })
    }),
    of_domain("xend.domain.getVCPUInfo", ALL, "getVCPUInfo", (1, 0), |call| {
        call.perform(Command::Vcpus { domain: call.domain() })
    }),
    of_domain("xend.domain.waitForDevices", ALL, "waitForDevices", (1, 0), |call| {
        call.perform(Command::WaitForDevices { domain: call.domain() })
    }),
    of_domain("xend.domain.getDeviceSxprs", ALL, "getDeviceSxprs", (2, 0), |call| {
        call.perform(Command::Devices { domain: call.domain(), class: python::str(&call.param(1)) })
    }),
    of_domain("xend.domain.device_create", ALL, "device_create", (2, 0), |call| {
        call.perform(Command::CreateDevice { domain: call.domain(), config: call.param(1) })
    }),
    of_domain("xend.domain.destroyDevice", UNTIL_3_0_3, "destroyDevice", (3, 0), destroy_device),
    of_domain("xend.domain.destroyDevice", (V3_1, V3_1), "destroyDevice", (3, 1), destroy_device),
    of_domain("xend.domain.destroyDevice", FROM_3_4, "destroyDevice", (3, 2), destroy_device),
    of_manager("xend.domain.maxmem_set", ALL, "domain_maxmem_set", (2, 0), |call| {
        let set = call.perform(Command::SetMaxMemory { domain: call.domain(), memory: call.param(1) })?;
        Ok(if call.release() <= V3_0_3 { set } else { Datum::None })
    }),
    of_manager("xend.node.info", UNTIL_3_1, "info", (0, 0), |call| call.perform(Command::NodeInfo)),
    of_manager("xend.node.info", (V3_4, V3_4), "info", (0, 0), |call| call.perform(Command::NodeInfo)),
    of_manager("xend.node.info", (V4_1, V4_1), "info", (0, 1), |call| call.perform(Command::NodeInfo)),
    function("xend.node.log", ALL, "get_log", (0, 0), |call| call.perform(Command::Log)),
    of_manager("xend.node.dmesg.info", ALL, "info", (0, 0), |call| call.perform(Command::Messages)),
    of_manager("xend.node.dmesg.clear", ALL, "clear", (0, 0), |call| {
        let messages = call.perform(Command::ClearMessages)?;
        Ok(if call.release() <= V3_0_3 { Datum::None } else { messages })
    }),
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

fn pause(call: &Invocation<'_>) -> Result<Datum, Failure> {
    call.perform(Command::Pause { domain: call.domain() })
}

fn destroy_device(call: &Invocation<'_>) -> Result<Datum, Failure> {
    let (class, device) = (python::str(&call.param(1)), python::str(&call.param(2)));
    call.perform(Command::DestroyDevice { domain: call.domain(), class, device, forget: python::truth(&call.param(4)) })
}
