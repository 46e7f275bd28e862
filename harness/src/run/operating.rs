//! The suite `operating`: laws and failures, asked of a subject that operates a Xend or an engine of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use xend_wire::Release;
use xend_wire::operation::{DESTROY, Operation, UNDEFINE};

use super::conduct::Examined;
use super::examiner::{SubjectExaminer, Task};
use super::item::{Item, Unasked};
use crate::Error;
use crate::law::{Broken, Came, Law, Names, Step, judge, wanted};
use crate::operating::{Failure, OperateJudgement, Operating, Target, got};
use crate::subject::{Answer, Ask, Declaration, Fault, Operated, Operator, Question, Reply, Told};
use crate::suite::Suite;
use crate::verdict::{About, Direction, Evidence, Status, Verdict, without_port};

/// The kernel in the configurations of domains that laws make. The mocks have it.
const KERNEL: &str = "/boot/vmlinuz";
/// The variant of a question to an engine.
const ENGINE: &str = "engine";
/// The tags of laws, and of those that hold any engine.
const LAW: &str = "law";
const COMMON: &str = "common";
/// How far the clock of a mock goes on, or how long an engine has, before a step that may take time is repeated.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_OF_AN_ENGINE: Duration = Duration::from_millis(100);
/// How long an engine may take until what a step expects holds. A guest that obeys needs less.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an operation of a law may take.
const DEADLINE: Duration = Duration::from_secs(4);

/// Returns the variants of all questions that any subject may be asked.
pub(super) fn variants() -> Vec<String> {
    let operator = Operator::everything();
    let targets = Target::all(&operator.releases, &operator.schemes).map(|target| target.variant());
    targets.chain([ENGINE.to_owned()]).collect()
}

/// Returns all questions that a subject can be asked.
pub(super) fn questions<'c>(
    declaration: &Declaration,
    laws: &'c [Law],
    failures: &'c [Failure],
) -> Vec<Item<Task<'c>>> {
    let mut items = Vec::new();
    for (number, law) in laws.iter().enumerate() {
        let steps: Vec<_> = law.steps.iter().map(|step| step.operation.name()).collect();
        let about = Arc::new(about(&law.id, &law.title, None, &law.source, &steps.join("\n")));
        let mut item = |target: Option<Target>, unasked: Option<Unasked>| {
            items.push(Item {
                suite: Suite::Operating,
                about: Arc::clone(&about),
                variant: target.as_ref().map_or_else(|| ENGINE.to_owned(), Target::variant),
                level: None,
                tags: if law.is_common { [LAW, COMMON].map(str::to_owned).into() } else { [LAW.to_owned()].into() },
                release: target.as_ref().map(|target| target.release),
                face: target.as_ref().map(|target| target.face),
                since: None,
                task: unasked.map_or_else(|| Ok(Task::Operate(Operating::Law { law, number, target })), Err),
            });
        };
        if let Some(operator) = &declaration.operates {
            for target in Target::all(&operator.releases, &operator.schemes) {
                let unasked = why_not(law, &target, &operator.operations);
                item(Some(target), unasked);
            }
        }
        if let Some(engine) = &declaration.engine
            && law.is_common
        {
            item(None, lacking(law, &engine.operations));
        }
    }
    let Some(operator) = &declaration.operates else { return items };
    for failure in failures {
        let Failure { id, title, rule, source, since, operation, .. } = failure;
        let about = Arc::new(about(id, title, Some(rule), source, operation.name()));
        let tags: Arc<[String]> = [rule.clone()].into();
        items.extend(failure.targets(operator).into_iter().map(|target| Item {
            suite: Suite::Operating,
            about: Arc::clone(&about),
            variant: target.variant(),
            level: Some(crate::case::Level::Must),
            tags: Arc::clone(&tags),
            release: Some(target.release),
            face: Some(target.face),
            since: Some(*since),
            task: Ok(Task::Operate(Operating::Failure { failure, target })),
        }));
    }
    items
}

fn about(id: &str, title: &str, rule: Option<&String>, source: &str, input: &str) -> About {
    About {
        id: id.to_owned(),
        title: title.to_owned(),
        rule: rule.cloned(),
        source: source.to_owned(),
        input: input.as_bytes().to_vec(),
        length: input.len(),
        holds: Vec::new(),
    }
}

/// Returns why a law is not tried at a target; `None` if it is.
fn why_not(law: &Law, target: &Target, operations: &[Operation]) -> Option<Unasked> {
    let Target { release, face, .. } = target;
    let skipped = |why: String| Some(Unasked { status: Status::Skipped, why });
    if !law.faces.contains(face) {
        return skipped(format!("the law does not hold for the face {face}"));
    }
    if !law.releases.contains(release) {
        return skipped(format!("the law does not hold for {release}"));
    }
    if !law.steps.iter().all(Step::is_told_by_operators) {
        return skipped("the law looks at what only a server tells".to_owned());
    }
    let is_there = |step: &Step| match step.takes_one_request {
        true => step.operation.takes_one_request(*face, *release),
        false => step.operation.is_supported(*face, *release),
    };
    match law.steps.iter().find(|step| !is_there(step)) {
        Some(step) => skipped(format!("the {face} face of {release} has no `{}` of its own", step.operation)),
        None => lacking(law, operations),
    }
}

/// Returns that a law needs an operation that the subject does not declare; `None` if it declares all.
fn lacking(law: &Law, operations: &[Operation]) -> Option<Unasked> {
    let missing = law.steps.iter().find(|step| !operations.contains(&step.operation))?;
    let why = format!("the subject does not declare `{}`", missing.operation);
    Some(Unasked { status: Status::Unsupported, why })
}

impl<'d> SubjectExaminer<'_, 'd> {
    /// Asks a question of the suite.
    pub(super) fn operate(&mut self, item: &Item<Task<'d>>, asked: &Operating<'d>) -> Result<Examined, Error> {
        match asked {
            Operating::Law { law, number, target } => self.law(item, law, *number, target.as_ref()),
            Operating::Failure { failure, target } => self.failure(item, failure, target),
        }
    }

    fn failure(&mut self, item: &Item<Task<'d>>, failure: &'d Failure, target: &Target) -> Result<Examined, Error> {
        let arguments = failure.arguments(target.face);
        let scenario = failure.scenario(target.face);
        let mock = match &scenario {
            Some(scenario) => Some(self.mocks.at(target, Some(scenario))?),
            None => None,
        };
        let uri = mock.map_or_else(|| Some(target.nobody()), |mock| mock.uri(target.face)).unwrap_or_default();
        let daemon = mock.map(|mock| mock.daemon().clone());
        let ask = Ask::Operate {
            xend: Some((&uri, target.release)),
            operation: failure.operation,
            arguments: &arguments,
            deadline: failure.deadline,
        };
        let begin = Instant::now();
        let Reply { answer, stderr, previous_fault } =
            self.subject.ask(&Question { id: &item.about.id, ask, deadline: None })?;
        let elapsed = begin.elapsed();
        let previous = previous_fault.and_then(|report| self.last.take().map(|last| (last.judge)(report)));
        let exchanges = daemon.iter().flat_map(|daemon| {
            let journal = daemon.journal();
            let both = |it: &mock_xend::Exchange| {
                [(Direction::Received, without_port(&it.request)), (Direction::Sent, it.reply.clone())]
            };
            journal.exchanges().flat_map(both).collect::<Vec<_>>()
        });
        let words: String = arguments.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        let judgement = OperateJudgement {
            failure,
            about: Arc::clone(&item.about),
            variant: item.variant.clone(),
            codes: self.declaration.operates.as_ref().is_some_and(|operator| operator.codes),
            asked: format!("{} over {}{words}", failure.operation, item.variant),
            exchange: exchanges.filter(|(_, bytes)| !bytes.is_empty()).collect(),
            findings: daemon.map(|daemon| daemon.report().findings().to_vec()).unwrap_or_default(),
        };
        let judge = move |answer: &Result<Answer, Fault>| judgement.verdict(answer);
        Ok(Examined { verdict: Verdict { elapsed, ..self.judged(item, judge, &answer, stderr) }, previous })
    }

    fn law(
        &mut self,
        item: &Item<Task<'d>>,
        law: &'d Law,
        number: usize,
        target: Option<&Target>,
    ) -> Result<Examined, Error> {
        let mut trial =
            Trial { names: Names::new(number, 0, KERNEL), target, asked: 0, previous: None, stderr: String::new() };
        let begin = Instant::now();
        if let Some(target) = target {
            self.mocks.at(target, None)?;
        }
        let broken = self.steps(item, law, &mut trial)?;
        if target.is_none() {
            self.clean_up(item, &mut trial)?;
        }
        let elapsed = begin.elapsed();
        let Trial { previous, stderr, names, .. } = trial;
        let (last, answer) = match broken {
            None => (None, Ok(Answer::Operated(Operated::Done(Told::default())))),
            Some(Breach { broken, step, answer }) => (Some((broken, step)), answer),
        };
        let passed = item.verdict(Status::Pass);
        let (of_last, names) = (law.steps.last(), names);
        let judge = move |answer: &Result<Answer, Fault>| {
            let broken = match (&last, answer, of_last) {
                (Some((broken, text)), ..) => (broken.clone(), text.clone()),
                (None, Err(fault), Some(step)) => {
                    let (status, why) = fault.status();
                    let wanted = wanted(&step.expected, &names);
                    (Broken { status, why, got: got(answer), wanted }, step.operation.name().to_owned())
                }
                (None, ..) => return passed.clone(),
            };
            let (Broken { status, why, got, wanted }, text) = broken;
            let evidence = || Box::new(Evidence { input: format!("  | {text}\n"), got, wanted, ..Evidence::default() });
            Verdict {
                evidence: status.is_failure().then(evidence),
                is_unexpected: status.is_failure() || status == Status::HarnessError,
                status,
                why,
                ..passed.clone()
            }
        };
        Ok(Examined { verdict: Verdict { elapsed, ..self.judged(item, judge, &answer, stderr) }, previous })
    }

    /// Does the steps of a law. Returns the first that breaks it.
    fn steps(&mut self, item: &Item<Task<'d>>, law: &Law, trial: &mut Trial<'_>) -> Result<Option<Breach>, Error> {
        for (number, step) in law.steps.iter().enumerate() {
            let arguments = match trial.target {
                Some(_) => trial.names.arguments_for_xend(step, number),
                None => trial.names.arguments(step),
            };
            let mut waited = Duration::ZERO;
            loop {
                let answer = self.step(item, step.operation, &arguments, trial)?;
                let broken = match judge(&step.expected, &trial.names, came(&answer)) {
                    Ok(()) => break,
                    Err(broken) => broken,
                };
                let within = if trial.target.is_some() { step.within } else { step.within.min(PATIENCE) };
                if broken.status != Status::Fail || waited >= within {
                    return Ok(Some(Breach { broken, step: step.text(&item.variant, &arguments), answer }));
                }
                waited += match trial.target {
                    Some(target) => {
                        self.mocks.started(target).advance(PAUSE);
                        PAUSE
                    }
                    None => {
                        std::thread::sleep(PAUSE_OF_AN_ENGINE);
                        PAUSE_OF_AN_ENGINE
                    }
                };
            }
        }
        Ok(None)
    }

    /// Asks for one operation.
    fn step(
        &mut self,
        item: &Item<Task<'d>>,
        operation: Operation,
        arguments: &[(String, String)],
        trial: &mut Trial<'_>,
    ) -> Result<Result<Answer, Fault>, Error> {
        trial.asked += 1;
        let uri = trial.target.map(|target| (self.mocks.uri(target), target.release));
        let xend: Option<(&str, Release)> = uri.as_ref().map(|(uri, release)| (&**uri, *release));
        let ask = Ask::Operate { xend, operation, arguments, deadline: DEADLINE };
        // No two questions in a row have the same id: then the id of a second answer shows to which it belongs.
        let id = format!("{}#{}", item.about.id, trial.asked);
        let Reply { answer, stderr, previous_fault } = self.subject.ask(&Question { id: &id, ask, deadline: None })?;
        trial.stderr += &stderr;
        match previous_fault {
            Some(report) if trial.asked == 1 => {
                trial.previous = self.last.take().map(|last| (last.judge)(report));
                Ok(answer)
            }
            // The answer to the step before was wrong, which makes all that follows worthless.
            Some(report) => Ok(Err(report.fault)),
            None => Ok(answer),
        }
    }

    /// Removes the domains that a law may have made with an engine. Most of them do not exist any more, which is no
    /// failure.
    fn clean_up(&mut self, item: &Item<Task<'d>>, trial: &mut Trial<'_>) -> Result<(), Error> {
        let has = |operation: &Operation| {
            self.declaration.engine.as_ref().is_some_and(|engine| engine.operations.contains(operation))
        };
        let operations: Vec<_> = [DESTROY, UNDEFINE].into_iter().filter(has).collect();
        for domain in trial.names.domains() {
            for &operation in &operations {
                let arguments = [("domain".to_owned(), domain.clone())];
                if self.step(item, operation, &arguments, trial)?.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// A step that breaks a law, as a text, and the answer to it.
struct Breach {
    broken: Broken,
    step: String,
    answer: Result<Answer, Fault>,
}

/// What goes on while a law is tried.
struct Trial<'t> {
    names: Names,
    target: Option<&'t Target>,
    /// How often the subject was asked.
    asked: usize,
    /// Another verdict on the question before.
    previous: Option<Verdict>,
    /// What the subject wrote to standard error.
    stderr: String,
}

/// Says what came of an operation that a subject was asked for.
fn came(answer: &Result<Answer, Fault>) -> Came {
    match answer {
        Ok(Answer::Operated(Operated::Done(told))) => Came::Done(told.clone()),
        Ok(Answer::Operated(Operated::Failed { code, message })) => {
            Came::Refused { code: *code, said: code.map(|code| format!("{code}: ")).unwrap_or_default() + message }
        }
        Ok(Answer::Operated(Operated::Unknown(why))) => Came::Lost {
            status: Status::Fail,
            why: "the subject does not know what came of the operation".to_owned(),
            said: why.clone(),
        },
        Ok(Answer::Unsupported(why)) => Came::Unsupported(format!("the subject says: {why}")),
        Ok(_) => Came::Lost {
            status: Status::InvalidAnswer,
            why: "the answer is none to an operation".to_owned(),
            said: String::new(),
        },
        Err(fault) => {
            let (status, why) = fault.status();
            Came::Lost { status, why, said: got(answer) }
        }
    }
}
