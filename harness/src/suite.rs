//! Asks a subject all cases, and judges.

use std::time::Instant;

use crate::case::Case;
use crate::case::Expect;
use crate::feature::Feature;
use crate::judgement::Judgement;
use crate::pattern::{Baseline, Pattern};
use crate::subject::{Answer, Declaration, Fault, Question, Reply, Stumble, Subject};
use crate::tagged::Equality;
use crate::verdict::Evidence;
use crate::verdict::{Status, Verdict};
use crate::{Error, Rules};
use xend_wire::Diagnostic;

/// What is asked, and what follows from the answers.
#[derive(Debug, Default)]
pub struct Options {
    /// The rules to ask by; all that the subject declares if empty.
    pub rules: Vec<Rules>,
    /// The cases to ask; all if empty.
    pub filter: Vec<Pattern>,
    /// The failures that are expected.
    pub baseline: Baseline,
    /// Whether a failure at the level `should` fails the run.
    pub is_strict: bool,
    /// The arguments of `xend-harness` that repeat the run; [`Verdict`]s add what picks out one case.
    pub repeat: Vec<String>,
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// The subject's name and version.
    pub subject: String,
    /// The verdicts, sorted by case.
    pub verdicts: Vec<Verdict>,
    /// The entries of the baseline that match nothing; each fails the run.
    pub stale: Vec<Diagnostic>,
}

impl Run {
    /// How many verdicts are of a status.
    pub fn count(&self, status: Status) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.status == status).count()
    }

    /// How many cases were judged, by whatever rules; or laws, over whatever address.
    pub fn cases(&self) -> usize {
        let is_judged = |verdict: &&Verdict| verdict.id != "hello" && verdict.status.is_judged();
        let judged = self.verdicts.iter().filter(is_judged);
        let mut ids: Vec<_> = judged.filter_map(|verdict| verdict.id.split('@').next()).collect();
        ids.dedup();
        ids.len()
    }

    /// How many things fail the run.
    pub fn unexpected(&self) -> usize {
        self.verdicts.iter().filter(|verdict| verdict.is_unexpected).count() + self.stale.len()
    }

    /// The exit status: 0 if all is as expected, 1 if the subject failed, 2 if nothing was judged, 3 if the harness
    /// failed.
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

/// Asks a subject the cases by the rules that it declares.
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
/// The subject is a command that does not exist, or does not declare the rules that are asked for, or the harness fails.
pub fn run(subject: &mut dyn Subject, cases: &[Case], options: &Options) -> Result<Run, Error> {
    if let Err(stumble) = subject.start()? {
        return Ok(Run {
            subject: "the subject".to_owned(),
            verdicts: vec![hello(stumble, repeat(&options.repeat, None))],
            stale: Vec::new(),
        });
    }
    let declaration = subject.declaration().clone();
    let of_rules = |rules: Rules| cases.iter().filter(move |case| case.codec() == rules.codec());
    // Rules by rules, so that no case follows itself and an answer that comes twice shows by its id.
    let all = |rules: Vec<Rules>| rules.into_iter().flat_map(|rules| of_rules(rules).map(move |case| (case, rules)));
    let is_chosen =
        |case: &Case, rules| options.filter.is_empty() || options.filter.iter().any(|it| it.matches(&case.id, rules));

    let rules = asked(&declaration, &options.rules)?;
    // A misspelt filter beside a good one must not go unseen.
    if let Some(vain) = options.filter.iter().find(|it| !all(rules.clone()).any(|(case, by)| it.matches(&case.id, by)))
    {
        let message = format!("no case that would be asked matches `{vain}`; see `xend-harness list`");
        return Err(Error::Usage(message));
    }

    let mut run = Asking { subject, declaration: &declaration, options, verdicts: Vec::new(), last: None };
    for (case, rules) in all(rules).filter(|&(case, rules)| is_chosen(case, rules)) {
        run.ask(case, rules)?;
    }
    if let Some(stumble) = run.subject.finish() {
        run.spoil_last(stumble);
    }
    let mut verdicts = run.verdicts;
    verdicts.iter_mut().for_each(|verdict| verdict.apply(&options.baseline));
    verdicts.sort_by(|left, right| left.id.cmp(&right.id));
    let stale = options.baseline.stale(all(declaration.rules).map(|(case, rules)| (&*case.id, rules)));
    Ok(Run { subject: declaration.name, verdicts, stale })
}

/// The rules to ask by: those that the subject declares, or those of them that the user names.
fn asked(declaration: &Declaration, chosen: &[Rules]) -> Result<Vec<Rules>, Error> {
    if chosen.is_empty() {
        return Ok(declaration.rules.clone());
    }
    let asked: Vec<_> = declaration.rules.iter().copied().filter(|rules| chosen.contains(rules)).collect();
    if asked.is_empty() {
        let name = |rules: &Rules| format!("{}: {rules}", rules.codec());
        let list = |rules: &[Rules]| rules.iter().map(name).collect::<Vec<_>>().join(", ");
        let (wanted, known) = (list(chosen), list(&declaration.rules));
        return Err(Error::Usage(format!("the subject declares none of the rules asked for ({wanted}), only {known}")));
    }
    Ok(asked)
}

struct Asking<'a> {
    subject: &'a mut dyn Subject,
    declaration: &'a Declaration,
    options: &'a Options,
    verdicts: Vec<Verdict>,
    /// The verdict on the last answer, and what the question was.
    last: Option<(usize, &'a Case, Rules, &'a Expect)>,
}

impl<'a> Asking<'a> {
    fn ask(&mut self, case: &'a Case, rules: Rules) -> Result<(), Error> {
        let Some(expect) = case.expectation(rules) else {
            let why = format!("the case expects nothing by {rules}");
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
        let Reply { answer, stderr, late } = self.subject.ask(&question)?;
        let elapsed = begin.elapsed();
        if let Some(stumble) = late {
            self.spoil_last(stumble);
        }
        let verdict = Verdict { elapsed, ..self.judge(case, rules, expect, &answer, stderr) };
        self.last = Some((self.verdicts.len(), case, rules, expect));
        self.verdicts.push(verdict);
        Ok(())
    }

    /// The last answer was not the last that the subject had to say.
    fn spoil_last(&mut self, Stumble { fault, stderr }: Stumble) {
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

    /// Turns a failure that the baseline names into one that is expected, and a pass into one that is not.
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

/// The verdict on a subject that does not get so far as to be asked.
fn hello(Stumble { fault, stderr }: Stumble, repeat: String) -> Verdict {
    let (status, why) = fault.status();
    let got = match fault {
        Fault::InvalidAnswer(_, line) => line,
        _ => "no answer".to_owned(),
    };
    let evidence = Evidence {
        title: "A subject says hello before it is asked anything".to_owned(),
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

/// The command that repeats a run, or just what a filter picks out of it.
fn repeat(arguments: &[String], filter: Option<String>) -> String {
    let at = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
    let (options, command) = arguments.split_at(at);
    let pick = filter.map(|filter| ["--filter".to_owned(), filter]).into_iter().flatten();
    let own = ["xend-harness", "parser"].map(str::to_owned);
    let words: Vec<_> = own.into_iter().chain(options.to_vec()).chain(pick).chain(command.to_vec()).collect();
    // The one thing that can't be quoted is a NUL, which no argument holds.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}
