//! A running scenario: the uses of each expectation, and the differences from what was expected.

use std::fmt;

use xend_wire::Release;

use super::contents::Scenario;
use super::expectation::Expectation;
use super::reply::Decision;
use super::request::{MatchableRequest, RecognisedRequest};
use super::shown;
use crate::fault::Faults;

/// The state of a running scenario.
#[derive(Debug)]
pub(crate) struct Script {
    release: Release,
    refuses_unexpected: bool,
    expectations: Vec<(Expectation, u64)>,
    /// All expectations before this one are used up.
    used_up: usize,
    /// Whether a fault of an expectation resets a connection.
    resets: bool,
    notes: Vec<String>,
    /// The number of all notes, including those that are not kept.
    noted: u64,
}

/// The differences between the requests that came and those that a scenario expects. Empty if there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    lines: Vec<String>,
    left_out: u64,
}

/// The largest number of notes that are kept; further ones are only counted.
const NOTES_KEPT: usize = 100;

impl Script {
    pub(crate) fn new(scenario: Scenario, release: Release) -> Self {
        Self {
            release,
            resets: scenario.expectations.iter().any(|expectation| expectation.decision.faults().reset()),
            refuses_unexpected: scenario.refuses_unexpected,
            expectations: scenario.expectations.into_iter().map(|expectation| (expectation, 0)).collect(),
            used_up: 0,
            notes: Vec::new(),
            noted: 0,
        }
    }

    pub(crate) fn decide(&mut self, matchable: &MatchableRequest<'_>) -> Decision {
        if self.expectations.is_empty() && !self.refuses_unexpected {
            return Decision::World { faults: Faults::none() };
        }
        let asked = RecognisedRequest::new(matchable, self.release);
        let shown = || shown::line(&matchable.to_string());
        let matches = |(expectation, _): &(Expectation, u64)| expectation.requests.match_request(&asked);
        let is_free = |(expectation, used): &(Expectation, u64)| expectation.times.is_none_or(|times| *used < times);
        let next = self.expectations[self.used_up..].iter().position(|entry| is_free(entry) && matches(entry));
        let Some(at) = next.map(|at| self.used_up + at) else {
            if let Some((expectation, _)) = self.expectations.iter().find(|entry| matches(entry)) {
                let times = expectation.times.unwrap_or_default();
                self.note(format!(
                    "surplus: {}: line {} expects it {}",
                    shown(),
                    expectation.line,
                    if times == 1 { "once".to_owned() } else { format!("{times} times") }
                ));
            } else if self.refuses_unexpected {
                self.note(format!("unexpected: {}", shown()));
            }
            return if self.refuses_unexpected {
                Decision::Refused
            } else {
                Decision::World { faults: Faults::none() }
            };
        };
        let waiting = self.expectations[self.used_up..at]
            .iter()
            .find(|(expectation, used)| expectation.times.is_some_and(|times| *used < times))
            .map(|(expectation, _)| (expectation.line, shown::line(&expectation.requests.to_string())));
        if let Some((line, earlier)) = waiting {
            self.note(format!("out of order: {}: line {line} still waits for {earlier}", shown()));
        }
        let (expectation, used) = &mut self.expectations[at];
        *used += 1;
        let decision = expectation.decision.clone();
        let left = &self.expectations[self.used_up..];
        self.used_up +=
            left.iter().take_while(|(expectation, used)| expectation.times.is_some_and(|times| *used >= times)).count();
        decision
    }

    /// Returns whether a fault of an expectation resets a connection.
    pub(crate) fn resets(&self) -> bool {
        self.resets
    }

    pub(crate) fn report(&self) -> Report {
        let unused = self.expectations.iter().filter_map(|(expectation, used)| {
            let times = expectation.times.filter(|times| used < times)?;
            let Expectation { line, requests, .. } = expectation;
            Some(format!("unused: line {line}: {}: {used} of {times}", shown::line(&requests.to_string())))
        });
        Report {
            lines: self.notes.iter().cloned().chain(unused).collect(),
            left_out: self.noted - self.notes.len() as u64,
        }
    }

    fn note(&mut self, note: String) {
        self.noted += 1;
        if self.notes.len() < NOTES_KEPT {
            self.notes.push(note);
        }
    }
}

impl Report {
    /// Returns whether all requests were as expected.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Returns the differences, one line each. A line begins with `unused`, `surplus`, `out of order` or `unexpected`,
    /// and then shows the request.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        match self.left_out {
            0 => Ok(()),
            count => writeln!(f, "and {count} more, which are not kept"),
        }
    }
}
