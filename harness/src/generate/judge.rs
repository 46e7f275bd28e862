//! A run of generated questions.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::against;
use super::choices::Choices;
use super::question::{Family, Kind, Question};
use super::shrink::{Failing, smallest};
use super::token::{Generated, Token};
use crate::run::{Cases, Options, Run, Watch, ask_one, judge_with};
use crate::subject::Subject;
use crate::suite::Suite;
use crate::verdict::{About, Status, Verdict};
use crate::{Codec, Error, Rules};

/// How many failures are made small. The rest are counted.
const SHRUNK: usize = 12;

/// How often a subject is asked to make one failure small.
const MOST: usize = 3_000;

/// How often, if each question takes a server and a connection.
const MOST_CALLS: usize = 300;

/// Asks subjects generated questions, makes failures small, and returns the verdicts.
///
/// `codecs` are those that may be asked. If another subject is given as `against`, what that does with a document or a
/// reply is right, whatever it is, so the verdicts tell where the two differ; what it does not answer is not asked. A verdict on a failure that was made small is about the
/// smallest document, and has the case file of that document in its [evidence](crate::Evidence).
///
/// # Errors
/// As for [`judge_with`].
pub fn judge(
    subjects: &mut [&mut dyn Subject],
    generated: &Generated,
    codecs: &[Codec],
    mut against: Option<&mut dyn Subject>,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Run, Error> {
    if let Some(other) = &mut against {
        other.start()?.map_err(|report| Error::Usage(format!("the other command: {}", report.fault.status().1)))?;
    }
    let mut options = options.clone();
    if options.rules.is_empty() {
        // Only these rules settle what is right.
        options.rules = Codec::ALL.iter().flat_map(|&codec| rules(codec)).collect();
    }
    let options = &options;
    let asked: Vec<Asked> = match *generated {
        Generated::One(token @ Token { family: Family::Asked(kind), .. }) => {
            if !kinds(subjects, codecs, against.as_deref(), options)?.contains(&kind) {
                let needed = match kind.suite() {
                    Suite::Calling => "calls_over",
                    Suite::Writing => "encodes",
                    _ => "decodes",
                };
                return Err(Error::Usage(format!(
                    "{token} asks for what the subject does not declare as `{needed}`, or the options leave it out"
                )));
            }
            vec![Asked { kind, token }]
        }
        Generated::One(token) => {
            return Err(Error::Usage(format!("{token} is a question for a server, and no address of one is given")));
        }
        Generated::Many { count, seed } => {
            let kinds = kinds(subjects, codecs, against.as_deref(), options)?;
            let turn = |(&kind, number): (&Kind, u64)| {
                let token = Token { family: Family::Asked(kind), index: number / kinds.len() as u64, seed };
                Asked { kind, token }
            };
            kinds.iter().cycle().zip(0..count).map(turn).collect()
        }
    };
    if asked.is_empty() {
        let rules: Vec<_> = Codec::ALL.iter().flat_map(|&codec| rules(codec)).map(|rules| rules.to_string()).collect();
        let rules = rules.join(", ");
        return Err(Error::Usage(format!(
            "nothing is generated for what the subject declares and the options choose, only documents to read and values to write by the rules {rules}, and replies to calls"
        )));
    }
    let (mut reading, mut writing, mut calling, mut unanswered) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for asked in &asked {
        match against::asked(&mut against, asked.made(&mut asked.token.choices()))? {
            Some(Question::Read(case)) => reading.push(case),
            Some(Question::Write(case)) => writing.push(case),
            Some(Question::Call(case, _)) => calling.push(case),
            None => unanswered += 1,
        }
    }
    let cases = Cases { reading: &reading, writing: &writing, calling: &calling, ..Cases::default() };
    let mut run = judge_with(subjects, cases, options, watch)?;
    if let (Some(other), 1..) = (&against, unanswered) {
        let name = &other.declaration().name;
        run.notes.push(format!("{unanswered} of {} are not asked, since {name} does not answer them", asked.len()));
    }
    if run.interrupted.is_none()
        && let Some(subject) = subjects.first_mut()
    {
        let of_id: BTreeMap<_, _> = asked.iter().map(|asked| (asked.token.id(), *asked)).collect();
        let against = against.map(|other| -> &mut dyn Subject { other });
        Shrinking { subject: &mut **subject, against, options, of_id }.run(&mut run)?;
    }
    Ok(run)
}

/// The rules of a codec that questions are generated for.
fn rules(codec: Codec) -> Vec<Rules> {
    let first = Kind::ALL.iter().find(|kind| kind.codec() == codec);
    first.map(|kind| kind.rules()).unwrap_or_default()
}

/// What the subject can be asked.
fn kinds(
    subjects: &mut [&mut dyn Subject],
    codecs: &[Codec],
    against: Option<&dyn Subject>,
    options: &Options,
) -> Result<Vec<Kind>, Error> {
    let Some(first) = subjects.first_mut() else { return Ok(Vec::new()) };
    // If the start fails, the run says so.
    let Ok(()) = first.start()? else { return Ok(Kind::ALL.to_vec()) };
    let declaration = first.declaration().clone();
    first.finish();
    let suites = &options.selection.suites;
    let is_asked = |kind: &&Kind| {
        let declares = |rules: &Rules| match kind.suite() {
            Suite::Calling => !declaration.calls_over.is_empty(),
            Suite::Writing => declaration.encodes.contains(rules),
            _ => declaration.decodes.contains(rules),
        };
        let is_other = |it: &dyn Subject| match kind.suite() {
            Suite::Reading => !reads(it, **kind),
            Suite::Calling => against::transport(it).is_none(),
            // What two writers write may differ in a thousand ways.
            _ => true,
        };
        codecs.contains(&kind.codec())
            && !against.is_some_and(is_other)
            && (suites.is_empty() || suites.contains(&kind.suite()))
            && kind.rules().iter().any(|rules| declares(rules) && options.rules.contains(rules))
    };
    Ok(Kind::ALL.iter().filter(is_asked).copied().collect())
}

/// Whether a subject reads documents of that kind.
fn reads(subject: &dyn Subject, kind: Kind) -> bool {
    kind.rules().iter().any(|rules| subject.declaration().decodes.contains(rules))
}

/// A question and its token.
#[derive(Clone, Copy, Debug)]
struct Asked {
    kind: Kind,
    token: Token,
}

impl Asked {
    fn made(self, choices: &mut Choices<'_>) -> Question {
        self.kind.question(&self.token.id(), choices)
    }
}

struct Shrinking<'s, 'o> {
    subject: &'s mut dyn Subject,
    against: Option<&'s mut dyn Subject>,
    options: &'o Options,
    of_id: BTreeMap<String, Asked>,
}

/// What two verdicts have in common if one cause is behind both.
fn symptom(verdict: &Verdict) -> (Status, &str) {
    let why = if matches!(verdict.status, Status::Fail | Status::WrongValue) { &*verdict.why } else { "" };
    (verdict.status, why)
}

impl Shrinking<'_, '_> {
    /// Makes failures small: those that show different rules first, and short documents before long ones.
    fn run(&mut self, run: &mut Run) -> Result<(), Error> {
        let mut kinds: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        let mut order: Vec<_> = (0..run.verdicts.len()).filter(|&at| self.is_ours(&run.verdicts[at])).collect();
        order.sort_by_key(|&at| (run.verdicts[at].about.length, at));
        for &at in &order {
            let verdict = &run.verdicts[at];
            kinds.entry((verdict.status, verdict.about.rule.clone())).or_default().push(at);
        }
        order.sort_by_cached_key(|&at| {
            let verdict = &run.verdicts[at];
            let of_kind = &kinds[&(verdict.status, verdict.about.rule.clone())];
            (of_kind.iter().position(|&it| it == at), verdict.about.length, at)
        });
        let mut asked = HashSet::new();
        for at in order {
            let one = self.of_id[&*run.verdicts[at].about.id];
            let id = one.token.id();
            if asked.len() == SHRUNK || !asked.insert(id.clone()) {
                continue;
            }
            let shrunk = self.shrunk(one, &run.verdicts[at])?;
            // The same document is asked by the other rules that the question failed by.
            for verdict in run.verdicts.iter_mut().filter(|it| it.is_failing() && it.about.id == id) {
                if let Some(found) = self.ask(&shrunk, &verdict.variant)?
                    && symptom(&found) == symptom(verdict)
                {
                    *verdict = told(found, &shrunk, one.token);
                }
            }
        }
        // What stays long shows many rules at once.
        for verdict in run.verdicts.iter_mut().filter(|it| it.is_failing() && self.of_id.contains_key(&it.about.id)) {
            let token = self.of_id[&verdict.about.id].token;
            if !asked.contains(&token.id()) {
                let title = format!("{} (not made small; --repeat {token} makes it small)", verdict.about.title);
                verdict.about = Arc::new(About { rule: None, title, ..About::clone(&verdict.about) });
            }
            if let Some(evidence) = &mut verdict.evidence {
                evidence.repeat = self.options.repeat_by(&["--repeat", &token.to_string()]);
            }
            if let Some(other) = &self.against {
                against::tell_of_both(verdict, &other.declaration().name);
            }
        }
        Ok(())
    }

    fn is_ours(&self, verdict: &Verdict) -> bool {
        verdict.is_failing() && self.of_id.contains_key(&verdict.about.id)
    }

    fn ask(&mut self, question: &Question, variant: &str) -> Result<Option<Verdict>, Error> {
        ask_one(self.subject, question.cases(), variant, self.options)
    }

    /// Returns the smallest question that the subject fails as it fails this one.
    fn shrunk(&mut self, one: Asked, verdict: &Verdict) -> Result<Question, Error> {
        let mut choices = one.token.choices();
        let first = one.made(&mut choices);
        let failing = Failing { size: first.size(), drawn: choices.into_drawn() };
        let mut seen = HashSet::new();
        let most = if one.kind.suite() == Suite::Calling { MOST_CALLS } else { MOST };
        let found = smallest(failing, most, |numbers| {
            let mut choices = Choices::given(numbers);
            let Some(question) = against::asked(&mut self.against, one.made(&mut choices))? else { return Ok(None) };
            // A document that breaks another rule would have another cause.
            let is_other = one.kind.is_broken() && question.rule() != first.rule();
            if is_other || !seen.insert((question.input().into_owned(), question.rule().map(str::to_owned))) {
                return Ok(None);
            }
            let failing = Failing { size: question.size(), drawn: choices.into_drawn() };
            let found = self.ask(&question, &verdict.variant)?;
            Ok::<_, Error>(found.filter(|found| symptom(found) == symptom(verdict)).map(|_| failing))
        })?;
        let smallest = || one.made(&mut Choices::given(&found.drawn.numbers));
        // The other subject has answered it before, and may have died since.
        Ok(against::asked(&mut self.against, smallest())?.unwrap_or_else(smallest))
    }
}

/// The verdict on a question that was made small.
fn told(mut verdict: Verdict, question: &Question, token: Token) -> Verdict {
    if let Some(evidence) = &mut verdict.evidence {
        evidence.case = question.to_file(&token.to_string().replace('/', "-")).unwrap_or_default();
    }
    verdict
}

impl Verdict {
    fn is_failing(&self) -> bool {
        self.status.is_failure()
    }
}
