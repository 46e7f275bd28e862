//! The reports that a run writes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::ValueEnum;
use mock_xend::out_file::OutFile;

use super::output::{Painting, print, print_json, print_painted};
use crate::Error;
use crate::report::{self, Detail, Format, Timing};
use crate::run::Run;

/// The options that choose which reports to write, and what they tell.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct Reports {
    /// Write a report, as FORMAT or FORMAT=FILE; may be given again. FORMAT is text, junit, jsonl, tap, markdown, html or
    /// badge. Without FILE, or with - for FILE, the report goes to standard output, in place of the text.
    #[arg(long, value_name = "FORMAT[=FILE]")]
    report: Vec<Wanted>,
    /// How much the text tells of failures: short, some (one of each group in full) or all.
    #[arg(long, value_name = "DETAILS", default_value = "some", hide_default_value = true, value_parser = detail)]
    details: Detail,
    /// Tell how long each answer took in JUnit XML and JSON lines, and how long the run took on standard error.
    #[arg(long)]
    pub(super) timing: bool,
    /// Print the summary alone, and no progress.
    #[arg(long, short)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) painting: Painting,
}

/// A report that the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    format: Format,
    /// The file, or none for standard output.
    file: Option<PathBuf>,
}

impl FromStr for Wanted {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(file)),
            None => (text, None),
        };
        let names = || Format::ALL.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
        let format = <Format as ValueEnum>::from_str(name, false)
            .map_err(|_| Error::Usage(format!("unknown format `{name}`, expected one of {}", names())))?;
        if file == Some("") {
            return Err(Error::Usage(format!("no file behind `{text}`, expected {name} or {name}=FILE")));
        }
        Ok(Self { format, file: file.filter(|file| *file != "-").map(PathBuf::from) })
    }
}

impl Wanted {
    /// Returns the file by the one name that it has, however it is spelt.
    fn place(&self) -> Option<PathBuf> {
        let file = self.file.as_ref()?;
        // What is no file, such as /dev/stderr, may be one terminal by several names.
        if file.is_file() {
            return Some(file.canonicalize().unwrap_or_else(|_| file.clone()));
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let place = folder.canonicalize().ok().zip(file.file_name()).map(|(folder, name)| folder.join(name));
        Some(place.unwrap_or_else(|| file.clone()))
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "{}={}", self.format.name(), file.display()),
            None => f.write_str(self.format.name()),
        }
    }
}

fn detail(name: &str) -> Result<Detail, String> {
    match name {
        "short" => Ok(Detail::Short),
        "some" => Ok(Detail::Some),
        "all" => Ok(Detail::All),
        _ => Err("expected short, some or all".to_owned()),
    }
}

/// A file that waits for its report.
struct Waiting {
    path: PathBuf,
    file: OutFile,
    format: Format,
}

/// The opened files of the reports. A file that exists keeps its content until its report is written.
pub(super) struct Opened<'r> {
    files: Vec<Waiting>,
    standard_output: Option<Format>,
    reports: &'r Reports,
}

impl Reports {
    /// Opens the files before the run, so that a path that can't be written does not cost a whole run.
    ///
    /// # Errors
    /// Returns an error if a file can't be created, or if two reports would be written to the same place.
    pub(super) fn open(&self) -> Result<Opened<'_>, Error> {
        for (at, one) in self.report.iter().enumerate() {
            if let Some(other) = self.report[..at].iter().find(|other| other.place() == one.place()) {
                let place = one.file.as_ref().map_or("standard output".to_owned(), |it| it.display().to_string());
                return Err(Error::Usage(format!("--report {other} and --report {one} both write to {place}")));
            }
        }
        let open = |wanted: &Wanted| {
            let path = wanted.file.clone()?;
            Some(match OutFile::open(&path) {
                Ok(file) => Ok(Waiting { path, file, format: wanted.format }),
                Err(error) => Err(Error::io(path.display(), &error)),
            })
        };
        let files = self.report.iter().filter_map(open).collect::<Result<_, _>>()?;
        let standard_output = self.report.iter().find(|wanted| wanted.file.is_none()).map(|wanted| wanted.format);
        Ok(Opened { files, standard_output, reports: self })
    }

    fn timing(&self) -> Timing {
        if self.timing { Timing::Shown } else { Timing::Hidden }
    }
}

impl Opened<'_> {
    /// Writes all reports, and prints the one for standard output, which is the text unless another one is asked for.
    ///
    /// # Errors
    /// Returns an error if a report can't be written; the other reports are written all the same.
    pub(super) fn write(self, run: &Run) -> Result<(), Error> {
        let timing = self.reports.timing();
        let write = |Waiting { path, file, format }| {
            let written = file.write(format.print(run, self.reports.details, timing).as_bytes());
            written.map_err(|error| Error::Harness(format!("{}: {error}", path.display())))
        };
        let written: Vec<_> = self.files.into_iter().map(write).collect();
        match self.standard_output {
            None | Some(Format::Text) if self.reports.quiet => print(&(report::summary(run) + "\n"))?,
            None | Some(Format::Text) => {
                print_painted(&report::text(run, self.reports.details), &self.reports.painting)?;
            }
            Some(format) => print_json(&format.print(run, self.reports.details, timing))?,
        }
        written.into_iter().collect()
    }
}
