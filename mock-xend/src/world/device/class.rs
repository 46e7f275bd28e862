//! The device classes of each release, and the order of their devices in the record of a domain.

use xend_wire::Release;

use crate::world::Failure;

/// Returns the classes that a configuration may name, in the order of a record: up to 3.0.3 that of `controllerClasses`
/// in `XendDomainInfo.py`, later that of a Python dict (`XendDevices.py`, `valid_devices`).
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

/// Returns whether a class is one of disks. All classes of disks share their numbers and their place in the store of a
/// guest.
pub(in crate::world) fn is_block(class: &str) -> bool {
    matches!(class, "vbd" | "tap" | "tap2")
}

/// Returns the place of a class in the order in which a start creates devices. Keyboards come first, because a
/// framebuffer needs them (`XendDevices.py`, `ordered_device_refs`).
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

/// Returns the failure for a device class without a controller, in the words of 3.1 and later.
pub(in crate::world) fn unknown_type(class: Option<&[u8]>) -> Failure {
    let class = class.unwrap_or(b"None");
    Failure::configuration([b"XendConfig: ".as_slice(), class, b" not a valid device type"].concat())
}

/// Returns the failure for a class without a controller, in the words of a release.
pub(in crate::world) fn unknown_class(class: &[u8], release: Release) -> Failure {
    let unknown = if release <= Release::V3_0_3 { "unknown" } else { "Unknown" };
    Failure::refused([format!("{unknown} device type: ").as_bytes(), class].concat())
}
