//! Operations on the host.

use super::super::argument::{ArgumentKind, required};
use super::super::form::{Source::*, call, get, of_host, of_host_metrics, op};
use super::super::row::Effect::{Changes, Reads};
use super::super::row::{Acknowledgement, Answer, operations};
use crate::Release;

operations! {
    NODE_INFO = "node.info": "describe the host" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Record("node"),
        sxp: &[get("/xend/node/", &[])],
        // From 4.1 on there is a parameter, for which `xm info` sends 0. It is left out, because a client that does not know
        // the release yet can't send it.
        xmlrpc: &[call("xend.node.info", &[Unsent]).headless()],
        xenapi: &[of_host("host.get_record", &[])],
    },
    NODE_METRICS = "node.metrics": "tell how much memory the host has, which the Xen-API does not include in the host's description" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Record("node"),
        xenapi: &[of_host_metrics("host_metrics.get_record")],
    },
    NODE_DMESG = "node.dmesg": "show the console ring of the hypervisor" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Text,
        sxp: &[get("/xend/node/dmesg", &[])],
        xmlrpc: &[call("xend.node.dmesg.info", &[])],
        xenapi: &[of_host("host.dmesg", &[])],
    },
    NODE_DMESG_CLEAR = "node.dmesg_clear": "empty the console ring of the hypervisor" {
        arguments: &[],
        effect: Changes,
        answer: Answer::Nothing,
        // From 3.1 on, and on the Xen-API, the daemon returns the messages that it cleared (protocol reference §4.2,
        // §5.5).
        acknowledgements: &[Acknowledgement::None, Acknowledgement::Text],
        sxp: &[op!("/xend/node/dmesg": "clear")],
        xmlrpc: &[call("xend.node.dmesg.clear", &[])],
        xenapi: &[of_host("host.dmesg_clear", &[])],
    },
    NODE_LOG = "node.log": "show the daemon's log file" {
        arguments: &[],
        effect: Reads,
        answer: Answer::Text,
        sxp: &[get("/xend/node/log", &[])],
        xmlrpc: &[call("xend.node.log", &[])],
        xenapi: &[of_host("host.get_log", &[])],
    },
    NODE_DEBUG_KEYS = "node.debug_keys": "send debug keys to the hypervisor" {
        arguments: &[required("keys", ArgumentKind::Text)],
        effect: Changes,
        answer: Answer::Nothing,
        xmlrpc: &[call("xend.node.send_debug_keys", &[Arg("keys")]).since(Release::V3_1)],
        xenapi: &[of_host("host.send_debug_keys", &[Arg("keys")])],
    },
}
