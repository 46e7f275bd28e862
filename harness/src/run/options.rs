//! How a run is done.

use super::selection::Selection;
use crate::Rules;
use crate::baseline::Baseline;

/// What a run asks, how, and which answers make it fail.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The rules to test; if empty, all rules that the subject declares.
    pub rules: Vec<Rules>,
    /// The questions to ask.
    pub selection: Selection,
    /// The failures that are expected and do not fail the run.
    pub baseline: Baseline,
    /// The ids of all cases that there are, in whatever suite: an entry of the baseline for one that this run does not
    /// choose from is not stale.
    pub elsewhere: Vec<String>,
    /// Whether a failure at the level `should` fails the run.
    pub is_strict: bool,
    /// How often a failure that would fail the run is asked again. If it then passes, the verdict is `flaky`.
    pub retries: u32,
    /// Whether the run ends at the first verdict that fails it.
    pub fails_fast: bool,
    /// A number that chooses the order in which cases are asked; without it they are asked in the order of their ids.
    /// Reports are in the order of the ids in any case.
    pub seed: Option<u64>,
    /// The words of the command line that repeats the run: what stands before the `--filter` for a failure, and what
    /// stands behind it.
    pub repeat: [Vec<String>; 2],
}

impl Options {
    /// Returns the command line that tells whether the command is set up right.
    pub(super) fn smoke(&self) -> String {
        let [before, behind] = &self.repeat;
        let once = before.iter().any(|word| word == "--once").then_some("--once");
        let behind: Vec<_> =
            if behind.is_empty() { vec!["--", "COMMAND"] } else { behind.iter().map(|it| &**it).collect() };
        shlex::try_join(["xend-harness", "smoke"].into_iter().chain(once).chain(behind)).unwrap_or_default()
    }

    /// Returns the command line that repeats the run for one case.
    pub fn repeat(&self, filter: Option<&str>) -> String {
        self.repeat_by(&filter.map_or(Vec::new(), |filter| vec!["--filter", filter]))
    }

    /// Returns the command line that repeats the run for what these words choose.
    pub(crate) fn repeat_by(&self, choice: &[&str]) -> String {
        let [before, behind] = &self.repeat;
        let words =
            before.iter().map(String::as_str).chain(choice.iter().copied()).chain(behind.iter().map(String::as_str));
        // Quoting fails only for a NUL byte, which no argument of a program can contain.
        shlex::try_join(words).unwrap_or_default()
    }
}
