//! The result of a run.

use std::collections::BTreeSet;

use super::selection::Shard;
use crate::verdict::{Status, Verdict};
use xend_wire::Diagnostic;

/// The result of a run.
#[derive(Debug, Default)]
pub struct Run {
    /// The subject's name and version, as it declares them, or the addresses of a server.
    pub subject: String,
    /// The verdicts, sorted by suite and id.
    pub verdicts: Vec<Verdict>,
    /// The entries of the baseline that match no case; each of them fails the run.
    pub stale: Vec<Stale>,
    /// The number of questions that were chosen and not asked, because the run ended early.
    pub unasked: usize,
    /// The questions that the subject could be asked and was not, by id and variant, whether the options left them out or
    /// the run ended early. A run that was read from a report has none.
    pub unchosen: Vec<(String, String)>,
    /// What the subject could be asked, and why it was not.
    pub notes: Vec<String>,
    /// The signal that ended the run early, as a word such as `interrupted`.
    pub interrupted: Option<String>,
    /// The parts that the run has, if it is not the whole.
    pub shards: Vec<Shard>,
}

/// An entry of a baseline that matches no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Where it stands: `FILE:LINE:COLUMN`.
    pub place: String,
    /// What is wrong with it.
    pub why: String,
    /// The reason with the line and a caret, for people.
    pub shown: String,
}

impl From<Diagnostic> for Stale {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { place: diagnostic.place(), why: diagnostic.message().to_owned(), shown: diagnostic.to_string() }
    }
}

impl Run {
    /// Returns the number of verdicts with the given status.
    pub fn count(&self, status: Status) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.status == status).count()
    }

    /// Returns the number of cases, laws or exchanges that were judged. One that is judged in several variants, such as
    /// by several rules, counts once.
    pub fn cases(&self) -> usize {
        let is_judged = |verdict: &&Verdict| verdict.id() != "hello" && verdict.status.is_judged();
        self.verdicts
            .iter()
            .filter(is_judged)
            .map(|verdict| (verdict.suite, verdict.id()))
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// Returns the number of verdicts and stale baseline entries that fail the run.
    pub fn unexpected(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.is_unexpected).count() + self.stale.len()
    }

    /// Returns the exit status: 0 if everything is as expected, 1 if the subject failed, 2 if nothing was judged, 3 if
    /// the harness failed or was interrupted. A part of a run may have nothing to judge.
    pub fn exit_code(&self) -> u8 {
        if self.count(Status::HarnessError) > 0 || self.interrupted.is_some() {
            3
        } else if self.unexpected() > 0 {
            1
        } else if self.cases() == 0 && self.shards.is_empty() {
            2
        } else {
            0
        }
    }

    /// Joins another run of the same subject to this one, such as the run of another suite or shard.
    pub fn join(&mut self, other: Self) {
        self.verdicts.extend(other.verdicts);
        self.verdicts.sort_by(|left, right| (left.suite, left.id()).cmp(&(right.suite, right.id())));
        self.stale.extend(other.stale);
        self.unasked += other.unasked;
        let notes = other.notes.into_iter().filter(|note| !self.notes.contains(note)).collect::<Vec<_>>();
        self.notes.extend(notes);
        self.interrupted = self.interrupted.take().or(other.interrupted);
        let shards = other.shards.into_iter().filter(|shard| !self.shards.contains(shard)).collect::<Vec<_>>();
        self.shards.extend(shards);
    }

    /// Makes a run of which all parts are there the whole.
    ///
    /// # Errors
    /// Returns the parts that are missing, or one that belongs to another number of parts.
    pub fn make_whole(&mut self) -> Result<(), String> {
        let Some(&Shard { of, .. }) = self.shards.first() else { return Ok(()) };
        if let Some(other) = self.shards.iter().find(|shard| shard.of != of) {
            return Err(format!("shard {other} is no part of a run of {of} shards"));
        }
        let parts = (1..=of).map(|part| Shard { part, of });
        let missing: Vec<_> = parts.filter(|part| !self.shards.contains(part)).map(|part| part.to_string()).collect();
        if !missing.is_empty() {
            return Err(format!("shard {} is missing", missing.join(", ")));
        }
        self.shards.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_whole_when_all_its_parts_are_there() {
        let check = |shards: &[&str], expected: Result<(), &str>| {
            let shards = shards.iter().map(|shard| shard.parse().expect("a shard")).collect();
            let mut run = Run { shards, ..Run::default() };
            assert_eq!(run.make_whole(), expected.map_err(str::to_owned));
        };
        check(&[], Ok(()));
        check(&["2/2", "1/2"], Ok(()));
        check(&["2/3"], Err("shard 1/3, 3/3 is missing"));
        check(&["1/2", "3/3"], Err("shard 3/3 is no part of a run of 2 shards"));
    }
}
