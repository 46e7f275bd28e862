//! The reports that a run writes to files.

use std::path::PathBuf;

use mock_xend::out_file::OutFile;

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

/// A place that waits for its report.
struct Waiting {
    path: PathBuf,
    file: OutFile,
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
        let open = |(path, print): (PathBuf, Print)| match OutFile::open(&path) {
            Ok(file) => Ok(Waiting { path, file, print }),
            Err(error) => Err(Error::io(path.display(), &error)),
        };
        Ok(Opened { files: files.map(open).collect::<Result<_, _>>()?, timing })
    }
}

impl Opened {
    /// Writes them.
    ///
    /// # Errors
    /// One of them can't be written; the others are.
    pub(super) fn write(self, run: &Run) -> Result<(), Error> {
        let timing = self.timing;
        let write = |Waiting { path, file, print }| {
            let written = file.write(print(run, timing).as_bytes());
            written.map_err(|error| Error::Harness(format!("{}: {error}", path.display())))
        };
        let written: Vec<_> = self.files.into_iter().map(write).collect();
        written.into_iter().collect()
    }
}
