//! The command `smoke`, which tells whether a command is set up right.

use std::ffi::OsString;
use std::time::Duration;

use super::output::print;
use super::test::seconds;
use crate::Error;
use crate::subject::{Bounds, smoke};

/// Tell whether a command speaks the protocol, before any case counts.
///
/// The command is asked its hello, one document that every parser reads and one that every parser refuses. If something
/// is wrong, the likely mistake is named, and the exit status is 1.
#[derive(Debug, clap::Args)]
#[command(override_usage = "xend-harness smoke [OPTIONS] -- COMMAND...")]
pub(super) struct Arguments {
    /// How long an answer may take, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// The command, and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The number of lines of standard error that are shown; the last ones are.
const STDERR: usize = 10;

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let bounds = Bounds { timeout: arguments.timeout, ..Bounds::default() };
    let checks = smoke(&arguments.command, bounds)?;
    let mut text = String::new();
    for check in &checks {
        let sign = if check.mistake.is_none() { "ok" } else { "WRONG" };
        text += &format!("{sign:<6} {}\n", check.what);
        if let Some(likely) = &check.mistake {
            text += &format!("       {likely}\n");
        }
        let said: Vec<_> = check.stderr.lines().collect();
        for said in &said[said.len().saturating_sub(STDERR)..] {
            text += &format!("       stderr  {said}\n");
        }
    }
    let is_right = checks.iter().all(|check| check.mistake.is_none());
    text += if is_right {
        "the command is set up right: xend-harness test -- COMMAND asks it all that it declares\n"
    } else {
        "the command is not set up right; no case was asked\n"
    };
    print(&text)?;
    Ok(u8::from(!is_right))
}
