//! The properties of the host that matter to a configuration.

use xend_wire::Release;

use crate::world::Filesystem;

/// The host that a configuration is checked against.
#[derive(Clone, Copy)]
pub(in crate::world) struct Host<'w> {
    pub(in crate::world) release: Release,
    pub(in crate::world) files: &'w Filesystem,
    /// Whether the existence of files is checked. It is not for a domain that existed before.
    pub(in crate::world) checks_files: bool,
}

impl Host<'_> {
    /// Returns whether a file is missing, in 4.0 and later. Earlier releases look for no file before the start.
    pub(super) fn lacks(self, path: &[u8]) -> bool {
        self.release >= Release::V4_1 && self.checks_files && !self.files.exists(path)
    }

    /// Returns the folder of device models (`osdep.py`, `auxbin.py`). 3.2 to 3.4 check whether the host keeps 64-bit
    /// libraries in a folder of their own.
    pub(super) fn device_model_folder(self) -> &'static str {
        let looks = self.release >= Release::V3_2 && self.release < Release::V4_1;
        if looks && self.files.exists(b"/usr/lib64/xen/bin/qemu-dm") {
            "/usr/lib64/xen/bin"
        } else {
            "/usr/lib/xen/bin"
        }
    }
}
