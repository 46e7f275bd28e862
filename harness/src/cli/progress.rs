//! What a run shows while it goes on, on standard error.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::output::{When, is_smart};
use crate::run::Watch;
use crate::shorten::shortened;
use crate::verdict::Verdict;
use xend_wire::visible;

/// The option that says whether progress is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Watching {
    /// Show on standard error how far the run is and each failure as it comes: always, never, or on a terminal.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "auto", hide_default_value = true)]
    #[arg(help_heading = "Reports")]
    progress: When,
}

impl Watching {
    /// Returns what watches a run.
    pub(super) fn watch(&self, is_quiet: bool) -> Progress {
        let is_terminal = is_smart(&io::stderr());
        Progress {
            is_on: self.progress.holds(is_terminal && !is_quiet),
            is_terminal,
            questions: 0,
            come: 0,
            failed: 0,
            drawn: None,
        }
    }
}

/// How often the line with the counts is drawn at most.
const PAUSE: Duration = Duration::from_millis(100);

/// Shows the progress of a run: each failure on a line of its own, and on a terminal a line with the counts below.
pub(super) struct Progress {
    is_on: bool,
    is_terminal: bool,
    questions: usize,
    come: usize,
    failed: usize,
    /// When the line with the counts was drawn, if it stands there.
    drawn: Option<Instant>,
}

impl Progress {
    /// Writes to standard error. An error is ignored, since there is nowhere to report it.
    fn write(text: &str) {
        let _ = io::stderr().write_all(text.as_bytes());
    }

    fn erase(&mut self) {
        if self.drawn.take().is_some() {
            Self::write("\r\x1b[K");
        }
    }
}

impl Watch for Progress {
    fn begins(&mut self, questions: usize) {
        self.questions = questions;
    }

    fn has_come(&mut self, verdict: &Verdict) {
        if !self.is_on {
            return;
        }
        self.come += 1;
        if verdict.is_unexpected {
            self.failed += 1;
            self.erase();
            let line = format!("{}: {}: {}", verdict.status, verdict.name(), verdict.why);
            Self::write(&format!("{}\n", shortened(&visible(line.as_bytes()), 160)));
        }
        if self.is_terminal && self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            let Self { come, questions, failed, .. } = self;
            Self::write(&format!("\r\x1b[K{come} of {questions} asked, {failed} unexpected"));
            self.drawn = Some(Instant::now());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.erase();
    }
}
