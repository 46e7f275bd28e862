//! The report as TAP 14, the Test Anything Protocol.

use super::text::describe;
use crate::run::Run;
use crate::verdict::{Status, Verdict};
use xend_wire::visible;

/// Formats a run as TAP 14: one test point for each verdict and for each entry of the baseline that matches nothing.
///
/// What was not judged is a `SKIP`, and a failure that does not fail the run a `TODO`, each with its reason. The
/// details of a failure are a block of YAML below its test point. An interrupted run ends with `Bail out!`.
pub fn tap(run: &Run) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", run.verdicts.len() + run.stale.len());
    for (at, verdict) in run.verdicts.iter().enumerate() {
        point(&mut text, at + 1, verdict);
    }
    for (at, stale) in run.stale.iter().enumerate() {
        let number = run.verdicts.len() + at + 1;
        text += &format!("not ok {number} - {}\n", escaped(&format!("{}: {}", stale.place, stale.why)));
    }
    if let Some(how) = &run.interrupted {
        text += &format!("Bail out! {}\n", escaped(how));
    }
    text
}

fn point(text: &mut String, number: usize, verdict: &Verdict) {
    let status = verdict.status;
    let (ok, directive) = match status {
        _ if verdict.is_unexpected => ("not ok", String::new()),
        Status::Pass => ("ok", String::new()),
        // TAP has no word for it.
        Status::Flaky => ("ok", " (flaky)".to_owned()),
        Status::Skipped | Status::Unsupported => ("ok", format!(" # SKIP {status}: {}", escaped(&verdict.why))),
        _ => ("not ok", format!(" # TODO {status}: {}", escaped(&verdict.why))),
    };
    *text += &format!("{ok} {number} - {}{directive}\n", escaped(&verdict.name()));
    if verdict.is_unexpected {
        let mut details = String::new();
        describe(&mut details, verdict, &verdict.name());
        *text += "  ---\n";
        *text += &format!("  verdict: {status}\n  details: |2\n");
        for line in details.lines() {
            *text += &format!("    {}\n", visible(line.as_bytes()));
        }
        *text += "  ...\n";
    }
}

/// Escapes what has a meaning in a line of TAP.
fn escaped(text: &str) -> String {
    visible(text.as_bytes()).replace('\\', "\\\\").replace('#', "\\#")
}
