//! The end of a run: its reports and its exit status.

use super::super::output::{print, print_error_text};
use super::super::reports::Opened;
use crate::run::Run;
use crate::{Error, report};

/// Prints the report for people, and writes the other reports.
pub(super) fn tell(run: &Run, reports: Opened) -> Result<u8, Error> {
    let written = reports.write(run);
    print(&report::people(run))?;
    written?;
    if let Some(how) = &run.interrupted {
        print_error_text(&format!("error: {how}\n"));
    } else if run.exit_code() == 2 {
        print_error_text("error: no case was judged: the subject supports none of the chosen cases\n");
    }
    Ok(run.exit_code())
}
