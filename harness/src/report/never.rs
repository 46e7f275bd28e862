//! Kinds of values of which a subject passes no case: what it lacks, and not what it does wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::several;
use crate::run::Run;
use crate::suite::Suite;
use crate::verdict::{Status, Verdict};

/// So many cases with a kind must fail before it is said to be lacking.
const FEWEST: usize = 5;
/// How many kinds are named.
const NAMED: usize = 6;

/// The cases of a kind that were judged, and whether any passed or failed newly.
#[derive(Default)]
struct Kind<'r> {
    cases: BTreeSet<&'r str>,
    has_passed: bool,
    has_failed: bool,
}

/// Returns a line on the kinds of values that are never read or written, those of most cases first. If that is so of
/// every kind, the subject does nothing right, and the line would say nothing.
pub(super) fn never(run: &Run) -> Option<String> {
    let parts = [(Suite::Reading, "read"), (Suite::Writing, "written")].into_iter().filter_map(|(suite, done)| {
        let kinds = kinds(run.verdicts.iter().filter(|verdict| verdict.suite == suite));
        let is_lacking = |(_, kind): &(&str, &Kind<'_>)| !kind.has_passed && kind.has_failed;
        let mut lacking: Vec<_> = kinds.iter().map(|(name, kind)| (*name, kind)).filter(is_lacking).collect();
        if lacking.is_empty() || lacking.len() == kinds.len() {
            return None;
        }
        lacking.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.cases.len()));
        let named = lacking.iter().take(NAMED).enumerate().map(|(at, (name, kind))| {
            let count = kind.cases.len();
            let cases =
                if at == 0 { format!("{} that hold one pass", several(count, "case")) } else { count.to_string() };
            format!("{name} (0 of {cases})")
        });
        let more = lacking.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(", … and {more} more") } else { String::new() };
        Some(format!("never {done}: {}{more}", named.collect::<Vec<_>>().join(", ")))
    });
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn kinds<'r>(verdicts: impl Iterator<Item = &'r Verdict>) -> BTreeMap<&'r str, Kind<'r>> {
    let mut kinds: BTreeMap<&str, Kind<'_>> = BTreeMap::new();
    for verdict in verdicts.filter(|verdict| verdict.status.is_judged()) {
        for name in &verdict.about.holds {
            let kind = kinds.entry(name).or_default();
            kind.cases.insert(verdict.id());
            kind.has_passed |= matches!(verdict.status, Status::Pass | Status::UnexpectedPass | Status::Flaky);
            kind.has_failed |= verdict.status.is_failure();
        }
    }
    kinds.retain(|_, kind| kind.cases.len() >= FEWEST);
    kinds
}
