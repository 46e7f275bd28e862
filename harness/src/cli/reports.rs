//! The reports that a run writes to files.

use std::path::PathBuf;

use mock_xend::out_file::OutFile;

use crate::Error;
use crate::report::{self, Timing};
use crate::run::Run;

/// The options that choose which reports to write, and whether they contain times.
#[derive(Debug, clap::Args)]
pub(super) struct Reports {
    /// Write a report as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a report as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Report how long the run and each answer took.
    #[arg(long)]
    pub(super) timing: bool,
}

/// A function that formats a run as one kind of report.
type Print = fn(&Run, Timing) -> String;

/// A place that waits for its report.
struct Waiting {
    path: PathBuf,
    file: OutFile,
    print: Print,
}

/// The opened files of the reports. A file that exists keeps its content until its report is written.
pub(super) struct Opened {
    files: Vec<Waiting>,
    timing: Timing,
}

impl Reports {
    /// Opens the files before the run, so that a path that can't be written does not cost a whole run.
    ///
    /// # Errors
    /// Returns an error if a file can't be created, or if two reports would be written to the same file.
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
    /// Writes all reports.
    ///
    /// # Errors
    /// Returns an error if a report can't be written; the other reports are written all the same.
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
