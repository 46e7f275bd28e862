//! The suites that ask a subject: `reading`, `writing` and `calling`, and the way to `operating`.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use xend_wire::Release;

use super::book::Book;
use super::conduct::{Examined, Examiner, conduct};
use super::examiner::{SubjectExaminer, Task};
use super::item::{Item, Unasked};
use super::operating;
use super::options::Options;
use super::outcome::Run;
use super::plan::{Plan, Scope};
use super::watch::Watch;
use crate::calling::CallCase;
use crate::case::{Case, Outcome, WritingCase, WritingOutcome};
use crate::feature::Feature;
use crate::judgement::Judgement;
use crate::law::Law;
use crate::operating::{Failure, Mocks};
use crate::subject::{Ask, Declaration, Fault, FaultReport, Question, Subject};
use crate::suite::Suite;
use crate::tagged::{Equality, Tagged};
use crate::transport::Transport;
use crate::verdict::{About, Evidence, Status, Verdict};
use crate::writing::WritingJudgement;
use crate::{Codec, Error, Rules};

/// The cases of all suites that ask a subject.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cases<'c> {
    /// The documents to read.
    pub reading: &'c [Case],
    /// The values to write.
    pub writing: &'c [WritingCase],
    /// The calls to make.
    pub calling: &'c [CallCase],
    /// The laws that an operator or an engine is held to.
    pub laws: &'c [Law],
    /// The failures that an operator meets.
    pub failures: &'c [Failure],
}

impl<'c> Cases<'c> {
    /// Returns the id and the variant of each question that these cases make, given all rules with their codecs,
    /// whether a subject declares it or not.
    fn named(self, rules: &'c [(Codec, String)], operating: &'c [String]) -> Vec<(&'c str, &'c str)> {
        let reading = self.reading.iter().map(|case| (&*case.id, case.codec()));
        let writing = self.writing.iter().map(|case| (&*case.id, case.codec()));
        let judged_by_rules = reading.chain(writing).flat_map(|(id, codec)| {
            rules.iter().filter(move |(of, _)| *of == codec).map(move |(_, name)| (id, &**name))
        });
        let laws = self.laws.iter().map(|law| &*law.id);
        let operated = laws.chain(self.failures.iter().map(|failure| &*failure.id));
        let operated = operated.flat_map(|id| operating.iter().map(move |variant| (id, &**variant)));
        let calling =
            self.calling.iter().flat_map(|case| Transport::ALL.iter().map(|over| (&*case.id, over.variant())));
        judged_by_rules.chain(calling).chain(operated).collect()
    }
}

impl<'c> From<&'c [Case]> for Cases<'c> {
    fn from(reading: &'c [Case]) -> Self {
        Self { reading, ..Self::default() }
    }
}

impl<'c> From<&'c Vec<Case>> for Cases<'c> {
    fn from(reading: &'c Vec<Case>) -> Self {
        Self::from(reading.as_slice())
    }
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
pub fn judge<'c>(subject: &mut dyn Subject, cases: impl Into<Cases<'c>>, options: &Options) -> Result<Run, Error> {
    judge_with(&mut [subject], cases, options, &mut ())
}

/// Asks several copies of a subject at once, which share the questions, and tells each verdict to `watch`.
///
/// The result is the same as that of [`judge`] with one copy.
///
/// # Errors
/// As for [`judge`].
pub fn judge_with<'c>(
    subjects: &mut [&mut dyn Subject],
    cases: impl Into<Cases<'c>>,
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
            let notes = vec![format!("to find the likely mistake: {}", options.smoke())];
            return Ok(Run { subject: "the subject".to_owned(), verdicts, notes, ..Run::default() });
        }
        Err(Error::Interrupted(how)) => {
            return Ok(Run { subject: "the subject".to_owned(), interrupted: Some(how), ..Run::default() });
        }
        Err(error) => return Err(error),
    }
    let declaration = first.declaration().clone();
    let cases = cases.into();
    let Questions { items, unchosen } = questions(&declaration, cases, options)?;
    let rules: Vec<_> =
        Codec::ALL.iter().flat_map(|codec| codec.rules()).map(|it| (it.codec(), it.to_string())).collect();
    let operating = operating::variants();
    let scope = Scope {
        asked: asked(&declaration, options),
        unchosen,
        others: cases.named(&rules, &operating),
        ..Scope::of("case")
    };
    let plan = Plan::new(items, scope, options)?;
    let mut book = Book::new(&plan, options, watch);
    let declaration = &declaration;
    let mut examiners: Vec<_> = subjects
        .iter_mut()
        .map(|subject| SubjectExaminer {
            subject: &mut **subject,
            declaration,
            options,
            last: None,
            mocks: Mocks::default(),
        })
        .collect();
    let mut examiners: Vec<&mut dyn Examiner<Task<'_>>> =
        examiners.iter_mut().map(|examiner| examiner as &mut dyn Examiner<Task<'_>>).collect();
    conduct(&plan, options, &mut examiners, &mut book)?;
    Ok(book.close(declaration.name.clone()))
}

/// Asks a subject one question outside of any plan, and does not end it. There is no verdict if the subject is not asked.
///
/// # Errors
/// As for [`judge`].
pub(crate) fn ask_one(
    subject: &mut dyn Subject,
    cases: Cases<'_>,
    variant: &str,
    options: &Options,
) -> Result<Option<Verdict>, Error> {
    let declaration = subject.declaration().clone();
    let Questions { items, .. } = questions(&declaration, cases, options)?;
    let Some(item) = items.iter().find(|item| item.variant == variant) else { return Ok(None) };
    let Ok(task) = &item.task else { return Ok(None) };
    let mut examiner =
        SubjectExaminer { subject, declaration: &declaration, options, last: None, mocks: Mocks::default() };
    Ok(Some(examiner.examine(item, task)?.verdict))
}

/// What a subject can be asked.
struct Questions<'c> {
    items: Vec<Item<Task<'c>>>,
    /// The questions by suites and rules that the options leave out, by id and variant.
    unchosen: Vec<(String, String)>,
}

/// Returns all questions that a subject can be asked.
fn questions<'c>(declaration: &Declaration, cases: Cases<'c>, options: &Options) -> Result<Questions<'c>, Error> {
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
    check_rules(declaration, &options.rules)?;
    let (mut items, mut unchosen) = (Vec::new(), Vec::new());
    let is_by =
        |suite: Suite, rules: Rules| is_wanted(suite) && (options.rules.is_empty() || options.rules.contains(&rules));
    let of_rules = |rules: Rules| cases.reading.iter().filter(move |case| case.codec() == rules.codec());
    let mut abouts: HashMap<&str, (Arc<About>, Arc<[String]>)> = HashMap::new();
    for &rules in &declaration.decodes {
        let variant = rules.to_string();
        for case in of_rules(rules) {
            if !is_by(Suite::Reading, rules) {
                unchosen.push((case.id.clone(), variant.clone()));
                continue;
            }
            let (about, tags) = abouts.entry(&case.id).or_insert_with(|| (Arc::new(about(case)), tags(case)));
            let expect = case.expectation(rules);
            items.push(Item {
                suite: Suite::Reading,
                about: Arc::clone(about),
                variant: variant.clone(),
                level: expect.map(|expect| expect.level),
                tags: Arc::clone(tags),
                release: release(rules),
                face: None,
                since: case.since,
                task: expected(expect, rules)
                    .and_then(|expect| supported(&expect.needs, declaration).map(|()| expect))
                    .map(|expect| Task::Read { case, rules, expect }),
            });
        }
    }
    for &rules in &declaration.encodes {
        for case in cases.writing.iter().filter(|case| case.codec() == rules.codec()) {
            if !is_by(Suite::Writing, rules) {
                unchosen.push((case.id.clone(), rules.to_string()));
                continue;
            }
            let expect = case.expectation(rules);
            let is_written = case.expectations().iter().all(|expect| expect.outcome == WritingOutcome::Written);
            items.push(Item {
                suite: Suite::Writing,
                about: Arc::new(About {
                    id: case.id.clone(),
                    title: case.title.clone(),
                    rule: Some(case.rule.clone()),
                    source: case.source.clone(),
                    input: case.json.as_bytes()[..case.json.len().min(About::MAX_INPUT)].to_vec(),
                    length: case.json.len(),
                    holds: case
                        .value
                        .iter()
                        .filter(|_| is_written)
                        .flat_map(Tagged::kinds)
                        .map(str::to_owned)
                        .collect(),
                }),
                variant: rules.to_string(),
                level: expect.map(|expect| expect.level),
                tags: [rules.codec().name().to_owned(), case.rule.clone()].into(),
                release: release(rules),
                face: None,
                since: Some(case.since),
                task: expected(expect, rules)
                    .and_then(|expect| supported(&expect.needs, declaration).map(|()| expect))
                    .map(|expect| Task::Write { case, rules, expect }),
            });
        }
    }
    // Calls are judged by the specification.
    let is_by_the_specification = options.rules.is_empty() || options.rules.contains(&Codec::Xmlrpc.default_rules());
    let is_called = is_wanted(Suite::Calling) && is_by_the_specification;
    for over in Transport::ALL.iter().copied().filter(|over| declaration.calls_over.iter().any(|it| it == over.name()))
    {
        let cases = cases.calling.iter().filter(|case| over != Transport::Unix || !resets(case));
        if is_called {
            items.extend(cases.map(|case| calling_item(case, over, declaration)));
        } else {
            unchosen.extend(cases.map(|case| (case.id.clone(), over.variant().to_owned())));
        }
    }
    let operated = operating::questions(declaration, cases.laws, cases.failures);
    if is_wanted(Suite::Operating) && options.rules.is_empty() {
        items.extend(operated);
    } else {
        unchosen.extend(operated.into_iter().map(|item| (item.about.id.clone(), item.variant)));
    }
    Ok(Questions { items, unchosen })
}

/// Returns whether the server of a case resets the connection, which a Unix socket can't do once its request is read.
fn resets(case: &CallCase) -> bool {
    case.faults.iter().any(|fault| matches!(fault, mock_xend::Fault::Reset(_)))
}

fn calling_item<'c>(case: &'c CallCase, over: Transport, declaration: &Declaration) -> Item<Task<'c>> {
    Item {
        suite: Suite::Calling,
        about: Arc::new(About {
            id: case.id.clone(),
            title: case.title.clone(),
            rule: Some(case.rule.clone()),
            source: case.source.clone(),
            input: case.method.clone().into_bytes(),
            length: case.method.len(),
            holds: Vec::new(),
        }),
        variant: over.variant().to_owned(),
        level: Some(case.level),
        tags: ["http".to_owned(), case.rule.clone()].into(),
        release: None,
        face: None,
        since: Some(case.since),
        task: if over.is_built_in() {
            supported(&case.needs, declaration).map(|()| Task::Call { case, over })
        } else {
            let why = format!("this build of xend-harness can't serve over {over}: it lacks the feature `tls`");
            Err(Unasked { status: Status::Skipped, why })
        },
    }
}

/// Returns what is asked, in words: each suite with its rules.
fn asked(declaration: &Declaration, options: &Options) -> String {
    let by = |suite: Suite, rules: &[Rules]| {
        let rules: Vec<_> = rules_to_ask(rules, &options.rules)
            .into_iter()
            .map(|rules| format!("{} by {rules}", rules.codec()))
            .collect();
        (suite, (!rules.is_empty()).then(|| format!("{suite} ({})", rules.join(", "))))
    };
    let calls = !declaration.calls_over.is_empty();
    let operates = declaration.has(Suite::Operating) && options.rules.is_empty();
    let suites = [
        by(Suite::Reading, &declaration.decodes),
        by(Suite::Writing, &declaration.encodes),
        (Suite::Calling, calls.then(|| Suite::Calling.to_string())),
        (Suite::Operating, operates.then(|| Suite::Operating.to_string())),
    ];
    let chosen = &options.selection.suites;
    let suites: Vec<_> = suites
        .into_iter()
        .filter(|(suite, _)| chosen.is_empty() || chosen.contains(suite))
        .filter_map(|(_, words)| words)
        .collect();
    if suites.is_empty() { "nothing".to_owned() } else { suites.join(" and ") }
}

fn release(rules: Rules) -> Option<Release> {
    rules.to_string().strip_prefix("xend-").and_then(|name| name.parse().ok())
}

fn expected<E>(expect: Option<&E>, rules: Rules) -> Result<&E, Unasked> {
    let why = || format!("the case has no expectation for {rules}");
    expect.ok_or_else(|| Unasked { status: Status::Skipped, why: why() })
}

fn supported(needs: &[Feature], declaration: &Declaration) -> Result<(), Unasked> {
    match needs.iter().find(|feature| !declaration.features.contains(feature)) {
        None => Ok(()),
        Some(feature) => {
            let why = format!("the subject does not declare `{feature}`");
            Err(Unasked { status: Status::Unsupported, why })
        }
    }
}

fn about(case: &Case) -> About {
    let input = &case.input;
    About {
        id: case.id.clone(),
        title: case.title.clone(),
        rule: case.rule.clone(),
        source: case.source.clone(),
        input: input[..input.len().min(About::MAX_INPUT)].to_vec(),
        length: input.len(),
        holds: held(case),
    }
}

/// Returns the kinds of values that a subject shows that it can read if it passes a case.
fn held(case: &Case) -> Vec<String> {
    let mut kinds = BTreeSet::new();
    for permitted in case.expectations().iter().flat_map(|expect| &expect.permitted) {
        match &permitted.outcome {
            Outcome::Values(values) => kinds.extend(values.kinds()),
            _ => return Vec::new(),
        }
    }
    kinds.into_iter().map(str::to_owned).collect()
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
fn rules_to_ask(known: &[Rules], chosen: &[Rules]) -> Vec<Rules> {
    known.iter().copied().filter(|rules| chosen.is_empty() || chosen.contains(rules)).collect()
}

/// Checks that the subject declares some of the rules that the user chose, if the user chose any.
fn check_rules(declaration: &Declaration, chosen: &[Rules]) -> Result<(), Error> {
    let mut known = declaration.decodes.clone();
    known.extend(declaration.encodes.iter().filter(|rules| !declaration.decodes.contains(rules)));
    if !rules_to_ask(&known, chosen).is_empty() || chosen.is_empty() || known.is_empty() {
        return Ok(());
    }
    let name = |rules: &Rules| format!("{}: {rules}", rules.codec());
    let list = |rules: &[Rules]| rules.iter().map(name).collect::<Vec<_>>().join(", ");
    let (wanted, known) = (list(chosen), list(&known));
    Err(Error::Usage(format!("the subject declares none of the requested rules ({wanted}); it declares {known}")))
}

impl<'d> Examiner<Task<'d>> for SubjectExaminer<'_, 'd> {
    fn examine(&mut self, item: &Item<Task<'d>>, task: &Task<'d>) -> Result<Examined, Error> {
        let (declaration, is_strict, about) = (self.declaration, self.options.is_strict, Arc::clone(&item.about));
        match *task {
            Task::Read { case, rules, expect } => {
                let equality = equality(declaration, expect.ordered);
                let question =
                    Question { id: &case.id, ask: Ask::Read { rules, input: &case.input }, deadline: case.deadline };
                self.ask(item, &question, move |answer| {
                    Judgement { case, about: Arc::clone(&about), rules, expect, equality }.verdict(answer, is_strict)
                })
            }
            Task::Write { case, rules, expect } => {
                let equality = equality(declaration, false);
                let question = Question { id: &case.id, ask: Ask::Write { rules, value: &case.json }, deadline: None };
                let extensions = case.open_extensions(&declaration.features);
                self.ask(item, &question, move |answer| {
                    WritingJudgement {
                        case,
                        about: Arc::clone(&about),
                        rules,
                        expect,
                        equality,
                        extensions: extensions.clone(),
                    }
                    .verdict(answer, is_strict)
                })
            }
            Task::Call { case, over } => self.call(item, case, over),
            Task::Operate(ref asked) => self.operate(item, asked),
        }
    }

    fn finish(&mut self) -> Option<Verdict> {
        let report = self.subject.finish()?;
        self.last.take().map(|last| (last.judge)(report))
    }
}

/// Returns how the values of a subject are compared with those that are expected.
pub(super) fn equality(declaration: &Declaration, ordered: bool) -> Equality {
    let has = |feature: Feature| declaration.features.contains(&feature);
    Equality {
        ordered,
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
