//! The host.

use super::super::form::Effect::{Changes, Reads};
use super::super::form::{Literal, Operation, Source::*, call, get, of_host, of_host_metrics, post};
use super::super::{Answer, ArgumentKind};
use super::required;
use crate::Release;

pub(super) const NODE: &[Operation] = &[
    Operation {
        name: "node.info",
        summary: "describe the host",
        arguments: &[],
        effect: Reads,
        answer: Answer::Record("node"),
        sxp: &[get("/xend/node/", &[])],
        // From 4.1 on there is a parameter, which `xm info` sends as 0. A client that does not know the release yet can't.
        xmlrpc: &[call("xend.node.info", &[Unsent])],
        xenapi: &[of_host("host.get_record", &[])],
    },
    Operation {
        name: "node.metrics",
        summary: "tell how much memory the host has, which is not in the Xen-API's description of it",
        arguments: &[],
        effect: Reads,
        answer: Answer::Record("node"),
        sxp: &[],
        xmlrpc: &[],
        xenapi: &[of_host_metrics("host_metrics.get_record")],
    },
    Operation {
        name: "node.dmesg",
        summary: "show the console ring of the hypervisor",
        arguments: &[],
        effect: Reads,
        answer: Answer::Text,
        sxp: &[get("/xend/node/dmesg", &[])],
        xmlrpc: &[call("xend.node.dmesg.info", &[])],
        xenapi: &[of_host("host.dmesg", &[])],
    },
    Operation {
        name: "node.dmesg_clear",
        summary: "empty the console ring of the hypervisor",
        arguments: &[],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[post("/xend/node/dmesg", &[("op", Always(Literal::Text("clear")))])],
        xmlrpc: &[call("xend.node.dmesg.clear", &[])],
        xenapi: &[of_host("host.dmesg_clear", &[])],
    },
    Operation {
        name: "node.log",
        summary: "show the daemon's log file",
        arguments: &[],
        effect: Reads,
        answer: Answer::Text,
        sxp: &[get("/xend/node/log", &[])],
        xmlrpc: &[call("xend.node.log", &[])],
        xenapi: &[of_host("host.get_log", &[])],
    },
    Operation {
        name: "node.debug_keys",
        summary: "send debug keys to the hypervisor",
        arguments: &[required("keys", ArgumentKind::Text)],
        effect: Changes,
        answer: Answer::Nothing,
        sxp: &[],
        xmlrpc: &[call("xend.node.send_debug_keys", &[Arg("keys")]).since(Release::V3_1)],
        xenapi: &[of_host("host.send_debug_keys", &[Arg("keys")])],
    },
];
