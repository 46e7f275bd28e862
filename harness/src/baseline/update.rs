//! Bringing a baseline in line with a run.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Entry;
use super::list::{Baseline, BaselineMatch};
use super::merge::{Merged, Variants, merged, quoted};
use crate::verdict::{Status, Verdict};
use xend_wire::visible;

/// The comment above new failures.
const HEADING: &str = "# New failures: say why each is known, or mend it.";

/// A baseline that was brought in line with a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updated {
    /// The new text of the file.
    pub text: String,
    /// How many entries were added.
    pub added: usize,
    /// The patterns of the entries that were removed, because they match nothing or what they match passes.
    pub removed: Vec<String>,
    /// How many entries were restricted to what still fails.
    pub narrowed: usize,
    /// How many entries went into one that says the same of the case by other rules.
    pub merged: usize,
    /// How many entries are over and still fail. They are left as they are.
    pub over: usize,
}

impl Baseline {
    /// Returns the text of this baseline, which was parsed from `text`, brought in line with the verdicts of a run.
    ///
    /// Entries that still hold stay as they are, with their comments and their order. An entry whose cases all pass is
    /// removed, and one of which some pass is restricted to the others, except for keys that have an entry already.
    /// `is_stale` says which places match no case. New failures come at the end, with what went wrong as their reason;
    /// a case that fails alike in all variants gets one entry, and entries that say the same of a case become one. Cases
    /// that the run did not judge change nothing: `unchosen` are those that it could have judged, by id and variant, and
    /// an entry that covers some of them goes on covering them.
    pub fn updated(
        &self,
        text: &str,
        verdicts: &[Verdict],
        unchosen: &[(String, String)],
        is_stale: &dyn Fn(&str) -> bool,
    ) -> Updated {
        let mut updated = Updated::default();
        let unchosen: Vec<_> = unchosen.iter().map(|(id, variant)| (&**id, &**variant)).collect();
        let judged = verdicts.iter().filter(|verdict| verdict.status.is_judged()).map(name);
        let variants = variants(judged.chain(unchosen.iter().copied()));
        let mut edits: Vec<(&Entry, Vec<String>)> = Vec::new();
        // TOML refuses a file in which a key stands twice.
        let mut taken: BTreeSet<String> = self.entries().map(|entry| entry.pattern.to_string()).collect();
        let mut carried: BTreeMap<String, String> = BTreeMap::new();
        for entry in self.entries() {
            let matches = |verdict: &&Verdict| {
                verdict.status.is_judged() && entry.pattern.matches(verdict.id(), &verdict.variant)
            };
            let matched: Vec<_> = verdicts.iter().filter(matches).collect();
            if is_stale(&entry.stale.place()) {
                edits.push((entry, Vec::new()));
                continue;
            }
            if matched.is_empty() || entry.details.is_flaky {
                continue;
            }
            if entry.is_over() {
                updated.over += usize::from(matched.iter().any(|verdict| failed(verdict).is_some()));
                continue;
            }
            let (holding, other): (Vec<&Verdict>, Vec<&Verdict>) = matched.iter().copied().partition(|verdict| {
                verdict.status == Status::ExpectedFailure
                    || matches!(self.find(verdict), Some(BaselineMatch::Expected(_)))
            });
            for verdict in other.iter().filter(|verdict| failed(verdict).is_some()) {
                carried.insert(verdict.name(), entry.details.reason.clone());
            }
            if other.is_empty() {
                continue;
            }
            let left = unchosen.iter().copied().filter(|(id, variant)| entry.pattern.matches(id, variant));
            edits.push((entry, keys(holding.into_iter().map(name).chain(left), &variants)));
        }
        for (entry, _) in &edits {
            taken.remove(&entry.pattern.to_string());
        }
        for (entry, keys) in &mut edits {
            keys.retain(|key| taken.insert(key.clone()));
            match keys.is_empty() {
                true => updated.removed.push(entry.pattern.to_string()),
                false => updated.narrowed += 1,
            }
        }
        updated.text = text.to_owned();
        for (entry, keys) in edits.iter().rev() {
            // What stands behind the value, such as a comment, stays behind the first line.
            let (value, behind) = entry.behind_key(text);
            let mut ends = std::iter::once(behind).chain(std::iter::repeat("\n"));
            let new: String =
                keys.iter().zip(&mut ends).map(|(key, end)| format!("{}{value}{end}", quoted(key))).collect();
            updated.text.replace_range(entry.lines.clone(), &new);
        }
        let new = self.new_entries(verdicts, &variants, &carried, &mut taken);
        if !new.is_empty() && !updated.text.is_empty() && !updated.text.ends_with('\n') {
            updated.text.push('\n');
        }
        let new_at = updated.text.len();
        let Merged { text, count, new_at, new } = merged(updated.text + &new.concat(), new_at, &variants);
        (updated.text, updated.merged, updated.added) = (text, count, new);
        if new > 0 {
            // Those of the last update may still stand under their heading at the end.
            let last = updated.text[..new_at].rsplit("\n\n").next().unwrap_or_default();
            if !last.starts_with(HEADING) {
                let line = if new_at > 0 { "\n" } else { "" };
                updated.text.insert_str(new_at, &format!("{line}{HEADING}\n"));
            }
        }
        updated
    }

    /// Returns a line for each group of new failures whose key is not taken.
    fn new_entries(
        &self,
        verdicts: &[Verdict],
        variants: &Variants<'_>,
        carried: &BTreeMap<String, String>,
        taken: &mut BTreeSet<String>,
    ) -> Vec<String> {
        let is_new = |verdict: &&Verdict| {
            let is_over =
                self.entries().any(|entry| entry.is_over() && entry.pattern.matches(verdict.id(), &verdict.variant));
            verdict.is_unexpected && verdict.status.is_failure() && verdict.id() != "hello" && !is_over
        };
        let mut alike: BTreeMap<(&str, Status, String), Vec<&Verdict>> = BTreeMap::new();
        for verdict in verdicts.iter().filter(is_new) {
            let reason = carried.get(&verdict.name()).cloned().unwrap_or_else(|| {
                let why = verdict.why.split(';').next().unwrap_or_default();
                format!("new: {}", visible(why.as_bytes()))
            });
            alike.entry((verdict.id(), verdict.status, reason)).or_default().push(verdict);
        }
        let line = |((_, status, reason), group): ((&str, Status, String), Vec<&Verdict>)| {
            let value = format!("{{ reason = {}, verdict = \"{status}\" }}", quoted(&reason));
            keys(group.into_iter().map(name), variants)
                .into_iter()
                .filter(|key| taken.insert(key.clone()))
                .map(move |key| format!("{} = {value}\n", quoted(&key)))
                .collect::<Vec<_>>()
        };
        alike.into_iter().flat_map(line).collect()
    }
}

impl Entry {
    fn is_over(&self) -> bool {
        self.details.until.is_some_and(|until| until < super::date::Date::today())
    }
}

/// Returns how the subject failed, whatever the baseline makes of it.
fn failed(verdict: &Verdict) -> Option<Status> {
    (verdict.status.is_failure() || verdict.status == Status::ExpectedFailure).then_some(verdict.status)
}

fn name(verdict: &Verdict) -> (&str, &str) {
    (verdict.id(), &verdict.variant)
}

/// Collects the variants of cases that are given by id and variant.
fn variants<'v>(cases: impl Iterator<Item = (&'v str, &'v str)>) -> Variants<'v> {
    let mut variants = Variants::new();
    for (id, variant) in cases {
        variants.entry(id).or_default().insert(variant);
    }
    variants
}

/// Returns the shortest patterns for just these cases: the id alone if they are all variants that there are.
fn keys<'v>(chosen: impl Iterator<Item = (&'v str, &'v str)>, all: &Variants<'_>) -> Vec<String> {
    let key = |(id, chosen): (&str, BTreeSet<&str>)| {
        let is_whole = all.get(id).is_none_or(|all| all.len() == chosen.len());
        let chosen: Vec<_> = chosen.into_iter().collect();
        match chosen[..] {
            _ if is_whole => id.to_owned(),
            [one] => format!("{id}@{one}"),
            _ => format!("{id}@{{{}}}", chosen.join(",")),
        }
    };
    variants(chosen).into_iter().map(key).collect()
}
