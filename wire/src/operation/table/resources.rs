//! Memory, processors, and how the scheduler shares them.

use super::super::argument::{ArgumentKind::*, DOMAIN, Unit, required};
use super::super::form::{Recipe, Shape, Source::*, XEN_API, call, of_vm, op};
use super::super::row::Effect::{Changes, Reads};
use super::super::row::{Answer, Done, MethodSteps, operations};
use crate::Release;

/// What the hypervisor's library returns is what the daemon does (protocol reference §4.2); on the Xen-API it is nothing.
const ZERO: &[Done] = &[Done::None, Done::Zero];

operations! {
    SET_MEMORY = "domain.set_memory": "set how much memory a domain shall have, in MiB" {
        arguments: &[DOMAIN, required("memory", Integer(Unit::MiB))],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("mem_target_set", "target" = Arg("memory"))],
        xmlrpc: &[call("xend.domain.setMemoryTarget", &[Arg("domain"), Arg("memory")])],
        xenapi: &[of_vm("VM.set_memory_dynamic_max_live", &[As("memory", Shape::Bytes)])],
    },
    SET_MAX_MEMORY = "domain.set_max_memory": "set how much memory a domain may have, in MiB" {
        arguments: &[DOMAIN, required("memory", Integer(Unit::MiB))],
        effect: Changes,
        answer: Answer::Nothing,
        // XML-RPC: 0 up to 3.0.3, then none (captures `maxmem`); S-expressions: 0 in every release.
        done: &[Done::None, Done::Zero],
        sxp: &[op!("maxmem_set", "memory" = Arg("memory"))],
        xmlrpc: &[call("xend.domain.maxmem_set", &[Arg("domain"), Arg("memory")])],
        xenapi: &[of_vm("VM.set_memory_static_max", &[As("memory", Shape::Bytes)])],
    },
    SET_VCPUS = "domain.set_vcpus": "set how many virtual processors a domain uses" {
        arguments: &[DOMAIN, required("vcpus", Integer(Unit::One))],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[op!("set_vcpus", "vcpus" = Arg("vcpus"))],
        xmlrpc: &[call("xend.domain.setVCpuCount", &[Arg("domain"), Arg("vcpus")])],
        xenapi: &[of_vm("VM.set_VCPUs_number_live", &[Arg("vcpus")])],
    },
    PIN_VCPU = "domain.pin_vcpu": "let a virtual processor run only on some of the host's" {
        arguments: &[DOMAIN, required("vcpu", Integer(Unit::One)), required("cpus", Cpus)],
        effect: Changes,
        answer: Answer::Nothing,
        done: ZERO,
        // libvirt sends brackets to a daemon of configuration format 2 or less.
        sxp: &[
            op!("pincpu", "vcpu" = Arg("vcpu"), "cpumap" = As("cpus", Shape::Brackets)),
            op!("pincpu", "vcpu" = Arg("vcpu"), "cpumap" = Arg("cpus")).since(Release::V3_1),
        ],
        // What `xm` sends; 3.4 was not captured, and by its source is as 3.1.
        xmlrpc: &[
            call("xend.domain.pincpu", &[Arg("domain"), Arg("vcpu"), As("cpus", Shape::Array)]),
            call("xend.domain.pincpu", &[Arg("domain"), As("vcpu", Shape::Text), As("cpus", Shape::Array)])
                .since(Release::V3_0_3),
            call("xend.domain.pincpu", &[Arg("domain"), Arg("vcpu"), As("cpus", Shape::Array)]).since(Release::V3_1),
            call("xend.domain.pincpu", &[Arg("domain"), As("vcpu", Shape::Text), Arg("cpus")]).since(Release::V4_1),
        ],
        // As `xm vcpu-pin` sends it (`xm/main.py xm_vcpu_pin`). From 4.1 on the daemon says that it is done and does nothing
        // (capture `xenapi-VM_metrics.get_VCPUs_params-pinned@4.1`).
        xenapi: &[
            of_vm("VM.add_to_VCPUs_params_live", &[As("vcpu", Shape::CpuMap), Arg("cpus")]).until(Release::V3_4)
        ],
    },
    CREDIT = "domain.credit": "tell how the credit scheduler treats a domain: weight, and cap in percent of one processor" {
        arguments: &[DOMAIN],
        effect: Reads,
        answer: Answer::Record("credit"),
        sxp: &[op!("domain_sched_credit_get").since(Release::V3_0_3)],
        xmlrpc: &[call("xend.domain.sched_credit_get", &[Arg("domain")]).headless().since(Release::V3_0_3)],
        xenapi: &[of_vm("VM.get_VCPUs_params", &[])],
    },
    SET_CREDIT = "domain.set_credit": "set how the credit scheduler treats a domain" {
        arguments: &[DOMAIN, required("weight", Integer(Unit::One)), required("cap", Integer(Unit::One))],
        effect: Changes,
        answer: Answer::Nothing,
        done: ZERO,
        sxp: &[op!("domain_sched_credit_set", "weight" = Arg("weight"), "cap" = Arg("cap")).since(Release::V3_0_3)],
        xmlrpc: &[
            call("xend.domain.sched_credit_set", &[Arg("domain"), Arg("weight"), Arg("cap")]).since(Release::V3_0_3)
        ],
        methods: Some(MethodSteps { since: XEN_API, recipe: Recipe::SetCredit, steps: &["VM.add_to_VCPUs_params_live"] }),
    },
    SEDF = "domain.sedf": "tell how the SEDF scheduler treats a domain: period, slice and latency in nanoseconds" {
        arguments: &[DOMAIN],
        effect: Reads,
        answer: Answer::Record("sedf"),
        sxp: &[op!("cpu_sedf_get")],
        xmlrpc: &[call("xend.domain.cpu_sedf_get", &[Arg("domain")])],
    },
    SET_SEDF = "domain.set_sedf": "set how the SEDF scheduler treats a domain" {
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
        done: ZERO,
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
                As("extratime", Shape::Number),
                Arg("weight"),
            ],
        )],
    },
}
