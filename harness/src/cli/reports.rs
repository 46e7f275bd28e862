//! The reports that a run writes to files.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::Error;
use crate::report::{self, Timing};
use crate::suite::Run;

/// Which reports to write, and whether they tell times.
#[derive(Debug, clap::Args)]
pub(super) struct Reports {
    /// Write a report as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a report as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Tell how long it took.
    #[arg(long)]
    pub(super) timing: bool,
}

/// Prints a run as one kind of report.
type Print = fn(&Run, Timing) -> String;

/// Where a report goes.
enum Place {
    /// Beside the file, which it replaces once it is whole: a full disk costs neither the old report nor half of the new one.
    Beside(NamedTempFile, PathBuf),
    /// Into what is there: a terminal, a pipe, or a file in a folder that takes no other.
    Into(File),
}

/// A place that waits for its report.
struct Waiting {
    path: PathBuf,
    place: Place,
    print: Print,
}

/// Places that wait for their reports. Until then whatever is there stays as it is, and if no report comes, for good.
pub(super) struct Opened {
    files: Vec<Waiting>,
    timing: Timing,
}

impl Reports {
    /// Opens the files: a path that can't be written should not cost a whole run.
    ///
    /// # Errors
    /// A file can't be made, or two reports would go to the same one.
    pub(super) fn open(&self) -> Result<Opened, Error> {
        if self.junit.is_some() && self.junit == self.json {
            return Err(Error::Usage("--junit and --json name the same file".to_owned()));
        }
        let reports = [(&self.junit, report::junit as Print), (&self.json, report::json_lines as Print)];
        let files = reports.into_iter().filter_map(|(path, print)| Some((path.clone()?, print)));
        let timing = if self.timing { Timing::Shown } else { Timing::Hidden };
        let open = |(path, print): (PathBuf, Print)| match Place::open(&path) {
            Ok(place) => Ok(Waiting { path, place, print }),
            Err(error) => Err(Error::io(path.display(), &error)),
        };
        Ok(Opened { files: files.map(open).collect::<Result<_, _>>()?, timing })
    }
}

impl Place {
    fn open(path: &Path) -> io::Result<Self> {
        let there = match File::options().write(true).open(path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let known = there.as_ref().map(File::metadata).transpose()?;
        if let Some(there) = &there
            && !known.as_ref().is_some_and(Metadata::is_file)
        {
            return Ok(Self::Into(there.try_clone()?));
        }
        // Behind a link is the file that is replaced, or that will be there.
        let real = match known {
            Some(_) => path.canonicalize()?,
            None => path.read_link().map_or(path.to_owned(), |target| path.with_file_name("").join(target)),
        };
        let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let create = |path: &Path| File::options().write(true).create_new(true).open(path);
        let beside = Builder::new().prefix(".report").make_in(folder, create);
        Ok(match (beside, there) {
            (Ok(beside), _) => {
                if let Some(known) = known {
                    beside.as_file().set_permissions(known.permissions())?;
                }
                Self::Beside(beside, real)
            }
            (Err(_), Some(there)) => Self::Into(there),
            (Err(error), None) => return Err(error),
        })
    }

    fn write(self, report: &str) -> io::Result<()> {
        match self {
            Self::Beside(mut file, real) => {
                file.as_file_mut().write_all(report.as_bytes())?;
                file.persist(real).map(drop).map_err(|error| error.error)
            }
            Self::Into(mut file) => {
                if file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                file.write_all(report.as_bytes())
            }
        }
    }
}

impl Opened {
    /// Writes them.
    ///
    /// # Errors
    /// One of them can't be written; the others are.
    pub(super) fn write(self, run: &Run) -> Result<(), Error> {
        let timing = self.timing;
        let write = |Waiting { path, place, print }| {
            let written = place.write(&print(run, timing));
            written.map_err(|error| Error::Harness(format!("{}: {error}", path.display())))
        };
        let written: Vec<_> = self.files.into_iter().map(write).collect();
        written.into_iter().collect()
    }
}
