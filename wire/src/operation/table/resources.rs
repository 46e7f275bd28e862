//! Operations on memory, processors and the scheduler.

use super::super::argument::{ArgumentKind::*, DOMAIN, Unit, required};
use super::super::face::XEN_API;
use super::super::form::{PlanKind, Representation, Source::*, call, of_vm, op};
use super::super::row::Effect::{Changes, Reads};
use super::super::row::{Acknowledgement, Answer, MethodSteps, operations};
use crate::Release;

/// The daemon returns what the hypervisor's library returned (protocol reference §4.2), and nothing on the Xen-API.
const ZERO: &[Acknowledgement] = &[Acknowledgement::None, Acknowledgement::Zero];

operations! {
    SET_MEMORY = "domain.set_memory": "set the memory target of a domain, in MiB" {
        arguments: &[DOMAIN, required("memory", Integer(Unit::MiB))],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("mem_target_set", "target" = Arg("memory"))],
        xmlrpc: &[call("xend.domain.setMemoryTarget", &[Arg("domain"), Arg("memory")])],
        xenapi: &[of_vm("VM.set_memory_dynamic_max_live", &[As("memory", Representation::Bytes)])],
    },
    SET_MAX_MEMORY = "domain.set_max_memory": "set the maximum memory of a domain, in MiB" {
        arguments: &[DOMAIN, required("memory", Integer(Unit::MiB))],
        effect: Changes,
        answer: Answer::Nothing,
        // XML-RPC returns 0 up to 3.0.3 and later nothing (captures `maxmem`). The S-expression face always returns 0.
        acknowledgements: &[Acknowledgement::None, Acknowledgement::Zero],
        sxp: &[op!("maxmem_set", "memory" = Arg("memory"))],
        xmlrpc: &[call("xend.domain.maxmem_set", &[Arg("domain"), Arg("memory")])],
        xenapi: &[of_vm("VM.set_memory_static_max", &[As("memory", Representation::Bytes)])],
    },
    SET_VCPUS = "domain.set_vcpus": "set the number of virtual processors that a domain uses" {
        arguments: &[DOMAIN, required("vcpus", Integer(Unit::One))],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("set_vcpus", "vcpus" = Arg("vcpus"))],
        xmlrpc: &[call("xend.domain.setVCpuCount", &[Arg("domain"), Arg("vcpus")])],
        xenapi: &[of_vm("VM.set_VCPUs_number_live", &[Arg("vcpus")])],
    },
    PIN_VCPU = "domain.pin_vcpu": "restrict a virtual processor to some of the host's processors" {
        arguments: &[DOMAIN, required("vcpu", Integer(Unit::One)), required("cpus", Cpus)],
        effect: Changes,
        answer: Answer::Nothing,
        acknowledgements: ZERO,
        // libvirt sends brackets to a daemon of configuration format 2 or less.
        sxp: &[
            op!("pincpu", "vcpu" = Arg("vcpu"), "cpumap" = As("cpus", Representation::Brackets)),
            op!("pincpu", "vcpu" = Arg("vcpu"), "cpumap" = Arg("cpus")).since(Release::V3_1),
        ],
        // This is what `xm` sends. 3.4 was not captured, but its source is that of 3.1.
        xmlrpc: &[
            call("xend.domain.pincpu", &[Arg("domain"), Arg("vcpu"), As("cpus", Representation::Array)]),
            call("xend.domain.pincpu", &[Arg("domain"), As("vcpu", Representation::Text), As("cpus", Representation::Array)])
                .since(Release::V3_0_3),
            call("xend.domain.pincpu", &[Arg("domain"), Arg("vcpu"), As("cpus", Representation::Array)]).since(Release::V3_1),
            call("xend.domain.pincpu", &[Arg("domain"), As("vcpu", Representation::Text), Arg("cpus")]).since(Release::V4_1),
        ],
        // `xm vcpu-pin` calls this method (`xm/main.py xm_vcpu_pin`). From 4.1 on, the daemon reports success but does
        // nothing (capture `xenapi-VM_metrics.get_VCPUs_params-pinned@4.1`).
        xenapi: &[
            of_vm("VM.add_to_VCPUs_params_live", &[As("vcpu", Representation::CpuMap), Arg("cpus")]).until(Release::V3_4)
        ],
    },
    CREDIT = "domain.credit": "show a domain's parameters of the credit scheduler: weight, and cap in percent of one processor" {
        arguments: &[DOMAIN],
        effect: Reads,
        answer: Answer::Record("credit"),
        sxp: &[op!("domain_sched_credit_get").since(Release::V3_0_3)],
        xmlrpc: &[call("xend.domain.sched_credit_get", &[Arg("domain")]).headless().since(Release::V3_0_3)],
        xenapi: &[of_vm("VM.get_VCPUs_params", &[])],
    },
    SET_CREDIT = "domain.set_credit": "set a domain's parameters of the credit scheduler" {
        arguments: &[DOMAIN, required("weight", Integer(Unit::One)), required("cap", Integer(Unit::One))],
        effect: Changes,
        answer: Answer::Nothing,
        acknowledgements: ZERO,
        sxp: &[op!("domain_sched_credit_set", "weight" = Arg("weight"), "cap" = Arg("cap")).since(Release::V3_0_3)],
        xmlrpc: &[
            call("xend.domain.sched_credit_set", &[Arg("domain"), Arg("weight"), Arg("cap")]).since(Release::V3_0_3)
        ],
        methods: Some(MethodSteps { since: XEN_API, plan: PlanKind::SetCredit, steps: &["VM.add_to_VCPUs_params_live"] }),
    },
    SEDF = "domain.sedf": "show a domain's parameters of the SEDF scheduler: period, slice and latency in nanoseconds" {
        arguments: &[DOMAIN],
        effect: Reads,
        answer: Answer::Record("sedf"),
        sxp: &[op!("cpu_sedf_get")],
        xmlrpc: &[call("xend.domain.cpu_sedf_get", &[Arg("domain")])],
    },
    SET_SEDF = "domain.set_sedf": "set a domain's parameters of the SEDF scheduler" {
        arguments: &[
            DOMAIN,
            required("period", Integer(Unit::Nanoseconds)),
            required("slice", Integer(Unit::Nanoseconds)),
            required("latency", Integer(Unit::Nanoseconds)),
            required("extratime", Flag),
            required("weight", Integer(Unit::One)),
        ],
        effect: Changes,
        answer: Answer::Nothing,
        acknowledgements: ZERO,
        sxp: &[op!(
            "cpu_sedf_set",
            "period" = Arg("period"),
            "slice" = Arg("slice"),
            "latency" = Arg("latency"),
            "extratime" = Arg("extratime"),
            "weight" = Arg("weight")
        )],
        xmlrpc: &[call(
            "xend.domain.cpu_sedf_set",
            &[
                Arg("domain"),
                Arg("period"),
                Arg("slice"),
                Arg("latency"),
                As("extratime", Representation::Number),
                Arg("weight"),
            ],
        )],
    },
}
