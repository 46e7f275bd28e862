//! The files that the program writes at the end.

use std::io;
use std::path::Path;

use crate::error::Error;
use crate::out_file::OutFile;

/// Returns the error for a file that an option names.
pub(super) fn cannot(option: &str, path: &Path, error: io::Error) -> Error {
    Error::File { path: format!("{option} {}", path.display()), error }
}

/// Opens a file that is written at the end.
pub(super) fn open(option: &str, path: &Path) -> Result<OutFile, Error> {
    OutFile::open(path).map_err(|error| cannot(option, path, error))
}
