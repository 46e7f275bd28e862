//! The suite `reading`: a subject is asked what the documents of the cases mean.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use xend_wire::Release;

use super::book::Book;
use super::conduct::{Examined, Examiner, conduct};
use super::item::{Item, Unasked};
use super::options::Options;
use super::outcome::Run;
use super::plan::Plan;
use super::watch::Watch;
use crate::case::{Case, Expect};
use crate::feature::Feature;
use crate::judgement::Judgement;
use crate::subject::{Answer, Ask, Declaration, Fault, FaultReport, Question, Reply, Subject};
use crate::suite::Suite;
use crate::tagged::Equality;
use crate::verdict::{About, Evidence, Status, Verdict};
use crate::{Error, Rules};

/// A question to a subject.
#[derive(Clone, Copy, Debug)]
pub(super) enum Task<'c> {
    Read { case: &'c Case, rules: Rules, expect: &'c Expect },
}

/// Asks a subject all that it declares and that the options choose, and judges its answers.
///
/// ```
/// use xend_harness::{Case, run, subject::BuiltIn};
///
/// let cases = Case::built_in_where(|id| id.starts_with("sexpr/quote-"))?;
/// let run = run::judge(&mut BuiltIn::new(), &cases, &run::Options::default())?;
/// assert_eq!(run.unexpected(), 0);
/// # Ok::<(), xend_harness::Error>(())
/// ```
///
/// # Errors
/// Returns [`Error::Usage`] if the subject is a command that can't be started, if it declares none of the requested
/// rules or suites, or if a pattern of the filter matches no case. Returns [`Error::Harness`] if the harness itself
/// fails. Mistakes of the subject are verdicts.
pub fn judge(subject: &mut dyn Subject, cases: &[Case], options: &Options) -> Result<Run, Error> {
    judge_with(&mut [subject], cases, options, &mut ())
}

/// Asks several copies of a subject at once, which share the questions, and tells each verdict to `watch`.
///
/// The result is the same as that of [`judge`] with one copy.
///
/// # Errors
/// As for [`judge`].
pub fn judge_with(
    subjects: &mut [&mut dyn Subject],
    cases: &[Case],
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Run, Error> {
    let Some(first) = subjects.first_mut() else {
        return Err(Error::Usage("no subject to test".to_owned()));
    };
    match first.start() {
        Ok(Ok(())) => {}
        Ok(Err(report)) => {
            let verdicts = vec![hello_verdict(report, options.repeat(None))];
            return Ok(Run { subject: "the subject".to_owned(), verdicts, ..Run::default() });
        }
        Err(Error::Interrupted(how)) => {
            return Ok(Run { subject: "the subject".to_owned(), interrupted: Some(how), ..Run::default() });
        }
        Err(error) => return Err(error),
    }
    let declaration = first.declaration().clone();
    let (items, notes) = questions(&declaration, cases, options)?;
    let plan = Plan::new(items, notes, options)?;
    let mut book = Book::new(&plan, options, watch);
    let declaration = &declaration;
    let mut examiners: Vec<_> = subjects
        .iter_mut()
        .map(|subject| SubjectExaminer { subject: &mut **subject, declaration, options, last: None })
        .collect();
    let mut examiners: Vec<&mut dyn Examiner<Task<'_>>> =
        examiners.iter_mut().map(|examiner| examiner as &mut dyn Examiner<Task<'_>>).collect();
    conduct(&plan, options, &mut examiners, &mut book)?;
    Ok(book.close(declaration.name.clone()))
}

/// Returns all questions that a subject can be asked, and notes on what this version does not ask.
fn questions<'c>(
    declaration: &Declaration,
    cases: &'c [Case],
    options: &Options,
) -> Result<(Vec<Item<Task<'c>>>, Vec<String>), Error> {
    let is_wanted = |suite: Suite| options.selection.suites.is_empty() || options.selection.suites.contains(&suite);
    let has = |suite: &&Suite| declaration.has(**suite);
    if let Some(missing) = options.selection.suites.iter().find(|suite| !has(suite)) {
        let declares: Vec<_> = Suite::ALL.iter().filter(has).map(|suite| suite.declared_by()).collect();
        return Err(Error::Usage(format!(
            "the subject is not asked the suite `{missing}`, because it does not declare {}; it declares {}",
            missing.declared_by(),
            declares.join(", ")
        )));
    }
    let notes = Suite::ALL.iter().filter(|suite| has(suite) && !suite.is_there()).map(|suite| {
        format!(
            "not asked: {suite}, because this version has no such suite (the subject declares {})",
            suite.declared_by()
        )
    });
    let mut items = Vec::new();
    if is_wanted(Suite::Reading) && declaration.has(Suite::Reading) {
        let of_rules = |rules: Rules| cases.iter().filter(move |case| case.codec() == rules.codec());
        let mut abouts: HashMap<&str, (Arc<About>, Arc<[String]>)> = HashMap::new();
        for rules in rules_to_ask(declaration, &options.rules)? {
            let variant = rules.to_string();
            let release: Option<Release> = variant.strip_prefix("xend-").and_then(|name| name.parse().ok());
            for case in of_rules(rules) {
                let (about, tags) = abouts.entry(&case.id).or_insert_with(|| (Arc::new(about(case)), tags(case)));
                let expect = case.expectation(rules);
                items.push(Item {
                    suite: Suite::Reading,
                    about: Arc::clone(about),
                    variant: variant.clone(),
                    level: expect.map(|expect| expect.level),
                    tags: Arc::clone(tags),
                    release,
                    face: None,
                    since: case.since,
                    task: task(declaration, case, rules, expect),
                });
            }
        }
    }
    Ok((items, notes.collect()))
}

fn task<'c>(
    declaration: &Declaration,
    case: &'c Case,
    rules: Rules,
    expect: Option<&'c Expect>,
) -> Result<Task<'c>, Unasked> {
    let Some(expect) = expect else {
        let why = format!("the case has no expectation for {rules}");
        return Err(Unasked { status: Status::Skipped, why });
    };
    if let Some(feature) = expect.needs.iter().find(|feature| !declaration.features.contains(feature)) {
        let why = format!("the subject does not declare `{feature}`");
        return Err(Unasked { status: Status::Unsupported, why });
    }
    Ok(Task::Read { case, rules, expect })
}

fn about(case: &Case) -> About {
    let input = &case.input;
    About {
        id: case.id.clone(),
        title: case.title.clone(),
        rule: case.rule.clone(),
        source: case.source.clone(),
        input: input[..input.len().min(About::MOST)].to_vec(),
        length: input.len(),
    }
}

/// Returns the tags of a case: its codec, its rule, and the features that it needs.
fn tags(case: &Case) -> Arc<[String]> {
    let needs = case.expectations().iter().flat_map(|expect| &expect.needs).map(|feature| feature.name().to_owned());
    let mut tags: Vec<_> = [case.codec().name().to_owned()].into_iter().chain(case.rule.clone()).chain(needs).collect();
    tags.sort();
    tags.dedup();
    tags.into()
}

/// Returns the rules to test: the ones that the subject declares, restricted to `chosen` if the user chose any.
fn rules_to_ask(declaration: &Declaration, chosen: &[Rules]) -> Result<Vec<Rules>, Error> {
    let known = &declaration.decodes;
    if chosen.is_empty() {
        return Ok(known.clone());
    }
    let rules: Vec<_> = known.iter().copied().filter(|rules| chosen.contains(rules)).collect();
    if rules.is_empty() {
        let name = |rules: &Rules| format!("{}: {rules}", rules.codec());
        let list = |rules: &[Rules]| rules.iter().map(name).collect::<Vec<_>>().join(", ");
        let (wanted, known) = (list(chosen), list(known));
        return Err(Error::Usage(format!(
            "the subject declares none of the requested rules ({wanted}); it declares {known}"
        )));
    }
    Ok(rules)
}

struct SubjectExaminer<'s, 'd> {
    subject: &'s mut dyn Subject,
    declaration: &'d Declaration,
    options: &'d Options,
    /// How the question that was answered last is judged.
    last: Option<Last<'d>>,
}

/// A question that was answered, to judge it again if the subject writes more after its answer.
struct Last<'d> {
    judge: Box<dyn Fn(FaultReport) -> Verdict + Send + 'd>,
}

impl<'d> Examiner<Task<'d>> for SubjectExaminer<'_, 'd> {
    fn examine(&mut self, item: &Item<Task<'d>>, task: &Task<'d>) -> Result<Examined, Error> {
        let Task::Read { case, rules, expect } = *task;
        let begin = Instant::now();
        let ask = Ask::Read { rules, input: &case.input };
        let Reply { answer, stderr, previous_fault } =
            self.subject.ask(&Question { id: &case.id, ask, deadline: case.deadline })?;
        let elapsed = begin.elapsed();
        let previous = match (previous_fault, self.last.take()) {
            (Some(report), Some(last)) => Some((last.judge)(report)),
            _ => None,
        };
        let (declaration, options, about) = (self.declaration, self.options, Arc::clone(&item.about));
        let judge = move |answer: Result<Answer, Fault>, stderr: String| {
            let equality = equality(declaration, expect);
            let judgement = Judgement { case, about: Arc::clone(&about), rules, expect, equality };
            let mut verdict = judgement.verdict(&answer, options.is_strict);
            if let Some(evidence) = &mut verdict.evidence {
                evidence.stderr = stderr;
                evidence.repeat = options.repeat(Some(&format!("{}@{rules}", case.id)));
            }
            verdict
        };
        let verdict = Verdict { elapsed, ..judge(answer, stderr) };
        let again = move |report: FaultReport| judge(Err(report.fault), report.stderr);
        self.last = Some(Last { judge: Box::new(again) });
        Ok(Examined { verdict, previous })
    }

    fn finish(&mut self) -> Option<Verdict> {
        let report = self.subject.finish()?;
        self.last.take().map(|last| (last.judge)(report))
    }
}

/// Returns how the values of a subject are compared with those that are expected.
fn equality(declaration: &Declaration, expect: &Expect) -> Equality {
    let has = |feature: Feature| declaration.features.contains(&feature);
    Equality {
        ordered: expect.ordered,
        typed_dates: has(Feature::DatetimeTyped),
        untyped_numbers: has(Feature::UntypedNumbers),
        untyped_base64: has(Feature::UntypedBase64),
    }
}

/// Makes the verdict on a subject that fails before it is asked its first case.
fn hello_verdict(FaultReport { fault, stderr }: FaultReport, repeat: String) -> Verdict {
    let (status, why) = fault.status();
    let got = match fault {
        Fault::InvalidAnswer(_, line) => line,
        _ => "no answer".to_owned(),
    };
    let input = "{\"hello\":{\"protocol\":1}}";
    let evidence = Evidence {
        input: format!("  | {input}\n"),
        got,
        wanted: "{\"hello\":{\"name\":\"my-parser\",\"decodes\":{\"xmlrpc\":[\"spec\"]},\"features\":[]}}".to_owned(),
        stderr,
        repeat,
        ..Evidence::default()
    };
    let about = About {
        id: "hello".to_owned(),
        title: "A subject answers hello before it is asked anything".to_owned(),
        input: input.as_bytes().to_vec(),
        length: input.len(),
        ..About::default()
    };
    let bare = Verdict::bare(Suite::Reading, Arc::new(about), "", status);
    Verdict { is_unexpected: true, why, evidence: Some(Box::new(evidence)), ..bare }
}
