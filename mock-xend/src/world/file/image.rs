//! Images in world files.

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::world::config::{self, Host};
use crate::world::{Device, Filesystem, Image};

/// Returns the image that a file gives, with the daemon's defaults added.
pub(super) fn completed(given: Datum, files: &Filesystem, release: Release, devices: &[Device]) -> Image {
    if release < Release::V3_1 {
        return Image { config: given };
    }
    // An image named `hvm` is one of an HVM domain even without a boot order.
    let is_hvm = given.items().first().and_then(Datum::as_bytes) == Some(b"hvm");
    let mut config = vec!["vm".into(), Datum::pair("image", given)];
    if is_hvm {
        config.push(Datum::pair("HVM_boot_policy", "BIOS order"));
    }
    let mut image = config::read_image(&config.into(), release).expect("there is an image");
    let host = Host { release, files, checks_files: false };
    let has_framebuffer = devices.iter().any(Device::is_framebuffer);
    config::complete_image(&mut image, host, has_framebuffer).expect("no file is looked for");
    image
}
