//! Broken writers against the cases of the suite `writing`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use xend_harness::case::{Rule, WritingCase};
use xend_harness::run::{self, Cases, Options};
use xend_harness::subject::{Answer, Ask, BuiltIn, Declaration, Question, Reply, Subject};
use xend_harness::{Codec, Error, Rules};

use crate::callers::at_once;
use crate::mutants::{self, WriterMutant};
use crate::writer::write;

/// A broken writer as a subject.
struct Broken<'m>(&'m WriterMutant, Declaration);

impl Subject for Broken<'_> {
    fn declaration(&self) -> &Declaration {
        &self.1
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let answer = match question.ask {
            Ask::Write { rules, value } => write(self.0, rules, value),
            _ => Answer::Unsupported("only writes".to_owned()),
        };
        Ok(Reply { answer: Ok(answer), stderr: String::new(), previous_fault: None })
    }
}

/// The cases of the suite `writing`.
pub(crate) static CASES: LazyLock<Vec<WritingCase>> =
    LazyLock::new(|| WritingCase::built_in().expect("the cases are well-formed"));

/// The broken writers, each with the cases that catch it.
pub(crate) static CAUGHT: LazyLock<Vec<(WriterMutant, BTreeSet<String>)>> = LazyLock::new(|| {
    let mutants = mutants::writers();
    let caught = at_once(&mutants, caught);
    mutants.into_iter().zip(caught).collect()
});

/// The rules that a writer of a codec is asked to write by.
fn rules(mutant: &WriterMutant) -> Vec<Rules> {
    let own = |rules: &Rules| {
        rules.codec().name() == mutant.codec && (rules.codec() == Codec::Xmlrpc || rules.to_string() == "strict")
    };
    BuiltIn::new().declaration().encodes.iter().copied().filter(own).collect()
}

/// Returns the cases that catch a broken writer.
fn caught(mutant: &WriterMutant) -> BTreeSet<String> {
    let encodes = rules(mutant);
    // The built-in writer passes every case, so that only another answer than its own can be wrong.
    let differs = |case: &&WritingCase| {
        let of_codec = encodes.iter().filter(|rules| rules.codec() == case.codec());
        of_codec.into_iter().any(|&rules| {
            let ask = Ask::Write { rules, value: &case.json };
            write(mutant, rules, &case.json) != BuiltIn::answer(&ask)
        })
    };
    let cases: Vec<_> = CASES.iter().filter(differs).cloned().collect();
    if cases.is_empty() {
        return BTreeSet::new();
    }
    let features = BuiltIn::new().declaration().features.clone();
    let declaration = Declaration { name: mutant.id.clone(), encodes, features, ..Declaration::default() };
    let options = Options { is_strict: true, ..Options::default() };
    let cases = Cases { writing: &cases, ..Cases::default() };
    let run = run::judge(&mut Broken(mutant, declaration), cases, &options).expect("the cases are asked");
    run.verdicts.iter().filter(|it| it.is_unexpected).map(|it| it.id().to_owned()).collect()
}

#[test]
#[ignore = "takes long: run by make power"]
fn every_broken_writer_is_caught() {
    let rules: BTreeSet<_> =
        Rule::built_in().expect("the rules are well-formed").into_iter().map(|rule| rule.id).collect();
    let mut complaints = Vec::new();
    let (mut seen, mut by_case) = (BTreeSet::new(), BTreeMap::<_, usize>::new());
    let mut text = String::new();
    for (WriterMutant { id, codec, breaks, rule, permitted, .. }, caught) in &*CAUGHT {
        if !seen.insert((codec.clone(), id.clone())) {
            complaints.push(format!("{codec} writer {id} stands twice"));
        }
        if !rules.contains(rule) {
            complaints.push(format!("{codec} writer {id} breaks {rule}, which is no rule"));
        }
        if caught.is_empty() != permitted.is_some() {
            complaints.push(format!("{codec} writer {id} is caught by {} cases: {breaks}", caught.len()));
        }
        let first: Vec<_> = caught.iter().take(4).map(String::as_str).collect();
        let _ = writeln!(text, "{codec} writer {id:<40} {:>4}  {}", caught.len(), first.join(", "));
        caught.iter().for_each(|case| *by_case.entry(case).or_default() += 1);
    }
    if std::env::var_os("POWER").is_some() {
        let idle: Vec<_> = CASES.iter().filter(|case| !by_case.contains_key(&case.id)).map(|case| &*case.id).collect();
        println!("{text}\ncases of writers that catch no mutant: {}", idle.join(", "));
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
