//! The command `grid`, which shows several runs side by side.

use std::path::PathBuf;

use super::output::print;
use super::report::open;
use crate::report::{Column, grid};
use crate::verdict::Verdict;
use crate::{Error, survey};

/// Show several runs side by side: where they agree, and where one is alone.
///
/// Each file is a report of JSON lines. For two runs of one subject the differences are what has changed. With
/// --with survey one report is enough: what the libraries do where the subject fails is shown beside it.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The reports, which `test --report jsonl=FILE` has written.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Add what other implementations do with each document: survey, the 15 libraries of the survey.
    #[arg(long, value_name = "OTHERS")]
    with: Option<Others>,
}

/// Other implementations whose behaviour is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Others {
    Survey,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let runs: Vec<_> = arguments.files.iter().map(|path| open(path)).collect::<Result<_, _>>()?;
    if let ([file], None) = (&arguments.files[..], arguments.with) {
        return Err(Error::Usage(format!(
            "{} alone has nothing beside it, expected a second report, or --with survey",
            file.display()
        )));
    }
    let columns: Vec<_> = arguments
        .files
        .iter()
        .zip(&runs)
        .map(|(path, run)| Column { name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), run })
        .collect();
    let surveyed = |verdict: &Verdict| {
        let outcomes = survey::outcomes_of(&verdict.about.source);
        outcomes.into_iter().map(|(outcome, libraries)| format!("{}: {outcome}", libraries.join(", "))).collect()
    };
    let none = |_: &Verdict| Vec::new();
    print(&match arguments.with {
        Some(Others::Survey) => grid(&columns, &surveyed),
        None => grid(&columns, &none),
    })?;
    Ok(0)
}
