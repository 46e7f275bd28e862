//! Images as files give them.

use xend_wire::Release;
use xend_wire::datum::Datum;

use crate::world::config::{self, Host};
use crate::world::{Device, Filesystem, Image};

/// An image as a file gives it, with what the daemon puts in.
pub(super) fn completed(given: Datum, files: &Filesystem, release: Release, devices: &[Device]) -> Image {
    if release < Release::V3_1 {
        return Image { config: given };
    }
    // A machine that no boot order was given for is one all the same.
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
