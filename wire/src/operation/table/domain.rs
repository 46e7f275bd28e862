//! Operations that list and describe domains.

use super::super::argument::{ArgumentKind, DOMAIN, required};
use super::super::face::XEN_API;
use super::super::form::{Literal, PlanKind, Source::*, call, get, of_session, of_vm, op};
use super::super::row::Effect::Reads;
use super::super::row::{Answer, MethodSteps, operations};
use crate::Release;

operations! {
    LIST = "domain.list": "list the names of the domains; from 3.1 on only of the running ones" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Names,
        sxp: &[get("/xend/domain", &[])],
        xmlrpc: &[call("xend.domains", &[Always(Literal::Int(0))])],
        xenapi: &[of_session("VM.get_all_records", &[]).in_state("Running")],
    },
    LIST_ALL = "domain.list_all": "list the names of all domains; from 3.1 on also of the defined ones that do not run" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Names,
        sxp: &[
            get("/xend/domain", &[]),
            get("/xend/domain", &[("state", Always(Literal::Text("all")))]).since(Release::V3_1),
        ],
        xmlrpc: &[
            call("xend.domains", &[Always(Literal::Int(0))]),
            call(
                "xend.domains_with_state",
                &[Always(Literal::Flag(false)), Always(Literal::Text("all")), Usually(Literal::Flag(false))],
            )
            .since(Release::V3_1),
        ],
        xenapi: &[of_session("VM.get_all_records", &[])],
    },
    LIST_INACTIVE = "domain.list_inactive": "list the names of the domains that are defined and halted" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Names,
        sxp: &[get("/xend/domain", &[("state", Always(Literal::Text("halted")))]).since(Release::V3_1)],
        xmlrpc: &[call(
            "xend.domains_with_state",
            &[Always(Literal::Flag(false)), Always(Literal::Text("halted")), Usually(Literal::Flag(false))],
        )
        .since(Release::V3_1)],
        xenapi: &[of_session("VM.get_all_records", &[]).in_state("Halted")],
    },
    RECORDS = "domain.records": "describe the domains; from 3.1 on only the running ones" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Records("domain"),
        sxp: &[get("/xend/domain", &[("detail", Always(Literal::Text("1")))])],
        // From 3.1 on, the daemon includes devices only if the second parameter asks for them.
        xmlrpc: &[
            call("xend.domains", &[Always(Literal::Int(1))]),
            call("xend.domains", &[Always(Literal::Int(1)), Usually(Literal::Int(1))]).since(Release::V3_1),
        ],
        xenapi: &[of_session("VM.get_all_records", &[]).in_state("Running")],
    },
    RECORDS_IN_STATE = "domain.records_in_state": "describe the domains in a state: all, halted, paused, running, suspended or crashed" {
        arguments: &[required("state", ArgumentKind::Text)],
        effect: Reads,
        answer: Answer::Records("domain"),
        // The S-expression face ignores a state that is given with `detail` (protocol reference §3.2).
        xmlrpc: &[call(
            "xend.domains_with_state",
            &[Always(Literal::Flag(true)), Arg("state"), Usually(Literal::Int(1))],
        )
        .since(Release::V3_1)],
        methods: Some(MethodSteps { since: XEN_API, plan: PlanKind::RecordsInState, steps: &["VM.get_all_records"] }),
    },
    INFO = "domain.info": "describe one domain" {
        arguments: &[DOMAIN],
        effect: Reads,
        answer: Answer::Record("domain"),
        sxp: &[get("/xend/domain/{domain}", &[])],
        xmlrpc: &[
            call("xend.domain", &[Arg("domain")]),
            call("xend.domain", &[Arg("domain"), Usually(Literal::Int(1))]).since(Release::V3_1),
        ],
        xenapi: &[of_vm("VM.get_record", &[])],
    },
    VCPUS = "domain.vcpus": "describe the virtual processors of a domain" {
        arguments: &[DOMAIN],
        effect: Reads,
        answer: Answer::Record("domain"),
        sxp: &[get("/xend/domain/{domain}", &[("op", Always(Literal::Text("vcpuinfo")))])],
        xmlrpc: &[call("xend.domain.getVCPUInfo", &[Arg("domain")])],
        methods: Some(MethodSteps { since: XEN_API, plan: PlanKind::Vcpus, steps: &["VM.get_record", "VM_metrics.get_record"] }),
    },
    RESTART_COUNT = "domain.restart_count": "tell how many times a domain was restarted" {
        arguments: &[DOMAIN],
        effect: Reads,
        answer: Answer::Text,
        xmlrpc: &[call("xend.domain.getRestartCount", &[Arg("domain")]).since(Release::V3_0_3)],
    },
    WAIT_FOR_DEVICES = "domain.wait_for_devices": "wait until the devices of a domain are connected" {
        arguments: &[DOMAIN],
        // The request changes nothing, so it is safe to send it again.
        effect: Reads,
        answer: Answer::Nothing,
        sxp: &[op!("wait_for_devices")],
        xmlrpc: &[call("xend.domain.waitForDevices", &[Arg("domain")])],
    },
}
