//! The contents of a scenario.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use xend_wire::{Diagnostic, Release};

use super::check::Mistake;
use super::expectation::{Expectation, Origin};
use crate::error::Error;
use crate::nearest;

/// Scripted replies, each with the requests that it answers. The mock tries them before the simulated host answers.
///
/// In Rust, a scenario is made of [`Expectation`]s: see [`expect`](crate::expect). The structure is that of the files:
#[doc = include_str!("../../scenarios.md")]
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    pub(super) release: Option<Release>,
    pub(super) refuses_unexpected: bool,
    pub(super) seed: u64,
    /// The states that hold at the beginning, by name.
    pub(super) states: BTreeMap<String, String>,
    pub(super) expectations: Vec<Expectation>,
    /// The files that it names, such as the bodies of replies.
    pub(super) files: Vec<PathBuf>,
    /// The file that the scenario was read from.
    pub(super) source: Option<Arc<Source>>,
}

/// The text of a scenario file, and where everything is in it.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The name of the file, as diagnostics show it.
    pub(super) name: String,
    pub(super) text: String,
    /// Where the release is.
    pub(super) release: Range<usize>,
    /// For each expectation, where its keys and values are.
    pub(super) spans: Vec<Spans>,
}

/// Where the keys and values of an expectation are in the text, by the path of the key: `args.domain`.
#[derive(Debug, Default)]
pub(super) struct Spans(pub(super) HashMap<String, Range<usize>>);

impl Spans {
    /// Returns the place of a key. A key that is not written itself stands where the one around it does.
    pub(super) fn of(&self, key: &str) -> Range<usize> {
        let mut key = key;
        loop {
            if let Some(span) = self.0.get(key) {
                return span.clone();
            }
            let Some((around, _)) = key.rsplit_once('.') else { break };
            key = around;
        }
        self.0.get("").cloned().unwrap_or_default()
    }
}

impl Scenario {
    /// Creates a scenario without expectations.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the release that the scenario is written for. A mock of another release does not start with it.
    #[must_use]
    pub fn for_release(mut self, release: Release) -> Self {
        self.release = Some(release);
        self
    }

    /// Adds an expectation.
    #[must_use]
    pub fn with(mut self, expectation: Expectation) -> Self {
        self.expectations.push(expectation);
        self
    }

    /// Refuses requests that no expectation matches, instead of leaving them to the simulated host: with a 501 on `sxp`,
    /// and with the error for an unknown method on the other faces.
    #[must_use]
    pub fn refuse_unexpected(mut self) -> Self {
        self.refuses_unexpected = true;
        self
    }

    /// Sets a state that holds at the beginning: see [`Expectation::state`].
    #[must_use]
    pub fn state(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.states.insert(name.into(), value.into());
        self
    }

    /// Sets the seed of [probabilities](Expectation::probability): 0 by default. The same seed and the same requests
    /// give the same replies.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Returns the files that the scenario names.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Checks that the scenario is not written for another release than the requested one.
    ///
    /// # Errors
    /// Returns [`Error::Scenario`] with the place in the file, or [`Error::ReleaseConflict`] if there is no file.
    pub(crate) fn check_release(&self, requested: Release) -> Result<(), Error> {
        let Some(scenario) = self.release.filter(|release| *release != requested) else { return Ok(()) };
        let conflict = Error::ReleaseConflict { scenario, requested };
        Err(match &self.source {
            Some(source) => Error::Scenario(source.wrong(source.release.clone(), conflict.to_string())),
            None => conflict,
        })
    }

    /// Checks that the scenario can be played in one of these releases.
    ///
    /// # Errors
    /// Returns the first mistake, with its place.
    pub(crate) fn check(&self, releases: &[Release]) -> Result<(), Error> {
        let values = self.values_of_states();
        for (at, expectation) in self.expectations.iter().enumerate() {
            let checked = expectation.check(releases).and_then(|()| self.check_states(expectation, &values));
            let Err(Mistake { key, message }) = checked else { continue };
            return Err(match (&self.source, &expectation.origin) {
                (Some(source), Origin::Line(_)) if at < source.spans.len() => {
                    Error::Scenario(source.wrong(source.spans[at].of(&key), message))
                }
                (_, place) => Error::Expectation { place: place.to_string(), message },
            });
        }
        Ok(())
    }

    /// Returns all values that a state can have, by the name of the state.
    fn values_of_states(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let set = self.expectations.iter().flat_map(|expectation| &expectation.steps).flat_map(|step| &step.next_state);
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let initial = self.states.iter();
        for (name, value) in initial.chain(set.map(|(name, value)| (name, value))) {
            values.entry(name).or_default().insert(value);
        }
        values
    }

    /// Checks that each state which an expectation waits for can come about.
    fn check_states(&self, expectation: &Expectation, values: &BTreeMap<&str, BTreeSet<&str>>) -> Result<(), Mistake> {
        let known: Vec<_> = self.states.keys().map(String::as_str).collect();
        let steps = expectation.steps.iter().flat_map(|step| &step.next_state).map(|state| ("next-state", state));
        for (key, (name, value)) in expectation.state.iter().map(|state| ("state", state)).chain(steps) {
            let wrong = |message| Mistake::new(format!("{key}.{name}"), message);
            if !self.states.contains_key(name) {
                let hint = nearest::hint(name, &known);
                let message =
                    format!("the scenario gives the state `{name}` no first value under its own `state`{hint}");
                return Err(wrong(message));
            }
            let of_it = &values[name.as_str()];
            if !of_it.contains(value.as_str()) {
                let of_it: Vec<_> = of_it.iter().copied().collect();
                let hint = nearest::hint(value, &of_it);
                return Err(wrong(format!(
                    "nothing sets the state `{name}` to `{value}`, so this never matches{hint}"
                )));
            }
        }
        Ok(())
    }

    /// Returns the first reply of the first expectation; `None` if the simulated host answers.
    #[cfg(test)]
    pub(crate) fn only_reply(&self) -> Option<crate::scenario::Reply> {
        self.expectations[0].steps[0].reply.clone()
    }

    /// Returns the release that the scenario is written for, if it names one.
    pub fn release(&self) -> Option<Release> {
        self.release
    }

    /// Returns the expectations.
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// Returns the number of expectations.
    pub fn len(&self) -> usize {
        self.expectations.len()
    }

    /// Returns whether the scenario has no expectations.
    pub fn is_empty(&self) -> bool {
        self.expectations.is_empty()
    }
}

impl FromIterator<Expectation> for Scenario {
    fn from_iter<I: IntoIterator<Item = Expectation>>(expectations: I) -> Self {
        Self { expectations: expectations.into_iter().collect(), ..Self::default() }
    }
}

impl Source {
    pub(super) fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(&*self.name, self.text.as_bytes(), span, message)
    }
}
