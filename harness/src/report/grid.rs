//! Several runs side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::counts::{several, summary};
use crate::run::Run;
use crate::suite::Suite;
use crate::verdict::{Status, Verdict};

/// One column of a grid: a run, and the heading that tells it from the others.
#[derive(Debug)]
pub struct Column<'r> {
    /// A short name.
    pub name: String,
    /// The run.
    pub run: &'r Run,
}

/// Formats several runs side by side: how many verdicts of each kind each has, the questions on which they differ, and
/// for each run where it is alone.
///
/// Two runs of the same subject are compared in the same way: what differs is what has changed. `others` adds to a
/// question what further implementations do with it.
pub fn grid(columns: &[Column<'_>], others: &dyn Fn(&Verdict) -> Vec<String>) -> String {
    let mut rows: BTreeMap<(Suite, &str, &str), Vec<Option<&Verdict>>> = BTreeMap::new();
    for (at, column) in columns.iter().enumerate() {
        for verdict in &column.run.verdicts {
            let key = (verdict.suite, verdict.id(), &*verdict.variant);
            rows.entry(key).or_insert_with(|| vec![None; columns.len()])[at] = Some(verdict);
        }
    }
    let letter = |at: usize| char::from(b'A' + u8::try_from(at).unwrap_or(25).min(25));
    let mut text = String::new();
    for (at, column) in columns.iter().enumerate() {
        text += &format!("{}  {}: {}\n", letter(at), column.name, summary(column.run));
    }
    let is_judged = |verdict: &&Verdict| verdict.status.is_judged();
    // A failure that a baseline expects is as much a failure as another one.
    let outcome = |verdict: &Verdict| match verdict.status {
        Status::UnexpectedPass | Status::Flaky => "pass".to_owned(),
        Status::ExpectedFailure => verdict.why.split(' ').next().unwrap_or_default().to_owned(),
        status => status.to_string(),
    };
    let passes = |verdict: &Verdict| outcome(verdict) == "pass";
    let (mut agree, mut differing) = (0, Vec::new());
    let mut alone: Vec<Vec<String>> = vec![Vec::new(); columns.len()];
    for ((_, id, variant), row) in &rows {
        let judged: Vec<_> = row.iter().copied().flatten().filter(is_judged).collect();
        if judged.len() < columns.len().min(2) {
            continue;
        }
        let name = judged[0].name();
        if let [only] = judged[..]
            && columns.len() == 1
        {
            match passes(only) {
                true => agree += 1,
                false => differing.push((*id, *variant, row, name)),
            }
            continue;
        }
        // Wrong values that are alike are one outcome, and others are two.
        let outcomes: BTreeSet<_> =
            judged.iter().map(|it| (outcome(it), it.evidence.as_ref().map(|it| without_wording(&it.got)))).collect();
        if outcomes.len() == 1 || judged.iter().all(|it| passes(it)) {
            agree += 1;
            continue;
        }
        for (at, verdict) in row.iter().enumerate() {
            let Some(verdict) = verdict.filter(|it| it.status.is_judged()) else { continue };
            let others = judged.iter().filter(|it| !std::ptr::eq(**it, verdict));
            if others.clone().all(|other| passes(other) != passes(verdict)) && judged.len() > 1 {
                let how = if passes(verdict) { "passes" } else { "fails" };
                alone[at].push(format!("{name} ({how})"));
            }
        }
        differing.push((*id, *variant, row, name));
    }
    let compared = agree + differing.len();
    let (compared, differ) = (several(compared, "question"), differing.len());
    text += &match columns.len() {
        1 => format!("\n{compared} judged: {agree} pass, and {differ} fail\n"),
        _ => format!("\n{compared} judged by at least two: they agree on {agree}, and differ on {differ}\n"),
    };
    if !differing.is_empty() {
        text.push('\n');
    }
    for (_, _, row, name) in &differing {
        let title = row.iter().flatten().next().map(|it| it.about.title.clone()).unwrap_or_default();
        text += &format!("{name}: {title}\n");
        for (at, verdict) in row.iter().enumerate() {
            let Some(verdict) = verdict else { continue };
            let got = verdict.evidence.as_ref().map(|evidence| format!("  {}", evidence.got)).unwrap_or_default();
            text += &format!("  {}  {:<15}{}\n", letter(at), outcome(verdict), got);
        }
        for other in row.iter().flatten().next().map(|it| others(it)).unwrap_or_default() {
            text += &format!("     {other}\n");
        }
    }
    if columns.len() > 2 {
        for (at, names) in alone.iter().enumerate().filter(|(_, names)| !names.is_empty()) {
            text += &format!("\nonly {}: {}\n", letter(at), names.join(", "));
        }
    }
    for (at, column) in columns.iter().enumerate() {
        let is_missing = |row: &&Vec<Option<&Verdict>>| row[at].is_none();
        let missing = rows.values().filter(is_missing).count();
        if missing > 0 {
            text += &format!("\n{} was not asked {}\n", column.name, several(missing, "question"));
        }
    }
    text
}
/// Returns what a subject did, where each has words of its own for a refusal or an error.
fn without_wording(got: &str) -> &str {
    ["rejected", "error"].into_iter().find(|word| got.starts_with(word)).unwrap_or(got)
}
