//! What of the host decides on a configuration.

use xend_wire::Release;

use crate::world::Filesystem;

/// What a configuration is held against.
#[derive(Clone, Copy)]
pub(in crate::world) struct Host<'w> {
    pub(in crate::world) release: Release,
    pub(in crate::world) files: &'w Filesystem,
    /// Whether files are looked for: not for a domain that was there before.
    pub(in crate::world) checks_files: bool,
}

impl Host<'_> {
    /// Whether 4.0 or later misses a file. Earlier releases look for none before the start.
    pub(super) fn lacks(self, path: &[u8]) -> bool {
        self.release >= Release::V4_1 && self.checks_files && !self.files.exists(path)
    }

    /// Where device models are (`osdep.py`, `auxbin.py`): 3.2 to 3.4 look whether the host has libraries of 64 bits apart.
    pub(super) fn folder_of_libraries(self) -> &'static str {
        let looks = self.release >= Release::V3_2 && self.release < Release::V4_1;
        if looks && self.files.exists(b"/usr/lib64/xen/bin/qemu-dm") {
            "/usr/lib64/xen/bin"
        } else {
            "/usr/lib/xen/bin"
        }
    }
}
