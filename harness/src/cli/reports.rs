//! The reports that a run writes to files.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

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

/// Files that wait for their reports. Those that get none go away again: an empty file is no report.
pub(super) struct Opened {
    files: Vec<(PathBuf, File, Print)>,
    timing: Timing,
}

impl Reports {
    /// Makes the files: a path that can't be written should not cost a whole run.
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
        let mut opened = Opened { files: Vec::new(), timing };
        for (path, print) in files {
            let file = File::create(&path).map_err(|error| Error::io(path.display(), &error))?;
            opened.files.push((path, file, print));
        }
        Ok(opened)
    }
}

impl Opened {
    /// Writes them.
    ///
    /// # Errors
    /// A file can't be written.
    pub(super) fn write(mut self, run: &Run) -> Result<(), Error> {
        for (path, mut file, print) in self.files.drain(..) {
            let written = file.write_all(print(run, self.timing).as_bytes());
            written.map_err(|error| Error::Harness(format!("{}: {error}", path.display())))?;
        }
        Ok(())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        for (path, ..) in &self.files {
            // What is no file, such as /dev/stdout, stays.
            if path.is_file() {
                drop(std::fs::remove_file(path));
            }
        }
    }
}
