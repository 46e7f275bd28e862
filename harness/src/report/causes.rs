//! Failures of one cause stand together, the worst cause first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::counts::is_shown;
use crate::case::{Level, Rule};
use crate::run::Run;
use crate::verdict::{About, Status, Verdict};

/// Failures that probably have one cause: they have the same verdict on the same rule.
#[derive(Debug)]
pub(super) struct Cause<'r> {
    pub(super) status: Status,
    /// What the first failure does, as a phrase: by a rule, that is what all of them do.
    pub(super) what: String,
    /// The id of the rule, if the cases have one.
    pub(super) rule: Option<&'r str>,
    /// The rule in words, and its source.
    pub(super) text: Option<(String, String)>,
    /// The failures, the one with the shortest input first. Each is a case with all the variants in which it fails in
    /// just this way.
    pub(super) failures: Vec<Failure<'r>>,
    /// Whether any of the failures fails the run.
    pub(super) is_unexpected: bool,
}

/// A case that fails, by one or more variants in the same way.
#[derive(Debug)]
pub(super) struct Failure<'r> {
    pub(super) verdict: &'r Verdict,
    pub(super) variants: Vec<&'r str>,
    /// The names of other generated questions that became this one when they were made small.
    pub(super) same: Vec<String>,
}

impl Cause<'_> {
    /// Returns how many cases fail.
    pub(super) fn count(&self) -> usize {
        self.failures.iter().map(|failure| 1 + failure.same.len()).sum()
    }

    /// Leaves out failures that were made small to a question that an earlier one has, and notes them there.
    fn join_same(&mut self) {
        let mut failures: Vec<Failure<'_>> = Vec::new();
        for failure in std::mem::take(&mut self.failures) {
            let question = failure.question();
            let same = |it: &&mut Failure<'_>| question.is_some() && it.question() == question;
            match failures.iter_mut().find(same) {
                Some(first) => first.same.push(failure.name()),
                None => failures.push(failure),
            }
        }
        self.failures = failures;
    }
}

impl Failure<'_> {
    /// Returns the id with all variants: `xmlrpc/int-plus@{spec,extended}`, which is a pattern of `--filter`, too.
    pub(super) fn name(&self) -> String {
        match self.variants[..] {
            [_] => self.verdict.name(),
            _ => format!("{}@{{{}}}", self.verdict.id(), self.variants.join(",")),
        }
    }

    /// Returns the case file of a generated question without its id, and by which variants it fails.
    fn question(&self) -> Option<(String, Vec<&str>)> {
        let evidence = self.verdict.evidence.as_deref().filter(|evidence| !evidence.case.is_empty())?;
        let lines = evidence.case.lines().filter(|line| !line.starts_with("id = "));
        Some((lines.collect::<Vec<_>>().join("\n"), self.variants.clone()))
    }
}

/// Returns the causes of all failures of a run, the worst first.
///
/// What ends a subject (a failed hello, crashes, time-outs) comes before its answers, answers that are none (which is a
/// mistake of an adapter, and hides what its library does) before others, what fails the run before what does not, and
/// many cases of the level must before few.
pub(super) fn causes(run: &Run) -> Vec<Cause<'_>> {
    let rules = Rule::built_in().unwrap_or_default();
    let mut causes: BTreeMap<(Status, bool, &str, String), Cause<'_>> = BTreeMap::new();
    for verdict in run.verdicts.iter().filter(|verdict| is_shown(verdict)) {
        let rule = verdict.about.rule.as_deref();
        let is_answer = matches!(verdict.status, Status::Fail | Status::WrongValue | Status::Flaky);
        // Cases without a rule have their own title in common with nothing, so the reason groups them.
        let why = if is_answer && rule.is_some() { accepts(verdict).to_owned() } else { without_places(&verdict.why) };
        let rule = rule.filter(|_| is_answer || verdict.status == Status::UnexpectedPass);
        // Answers that are none say more about the adapter than about the cases, so all of them stand together.
        let same = if verdict.status == Status::InvalidAnswer { String::new() } else { why.clone() };
        let key = (verdict.status, verdict.is_unexpected, rule.unwrap_or_default(), same);
        let known = rule.and_then(|rule| rules.iter().find(|known| known.id == rule));
        let cause = causes.entry(key).or_insert_with(|| Cause {
            status: verdict.status,
            what: String::new(),
            rule,
            text: known.map(|known| (known.text.clone(), known.source.clone())),
            failures: Vec::new(),
            is_unexpected: verdict.is_unexpected,
        });
        let is_alike = |failure: &&mut Failure<'_>| {
            let (one, other) = (failure.verdict, verdict);
            let shown = |it: &Verdict| {
                let evidence = it.evidence.as_deref();
                evidence.map(|it| (it.got.clone(), it.wanted.clone(), it.stderr.clone()))
            };
            one.id() == other.id() && one.level == other.level && one.why == other.why && shown(one) == shown(other)
        };
        match cause.failures.last_mut().filter(is_alike) {
            Some(failure) => failure.variants.push(&verdict.variant),
            None => cause.failures.push(Failure { verdict, variants: vec![&verdict.variant], same: Vec::new() }),
        }
    }
    let mut causes: Vec<_> = causes.into_values().collect();
    for cause in &mut causes {
        cause.failures.sort_by_key(|failure| (failure.verdict.about.length, failure.verdict.id()));
        cause.join_same();
        let first = cause.failures[0].verdict;
        cause.what = match cause.status {
            Status::InvalidAnswer if cause.failures.len() > 1 => {
                format!("the answer has none of the forms that answers have; the first: {}", first.why)
            }
            Status::Fail | Status::WrongValue | Status::Flaky if cause.rule.is_some() => accepts(first).to_owned(),
            _ => first.why.clone(),
        };
    }
    let binding = |cause: &Cause<'_>| {
        let is_must = |failure: &&Failure<'_>| failure.verdict.level.is_none_or(|level| level == Level::Must);
        cause.failures.iter().filter(is_must).map(|failure| 1 + failure.same.len()).sum::<usize>()
    };
    // Generated questions without a rule were not made small, so that they show less than the others, however many.
    let is_rest = |cause: &Cause<'_>| {
        cause.rule.is_none() && cause.failures.iter().all(|it| it.verdict.id().starts_with(About::GENERATED))
    };
    causes.sort_by_key(|cause| {
        (!cause.is_unexpected, rank(cause), is_rest(cause), Reverse(binding(cause)), Reverse(cause.count()))
    });
    causes
}

/// Returns a reason without what depends on the case: the place in an answer, quoted words and numbers.
fn without_places(why: &str) -> String {
    let why = why.split(", at ").next().and_then(|why| why.split(", expected one of ").next()).unwrap_or_default();
    let mut words = String::new();
    for (at, piece) in why.split('`').enumerate() {
        words += if at % 2 == 1 { "`…`" } else { piece };
    }
    let mut text = String::new();
    let mut before = None;
    for character in words.chars() {
        // The digits of a word, such as `base64`, do not depend on the case.
        match (character.is_ascii_digit(), before) {
            (true, Some(letter)) if char::is_alphabetic(letter) && letter != 'N' => {
                text.push(character);
                continue;
            }
            (true, Some('N')) => {}
            (true, _) => text.push('N'),
            (false, _) => text.push(character),
        }
        before = text.chars().next_back();
    }
    text
}

/// Returns what a wrong answer does, in words that do not depend on the case.
fn accepts(verdict: &Verdict) -> &str {
    verdict.why.split(';').next().unwrap_or_default()
}

fn rank(cause: &Cause<'_>) -> usize {
    let is_hello = cause.failures.iter().any(|failure| failure.verdict.id() == "hello");
    match cause.status {
        _ if is_hello => 0,
        Status::HarnessError => 1,
        Status::Crash | Status::Timeout | Status::ResourceLimit => 2,
        Status::InvalidAnswer => 3,
        Status::UnexpectedPass => 5,
        Status::Flaky => 6,
        _ => 4,
    }
}
