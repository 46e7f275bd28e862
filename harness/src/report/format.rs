//! The formats of reports.

use super::text::Detail;
use super::timing::Timing;
use super::{badge, html, json_lines, junit, markdown, tap, text};
use crate::run::Run;

/// A format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
#[value(rename_all = "lower")]
pub enum Format {
    /// For people: failures by their cause, the worst first, and a summary as the last line.
    Text,
    /// JUnit XML, which CI services show.
    Junit,
    /// JSON lines: every verdict, from which each other report can be made.
    Jsonl,
    /// TAP 14.
    Tap,
    /// Markdown for the summary of a CI job.
    Markdown,
    /// One page with everything, for a browser.
    Html,
    /// An SVG with the number of passed cases.
    Badge,
}

impl Format {
    /// All formats.
    pub const ALL: &[Self] =
        &[Self::Text, Self::Junit, Self::Jsonl, Self::Tap, Self::Markdown, Self::Html, Self::Badge];

    /// Returns the name that the command line uses, such as `jsonl`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Junit => "junit",
            Self::Jsonl => "jsonl",
            Self::Tap => "tap",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Badge => "badge",
        }
    }

    /// Formats a run. `detail` says how much is told about each failure in the text.
    pub fn print(self, run: &Run, detail: Detail, timing: Timing) -> String {
        match self {
            Self::Text => text::text(run, detail),
            Self::Junit => junit::junit(run, timing),
            Self::Jsonl => json_lines::json_lines(run, timing),
            Self::Tap => tap::tap(run),
            Self::Markdown => markdown::markdown(run),
            Self::Html => html::html(run),
            Self::Badge => badge::badge(run),
        }
    }
}
