//! Runs a subject through the cases and collects the verdicts.

use std::time::Instant;

use crate::case::Case;
use crate::case::Expect;
use crate::feature::Feature;
use crate::judgement::Judgement;
use crate::pattern::{Baseline, Pattern};
use crate::subject::{Answer, Declaration, Fault, FaultReport, Question, Reply, Subject};
use crate::tagged::Equality;
use crate::verdict::Evidence;
use crate::verdict::{Status, Verdict};
use crate::{Error, Rules};
use xend_wire::Diagnostic;

/// What a run asks a subject, and which answers make the run fail.
#[derive(Debug, Default)]
pub struct Options {
    /// The rules to test; if empty, all rules that the subject declares.
    pub rules: Vec<Rules>,
    /// Patterns of the cases to ask; if empty, all cases.
    pub filter: Vec<Pattern>,
    /// The failures that are expected and do not fail the run.
    pub baseline: Baseline,
    /// Whether a failure at the level `should` fails the run.
    pub is_strict: bool,
    /// The arguments that make `xend-harness parser` repeat the run. Each failure's [`Evidence::repeat`] adds a filter
    /// for its case.
    pub repeat: Vec<String>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    /// The subject's name and version, as it declares them.
    pub subject: String,
    /// The verdicts, sorted by the id of the case.
    pub verdicts: Vec<Verdict>,
    /// The entries of the baseline that match no case; each of them fails the run.
    pub stale: Vec<Diagnostic>,
}

impl Run {
    /// Returns the number of verdicts with the given status.
    pub fn count(&self, status: Status) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.status == status).count()
    }

    /// Returns the number of cases that were judged, or of laws for a server. A case that is judged by several rules,
    /// or a law over several addresses, counts once.
    pub fn cases(&self) -> usize {
        let is_judged = |verdict: &&Verdict| verdict.id != "hello" && verdict.status.is_judged();
        let judged = self.verdicts.iter().filter(is_judged);
        let mut ids: Vec<_> = judged.filter_map(|verdict| verdict.id.split('@').next()).collect();
        ids.dedup();
        ids.len()
    }

    /// Returns the number of verdicts and stale baseline entries that fail the run.
    pub fn unexpected(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.is_unexpected).count() + self.stale.len()
    }

    /// Returns the exit status: 0 if everything is as expected, 1 if the subject failed, 2 if nothing was judged, 3 if
    /// the harness failed.
    pub fn exit_code(&self) -> u8 {
        if self.count(Status::HarnessError) > 0 {
            3
        } else if self.unexpected() > 0 {
            1
        } else if self.cases() == 0 {
            2
        } else {
            0
        }
    }
}

/// Asks a subject all cases by the rules that it declares, and judges its answers.
///
/// ```
/// use xend_harness::{Case, subject::BuiltIn, suite};
///
/// let run = suite::run(&mut BuiltIn::new(), &Case::built_in()?, &suite::Options::default())?;
/// assert_eq!(run.unexpected(), 0);
/// # Ok::<(), xend_harness::Error>(())
/// ```
///
/// # Errors
/// Returns [`Error::Usage`] if the subject is a command that can't be started, if it declares none of the requested
/// rules, or if a pattern of the filter matches no case. Returns [`Error::Harness`] if the harness itself fails.
/// Mistakes of the subject are verdicts.
pub fn run(subject: &mut dyn Subject, cases: &[Case], options: &Options) -> Result<Run, Error> {
    if let Err(report) = subject.start()? {
        return Ok(Run {
            subject: "the subject".to_owned(),
            verdicts: vec![hello_verdict(report, repeat(&options.repeat, None))],
            stale: Vec::new(),
        });
    }
    let declaration = subject.declaration().clone();
    let of_rules = |rules: Rules| cases.iter().filter(move |case| case.codec() == rules.codec());
    // All cases by one set of rules come before the next set, so that no case follows itself: then the id of an answer
    // that comes twice shows which question it belongs to.
    let all = |rules: Vec<Rules>| rules.into_iter().flat_map(|rules| of_rules(rules).map(move |case| (case, rules)));
    let is_chosen =
        |case: &Case, rules| options.filter.is_empty() || options.filter.iter().any(|it| it.matches(&case.id, rules));

    let rules = rules_to_ask(&declaration, &options.rules)?;
    // Each pattern is checked by itself, so that a misspelt one is noticed beside a good one.
    if let Some(unmatched) =
        options.filter.iter().find(|it| !all(rules.clone()).any(|(case, by)| it.matches(&case.id, by)))
    {
        let message = format!("no case of the tested rules matches `{unmatched}`; `xend-harness list` shows all cases");
        return Err(Error::Usage(message));
    }

    let mut run = RunState { subject, declaration: &declaration, options, verdicts: Vec::new(), last: None };
    for (case, rules) in all(rules).filter(|&(case, rules)| is_chosen(case, rules)) {
        run.ask(case, rules)?;
    }
    if let Some(report) = run.subject.finish() {
        run.replace_last_verdict(report);
    }
    let mut verdicts = run.verdicts;
    verdicts.iter_mut().for_each(|verdict| verdict.apply(&options.baseline));
    verdicts.sort_by(|left, right| left.id.cmp(&right.id));
    let stale = options.baseline.stale(all(declaration.rules).map(|(case, rules)| (&*case.id, rules)));
    Ok(Run { subject: declaration.name, verdicts, stale })
}

/// Returns the rules to test: the ones that the subject declares, restricted to `chosen` if the user chose any.
fn rules_to_ask(declaration: &Declaration, chosen: &[Rules]) -> Result<Vec<Rules>, Error> {
    if chosen.is_empty() {
        return Ok(declaration.rules.clone());
    }
    let rules: Vec<_> = declaration.rules.iter().copied().filter(|rules| chosen.contains(rules)).collect();
    if rules.is_empty() {
        let name = |rules: &Rules| format!("{}: {rules}", rules.codec());
        let list = |rules: &[Rules]| rules.iter().map(name).collect::<Vec<_>>().join(", ");
        let (wanted, known) = (list(chosen), list(&declaration.rules));
        return Err(Error::Usage(format!(
            "the subject declares none of the requested rules ({wanted}); it declares {known}"
        )));
    }
    Ok(rules)
}

struct RunState<'a> {
    subject: &'a mut dyn Subject,
    declaration: &'a Declaration,
    options: &'a Options,
    verdicts: Vec<Verdict>,
    /// The index of the latest verdict that rests on an answer, and the question that it belongs to.
    last: Option<(usize, &'a Case, Rules, &'a Expect)>,
}

impl<'a> RunState<'a> {
    fn ask(&mut self, case: &'a Case, rules: Rules) -> Result<(), Error> {
        let Some(expect) = case.expectation(rules) else {
            let why = format!("the case has no expectation for {rules}");
            self.verdicts.push(Verdict::unjudged(case, rules, None, Status::Skipped, why));
            return Ok(());
        };
        if let Some(feature) = expect.needs.iter().find(|feature| !self.declaration.features.contains(feature)) {
            let why = format!("the subject does not declare `{feature}`");
            self.verdicts.push(Verdict::unjudged(case, rules, Some(expect), Status::Unsupported, why));
            return Ok(());
        }
        let begin = Instant::now();
        let question = Question { id: &case.id, rules, input: &case.input, deadline: case.deadline };
        let Reply { answer, stderr, previous_fault } = self.subject.ask(&question)?;
        let elapsed = begin.elapsed();
        if let Some(report) = previous_fault {
            self.replace_last_verdict(report);
        }
        let verdict = Verdict { elapsed, ..self.judge(case, rules, expect, &answer, stderr) };
        self.last = Some((self.verdicts.len(), case, rules, expect));
        self.verdicts.push(verdict);
        Ok(())
    }

    /// Replaces the latest verdict, because the subject wrote more after its answer.
    fn replace_last_verdict(&mut self, FaultReport { fault, stderr }: FaultReport) {
        if let Some((index, case, rules, expect)) = self.last {
            self.verdicts[index] = self.judge(case, rules, expect, &Err(fault), stderr);
        }
    }

    fn judge(
        &self,
        case: &Case,
        rules: Rules,
        expect: &Expect,
        answer: &Result<Answer, Fault>,
        stderr: String,
    ) -> Verdict {
        let typed_dates = self.declaration.features.contains(&Feature::DatetimeTyped);
        let equality = Equality { ordered: expect.ordered, typed_dates };
        let mut verdict = Judgement { case, rules, expect, equality }.verdict(answer, self.options.is_strict);
        if let Some(evidence) = &mut verdict.evidence {
            evidence.stderr = stderr;
            evidence.repeat = repeat(&self.options.repeat, Some(format!("{}@{rules}", case.id)));
        }
        verdict
    }
}

impl Verdict {
    fn unjudged(case: &Case, rules: Rules, expect: Option<&Expect>, status: Status, why: String) -> Self {
        Self {
            id: case.id.clone(),
            rules: Some(rules),
            level: expect.map(|expect| expect.level),
            status,
            is_unexpected: false,
            why,
            evidence: None,
            elapsed: std::time::Duration::ZERO,
        }
    }

    /// Applies the baseline: a failure that it names becomes `expected-failure`, and a pass becomes `unexpected-pass`.
    fn apply(&mut self, baseline: &Baseline) {
        let Some(reason) = self.rules.and_then(|rules| baseline.reason(&self.id, rules)) else { return };
        if self.status.is_failure() {
            self.why = format!("{} ({reason})", self.status);
            (self.status, self.is_unexpected) = (Status::ExpectedFailure, false);
        } else if self.status == Status::Pass {
            self.why = format!("the baseline expects a failure: {reason}");
            (self.status, self.is_unexpected) = (Status::UnexpectedPass, true);
        }
    }
}

/// Makes the verdict on a subject that fails before it is asked its first case.
fn hello_verdict(FaultReport { fault, stderr }: FaultReport, repeat: String) -> Verdict {
    let (status, why) = fault.status();
    let got = match fault {
        Fault::InvalidAnswer(_, line) => line,
        _ => "no answer".to_owned(),
    };
    let evidence = Evidence {
        title: "A subject answers hello before it is asked anything".to_owned(),
        input: "  | {\"hello\":{\"protocol\":1}}\n".to_owned(),
        got,
        wanted: "{\"hello\":{\"name\":\"my-parser\",\"decodes\":{\"xmlrpc\":[\"spec\"]},\"features\":[]}}".to_owned(),
        stderr,
        repeat,
        ..Evidence::default()
    };
    Verdict {
        id: "hello".to_owned(),
        rules: None,
        level: None,
        status,
        is_unexpected: true,
        why,
        evidence: Some(Box::new(evidence)),
        elapsed: std::time::Duration::ZERO,
    }
}

/// Returns the command line that repeats a run, restricted to `filter` if there is one.
fn repeat(arguments: &[String], filter: Option<String>) -> String {
    let at = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let (options, command) = arguments.split_at(at);
    let pick = filter.map(|filter| ["--filter".to_owned(), filter]).into_iter().flatten();
    let own = ["xend-harness", "parser"].map(str::to_owned);
    let words: Vec<_> = own.into_iter().chain(options.to_vec()).chain(pick).chain(command.to_vec()).collect();
    // Quoting fails only for a NUL byte, which no argument of a program can contain.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}
