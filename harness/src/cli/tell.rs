//! The end of a run: its reports and its exit status.

use super::known::Known;
use super::output::print_error_text;
use super::reports::Opened;
use crate::Error;
use crate::run::Run;
use crate::verdict::Status;

/// Writes the reports of a run, updates the baseline if that is asked for, and returns the exit status.
pub(super) fn tell(mut run: Run, reports: Opened<'_>, known: &Known) -> Result<u8, Error> {
    let is_updated = known.update_baseline && run.interrupted.is_none();
    // What matches nothing is taken out of the baseline, so that it fails nothing.
    let stale = if is_updated { std::mem::take(&mut run.stale) } else { Vec::new() };
    reports.write(&run)?;
    if let Some(how) = &run.interrupted {
        print_error_text(&format!("error: {how}\n"));
    } else if is_updated {
        known.update(&run, &stale)?;
        return Ok(if run.count(Status::HarnessError) > 0 { 3 } else { 0 });
    } else if run.exit_code() == 2 {
        let why = run.verdicts.first().map_or("nothing was asked", |verdict| &verdict.why);
        print_error_text(&format!("error: no case was judged: {why}\n"));
    }
    Ok(run.exit_code())
}
