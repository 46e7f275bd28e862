//! How many verdicts there are of each kind.

use std::collections::BTreeSet;

use crate::run::Run;
use crate::verdict::{Status, Verdict};

/// Returns each status that occurs, with the number of its verdicts.
pub(super) fn counts(run: &Run) -> Vec<(Status, usize)> {
    Status::ALL.iter().map(|&status| (status, run.count(status))).filter(|&(_, count)| count > 0).collect()
}

/// Returns a one-line summary: the number of verdicts with each status, which add up to the number of all, and how many
/// fail the run.
pub fn summary(run: &Run) -> String {
    let all = run.verdicts.len();
    let cases = run.verdicts.iter().map(|verdict| (verdict.suite, verdict.id())).collect::<BTreeSet<_>>().len();
    let counts: Vec<_> = counts(run).into_iter().map(|(status, count)| format!("{count} {status}")).collect();
    let mut text = match all {
        0 => format!("{}: no verdict", run.subject),
        _ if all == cases => format!("{}: {}: {}", run.subject, several(cases, "case"), counts.join(", ")),
        _ => {
            let counts = counts.join(", ");
            format!("{}: {}, {}: {counts}", run.subject, several(cases, "case"), several(all, "verdict"))
        }
    };
    if run.unasked > 0 {
        text += &format!(", {} not asked", run.unasked);
    }
    text + &format!("; {} unexpected", run.unexpected())
}

/// Returns a number with the word for what is counted.
pub(super) fn several(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Returns a line for each reason why cases were not judged, with the number of those cases, and the notes of the run.
pub(super) fn unjudged(run: &Run) -> Vec<String> {
    let mut reasons: Vec<(Status, &str, usize)> = Vec::new();
    for verdict in run.verdicts.iter().filter(|it| matches!(it.status, Status::Skipped | Status::Unsupported)) {
        match reasons.iter_mut().find(|(status, why, _)| (*status, *why) == (verdict.status, &*verdict.why)) {
            Some((_, _, count)) => *count += 1,
            None => reasons.push((verdict.status, &verdict.why, 1)),
        }
    }
    reasons.sort();
    let reasons = reasons.into_iter().map(|(status, why, count)| format!("{status}: {count} because {why}"));
    reasons.chain(run.notes.iter().cloned()).collect()
}

/// Returns whether reports show the details of a verdict.
pub(super) fn is_shown(verdict: &Verdict) -> bool {
    verdict.status.is_failure() || verdict.is_unexpected || verdict.status == Status::Flaky
}
