//! The reports that a run writes to files.

use std::fs::File;
use std::io::{ErrorKind, Write};
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

/// A file that waits for its report.
struct Waiting {
    path: PathBuf,
    file: File,
    /// Whether it was not there before.
    is_new: bool,
    print: Print,
}

/// Files that wait for their reports. One that was made for a report and gets none goes away again: an empty file is no
/// report. One that was there before stays as it is until then.
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
        let mut opened = Opened { files: Vec::new(), timing };
        for (path, print) in files {
            let mut options = File::options();
            options.write(true);
            // What is there, be it a link to nothing, is not new.
            let (opened_file, is_new) = match options.clone().create_new(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => (options.create(true).open(&path), false),
                made => (made, true),
            };
            let file = opened_file.map_err(|error| Error::io(path.display(), &error))?;
            opened.files.push(Waiting { path, file, is_new, print });
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
        for Waiting { path, mut file, print, .. } in self.files.drain(..) {
            // What was there before goes, if it is a file.
            let emptied = if file.metadata().is_ok_and(|it| it.is_file()) { file.set_len(0) } else { Ok(()) };
            let written = emptied.and_then(|()| file.write_all(print(run, self.timing).as_bytes()));
            written.map_err(|error| Error::Harness(format!("{}: {error}", path.display())))?;
        }
        Ok(())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        for waiting in self.files.iter().filter(|waiting| waiting.is_new) {
            drop(std::fs::remove_file(&waiting.path));
        }
    }
}
