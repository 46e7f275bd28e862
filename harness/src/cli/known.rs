//! The options for failures that are known.

use std::path::PathBuf;

use mock_xend::out_file::OutFile;
use mock_xend::text_file;

use super::output::print_error_text;
use crate::Error;
use crate::baseline::{Baseline, Updated};
use crate::calling::CallCase;
use crate::case::{Case, WritingCase};
use crate::exchange::Sequence;
use crate::law::Law;
use crate::operating::Failure;
use crate::run::{Run, Stale};
use crate::serving::ServingCase;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How the run is done")]
pub(super) struct Known {
    /// A file of expected failures, each with its reason. The listed cases are run, too: one that passes, or an entry
    /// that matches no case at all, fails the run.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write what fails now into the file of --baseline, and take out what passes or matches nothing. Comments, reasons,
    /// the order and dates stay, and so do entries for what was not asked; those that say the same of a case by several
    /// rules become one. The exit status is 0.
    #[arg(long, requires = "baseline")]
    pub(super) update_baseline: bool,
}

impl Known {
    /// Reads the baseline, if one is given. If it is to be updated, whether it can be written is found out now, so that a
    /// wrong path does not cost a whole run.
    pub(super) fn baseline(&self) -> Result<Baseline, Error> {
        if let Some(path) = self.baseline.as_ref().filter(|_| self.update_baseline) {
            OutFile::open(path).map_err(|error| Error::io(path.display(), &error))?;
        }
        Ok(self.read()?.0)
    }

    /// Returns the ids of all built-in cases, laws and exchanges, for a baseline that serves runs of other suites, too.
    pub(super) fn elsewhere(&self) -> Result<Vec<String>, Error> {
        if self.baseline.is_none() {
            return Ok(Vec::new());
        }
        let reading = Case::built_in_ids().into_iter().map(str::to_owned);
        let others = WritingCase::built_in()?.into_iter().map(|case| case.id);
        let others = others.chain(CallCase::built_in()?.into_iter().map(|case| case.id));
        let others = others.chain(ServingCase::built_in()?.into_iter().map(|case| case.id));
        let others = others.chain(Law::built_in()?.into_iter().map(|law| law.id));
        let others = others.chain(Failure::built_in()?.into_iter().map(|failure| failure.id));
        let sequences = Sequence::built_in()?;
        let exchanges = sequences.iter().flat_map(|sequence| {
            sequence.exchanges.iter().map(|exchange| format!("{}/{}", sequence.name, exchange.case))
        });
        Ok(reading.chain(others).chain(exchanges).collect())
    }

    /// Reads the baseline, and returns it with its text. One that is to be updated need not be there.
    fn read(&self) -> Result<(Baseline, String), Error> {
        let is_wanted = |path: &&PathBuf| !self.update_baseline || path.exists();
        let Some(path) = self.baseline.as_ref().filter(is_wanted) else { return Ok(Default::default()) };
        let (name, text) = text_file::read(path, "a baseline")?;
        Ok((Baseline::parse(&name, &text)?, text))
    }

    /// Brings the baseline in line with a run. `stale` are the entries that match no case.
    pub(super) fn update(&self, run: &Run, stale: &[Stale]) -> Result<(), Error> {
        let Some(path) = &self.baseline else { return Ok(()) };
        let (old, text) = self.read()?;
        let is_stale = |place: &str| stale.iter().any(|stale| stale.place == place);
        let Updated { text: new, added, removed, narrowed, merged, over } =
            old.updated(&text, &run.verdicts, &run.unchosen, &is_stale);
        Baseline::parse(&path.display().to_string(), &new).map_err(|mistake| {
            Error::Usage(format!(
                "{}: the baseline stays as it is, because its new text would have the mistake below; write each entry \
                 on one line, as in \"xmlrpc/int-plus\" = \"why it fails\", and none as a [table]\n{mistake}",
                path.display()
            ))
        })?;
        let failed = |error: std::io::Error| Error::Harness(format!("{}: {error}", path.display()));
        OutFile::open(path).map_err(failed)?.write(new.as_bytes()).map_err(failed)?;
        let over = if over > 0 { format!(", {over} over and still failing") } else { String::new() };
        let merged = if merged > 0 { format!(", {merged} merged") } else { String::new() };
        let (path, count) = (path.display(), removed.len());
        let removed: String = removed.iter().map(|pattern| format!("removed: {pattern}\n")).collect();
        print_error_text(&format!(
            "{removed}{path}: {added} entries added, {count} removed, {narrowed} narrowed{merged}{over}\n"
        ));
        Ok(())
    }
}
