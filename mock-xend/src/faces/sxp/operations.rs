//! The operations of the S-expression face, one row each (protocol reference §3.1, §3.3).

use xend_wire::Release::{self, V3_0_2, V3_0_3, V3_1, V3_4, V4_1};
use xend_wire::datum::Datum;

use super::resources::Handler;
use crate::python;
use crate::world::{Command, Detail, Failure, Order, Scheduler, States};

/// Something that can be posted to a resource.
pub(crate) struct Operation {
    pub(super) place: Place,
    /// `pause`.
    pub(crate) name: &'static str,
    /// The first and the last release of this row.
    releases: (Release, Release),
    pub(super) way: Way,
    pub(super) run: Run,
}

/// The kind of resource that an operation is posted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Node,
    Messages,
    Domains,
    Domain,
    Vnets,
}

/// What happens around an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The reply is what it returns, or raises.
    AtOnce,
    /// The same, after 202 and a place to look have been set (`acceptCommand`).
    Accepted,
    /// A worker thread does it: what it returns is dropped, and what it raises does not change the status, or is never
    /// answered (protocol reference §3.5).
    Worker,
    /// Both.
    AcceptedWorker,
}

impl Way {
    pub(super) fn accepts(self) -> bool {
        matches!(self, Self::Accepted | Self::AcceptedWorker)
    }

    pub(super) fn has_worker(self) -> bool {
        matches!(self, Self::Worker | Self::AcceptedWorker)
    }
}

type Run = fn(&mut Handler<'_>) -> Result<Datum, Failure>;

impl Operation {
    /// Whether a release has it.
    pub(crate) fn is_known(&self, release: Release) -> bool {
        (self.releases.0..=self.releases.1).contains(&release)
    }

    /// The path of its resource.
    #[cfg(test)]
    pub(crate) fn path(&self) -> &'static str {
        match self.place {
            Place::Node => "/xend/node",
            Place::Messages => "/xend/node/dmesg",
            Place::Domains => "/xend/domain",
            Place::Domain => "/xend/domain/ID",
            Place::Vnets => "/xend/vnet",
        }
    }
}

/// The operation of that name on a kind of resource.
pub(super) fn find(place: Place, name: &[u8], release: Release) -> Option<&'static Operation> {
    let named = |operation: &&Operation| operation.place == place && operation.name.as_bytes() == name;
    OPERATIONS.iter().filter(named).find(|operation| operation.is_known(release))
}

const ALL: (Release, Release) = (V3_0_2, V4_1);
const FROM_3_0_3: (Release, Release) = (V3_0_3, V4_1);
const FROM_3_1: (Release, Release) = (V3_1, V4_1);
const FROM_3_4: (Release, Release) = (V3_4, V4_1);

const fn operation(place: Place, name: &'static str, releases: (Release, Release), way: Way, run: Run) -> Operation {
    Operation { place, name, releases, way, run }
}

use Place::{Domain, Domains, Messages, Node, Vnets};
use Way::{Accepted, AcceptedWorker, AtOnce, Worker};

/// All operations. Where the daemon's own code asks an object for something, the object is [`Handler::object`]; where it
/// asks the manager of all domains, it gives a number, [`Handler::domid`], which a field `dom` overrides.
pub(crate) static OPERATIONS: &[Operation] = &[
    // They say so and do nothing.
    operation(Node, "shutdown", ALL, AtOnce, |_| Ok(0.into())),
    operation(Node, "reboot", ALL, AtOnce, |_| Ok(0.into())),
    operation(Node, "cpu_bvt_slice_set", (V3_0_2, V3_0_2), AtOnce, |handler| {
        handler.int("ctx_allow").map(|_| 0.into())
    }),
    operation(Messages, "clear", ALL, AtOnce, |handler| handler.perform(Command::ClearMessages)),
    operation(Domains, "create", ALL, AtOnce, create),
    operation(Domains, "new", FROM_3_1, AtOnce, |handler| {
        let (config, _) = handler.config()?;
        handler.perform(Command::New { config }).map_err(|failure| error_creating(handler, &failure))
    }),
    operation(Domains, "restore", ALL, Worker, restore),
    operation(Domains, "list", ALL, AtOnce, list),
    operation(Domain, "pause", ALL, AtOnce, |handler| {
        let domain = handler.own_domid();
        handler.perform(Command::Pause { domain }).map(|_| Datum::None)
    }),
    operation(Domain, "unpause", ALL, AtOnce, |handler| {
        let domain = handler.own_domid();
        handler.perform(Command::Unpause { domain })
    }),
    operation(Domain, "rename", ALL, Accepted, |handler| {
        let name = handler.first("name")?;
        handler.perform(Command::Rename { domain: handler.object(), name })
    }),
    operation(Domain, "shutdown", ALL, Accepted, |handler| {
        let reason = handler.first("reason")?;
        handler.perform(Command::Shutdown { domain: handler.object(), reason })
    }),
    operation(Domain, "destroy", ALL, Accepted, |handler| {
        let domain = handler.own_domid();
        handler.perform(Command::Destroy { domain })
    }),
    operation(Domain, "sysrq", ALL, Accepted, |handler| {
        let key = python::int(&handler.first("key")?).map(Datum::Int).map_err(Failure::Exception)?;
        handler.perform(Command::SysRq { domain: handler.object(), key })
    }),
    operation(Domain, "wait_for_devices", ALL, Accepted, |handler| {
        handler.perform(Command::WaitForDevices { domain: handler.object() })
    }),
    operation(Domain, "save", ALL, AcceptedWorker, |handler| {
        let path = handler.first("file")?;
        handler.perform(Command::Save { domain: handler.own_domid(), path, checkpoint: false })
    }),
    operation(Domain, "dump", (V3_1, V3_1), AcceptedWorker, |handler| dump(handler, &["live", "crash"])),
    operation(Domain, "dump", FROM_3_4, AcceptedWorker, |handler| dump(handler, &["live", "crash", "reset"])),
    operation(Domain, "migrate", (V3_0_2, V3_1), Worker, |handler| migrate(handler, &["live", "resource", "port"], 2)),
    operation(Domain, "migrate", FROM_3_4, Worker, |handler| migrate(handler, &["live", "port", "node", "ssl"], 1)),
    // The values of a form are text, which never equals the number 1 that the daemon compares with.
    operation(Domain, "start", FROM_3_1, Accepted, |handler| {
        handler.perform(Command::Start { domain: handler.object(), paused: false })
    }),
    operation(Domain, "delete", FROM_3_1, Accepted, |handler| {
        handler.perform(Command::Delete { domain: handler.object() })
    }),
    operation(Domain, "reset", FROM_3_4, Accepted, |handler| {
        let domain = handler.own_domid();
        handler.perform(Command::Reset { domain })
    }),
    operation(Domain, "pincpu", (V3_0_2, V3_0_2), AtOnce, |handler| {
        let (domain, vcpu, cpus) = (handler.domid()?, handler.int("vcpu")?, handler.text("cpumap")?.into());
        handler.perform(Command::Pin { domain, vcpu, cpus })
    }),
    operation(Domain, "pincpu", FROM_3_0_3, AtOnce, |handler| {
        let (domain, vcpu, cpus) = (handler.domid()?, handler.text("vcpu")?.into(), handler.text("cpumap")?.into());
        handler.perform(Command::Pin { domain, vcpu, cpus })
    }),
    operation(Domain, "cpu_bvt_set", (V3_0_2, V3_0_2), AtOnce, |handler| {
        set_scheduling(handler, Scheduler::Bvt, &["mcuadv", "warpback", "warpvalue", "warpl", "warpu"])
    }),
    operation(Domain, "cpu_sedf_get", ALL, AtOnce, |handler| scheduling(handler, Scheduler::Sedf)),
    operation(Domain, "cpu_sedf_set", ALL, AtOnce, |handler| {
        set_scheduling(handler, Scheduler::Sedf, &["period", "slice", "latency", "extratime", "weight"])
    }),
    operation(Domain, "domain_sched_credit_get", FROM_3_0_3, AtOnce, |handler| scheduling(handler, Scheduler::Credit)),
    operation(Domain, "domain_sched_credit_set", FROM_3_0_3, AtOnce, |handler| {
        set_scheduling(handler, Scheduler::Credit, &["weight", "cap"])
    }),
    operation(Domain, "domain_sched_credit2_get", (V4_1, V4_1), AtOnce, |handler| {
        scheduling(handler, Scheduler::Credit2)
    }),
    operation(Domain, "domain_sched_credit2_set", (V4_1, V4_1), AtOnce, |handler| {
        set_scheduling(handler, Scheduler::Credit2, &["weight"])
    }),
    operation(Domain, "maxmem_set", ALL, AtOnce, |handler| {
        let (domain, memory) = (handler.domid()?, handler.int("memory")?);
        handler.perform(Command::SetMaxMemory { domain, memory })
    }),
    operation(Domain, "mem_target_set", ALL, AtOnce, |handler| {
        let target = handler.int("target")?;
        handler.perform(Command::SetMemoryTarget { domain: handler.object(), target })
    }),
    operation(Domain, "set_vcpus", ALL, AtOnce, |handler| {
        let vcpus = handler.int("vcpus")?;
        handler.perform(Command::SetVcpus { domain: handler.object(), vcpus })
    }),
    operation(Domain, "vcpuinfo", ALL, AtOnce, |handler| handler.perform(Command::Vcpus { domain: handler.object() })),
    operation(Domain, "devices", ALL, AtOnce, |handler| {
        let class = handler.text("type")?;
        handler.perform(Command::Devices { domain: handler.object(), class })
    }),
    operation(Domain, "device_create", ALL, AtOnce, |handler| {
        let config = handler.sxpr("config")?;
        handler.perform(Command::CreateDevice { domain: handler.object(), config })
    }),
    operation(Domain, "device_destroy", (V3_0_2, V3_1), AtOnce, |handler| {
        let (class, device) = (handler.text("type")?, handler.text("dev")?);
        handler.perform(Command::DestroyDevice { domain: handler.object(), class, device, forget: false })
    }),
    operation(Domain, "device_destroy", FROM_3_4, AtOnce, |handler| {
        let (class, device) = (handler.text("type")?, handler.text("dev")?);
        let numbers = handler.ints(&["force", "rm_cfg"])?;
        let forget = python::truth(&numbers[1]);
        handler.perform(Command::DestroyDevice { domain: handler.object(), class, device, forget })
    }),
    operation(Domain, "device_configure", (V3_0_2, V3_0_2), AtOnce, configure_device),
    operation(Domain, "device_configure", (V3_0_3, V3_0_3), AtOnce, |handler| {
        handler.sxpr("config").and(handler.text("dev"))?;
        Err(Failure::exception("device_configure() takes exactly 2 arguments (3 given)"))
    }),
    operation(Domain, "device_configure", FROM_3_1, AtOnce, configure_device),
    // What follows never works (protocol reference §3.3).
    operation(Domain, "configure", ALL, AtOnce, |handler| {
        handler.domid()?;
        handler.sxpr("config")?;
        Err(Failure::exception("domain_configure() takes exactly 2 arguments (3 given)"))
    }),
    operation(Domain, "vif_limit_set", ALL, AtOnce, |_| {
        Err(Failure::exception("XendDomain instance has no attribute 'domain_vif_limit_set'"))
    }),
    operation(Domain, "usb_add", (V4_1, V4_1), AcceptedWorker, |_| Err(Failure::Unanswered)),
    operation(Domain, "usb_del", (V4_1, V4_1), AcceptedWorker, |_| Err(Failure::Unanswered)),
    operation(Domain, "do_get_pauseflag", (V4_1, V4_1), AcceptedWorker, |_| Err(Failure::Unanswered)),
    operation(Domain, "do_set_pauseflag", (V4_1, V4_1), AcceptedWorker, |_| Err(Failure::Unanswered)),
    // A host without the vnet module.
    operation(Vnets, "create", ALL, AtOnce, |_| {
        Err(Failure::exception("[Errno 2] No such file or directory: '/proc/vnet/policy'"))
    }),
];

fn list(handler: &mut Handler<'_>) -> Result<Datum, Failure> {
    if handler.request.wants_sxp() {
        handler.detailed_list();
        return Ok(Datum::None);
    }
    handler.perform(Command::Records { states: States::Usual, detail: Detail::Whole, order: Order::ById })
}

fn create(handler: &mut Handler<'_>) -> Result<Datum, Failure> {
    let (config, text) = handler.config()?;
    let created = handler.perform(Command::Create { config, detail: Detail::Whole });
    let record = created.map_err(|failure| error_creating(handler, &failure))?;
    let (name, url) = handler.created(&record, "created");
    if handler.request.wants_sxp() {
        return Ok(record);
    }
    let link = [b"<p> Created <a href=\"".as_slice(), &url, b"\">Domain ", &name, b"</a></p>\n"].concat();
    Ok([link.as_slice(), b"<p><pre>\n", &text, b"\n</pre></p>\n"].concat().into())
}

fn error_creating(handler: &Handler<'_>, failure: &Failure) -> Failure {
    Failure::refused([b"Error creating domain: ".as_slice(), &failure.str(handler.release)].concat())
}

fn restore(handler: &mut Handler<'_>) -> Result<Datum, Failure> {
    let path = handler.text("file")?;
    let record = handler.perform(Command::Restore { path, paused: false, detail: Detail::Whole })?;
    handler.created(&record, "Created");
    Ok(Datum::None)
}

fn dump(handler: &mut Handler<'_>, flags: &[&str]) -> Result<Datum, Failure> {
    let (domain, path, flags) = (handler.domid()?, handler.text("file")?, handler.ints(flags)?);
    let is_set = |at: usize| flags.get(at).is_some_and(python::truth);
    handler.perform(Command::Dump { domain, path: Some(path), crash: is_set(1), reset: is_set(2) })
}

fn migrate(handler: &mut Handler<'_>, numbers: &[&str], port: usize) -> Result<Datum, Failure> {
    let (domain, destination, numbers) = (handler.domid()?, handler.text("destination")?, handler.ints(numbers)?);
    if handler.release >= V4_1 {
        handler.boolean("change_home_server")?;
    }
    handler.perform(Command::Migrate { domain, destination, port: numbers[port].clone() })
}

fn scheduling(handler: &mut Handler<'_>, scheduler: Scheduler) -> Result<Datum, Failure> {
    let domain = handler.domid()?;
    handler.perform(Command::Scheduling { domain, scheduler })
}

fn set_scheduling(handler: &mut Handler<'_>, scheduler: Scheduler, names: &[&str]) -> Result<Datum, Failure> {
    let (domain, values) = (handler.domid()?, handler.ints(names)?);
    handler.perform(Command::SetScheduling { domain, scheduler, values })
}

fn configure_device(handler: &mut Handler<'_>) -> Result<Datum, Failure> {
    let (config, device) = (handler.sxpr("config")?, handler.text("dev")?.into());
    handler.perform(Command::ConfigureDevice { domain: handler.object(), config, device })
}
