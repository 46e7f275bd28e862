//! Operations on the memory and the processors of domains.

use xend_wire::operation;
use xend_wire::{Release, Releases};

use super::row::Row;
use crate::faces::sxp::{self, Execution, Resource, post};
use crate::faces::xmlrpc::{self, known_only, of_domain, of_manager};
use crate::world::{Command, Failure, Scheduler};

pub(super) const ROWS: &[Row] = &[
    Row {
        operations: &[operation::SET_MEMORY],
        sxp: &[post(Resource::Domain, "mem_target_set", Releases::ALL, Execution::AtOnce, |request| {
            let target = request.int("target")?;
            request.give(Command::SetMemoryTarget { domain: request.object(), target })
        })],
        xmlrpc: &[of_domain("xend.domain.setMemoryTarget", Releases::ALL, "setMemoryTarget", (2, 0), |call| {
            call.give(Command::SetMemoryTarget { domain: call.domain(), target: call.param(1) })
        })],
        xenapi: &["VM.set_memory_dynamic_max_live"],
    },
    Row {
        operations: &[operation::SET_MAX_MEMORY],
        sxp: &[post(Resource::Domain, "maxmem_set", Releases::ALL, Execution::AtOnce, |request| {
            let (domain, memory) = (request.domid_or_name()?, request.int("memory")?);
            request.give(Command::SetMaxMemory { domain, memory })
        })],
        xmlrpc: &[of_manager("xend.domain.maxmem_set", Releases::ALL, "domain_maxmem_set", (2, 0), |call| {
            let set = call.perform(Command::SetMaxMemory { domain: call.domain(), memory: call.param(1) })?;
            Ok(if call.release() < Release::V3_1 { set.into() } else { xmlrpc::Outcome::NOTHING })
        })],
        xenapi: &["VM.set_memory_static_max"],
    },
    Row {
        xmlrpc: &[
            of_manager(
                "xend.domain.shadow_mem_get",
                Releases::since(Release::V3_0_3),
                "domain_shadow_mem_get",
                (1, 0),
                |call| call.give(Command::ShadowMemory { domain: call.domain() }),
            ),
            of_manager(
                "xend.domain.shadow_mem_set",
                Releases::since(Release::V3_0_3),
                "domain_shadow_mem_set",
                (2, 0),
                |call| call.give(Command::SetShadowMemory { domain: call.domain(), memory: call.param(1) }),
            ),
            known_only("xend.domain.shadow_control", Releases::since(Release::V3_0_3), "domain_shadow_control", (2, 0)),
        ],
        ..Row::NONE
    },
    Row {
        operations: &[operation::SET_VCPUS],
        sxp: &[post(Resource::Domain, "set_vcpus", Releases::ALL, Execution::AtOnce, |request| {
            let vcpus = request.int("vcpus")?;
            request.give(Command::SetVcpus { domain: request.object(), vcpus })
        })],
        xmlrpc: &[of_domain("xend.domain.setVCpuCount", Releases::ALL, "setVCpuCount", (2, 0), |call| {
            call.give(Command::SetVcpus { domain: call.domain(), vcpus: call.param(1) })
        })],
        xenapi: &["VM.set_VCPUs_number_live"],
    },
    Row {
        operations: &[operation::PIN_VCPU],
        sxp: &[
            post(Resource::Domain, "pincpu", Releases::only(Release::V3_0_2), Execution::AtOnce, |request| {
                let (domain, vcpu, cpus) =
                    (request.domid_or_name()?, request.int("vcpu")?, request.text("cpumap")?.into());
                request.give(Command::Pin { domain, vcpu, cpus })
            }),
            post(Resource::Domain, "pincpu", Releases::since(Release::V3_0_3), Execution::AtOnce, |request| {
                let domain = request.domid_or_name()?;
                let (vcpu, cpus) = (request.text("vcpu")?.into(), request.text("cpumap")?.into());
                request.give(Command::Pin { domain, vcpu, cpus })
            }),
        ],
        xmlrpc: &[of_manager("xend.domain.pincpu", Releases::ALL, "domain_pincpu", (3, 0), |call| {
            call.give(Command::Pin { domain: call.domain(), vcpu: call.param(1), cpus: call.param(2) })
        })],
        xenapi: &["VM.add_to_VCPUs_params_live"],
    },
    Row {
        operations: &[operation::CREDIT],
        sxp: &[post(
            Resource::Domain,
            "domain_sched_credit_get",
            Releases::since(Release::V3_0_3),
            Execution::AtOnce,
            |request| get_parameters(request, Scheduler::Credit),
        )],
        xmlrpc: &[of_manager(
            "xend.domain.sched_credit_get",
            Releases::since(Release::V3_0_3),
            "domain_sched_credit_get",
            (1, 0),
            |call| call_parameters(call, Scheduler::Credit),
        )],
        xenapi: &["VM.get_VCPUs_params"],
    },
    Row {
        operations: &[operation::SET_CREDIT],
        // Only 3.1 forgets the cap.
        sxp: &[
            post(
                Resource::Domain,
                "domain_sched_credit_set",
                Releases::only(Release::V3_1),
                Execution::AtOnce,
                |request| posted(request, Scheduler::Credit, &["weight"]),
            ),
            post(
                Resource::Domain,
                "domain_sched_credit_set",
                Releases::only(Release::V3_0_3),
                Execution::AtOnce,
                post_credit,
            ),
            post(
                Resource::Domain,
                "domain_sched_credit_set",
                Releases::since(Release::V3_2),
                Execution::AtOnce,
                post_credit,
            ),
        ],
        xmlrpc: &[of_manager(
            "xend.domain.sched_credit_set",
            Releases::since(Release::V3_0_3),
            "domain_sched_credit_set",
            (1, 2),
            |call| set(call, Scheduler::Credit),
        )],
        ..Row::NONE
    },
    Row {
        sxp: &[
            post(
                Resource::Domain,
                "domain_sched_credit2_get",
                Releases::since(Release::V4_1),
                Execution::AtOnce,
                |request| get_parameters(request, Scheduler::Credit2),
            ),
            post(
                Resource::Domain,
                "domain_sched_credit2_set",
                Releases::since(Release::V4_1),
                Execution::AtOnce,
                |request| posted(request, Scheduler::Credit2, &["weight"]),
            ),
        ],
        xmlrpc: &[
            of_manager(
                "xend.domain.sched_credit2_get",
                Releases::since(Release::V4_1),
                "domain_sched_credit2_get",
                (1, 0),
                |call| call_parameters(call, Scheduler::Credit2),
            ),
            of_manager(
                "xend.domain.sched_credit2_set",
                Releases::since(Release::V4_1),
                "domain_sched_credit2_set",
                (1, 1),
                |call| set(call, Scheduler::Credit2),
            ),
        ],
        ..Row::NONE
    },
    Row {
        operations: &[operation::SEDF],
        sxp: &[post(Resource::Domain, "cpu_sedf_get", Releases::ALL, Execution::AtOnce, |request| {
            get_parameters(request, Scheduler::Sedf)
        })],
        xmlrpc: &[of_manager("xend.domain.cpu_sedf_get", Releases::ALL, "domain_cpu_sedf_get", (1, 0), |call| {
            call_parameters(call, Scheduler::Sedf)
        })],
        ..Row::NONE
    },
    Row {
        operations: &[operation::SET_SEDF],
        sxp: &[post(Resource::Domain, "cpu_sedf_set", Releases::ALL, Execution::AtOnce, |request| {
            posted(request, Scheduler::Sedf, &["period", "slice", "latency", "extratime", "weight"])
        })],
        xmlrpc: &[of_manager("xend.domain.cpu_sedf_set", Releases::ALL, "domain_cpu_sedf_set", (6, 0), |call| {
            set(call, Scheduler::Sedf)
        })],
        ..Row::NONE
    },
    Row {
        sxp: &[post(Resource::Domain, "cpu_bvt_set", Releases::only(Release::V3_0_2), Execution::AtOnce, |request| {
            posted(request, Scheduler::Bvt, &["mcuadv", "warpback", "warpvalue", "warpl", "warpu"])
        })],
        xmlrpc: &[
            of_manager(
                "xend.domain.cpu_bvt_get",
                Releases::only(Release::V3_0_2),
                "domain_cpu_bvt_get",
                (1, 0),
                |call| call_parameters(call, Scheduler::Bvt),
            ),
            of_manager(
                "xend.domain.cpu_bvt_set",
                Releases::only(Release::V3_0_2),
                "domain_cpu_bvt_set",
                (6, 0),
                |call| set(call, Scheduler::Bvt),
            ),
        ],
        ..Row::NONE
    },
];

fn get_parameters(request: &mut sxp::Invocation<'_, '_>, scheduler: Scheduler) -> Result<sxp::Outcome, Failure> {
    let domain = request.domid_or_name()?;
    request.give(Command::Scheduling { domain, scheduler })
}

fn post_credit(request: &mut sxp::Invocation<'_, '_>) -> Result<sxp::Outcome, Failure> {
    posted(request, Scheduler::Credit, &["weight", "cap"])
}

fn posted(
    request: &mut sxp::Invocation<'_, '_>,
    scheduler: Scheduler,
    names: &[&str],
) -> Result<sxp::Outcome, Failure> {
    let (domain, values) = (request.domid_or_name()?, request.ints(names)?);
    request.give(Command::SetScheduling { domain, scheduler, values })
}

fn call_parameters(call: &mut xmlrpc::Invocation<'_, '_>, scheduler: Scheduler) -> Result<xmlrpc::Outcome, Failure> {
    call.give(Command::Scheduling { domain: call.domain(), scheduler })
}

fn set(call: &mut xmlrpc::Invocation<'_, '_>, scheduler: Scheduler) -> Result<xmlrpc::Outcome, Failure> {
    call.give(Command::SetScheduling { domain: call.domain(), scheduler, values: call.params_from(1) })
}
