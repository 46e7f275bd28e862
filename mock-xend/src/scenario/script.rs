//! A running scenario: which expectation answers a request, and the differences from what was expected.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use xend_wire::operation::Face;
use xend_wire::{Release, visible};

use super::change::Change;
use super::contents::Scenario;
use super::criteria::CriterionReport;
use super::expectation::Expectation;
use super::near::{self, Nearness};
use super::report::{Finding, FindingKind, Progress, Report};
use super::request::{Asked, RecognisedRequest};
use super::shown;
use super::step::{Decision, Step};
use crate::fault::Faults;
use crate::journal::AnsweredBy;
use crate::nearest;

/// The state of a running scenario.
#[derive(Debug)]
pub(crate) struct Script {
    release: Release,
    refuses_unexpected: bool,
    entries: Vec<Entry>,
    /// All expectations before this one are used up.
    used_up: usize,
    states: BTreeMap<String, String>,
    /// The states and the seed that the scenario gives.
    initial: (BTreeMap<String, String>, u64),
    random: fastrand::Rng,
    /// Whether a fault of an expectation resets a connection.
    resets: bool,
    report: Report,
}

/// An expectation with what has come of it.
#[derive(Debug)]
struct Entry {
    expectation: Expectation,
    /// Where the expectation is written, as the journal tells it.
    place: Arc<str>,
    /// How many requests it has answered.
    used: u64,
    /// How many requests matched, whether it answered them or not.
    matched: u64,
    /// The request that came closest without a match, while it has answered none.
    closest: Option<(Nearness, String)>,
}

/// How a request is answered.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) decision: Decision,
    /// What the journal says of it.
    pub(crate) answered_by: AnsweredBy,
    /// What changes after the reply was decided.
    pub(crate) changes: Vec<Change>,
}

impl Script {
    pub(crate) fn new(scenario: Scenario, release: Release) -> Self {
        let entry = |expectation: Expectation| {
            let place = expectation.origin.to_string().into();
            Entry { expectation, place, used: 0, matched: 0, closest: None }
        };
        let mut steps = scenario.expectations.iter().flat_map(|expectation| &expectation.steps);
        Self {
            release,
            resets: steps.any(|step| step.faults.reset()),
            refuses_unexpected: scenario.refuses_unexpected,
            entries: scenario.expectations.into_iter().map(entry).collect(),
            used_up: 0,
            initial: (scenario.states.clone(), scenario.seed),
            states: scenario.states,
            random: fastrand::Rng::with_seed(scenario.seed),
            report: Report::default(),
        }
    }

    /// Forgets all requests so far.
    pub(crate) fn start_over(&mut self) {
        for entry in &mut self.entries {
            (entry.used, entry.matched, entry.closest) = (0, 0, None);
        }
        self.used_up = 0;
        self.states.clone_from(&self.initial.0);
        self.random = fastrand::Rng::with_seed(self.initial.1);
        self.report = Report::default();
    }

    /// Returns the states that hold, by name.
    pub(crate) fn states(&self) -> &BTreeMap<String, String> {
        &self.states
    }

    /// Sets states that the scenario has, to values that mean something in it.
    ///
    /// # Errors
    /// Returns what is wrong, for people. Then nothing changes.
    pub(crate) fn set_states(&mut self, states: &BTreeMap<String, String>) -> Result<(), String> {
        let expectations = || self.entries.iter().map(|entry| &entry.expectation);
        let waited = expectations().flat_map(|expectation| &expectation.state);
        let set = expectations().flat_map(|expectation| &expectation.steps).flat_map(|step| &step.next_state);
        let pairs = waited.chain(set).map(|(name, value)| (name, value)).chain(&self.initial.0);
        let known: BTreeSet<_> = pairs.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for (name, value) in states {
            if !self.initial.0.contains_key(name) {
                let names: Vec<_> = self.initial.0.keys().map(String::as_str).collect();
                return Err(format!(
                    "the scenario has no state `{}`{}",
                    visible(name.as_bytes()),
                    nearest::hint(name, &names)
                ));
            }
            if !known.contains(&(name.as_str(), value.as_str())) {
                let values: Vec<_> = known.iter().filter(|(of, _)| of == name).map(|(_, value)| *value).collect();
                let hint = nearest::hint(value, &values);
                return Err(format!(
                    "nothing in the scenario waits for `{name}` to be `{}`{hint}",
                    visible(value.as_bytes())
                ));
            }
        }
        self.states.extend(states.clone());
        Ok(())
    }

    /// Decides how a request is answered.
    pub(crate) fn decide(&mut self, asked: &Asked<'_>) -> Decided {
        let world = Decision::World { faults: Faults::none() };
        if self.entries.is_empty() && !self.refuses_unexpected {
            let answered_by = AnsweredBy::World { why_not: None };
            return Decided { decision: world, answered_by, changes: Vec::new() };
        }
        let request = RecognisedRequest::new(asked, self.release);
        if let Some(at) = self.choose(&request) {
            return self.answer(at, &request);
        }
        let why_not = self.why_not(&request);
        let what = || shown::line(&asked.to_string());
        let used_up = self.used_up(&request);
        if !used_up.is_empty() {
            let expects = shown::line(&used_up.join(", "));
            self.report.note(FindingKind::Surplus, format!("{}: {expects}", what()), String::new());
        } else if self.refuses_unexpected && !self.is_forbidden(&request) {
            self.report.note(FindingKind::Unexpected, what(), why_not.clone());
        }
        let why_not = Some(why_not).filter(|why| !why.is_empty()).map(Arc::from);
        let (decision, answered_by) = match self.refuses_unexpected {
            true => (Decision::Refused, AnsweredBy::Refusal { why_not }),
            false => (world, AnsweredBy::World { why_not }),
        };
        Decided { decision, answered_by, changes: Vec::new() }
    }

    /// Notes a request that the face can't read, and so no expectation was asked, if what is unexpected is refused.
    pub(crate) fn note_unreadable(&mut self, face: Face, request: &[u8]) {
        if self.refuses_unexpected && !request.is_empty() {
            let first = request.split(|byte| matches!(byte, b'\r' | b'\n' | b'?')).next().unwrap_or_default();
            let what = format!("{face} {}, which is no request of this face", shown::text(first));
            self.report.note(FindingKind::Unexpected, shown::line(&what), String::new());
        }
    }

    /// Returns the expectation that answers a request.
    fn choose(&mut self, request: &RecognisedRequest<'_>) -> Option<usize> {
        for at in self.used_up..self.entries.len() {
            #[cfg(test)]
            LOOKED_AT.set(LOOKED_AT.get() + 1);
            let Entry { expectation, used, .. } = &self.entries[at];
            let times = expectation.how_often();
            let is_open = times.allows_more_than(*used) || times.is_never();
            if !is_open || !expectation.holds(&self.states) || !expectation.matches(request) {
                continue;
            }
            if times.is_never() {
                let what =
                    format!("{}: {} expects it never", shown::line(&request.asked.to_string()), expectation.origin);
                self.report.note(FindingKind::Surplus, what, String::new());
                continue;
            }
            if self.entries[at].takes_one_more(&mut self.random) {
                return Some(at);
            }
        }
        None
    }

    /// Tells the expectations that would answer a request if they were not used up.
    fn used_up(&mut self, request: &RecognisedRequest<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for entry in &mut self.entries {
            let is_it =
                entry.is_used_up() && entry.expectation.holds(&self.states) && entry.expectation.matches(request);
            if is_it && entry.takes_one_more(&mut self.random) {
                let Expectation { origin, .. } = &entry.expectation;
                found.push(format!("{origin} expects it {}", entry.expectation.how_often()));
            }
        }
        found
    }

    /// Returns whether an expectation says that the request never comes.
    fn is_forbidden(&self, request: &RecognisedRequest<'_>) -> bool {
        self.entries.iter().any(|Entry { expectation, .. }| {
            expectation.how_often().is_never() && expectation.holds(&self.states) && expectation.matches(request)
        })
    }

    /// Lets an expectation answer a request.
    fn answer(&mut self, at: usize, request: &RecognisedRequest<'_>) -> Decided {
        let Entry { expectation, .. } = &self.entries[at];
        if expectation.is_in_order
            && let Some(earlier) = self.entries[..at].iter().find(|entry| entry.waits_in_order())
        {
            let (place, waiting) = (&earlier.expectation.origin, shown::line(&earlier.expectation.to_string()));
            let what = format!("{}: {place} still waits for {waiting}", shown::line(&request.asked.to_string()));
            self.report.note(FindingKind::OutOfOrder, what, String::new());
        }
        let entry = &mut self.entries[at];
        let default = Step::default();
        let step = entry.expectation.step(entry.used).unwrap_or(&default);
        entry.used += 1;
        entry.closest = None;
        for (name, value) in &step.next_state {
            self.states.insert(name.clone(), value.clone());
        }
        let decision = step.decide(request);
        let answered_by = AnsweredBy::Expectation { place: Arc::clone(&entry.place) };
        let changes = step.changes.clone();
        let left = &self.entries[self.used_up..];
        self.used_up += left.iter().take_while(|entry| entry.is_used_up()).count();
        Decided { decision, answered_by, changes }
    }

    /// Explains why no expectation answers a request, by the closest one. Keeps the explanation for expectations that are
    /// still unused at the end.
    fn why_not(&mut self, request: &RecognisedRequest<'_>) -> String {
        let mut closest: Option<(Nearness, usize)> = None;
        for (at, entry) in self.entries.iter_mut().enumerate() {
            let others = entry.reports(&self.states, request);
            let hindrances = others.iter().filter(|other| !other.differences.is_empty()).count();
            let nearness = Nearness::of(&entry.expectation, request, hindrances);
            if nearness.is_any() && closest.is_none_or(|(known, _)| nearness > known) {
                closest = Some((nearness, at));
            }
            let is_closer = entry.closest.as_ref().is_none_or(|(known, _)| nearness > *known);
            if entry.used < entry.expectation.how_often().least && nearness.is_near() && is_closer {
                let report = near::explain(&entry.expectation, request, others);
                let hints = near::hints(Some(&entry.expectation), request);
                let what = shown::line(&request.asked.to_string());
                entry.closest = Some((nearness, format!("closest request: {what}\n{}{hints}", indented(&report))));
            }
        }
        let Some((_, at)) = closest else { return near::hints(None, request) };
        let entry = &self.entries[at];
        let report = near::explain(&entry.expectation, request, entry.reports(&self.states, request));
        let hints = near::hints(Some(&entry.expectation), request);
        let (place, what) = (&entry.expectation.origin, shown::line(&entry.expectation.to_string()));
        format!("closest: {place}: {what}\n{}{hints}", indented(&report))
    }

    /// Notes a change of the simulated host that was not possible.
    pub(crate) fn note_unchanged(&mut self, change: &Change, why: &str) {
        self.report.note(FindingKind::Unchanged, format!("{change}: {}", shown::line(why)), String::new());
    }

    /// Returns how far each expectation has come.
    pub(crate) fn progress(&self) -> Vec<Progress> {
        let progress = |Entry { expectation, used, .. }: &Entry| Progress {
            place: expectation.origin.to_string(),
            expectation: shown::line(&expectation.to_string()),
            answered: *used,
            times: expectation.how_often(),
        };
        self.entries.iter().map(progress).collect()
    }

    /// Returns whether a fault of an expectation resets a connection.
    pub(crate) fn resets(&self) -> bool {
        self.resets
    }

    pub(crate) fn report(&self) -> Report {
        let mut report = self.report.clone();
        for Entry { expectation, used, closest, .. } in &self.entries {
            let times = expectation.how_often();
            if *used < times.least {
                let count = match times.most {
                    Some(most) if most == times.least => format!("{used} of {most}"),
                    _ => format!("{used}, expected {times}"),
                };
                let what = format!("{}: {}: {count}", expectation.origin, shown::line(&expectation.to_string()));
                let why = closest.as_ref().map(|(_, why)| why.clone()).unwrap_or_default();
                report.push(Finding { kind: FindingKind::Unused, what, why });
            }
        }
        report
    }
}

#[cfg(test)]
thread_local! {
    /// The number of expectations that were looked at to choose those that answer, counted for tests.
    pub(crate) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl Entry {
    /// Returns whether the expectation can't answer any more, and says nothing of further requests.
    fn is_used_up(&self) -> bool {
        let times = self.expectation.how_often();
        !times.is_never() && !times.allows_more_than(self.used)
    }

    /// Counts a request that matches, and returns whether it is one that the expectation takes: not every one is.
    fn takes_one_more(&mut self, random: &mut fastrand::Rng) -> bool {
        let Self { expectation, matched, .. } = self;
        *matched += 1;
        expectation.every.is_none_or(|every| matched.is_multiple_of(every))
            && expectation.probability.is_none_or(|probability| random.f64() < probability)
    }

    /// Returns whether later expectations that are in order have to wait for this one.
    fn waits_in_order(&self) -> bool {
        self.expectation.is_in_order && self.used < self.expectation.how_often().least
    }

    /// Tells the criteria that do not depend on the request alone: in which state, and how often. The request was just
    /// counted, if it matches, and was not taken.
    fn reports(&self, states: &BTreeMap<String, String>, request: &RecognisedRequest<'_>) -> Vec<CriterionReport> {
        let Expectation { state, every, probability, .. } = &self.expectation;
        let mut report = Vec::new();
        for (name, wanted) in state {
            let given = states.get(name).map_or("unset", String::as_str);
            let criterion = format!("state {name}: {wanted}");
            let difference = format!("state {name}: {given}, expected {wanted}");
            report.push(CriterionReport {
                criterion,
                differences: (given != wanted).then_some(difference).into_iter().collect(),
            });
        }
        let times = self.expectation.how_often();
        if !times.allows_more_than(self.used) {
            let difference = match times.is_never() {
                true => "times: a request, expected none".to_owned(),
                false => format!("times: answered {} already, expected {times}", self.used),
            };
            report.push(CriterionReport { criterion: String::new(), differences: vec![difference] });
        }
        // If all else is met, one of these two has kept the expectation from answering.
        let is_drawn =
            self.expectation.holds(states) && times.allows_more_than(self.used) && self.expectation.matches(request);
        let is_turn = every.is_none_or(|every| self.matched.is_multiple_of(every));
        if let Some(every) = every {
            let difference =
                format!("every: request {} of those that match, of which one of {every} is answered", self.matched);
            report.push(CriterionReport {
                criterion: format!("every: one of {every} requests"),
                differences: (is_drawn && !is_turn).then_some(difference).into_iter().collect(),
            });
        }
        if let Some(probability) = probability {
            let difference = format!("probability: {probability}, and the draw was against this request");
            report.push(CriterionReport {
                criterion: format!("probability: {probability}"),
                differences: (is_drawn && is_turn).then_some(difference).into_iter().collect(),
            });
        }
        report
    }
}

impl Expectation {
    /// Returns whether the states hold in which the expectation answers.
    fn holds(&self, states: &BTreeMap<String, String>) -> bool {
        self.state.iter().all(|(name, value)| states.get(name) == Some(value))
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
