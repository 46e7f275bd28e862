//! Operations on the devices of a domain.

use super::super::argument::{ArgumentKind::*, DOMAIN, optional, required};
use super::super::face::XEN_API;
use super::super::form::{Literal, PlanKind, Representation, Source::*, call, op};
use super::super::row::Effect::{Changes, Reads};
use super::super::row::{Acknowledgement, Answer, MethodSteps, operations};
use crate::Release;

// On the Xen-API a device is an object of its own, so these operations take several requests there.
operations! {
    DEVICE_LIST = "device.list": "list the entries of a domain's devices in XenStore, for one type of device such as vif or vbd" {
        arguments: &[DOMAIN, required("type", Text)],
        effect: Reads,
        answer: Answer::Devices,
        sxp: &[op!("devices", "type" = Arg("type"))],
        xmlrpc: &[call("xend.domain.getDeviceSxprs", &[Arg("domain"), Arg("type")])],
        methods: Some(MethodSteps {
            since: XEN_API,
            plan: PlanKind::ListDevices,
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
            plan: PlanKind::AttachDevice,
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
        acknowledgements: &[Acknowledgement::None, Acknowledgement::True],
        // The XML-RPC face of 3.0.3 has no parameter for the device, and its S-expression face fails on it (protocol
        // reference §3.3). From 4.1 on, the daemon finds a disk only by its number.
        sxp: &[
            op!("device_configure", "config" = Arg("config"), "dev" = Arg("device")),
            op!("device_configure", "config" = Arg("config"), "dev" = As("device", Representation::BlockNumber))
                .since(Release::V4_1),
        ],
        xmlrpc: &[
            call("xend.domain.device_configure", &[Arg("domain"), Arg("config"), Arg("device")]).since(Release::V3_1),
            call("xend.domain.device_configure", &[Arg("domain"), Arg("config"), As("device", Representation::BlockNumber)])
                .since(Release::V4_1),
        ],
        methods: Some(MethodSteps {
            // Earlier releases reply `EUNSUPPORTED` (capture `xenapi-VBD.media_change@3.4`).
            since: Release::V4_1,
            plan: PlanKind::ChangeDisc,
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
    DEVICE_DETACH = "device.detach": "remove a device from a domain, by its number or name; force: even if the domain's system refuses" {
        arguments: &[DOMAIN, required("type", Text), required("device", Text), optional("force", Flag)],
        effect: Changes,
        answer: Answer::Nothing,
        // These are the fields that libvirt sends, and all that any release needs.
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
            plan: PlanKind::DetachDevice,
            steps: &["VM.get_VIFs", "VIF.get_record", "VIF.destroy", "VM.get_VBDs", "VBD.get_record", "VBD.destroy"],
        }),
    },
}
