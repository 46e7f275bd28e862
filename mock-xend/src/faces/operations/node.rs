//! Operations on the host: its properties, its messages and its log.

use xend_wire::datum::Datum;
use xend_wire::operation;
use xend_wire::{Release, Releases};

use super::row::Row;
use crate::faces::sxp::{self, Execution, Resource, get, post};
use crate::faces::xmlrpc::{self, function, known_only, of_manager};
use crate::python;
use crate::world::Command;

pub(super) const ROWS: &[Row] = &[
    Row { sxp: &[get(Resource::Root, |_| Ok(sxp::Outcome::Directory(&[])))], ..Row::NONE },
    Row { sxp: &[get(Resource::Xend, |_| Ok(sxp::Outcome::Directory(&["node", "domain", "vnet"])))], ..Row::NONE },
    Row {
        operations: &[operation::NODE_INFO],
        sxp: &[get(Resource::Node, |request| {
            request.perform(Command::NodeInfo { with_topology: true }).map(sxp::Outcome::Node)
        })],
        xmlrpc: &[
            of_manager("xend.node.info", Releases::until(Release::V3_4), "info", (0, 0), |call| {
                call.give(Command::NodeInfo { with_topology: true })
            }),
            of_manager("xend.node.info", Releases::since(Release::V4_1), "info", (0, 1), |call| {
                // The daemon's signature is `info(self, show_numa=1)`.
                let with_topology = python::truth(&call.param_or(0, true));
                call.give(Command::NodeInfo { with_topology })
            }),
        ],
        xenapi: &["host.get_record"],
    },
    Row { operations: &[operation::NODE_METRICS], xenapi: &["host_metrics.get_record"], ..Row::NONE },
    Row {
        operations: &[operation::NODE_DMESG],
        sxp: &[get(Resource::Messages, |request| text(request, Command::Messages).map(sxp::Outcome::Messages))],
        xmlrpc: &[of_manager("xend.node.dmesg.info", Releases::ALL, "info", (0, 0), |call| {
            call.give(Command::Messages)
        })],
        xenapi: &["host.dmesg"],
    },
    Row {
        operations: &[operation::NODE_DMESG_CLEAR],
        sxp: &[post(Resource::Messages, "clear", Releases::ALL, Execution::AtOnce, |request| {
            request.give(Command::ClearMessages)
        })],
        xmlrpc: &[of_manager("xend.node.dmesg.clear", Releases::ALL, "clear", (0, 0), |call| {
            let messages = call.perform(Command::ClearMessages)?;
            Ok(if call.release() < Release::V3_1 { xmlrpc::Outcome::NOTHING } else { messages.into() })
        })],
        xenapi: &["host.dmesg_clear"],
    },
    Row {
        operations: &[operation::NODE_LOG],
        sxp: &[get(Resource::Log, |request| text(request, Command::Log).map(sxp::Outcome::Text))],
        xmlrpc: &[function("xend.node.log", Releases::ALL, "get_log", (0, 0), |call| call.give(Command::Log))],
        xenapi: &["host.get_log"],
    },
    Row {
        operations: &[operation::NODE_DEBUG_KEYS],
        xmlrpc: &[of_manager(
            "xend.node.send_debug_keys",
            Releases::since(Release::V3_1),
            "send_debug_keys",
            (1, 0),
            |call| call.give(Command::DebugKeys { keys: python::str(&call.param(0)) }),
        )],
        xenapi: &["host.send_debug_keys"],
        ..Row::NONE
    },
    // These operations report success and do nothing.
    Row {
        sxp: &[
            post(Resource::Node, "shutdown", Releases::ALL, Execution::AtOnce, |_| Ok(Datum::from(0).into())),
            post(Resource::Node, "reboot", Releases::ALL, Execution::AtOnce, |_| Ok(Datum::from(0).into())),
        ],
        ..Row::NONE
    },
    Row {
        sxp: &[post(
            Resource::Node,
            "cpu_bvt_slice_set",
            Releases::only(Release::V3_0_2),
            Execution::AtOnce,
            |request| request.int("ctx_allow").map(|_| Datum::from(0).into()),
        )],
        xmlrpc: &[of_manager(
            "xend.node.cpu_bvt_slice_set",
            Releases::only(Release::V3_0_2),
            "cpu_bvt_slice_set",
            (1, 0),
            |_| Ok(Datum::from(0).into()),
        )],
        ..Row::NONE
    },
    // The simulated host has no devices for guests.
    Row {
        xmlrpc: &[of_manager("xend.node.pciinfo", Releases::since(Release::V3_4), "pciinfo", (0, 0), |_| {
            Ok(Datum::List(vec![]).into())
        })],
        ..Row::NONE
    },
    // The simulated host lacks the vnet module.
    Row {
        sxp: &[
            get(Resource::Vnets, |_| Ok(sxp::Outcome::Vnets)),
            post(Resource::Vnets, "create", Releases::ALL, Execution::AtOnce, |_| {
                Err(crate::world::Failure::exception("[Errno 2] No such file or directory: '/proc/vnet/policy'"))
            }),
        ],
        ..Row::NONE
    },
    // The simulated host has no transcendent memory, which came with 4.0.
    Row {
        xmlrpc: &[
            of_manager("xend.node.tmem_list", Releases::since(Release::V4_1), "tmem_list", (2, 0), |_| {
                Ok(Datum::from("").into())
            }),
            known_only("xend.node.tmem_thaw", Releases::since(Release::V4_1), "tmem_thaw", (1, 0)),
            known_only("xend.node.tmem_freeze", Releases::since(Release::V4_1), "tmem_freeze", (1, 0)),
            known_only("xend.node.tmem_flush", Releases::since(Release::V4_1), "tmem_flush", (2, 0)),
            known_only("xend.node.tmem_destroy", Releases::since(Release::V4_1), "tmem_destroy", (1, 0)),
            known_only("xend.node.tmem_set_weight", Releases::since(Release::V4_1), "tmem_set_weight", (2, 0)),
            known_only("xend.node.tmem_set_cap", Releases::since(Release::V4_1), "tmem_set_cap", (2, 0)),
            known_only("xend.node.tmem_set_compress", Releases::since(Release::V4_1), "tmem_set_compress", (2, 0)),
            known_only(
                "xend.node.tmem_query_freeable_mb",
                Releases::since(Release::V4_1),
                "tmem_query_freeable_mb",
                (0, 0),
            ),
            known_only("xend.node.tmem_shared_auth", Releases::since(Release::V4_1), "tmem_shared_auth", (3, 0)),
        ],
        ..Row::NONE
    },
];

fn text(request: &mut sxp::Invocation<'_, '_>, command: Command) -> Result<Vec<u8>, crate::world::Failure> {
    let text = request.perform(command)?;
    Ok(text.as_bytes().unwrap_or_default().to_vec())
}
