//! A file that goes with its maker.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Removes a file when it is dropped, unless it is gone or another has taken its place.
#[derive(Debug)]
pub(crate) struct OwnFile {
    path: PathBuf,
    /// What tells it from the next one at its path: device and inode.
    identity: (u64, u64),
}

impl OwnFile {
    /// The file that is at the path now.
    pub(crate) fn at(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        Ok(Self { identity: identity(&path)?, path })
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|now| now == self.identity) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}
