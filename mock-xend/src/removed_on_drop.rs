//! A file that is removed with the value that stands for it.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A file that is removed when the value is dropped, unless the file is gone or another one has taken its place.
#[derive(Debug)]
pub(crate) struct RemovedOnDrop {
    path: PathBuf,
    /// The device and inode of the file, which tell it from a later file at the same path.
    identity: (u64, u64),
}

impl RemovedOnDrop {
    /// Takes over the file that is at a path now.
    pub(crate) fn at(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        Ok(Self { identity: identity(&path)?, path })
    }
}

impl Drop for RemovedOnDrop {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}
