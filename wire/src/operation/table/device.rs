//! Devices of a domain.

use super::super::argument::{ArgumentKind::*, DOMAIN, optional, required};
use super::super::form::{Literal, Recipe, Shape, Source::*, XEN_API, call, op};
use super::super::row::Effect::{Changes, Reads};
use super::super::row::{Answer, Done, MethodSteps, operations};
use crate::Release;

// The Xen-API has objects for devices, which take several requests.
operations! {
    DEVICE_LIST = "device.list": "list what the store holds of a domain's devices of a type: vif, vbd" {
        arguments: &[DOMAIN, required("type", Text)],
        effect: Reads,
        answer: Answer::Devices,
        sxp: &[op!("devices", "type" = Arg("type"))],
        xmlrpc: &[call("xend.domain.getDeviceSxprs", &[Arg("domain"), Arg("type")])],
        methods: Some(MethodSteps {
            since: XEN_API,
            recipe: Recipe::ListDevices,
            steps: &["VM.get_VIFs", "VIF.get_record", "VM.get_VBDs", "VBD.get_record"],
        }),
    },
    DEVICE_ATTACH = "device.attach": "give a domain a device, such as (vbd (uname phy:/dev/x) (dev sdb1) (mode w))" {
        arguments: &[DOMAIN, required("config", Sexpr)],
        effect: Changes,
        answer: Answer::Device,
        sxp: &[op!("device_create", "config" = Arg("config"))],
        xmlrpc: &[call("xend.domain.device_create", &[Arg("domain"), Arg("config")])],
        methods: Some(MethodSteps {
            since: XEN_API,
            recipe: Recipe::AttachDevice,
            steps: &[
                "VM.get_record",
                "network.get_all_records",
                "VIF.create",
                "VIF.get_record",
                "VDI.get_all_records",
                "SR.get_all_records",
                "VDI.create",
                "VBD.create",
                "VDI.destroy",
                "VIF.destroy",
            ],
        }),
    },
    DEVICE_CONFIGURE = "device.configure": "change a device, as when a disk is put into a drive" {
        arguments: &[DOMAIN, required("config", Sexpr), required("device", Text)],
        effect: Changes,
        answer: Answer::Nothing,
        // Protocol reference §4.2.
        done: &[Done::None, Done::True],
        // 3.0.3 takes no device on the XML-RPC face, and fails on it here (protocol reference §3.3).
        // From 4.1 on the daemon knows a disk by its number only.
        sxp: &[
            op!("device_configure", "config" = Arg("config"), "dev" = Arg("device")),
            op!("device_configure", "config" = Arg("config"), "dev" = As("device", Shape::BlockNumber))
                .since(Release::V4_1),
        ],
        xmlrpc: &[
            call("xend.domain.device_configure", &[Arg("domain"), Arg("config"), Arg("device")]).since(Release::V3_1),
            call("xend.domain.device_configure", &[Arg("domain"), Arg("config"), As("device", Shape::BlockNumber)])
                .since(Release::V4_1),
        ],
        methods: Some(MethodSteps {
            // Before, the daemon answers `EUNSUPPORTED` (capture `xenapi-VBD.media_change@3.4`).
            since: Release::V4_1,
            recipe: Recipe::ChangeDisc,
            steps: &[
                "VM.get_VBDs",
                "VBD.get_record",
                "VDI.get_all_records",
                "SR.get_all_records",
                "VDI.create",
                "VBD.media_change",
                "VDI.destroy",
            ],
        }),
    },
    DEVICE_DETACH = "device.detach": "take a device away from a domain, by its number or name; force: whatever its system says" {
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
            .since(Release::V3_3),
        ],
        methods: Some(MethodSteps {
            since: XEN_API,
            recipe: Recipe::DetachDevice,
            steps: &["VM.get_VIFs", "VIF.get_record", "VIF.destroy", "VM.get_VBDs", "VBD.get_record", "VBD.destroy"],
        }),
    },
}
