//! Output files that are written at the end of a run, such as reports and dumped worlds.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// A place for output that is written later. Until [`write`](Self::write) is called, a file that is there keeps its
/// content.
#[derive(Debug)]
pub struct OutFile(Place);

#[derive(Debug)]
enum Place {
    /// A temporary file in the same folder, which replaces the file once it is complete and on the disk. So a full disk
    /// costs neither the old file nor leaves half of a new one.
    Beside(NamedTempFile, PathBuf),
    /// The file itself, in a folder where no temporary file can be made.
    Into(File),
    /// A pipe or a device, such as a terminal. It is opened when it is written, because opening a pipe waits for a
    /// reader.
    Stream(PathBuf),
}

impl OutFile {
    /// Checks that a path can be written, so that a wrong path is reported before the work of a whole run is done.
    ///
    /// # Errors
    /// Returns an error if neither the file nor a temporary file in its folder can be written, or if a folder or a
    /// socket is at the path.
    pub fn open(path: &Path) -> io::Result<Self> {
        let known = match fs::metadata(path) {
            Ok(known) => Some(known),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let is_pipe = known.as_ref().is_some_and(|known| known.file_type().is_fifo());
        // A file that its owner may not write must not be replaced, even if its folder takes a new file.
        let there = known.as_ref().filter(|_| !is_pipe).map(|_| File::options().write(true).open(path)).transpose()?;
        if known.as_ref().is_some_and(|known| !known.is_file()) {
            return Ok(Self(Place::Stream(path.to_owned())));
        }
        // The target of a symbolic link is replaced, not the link, even if the target does not exist yet.
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

    /// Writes the bytes.
    ///
    /// # Errors
    /// Returns the error of the system if the bytes can't be written. The old file then keeps its content, unless its
    /// folder takes no temporary file.
    pub fn write(self, bytes: &[u8]) -> io::Result<()> {
        match self.0 {
            Place::Beside(mut file, real) => {
                // Not through the `Write` of `tempfile`, whose errors name the temporary file.
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

/// Creates an empty temporary file in the folder of `real`, with the permissions of the file that it will replace.
fn beside(real: &Path, known: Option<&Metadata>) -> io::Result<NamedTempFile> {
    let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The file gets the permissions of any new file of the user; `tempfile` itself would let only the user read it.
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    let file = Builder::new().prefix(".new").make_in(folder, create)?;
    if let Some(known) = known {
        file.as_file().set_permissions(known.permissions())?;
    }
    Ok(file)
}
