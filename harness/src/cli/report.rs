//! The command `report`, which makes reports of a report of JSON lines.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use mock_xend::text_file;

use super::output::{print, print_error_text};
use super::reports::Reports;
use crate::Error;
use crate::report::{self, read};
use crate::run::Run;

/// Make any report of a report of JSON lines, or of several, such as those of shards.
///
/// The exit status is that of the run.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The reports, which `test --report jsonl=FILE` has written; - is standard input.
    #[arg(required_unless_present = "schema", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print the JSON Schema of the lines of a report.
    #[arg(long, exclusive = true)]
    schema: bool,
    #[command(flatten)]
    reports: Reports,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    if arguments.schema {
        print(report::SCHEMA)?;
        return Ok(0);
    }
    let mut whole: Option<Run> = None;
    for path in &arguments.files {
        let run = open(path)?;
        match &mut whole {
            None => whole = Some(run),
            Some(whole) => {
                if whole.subject != run.subject {
                    let (one, other) = (&whole.subject, &run.subject);
                    return Err(Error::Usage(format!(
                        "{}: a report on {other}, and the others are on {one}; `xend-harness grid` shows several subjects",
                        path.display()
                    )));
                }
                let has = |name: &str| whole.verdicts.iter().any(|verdict| verdict.name() == name);
                if let Some(twice) = run.verdicts.iter().map(crate::verdict::Verdict::name).find(|name| has(name)) {
                    return Err(Error::Usage(format!(
                        "{}: {twice} was asked in another report, too; only parts of one run can be joined",
                        path.display()
                    )));
                }
                whole.join(run);
            }
        }
    }
    let mut run = whole.unwrap_or_default();
    // A part may be looked at by itself; several are meant to be the whole.
    if arguments.files.len() > 1 {
        run.make_whole().map_err(|why| Error::Usage(format!("the reports are no whole run: {why}")))?;
    }
    arguments.reports.open()?.write(&run)?;
    if let Some(how) = &run.interrupted {
        print_error_text(&format!("error: {how}\n"));
    }
    Ok(run.exit_code())
}

/// Reads a report of JSON lines, from standard input if the path is `-`.
pub(super) fn open(path: &Path) -> Result<Run, Error> {
    if path == Path::new("-") {
        let name = "standard input";
        let text = io::read_to_string(io::stdin().lock().take(text_file::LONGEST));
        return Ok(read(name, &text.map_err(|error| Error::io(name, &error))?)?);
    }
    let (name, text) = text_file::read(path, "a report")?;
    Ok(read(&name, &text)?)
}
