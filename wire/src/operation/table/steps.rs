//! What takes several requests.

use super::super::Face::{Sxp, XenApi, XmlRpc};
use super::super::form::Steps;
use crate::Release;

/// On the Xen-API `xm` itself goes these ways (`xm/main.py`, `xm/xenapi_create.py`).
pub(in super::super) const STEPS: &[Steps] = &[
    Steps {
        operation: "domain.create_and_start",
        faces: &[Sxp, XmlRpc],
        since: Release::V3_0_2,
        requests: &["domain.create", "domain.wait_for_devices", "domain.unpause", "domain.info", "domain.destroy"],
    },
    Steps {
        operation: "domain.set_autostart",
        faces: &[Sxp, XmlRpc],
        since: Release::V3_1,
        requests: &["domain.info", "domain.define"],
    },
    on_xenapi(
        "domain.define",
        &[
            "VM.get_all",
            "VM.create",
            "network.get_all_records",
            "VIF.create",
            "VDI.get_all_records",
            "SR.get_all_records",
            "VDI.create",
            "VBD.create",
            "VBD.destroy",
            "VDI.destroy",
            "VIF.destroy",
            "VM.destroy",
        ],
    ),
    // A domain that is made there stays defined when it ends.
    on_xenapi("domain.create", CREATE),
    on_xenapi("domain.create_and_start", CREATE),
    on_xenapi("domain.records_in_state", &["VM.get_all_records"]),
    on_xenapi("domain.vcpus", &["VM.get_record", "VM_metrics.get_record"]),
    on_xenapi("domain.set_credit", &["VM.add_to_VCPUs_params_live"]),
    on_xenapi("device.list", &["VM.get_VIFs", "VIF.get_record", "VM.get_VBDs", "VBD.get_record"]),
    on_xenapi(
        "device.attach",
        &[
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
    ),
    on_xenapi(
        "device.configure",
        &[
            "VM.get_VBDs",
            "VBD.get_record",
            "VDI.get_all_records",
            "SR.get_all_records",
            "VDI.create",
            "VBD.media_change",
            "VDI.destroy",
        ],
    ),
    on_xenapi(
        "device.detach",
        &["VM.get_VIFs", "VIF.get_record", "VIF.destroy", "VM.get_VBDs", "VBD.get_record", "VBD.destroy"],
    ),
];

const CREATE: &[&str] = &[
    "VM.get_all",
    "VM.create",
    "network.get_all_records",
    "VIF.create",
    "VDI.get_all_records",
    "SR.get_all_records",
    "VDI.create",
    "VBD.create",
    "VM.start",
    "VM.get_record",
    "VM.hard_shutdown",
    "VBD.destroy",
    "VDI.destroy",
    "VIF.destroy",
    "VM.destroy",
];

const fn on_xenapi(operation: &'static str, requests: &'static [&'static str]) -> Steps {
    Steps { operation, faces: &[XenApi], since: Release::V3_1, requests }
}
