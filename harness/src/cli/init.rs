//! The command `init`, which writes what a CI service needs to run the suites.

use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::output::print;
use crate::Error;

/// Write a workflow for a CI service that runs the suites, keeps the reports, and fails on what is new.
///
/// The workflow is written for the command that is given, and an empty baseline beside it, if there is none. A file that
/// is there is left alone.
#[derive(Debug, clap::Args)]
#[command(override_usage = "xend-harness init <SERVICE> -- COMMAND...")]
pub(super) struct Arguments {
    /// The service: github, gitlab, or make for a file that a Makefile includes.
    #[arg(value_enum)]
    service: Service,
    /// Start COMMAND once for each case.
    #[arg(long)]
    once: bool,
    /// The command that is tested, and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Service {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// A file for make.
    Make,
}

impl Service {
    /// Returns the path of the file, its text with places to fill in, and what stands between two lines of a command.
    fn file(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Github => {
                (".github/workflows/conformance.yml", include_str!("templates/github.yml"), " \\\n            ")
            }
            Self::Gitlab => (".gitlab-ci.conformance.yml", include_str!("templates/gitlab.yml"), "\n      "),
            Self::Make => ("conformance.mk", include_str!("templates/make.mk"), " \\\n\t    "),
        }
    }

    fn next(self) -> &'static str {
        match self {
            Self::Github => "commit both files",
            Self::Gitlab => "commit both files, and add `include: .gitlab-ci.conformance.yml` to .gitlab-ci.yml",
            Self::Make => "add `include conformance.mk` to the Makefile; `make conformance` runs the suites",
        }
    }
}

/// The reports that a workflow keeps: for machines, for the CI service, for its summary, and for people. `action.yml` has
/// the same.
const REPORTS: [(&str, &str); 4] = [
    ("jsonl", "conformance.jsonl"),
    ("junit", "conformance.xml"),
    ("markdown", "conformance.md"),
    ("html", "conformance.html"),
];

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let words: Vec<_> = arguments.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word.contains(['\n', '\r'])) {
        let why = "no word of COMMAND can have a line break in a workflow: put what it does into a script";
        return Err(Error::Usage(why.to_owned()));
    }
    let command = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default();
    let (path, template, next_line) = arguments.service.file();
    let dollars = if arguments.service == Service::Make { command.replace('$', "$$") } else { command };
    let text = template
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
        .replace("{{options}}", if arguments.once { "--once " } else { "" })
        .replace("{{reports}}", &REPORTS.map(|(format, file)| format!("--report {format}={file}")).join(next_line))
        .replace("{{command}}", &dollars);
    let mut said = String::new();
    let path = PathBuf::from(path);
    if !write_new(&path, &text)? {
        return Err(Error::Usage(format!("{} is there already, and was left alone", path.display())));
    }
    said += &format!("wrote {}\n", path.display());
    let baseline = Path::new("conformance.toml");
    if write_new(baseline, include_str!("templates/baseline.toml"))? {
        said += &format!("wrote {}\n", baseline.display());
    }
    let once = if arguments.once { "--once " } else { "" };
    said += &format!(
        "next: take today's failures into the baseline, and look at it:\n  \
         xend-harness test {once}--baseline conformance.toml --update-baseline -- {}\nthen {}\n",
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default(),
        arguments.service.next()
    );
    print(&said)?;
    Ok(0)
}

/// Writes a file that is not there yet, and returns whether it did.
fn write_new(path: &Path, text: &str) -> Result<bool, Error> {
    let failed = |error: std::io::Error| Error::io(path.display(), &error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    match File::create_new(path) {
        Ok(mut file) => file.write_all(text.as_bytes()).map(|()| true).map_err(failed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}
