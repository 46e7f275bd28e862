//! The options that say how a run is done, and what fails it.

use std::time::Duration;

use super::super::known::Known;
use super::parts::{Words, seconds};
use crate::Error;
use crate::run::Options;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How the run is done")]
pub(super) struct RunAs {
    #[command(flatten)]
    pub(super) known: Known,
    /// Let a failure at the level should fail the run.
    #[arg(long)]
    strict: bool,
    /// How long an answer may take, in seconds. For a command the time that it waits for a processor does not count,
    /// and the default is 5 or what the case says; for a server the default is 120.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) timeout: Option<Duration>,
    /// Ask a failure again up to so many times; if it passes then, the verdict is flaky, which fails no run.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    retries: u32,
    /// End the run at the first verdict that fails it.
    #[arg(long)]
    fail_fast: bool,
    /// Ask the cases in an order that this number chooses. Reports are in the order of the ids all the same.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

impl RunAs {
    /// Fills in the options of a run that are given here.
    pub(super) fn options(&self, options: Options) -> Result<Options, Error> {
        Ok(Options {
            baseline: self.known.baseline()?,
            elsewhere: self.known.elsewhere()?,
            is_strict: self.strict,
            retries: self.retries,
            fails_fast: self.fail_fast,
            seed: self.seed,
            ..options
        })
    }

    /// Adds the words that a repetition of one case needs.
    pub(super) fn repeat(&self, words: &mut Words) {
        words.option("--timeout", self.timeout.map(|timeout| timeout.as_secs_f64()));
        words.flag("--strict", self.strict);
    }
}
