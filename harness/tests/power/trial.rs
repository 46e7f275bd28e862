//! Readers asked all cases.

use std::sync::LazyLock;
use std::thread;

use xend_harness::case::{Expect, Outcome};
use xend_harness::{Case, Codec, Equality, Rules, Tagged};

use crate::lax::{Faults, Notes, Refused, sexpr, xmlrpc};
use crate::mutants::Mutant;

/// The most bytes of a document that is read by every mutant that it could catch.
const LONG: usize = 20_000;

/// The most bytes of a document that is read at all: what longer ones ask is asked by shorter ones, too.
const LONGEST: usize = 2_000_000;

/// Deep documents are read by recursion here.
const STACK: usize = 256 << 20;

/// All cases.
pub(crate) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| Case::built_in().expect("the cases are well-formed"));

static SEXPR: LazyLock<Vec<Question<'static>>> = LazyLock::new(|| Question::all(Codec::Sexpr));
static XMLRPC: LazyLock<Vec<Question<'static>>> = LazyLock::new(|| Question::all(Codec::Xmlrpc));

/// What the readers of a codec are asked: by the specification and by it with the extensions, or by the strict rules.
pub(crate) fn questions(codec: Codec) -> &'static [Question<'static>] {
    match codec {
        Codec::Sexpr => &SEXPR,
        Codec::Xmlrpc => &XMLRPC,
    }
}

/// A case by one set of rules, and what the reader without faults makes of it.
pub(crate) struct Question<'c> {
    pub(crate) case: &'c Case,
    expect: &'c Expect,
    is_extended: bool,
    right: Result<String, Refused>,
    notes: Notes,
}

impl Question<'_> {
    fn all(codec: Codec) -> Vec<Question<'static>> {
        let names = match codec {
            Codec::Sexpr => ["strict"].as_slice(),
            Codec::Xmlrpc => ["spec", "extended"].as_slice(),
        };
        let rules: Vec<_> = names.iter().map(|name| only(codec, name)).collect();
        let mut questions = Vec::new();
        for case in CASES.iter().filter(|case| case.codec() == codec && case.input.len() <= LONGEST) {
            let mut asked: Option<&'static Expect> = None;
            for (at, rules) in rules.iter().enumerate() {
                let Some(expect) = case.expectation(*rules) else { continue };
                // What is expected by both sets of rules alike is asked once.
                if !asked.is_some_and(|asked| std::ptr::eq(asked, expect)) {
                    asked = Some(expect);
                    questions.push(Question {
                        case,
                        expect,
                        is_extended: at > 0,
                        right: Err(Refused),
                        notes: Notes::default(),
                    });
                }
            }
        }
        on_a_large_stack(|| {
            for question in &mut questions {
                question.right = question.ask(Faults::none(&question.notes));
            }
        });
        questions
    }

    fn ask(&self, faults: Faults<'_>) -> Result<String, Refused> {
        match self.case.codec() {
            Codec::Sexpr => sexpr::read(&self.case.input, faults),
            Codec::Xmlrpc => xmlrpc::read(&self.case.input, self.is_extended, faults),
        }
    }

    /// Whether the answer is one of those that the case permits.
    fn permits(&self, answer: &Result<String, Refused>) -> bool {
        let mut outcomes = self.expect.permitted.iter().map(|permitted| &permitted.outcome);
        let Ok(json) = answer else { return outcomes.any(|outcome| matches!(outcome, Outcome::Reject(_))) };
        let values =
            Tagged::from_json(json.as_bytes(), self.case.codec()).unwrap_or_else(|why| panic!("{why}: {json}"));
        let equality = Equality { ordered: self.expect.ordered, ..Equality::default() };
        outcomes.any(|outcome| match outcome.values() {
            Some(wanted) => values.difference(wanted, equality).is_none(),
            None => matches!(outcome, Outcome::Accept),
        })
    }

    fn length(&self) -> usize {
        self.case.input.len()
    }

    /// What is wrong with the reader without faults, if anything is.
    pub(crate) fn mistake(&self) -> Option<String> {
        (!self.permits(&self.right)).then(|| {
            let by = if self.is_extended { "extended" } else { "the first rules" };
            format!("{} by {by}: {:?}", self.case.id, self.right)
        })
    }
}

/// The rules of that name.
fn only(codec: Codec, name: &str) -> Rules {
    codec.rules().into_iter().find(|rules| rules.to_string() == name).expect("rules of that name")
}

/// The cases that a reader with these faults fails, by their place among the questions. Long documents are asked only
/// where no short one shows a fault that has to do with length.
pub(crate) fn failed(questions: &[Question<'_>], mutants: &[&Mutant]) -> Vec<usize> {
    let fails = |&at: &usize| {
        let question: &Question<'_> = &questions[at];
        // No other fault could show.
        mutants.iter().any(|mutant| question.notes.concern(mutant)) && {
            let answer = question.ask(Faults::of(mutants));
            answer != question.right && !question.permits(&answer)
        }
    };
    let (short, mut long): (Vec<_>, Vec<_>) = (0..questions.len()).partition(|&at| questions[at].length() <= LONG);
    let failed: Vec<_> = short.into_iter().filter(fails).collect();
    if !failed.is_empty() || !mutants.iter().any(|mutant| mutant.is_about_length()) {
        return failed;
    }
    long.sort_by_key(|&at| questions[at].length());
    long.into_iter().find(fails).into_iter().collect()
}

/// Which questions catch which mutant, in the order of the mutants.
pub(crate) fn catches(questions: &[Question<'_>], mutants: &[Mutant]) -> Vec<Vec<usize>> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = mutants.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        let run = |mutants| {
            move || {
                let each = |mutant| failed(questions, &[mutant]);
                <[Mutant]>::iter(mutants).map(each).collect::<Vec<_>>()
            }
        };
        let spawn = |mutants| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run(mutants));
        let running: Vec<_> = mutants.chunks(share).map(|share| spawn(share).expect("a thread")).collect();
        running.into_iter().flat_map(|thread| thread.join().expect("no reader panics")).collect()
    })
}

fn on_a_large_stack(work: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).expect("a thread");
        thread.join().expect("no reader panics");
    });
}
