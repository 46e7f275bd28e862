//! The report for people.

use std::fmt::Write;

use crate::run::Run;
use crate::shorten::shortened;
use crate::verdict::{Status, Verdict};

/// The number of lines of standard error that are shown; the last ones are.
const STDERR: usize = 20;

/// Formats a run for people: every failure with its details, the reasons why cases were not judged, and a summary as
/// the last line.
pub fn people(run: &Run) -> String {
    let mut text = String::new();
    let is_shown = |verdict: &&Verdict| verdict.status.is_failure() || verdict.is_unexpected;
    for verdict in run.verdicts.iter().filter(is_shown) {
        write(&mut text, verdict);
        text.push('\n');
    }
    for stale in &run.stale {
        text += &format!("error: {stale}\n");
    }
    for why in unjudged(run) {
        text += &why;
        text.push('\n');
    }
    text + &summary(run) + "\n"
}

/// Returns a one-line summary: the number of cases, of verdicts with each status, and of unexpected results.
pub fn summary(run: &Run) -> String {
    let counts = Status::ALL.iter().map(|&status| (status, run.count(status)));
    let counts: Vec<_> =
        counts.filter(|&(_, count)| count > 0).map(|(status, count)| format!("{count} {status}")).collect();
    let counts = if counts.is_empty() { "no verdict".to_owned() } else { counts.join(", ") };
    let (subject, cases, unexpected) = (&run.subject, run.cases(), run.unexpected());
    format!("{subject}: {cases} {}: {counts}; {unexpected} unexpected", if cases == 1 { "case" } else { "cases" })
}

/// Returns a line for each reason why cases were not judged, with the number of those cases.
fn unjudged(run: &Run) -> Vec<String> {
    let mut reasons: Vec<(Status, &str, usize)> = Vec::new();
    for verdict in run.verdicts.iter().filter(|it| matches!(it.status, Status::Skipped | Status::Unsupported)) {
        match reasons.iter_mut().find(|(status, why, _)| (*status, *why) == (verdict.status, &*verdict.why)) {
            Some((_, _, count)) => *count += 1,
            None => reasons.push((verdict.status, &verdict.why, 1)),
        }
    }
    reasons.sort();
    reasons.into_iter().map(|(status, why, count)| format!("{status}: {count} because {why}")).collect()
}

/// Appends the description of one verdict to a report.
pub(super) fn write(text: &mut String, verdict: &Verdict) {
    let Verdict { about, level, status, is_unexpected, why, evidence, .. } = verdict;
    let name = verdict.name();
    let level = level.map(|level| format!(" ({level})")).unwrap_or_default();
    let counts = if *is_unexpected { "" } else { "; counts only with --strict" };
    *text += &format!("{status}: {name}{level}: {why}{counts}\n");
    let Some(evidence) = evidence else { return };
    *text += &evidence.input;
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            writeln!(text, "  {name:<8}{value}").expect("a string takes whatever is written");
        }
    };
    line("case", &about.title);
    line("got", &evidence.got);
    line("wanted", &evidence.wanted);
    for difference in &evidence.differences {
        line("differs", difference);
    }
    line("source", &about.source);
    let said: Vec<_> = evidence.stderr.lines().collect();
    if said.len() > STDERR {
        line("stderr", &format!("… (the last {STDERR} lines)"));
    }
    for said in &said[said.len().saturating_sub(STDERR)..] {
        line("stderr", &shortened(&xend_wire::visible(said.as_bytes()), 400));
    }
    line("repeat", &evidence.repeat);
}
