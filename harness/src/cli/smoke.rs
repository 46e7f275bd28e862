//! The command `smoke`, which tells whether a command is set up right.

use std::ffi::OsString;
use std::time::Duration;

use super::output::print;
use super::test::seconds;
use crate::smoke::{smoke, smoke_once};
use crate::subject::Bounds;
use crate::{Codec, Error};

/// Tell whether a command speaks the protocol, before any case counts.
///
/// The command is asked its hello, one document that every parser reads and one that every parser refuses, and, if it says
/// that it can, to write a value, to call a server, and to list the domains of a mock or of its engine. If something is
/// wrong, the likely mistake is named, and the exit status is 1.
#[derive(Debug, clap::Args)]
#[command(override_usage = "xend-harness smoke [OPTIONS] -- COMMAND...")]
pub(super) struct Arguments {
    /// Start COMMAND once for each document, as `test --once` does.
    #[arg(long)]
    once: bool,
    /// With --once: give it documents of this codec only.
    #[arg(long, value_enum, requires = "once")]
    codec: Option<Codec>,
    /// How long an answer may take, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// The command, and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The number of lines of standard error that are shown at its beginning and at its end: some languages tell first what
/// went wrong and then where, and others the other way round.
const STDERR: [usize; 2] = [10, 30];

pub(super) fn run(arguments: &Arguments) -> Result<u8, Error> {
    let bounds = Bounds { timeout: arguments.timeout, ..Bounds::default() };
    let checks = match arguments.once {
        true => smoke_once(&arguments.command, arguments.codec, bounds)?,
        false => smoke(&arguments.command, bounds)?,
    };
    let mut text = String::new();
    for check in &checks {
        let sign = if check.mistake.is_none() { "ok" } else { "WRONG" };
        text += &format!("{sign:<6} {}\n", check.what);
        if let Some(likely) = &check.mistake {
            text += &format!("       {likely}\n");
        }
        let said: Vec<_> = check.stderr.lines().collect();
        let [first, last] = STDERR;
        let behind = said.len().saturating_sub(last).max(first);
        for (at, said) in said.iter().enumerate() {
            if at == first && behind > first {
                text += &format!("       stderr  … ({} lines are left out)\n", behind - first);
            }
            if at < first || at >= behind {
                text += &format!("       stderr  {said}\n");
            }
        }
    }
    let codec = arguments.codec.map(|codec| format!("--codec {codec} ")).unwrap_or_default();
    let once = if arguments.once { format!("--once {codec}") } else { String::new() };
    let is_right = checks.iter().all(|check| check.mistake.is_none());
    text += &match is_right {
        true => {
            format!("the command is set up right: xend-harness test {once}-- COMMAND asks it all that it declares\n")
        }
        false => "the command is not set up right; no case was asked\n".to_owned(),
    };
    print(&text)?;
    Ok(u8::from(!is_right))
}
