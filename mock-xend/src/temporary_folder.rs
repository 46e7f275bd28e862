//! Temporary folders for Unix sockets.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// A folder that only this user can enter. It is removed when the value is dropped, if it is empty by then.
#[derive(Debug)]
pub(crate) struct TemporaryFolder(PathBuf);

/// How many names are tried. Others may have taken some of them.
const TRIES: u32 = 1000;

impl TemporaryFolder {
    /// Makes a folder in the system's folder for temporary files.
    pub(crate) fn new() -> io::Result<Self> {
        let pid = std::process::id();
        for number in 0..TRIES {
            let path = std::env::temp_dir().join(format!("mock-xend-{pid}-{number}"));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no name for a temporary folder is free"))
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}
