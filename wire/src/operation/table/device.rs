//! Devices of a domain.

use super::super::form::Effect::{Changes, Reads};
use super::super::form::{Literal, Operation, Source::*, call, post};
use super::super::{Answer, ArgumentKind::*};
use super::life_cycle::op;
use super::{DOMAIN, optional, required};
use crate::Release;

/// The Xen-API has objects for devices, which take several requests.
pub(super) const DEVICES: &[Operation] = &[
    Operation {
        name: "device.list",
        summary: "list what the store holds of a domain's devices of a type: vif, vbd",
        arguments: &[DOMAIN, required("type", Text)],
        effect: Reads,
        answer: Answer::Devices,
        sxp: &[op!("devices", "type" = Arg("type"))],
        xmlrpc: &[call("xend.domain.getDeviceSxprs", &[Arg("domain"), Arg("type")])],
        xenapi: &[],
    },
    Operation {
        name: "device.attach",
        summary: "give a domain a device, such as (vbd (uname phy:/dev/x) (dev sdb1) (mode w))",
        arguments: &[DOMAIN, required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Device,
        sxp: &[op!("device_create", "config" = Arg("config"))],
        xmlrpc: &[call("xend.domain.device_create", &[Arg("domain"), Arg("config")])],
        xenapi: &[],
    },
    Operation {
        name: "device.configure",
        summary: "change a device, as when a disk is put into a drive",
        arguments: &[DOMAIN, required("config", Sexpr), required("device", Text)],
        effect: Changes,
        answer: Answer::Nothing,
        // 3.0.3 takes no device on the XML-RPC face, and fails on it here (protocol reference §3.3).
        sxp: &[op!("device_configure", "config" = Arg("config"), "dev" = Arg("device"))],
        xmlrpc: &[
            call("xend.domain.device_configure", &[Arg("domain"), Arg("config"), Arg("device")]).since(Release::V3_1)
        ],
        xenapi: &[],
    },
    Operation {
        name: "device.detach",
        summary: "take a device away from a domain, by its number or name; force: whatever its system says",
        arguments: &[DOMAIN, required("type", Text), required("device", Text), optional("force", Flag)],
        effect: Changes,
        answer: Answer::Nothing,
        // All that any release needs, as libvirt sends it.
        sxp: &[op!(
            "device_destroy",
            "type" = Arg("type"),
            "dev" = Arg("device"),
            "force" = Or("force", Literal::Text("0")),
            "rm_cfg" = Usually(Literal::Text("1"))
        )],
        xmlrpc: &[
            call("xend.domain.destroyDevice", &[Arg("domain"), Arg("type"), Arg("device")]),
            call("xend.domain.destroyDevice", &[Arg("domain"), Arg("type"), Arg("device"), Or("force", Literal::Nil)])
                .since(Release::V3_1),
            call(
                "xend.domain.destroyDevice",
                &[Arg("domain"), Arg("type"), Arg("device"), Or("force", Literal::Nil), Usually(Literal::Flag(true))],
            )
            .since(Release::V3_4),
        ],
        xenapi: &[],
    },
];
