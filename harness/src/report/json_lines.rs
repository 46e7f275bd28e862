//! The report as JSON lines.

use serde::Serialize;
use serde_json::json;

use super::Timing;
use crate::run::Run;
use crate::shorten::escaped_json;
use crate::verdict::Verdict;

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    variant: &'a str,
    level: Option<&'a str>,
    verdict: &'a str,
    unexpected: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    why: &'a str,
    #[serde(flatten)]
    evidence: Option<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
}

#[derive(Serialize)]
struct Shown<'a> {
    title: &'a str,
    source: &'a str,
    got: &'a str,
    wanted: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    stderr: &'a str,
    repeat: &'a str,
}

/// Formats a run as JSON, one object a line: one for each verdict, and one `{"baseline": .., "verdict": "unmatched"}`
/// for each entry of the baseline that matches nothing.
///
/// `verdict` is the status, and `unexpected` tells whether it fails the run. Failures also have `title`, `source`,
/// `got`, `wanted`, `difference`, `stderr` and `repeat`. `seconds` is there only if `timing` asks for it.
pub fn json_lines(run: &Run, timing: Timing) -> String {
    let mut text = String::new();
    for verdict in &run.verdicts {
        text += &escaped_json(&serde_json::to_string(&line(verdict, timing)).expect("strings are written as JSON"));
        text.push('\n');
    }
    for stale in &run.stale {
        let why = stale.message();
        let line = json!({ "baseline": stale.place(), "verdict": "unmatched", "unexpected": true, "why": why });
        text += &escaped_json(&format!("{line}\n"));
    }
    text
}

fn line(verdict: &Verdict, timing: Timing) -> Line<'_> {
    Line {
        id: verdict.id(),
        variant: &verdict.variant,
        level: verdict.level.map(crate::case::Level::name),
        verdict: verdict.status.name(),
        unexpected: verdict.is_unexpected,
        why: &verdict.why,
        evidence: verdict.evidence.as_deref().map(|evidence| Shown {
            title: &verdict.about.title,
            source: &verdict.about.source,
            got: &evidence.got,
            wanted: &evidence.wanted,
            difference: evidence.differences.first().map(String::as_str),
            stderr: &evidence.stderr,
            repeat: &evidence.repeat,
        }),
        seconds: (timing == Timing::Shown).then_some(verdict.elapsed.as_secs_f64()),
    }
}
