//! Reading of files that people write or pass on the command line, such as scenarios and worlds.

use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use xend_wire::Diagnostic;

use crate::error::Error;

/// The length of the longest file that is read, in bytes: 64 MiB. Nobody writes a longer one by hand, and a file that
/// is too long should cost neither time nor memory.
pub const LONGEST: u64 = 64 << 20;

/// Reads a file.
///
/// # Errors
/// Returns an error if the file can't be read or is longer than [`LONGEST`], or if the path is that of a folder, a
/// pipe, a socket or a device: a pipe or `/dev/zero` may never end.
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Checked before the file is opened, because opening a pipe waits until somebody writes to it.
    if let Some(other) = other_than_file(fs::metadata(path)?.file_type()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {other}, expected a file")));
    }
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    // The length in the metadata is not used: the file may grow, and files in /proc have none.
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        let message = format!("it is longer than {} MiB", LONGEST >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

fn other_than_file(kind: FileType) -> Option<&'static str> {
    match kind {
        kind if kind.is_dir() => Some("a folder"),
        kind if kind.is_fifo() => Some("a pipe"),
        kind if kind.is_socket() => Some("a socket"),
        kind if kind.is_char_device() || kind.is_block_device() => Some("a device"),
        _ => None,
    }
}

/// Reads a text file and returns its name, as diagnostics show it, and its text. `what` names the kind of file in
/// errors, with an article: `a scenario`.
///
/// # Errors
/// Returns the errors of [`bytes()`], and a diagnostic with the place if the file is not UTF-8.
pub fn read(path: &Path, what: &str) -> Result<(String, String), Error> {
    let name = path.display().to_string();
    let bytes = bytes(path).map_err(|error| Error::File { path: name.clone(), error })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Diagnostic::new(&*name, error.as_bytes(), at..at + 1, format!("{what} must be UTF-8"))
    })?;
    Ok((name, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: &Path) -> String {
        bytes(path).expect_err("it is refused").to_string()
    }

    /// Reading any of these would block or never end.
    #[test]
    fn a_pipe_a_device_and_a_folder_are_no_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
        assert_eq!(message(&pipe), "it is a pipe, expected a file");
        for device in ["/dev/zero", "/dev/urandom", "/dev/null"] {
            assert_eq!(message(Path::new(device)), "it is a device, expected a file");
        }
        assert_eq!(message(folder.path()), "it is a folder, expected a file");
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
        assert_eq!(message(&socket), "it is a socket, expected a file");
    }

    #[test]
    fn a_file_that_is_too_long_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(LONGEST).expect("it grows");
        assert_eq!(bytes(file.path()).expect("it is read").len() as u64, LONGEST);
        file.as_file().set_len(8 * LONGEST).expect("it grows");
        assert_eq!(message(file.path()), "it is longer than 64 MiB");
    }
}
