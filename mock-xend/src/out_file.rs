//! Files that a program writes once it has something to say: reports, worlds, where a mock listens.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A place that waits for what is to be written there. Until then whatever is there stays as it is, and if nothing is
/// written, for good.
#[derive(Debug)]
pub struct OutFile(Place);

#[derive(Debug)]
enum Place {
    /// Beside the file, which is replaced once the new one is whole and on the disk: a full disk costs neither the old
    /// file nor half of the new one.
    Beside(NamedTempFile, PathBuf),
    /// Into the file itself, in a folder that takes no other.
    Into(File),
    /// Into what is no file: a pipe, a terminal. It is opened late, since opening a pipe waits for a reader.
    Stream(PathBuf),
}

impl OutFile {
    /// Makes sure that something can be written to a path, so that a path that is wrong does not cost the work of a
    /// whole run.
    ///
    /// # Errors
    /// Neither the file nor another one beside it can be written, or a folder or a socket is there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let known = match fs::metadata(path) {
            Ok(known) => Some(known),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let is_pipe = known.as_ref().is_some_and(|known| known.file_type().is_fifo());
        // A file that its owner may not write stays as it is, though its folder takes another one.
        let there = known.as_ref().filter(|_| !is_pipe).map(|_| File::options().write(true).open(path)).transpose()?;
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            return Ok(Self(Place::Stream(path.to_owned())));
        }
        // Behind a link is the file that is replaced, or that will be there.
        let real = match known {
            Some(_) => path.canonicalize()?,
            None => path.read_link().map_or(path.to_owned(), |target| path.with_file_name("").join(target)),
        };
        match (beside(&real, known.as_ref()), there) {
            (Ok(beside), _) => Ok(Self(Place::Beside(beside, real))),
            (Err(_), Some(there)) => Ok(Self(Place::Into(there))),
            (Err(error), None) => Err(error),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// It can't be written; a file that was there is still what it was, unless its folder takes no other.
    pub fn write(self, bytes: &[u8]) -> io::Result<()> {
        match self.0 {
            Place::Beside(mut file, real) => {
                // Not through `tempfile`, whose errors name its own file.
                file.as_file_mut().write_all(bytes)?;
                file.as_file().sync_all()?;
                file.persist(real).map(drop).map_err(|error| error.error)
            }
            Place::Into(mut file) => {
                file.set_len(0)?;
                file.write_all(bytes)?;
                file.sync_all()
            }
            Place::Stream(path) => File::options().write(true).open(path)?.write_all(bytes),
        }
    }
}

/// An empty file beside another, with the permissions of the one that it is to replace.
fn beside(real: &Path, known: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // As any new file of the user, while those of `tempfile` are for the user alone.
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    let file = Builder::new().prefix(".new").make_in(folder, create)?;
    if let Some(known) = known {
        file.as_file().set_permissions(known.permissions())?;
    }
    Ok(file)
}
