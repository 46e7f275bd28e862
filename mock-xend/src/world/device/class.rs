//! Which classes of devices a release has, and in which order their devices stand in the record of a domain.

use xend_wire::Release;

use crate::world::Failure;

/// The classes that a configuration may name, in the order of a record: up to 3.0.3 `controllerClasses` of
/// `XendDomainInfo.py`, later the order of a Python dict (`XendDevices.py`, `valid_devices`).
pub(in crate::world) fn classes(release: Release) -> &'static [&'static str] {
    release.pick(&[
        (Release::V3_0_2, &["vif", "usb", "vbd", "irq", "pci", "ioports", "vtpm"] as &[&str]),
        (Release::V3_0_3, &["vif", "usb", "vbd", "irq", "pci", "ioports", "tap", "vtpm"]),
        (Release::V3_1, &["vif", "vkbd", "ioports", "tap", "console", "usb", "vbd", "irq", "vfb", "pci", "vtpm"]),
        (Release::V3_2, &["pci", "vif", "vbd", "ioports", "irq", "tap", "vkbd", "vfb", "console", "vtpm"]),
        (Release::V3_3, &["vif", "vkbd", "ioports", "tap", "console", "vscsi", "vbd", "irq", "vfb", "pci", "vtpm"]),
        (
            Release::V4_1,
            &[
                "tap2", "vif", "vkbd", "ioports", "tap", "vif2", "console", "vscsi", "vbd", "irq", "vfb", "pci",
                "vusb", "vtpm",
            ],
        ),
        (
            Release::V4_4,
            &["tap2", "vif", "vkbd", "ioports", "tap", "vif2", "console", "vscsi", "vbd", "irq", "vfb", "pci", "vusb"],
        ),
    ])
}

/// Whether a class is one of disks. They share their numbers, and their place in a guest's store.
pub(in crate::world) fn is_block(class: &str) -> bool {
    matches!(class, "vbd" | "tap" | "tap2")
}

/// The place of a class in the order in which a start creates devices: keyboards first, so that a screen finds them
/// (`XendDevices.py`, `ordered_device_refs`).
pub(in crate::world) fn creation_order(class: &str) -> usize {
    match class {
        "vkbd" => 0,
        "console" | "vfb" => 1,
        class if is_block(class) => 2,
        "vif" | "vif2" => 3,
        "vtpm" => 4,
        _ => 5,
    }
}

/// A device class that no controller is there for, in the words of 3.1 and later.
pub(in crate::world) fn unknown_type(class: Option<&[u8]>) -> Failure {
    let class = class.unwrap_or(b"None");
    Failure::configuration([b"XendConfig: ".as_slice(), class, b" not a valid device type"].concat())
}

/// A class that the daemon has no controller for.
pub(in crate::world) fn unknown_class(class: &[u8], release: Release) -> Failure {
    let unknown = if release <= Release::V3_0_3 { "unknown" } else { "Unknown" };
    Failure::refused([format!("{unknown} device type: ").as_bytes(), class].concat())
}
