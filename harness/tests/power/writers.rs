//! Broken writers against the cases of the suite `writing`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use xend_harness::case::{Rule, WritingCase};
use xend_harness::run::{self, Cases, Options};
use xend_harness::subject::{Answer, Ask, BuiltIn, Declaration, Question, Reply, Subject};
use xend_harness::{Codec, Error};

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

/// Returns the broken writers, each with the cases that catch it.
pub(crate) fn caught(cases: &[WritingCase]) -> Vec<(WriterMutant, BTreeSet<String>)> {
    let caught = |mutant: &WriterMutant| {
        let own = |rules: &xend_harness::Rules| {
            let name = rules.to_string();
            rules.codec().name() == mutant.codec && (rules.codec() == Codec::Xmlrpc || name == "strict")
        };
        let encodes = BuiltIn::new().declaration().encodes.iter().copied().filter(own).collect();
        let features = BuiltIn::new().declaration().features.clone();
        let declaration = Declaration { name: mutant.id.clone(), encodes, features, ..Declaration::default() };
        let options = Options { is_strict: true, ..Options::default() };
        let cases = Cases { writing: cases, ..Cases::default() };
        let run = run::judge(&mut Broken(mutant, declaration), cases, &options).expect("the cases are asked");
        run.verdicts.iter().filter(|it| it.is_unexpected).map(|it| it.id().to_owned()).collect()
    };
    mutants::writers().into_iter().map(|mutant| (caught(&mutant), mutant)).map(|(ids, mutant)| (mutant, ids)).collect()
}

#[test]
fn every_broken_writer_is_caught() {
    let cases = WritingCase::built_in().expect("the cases are well-formed");
    let rules: BTreeSet<_> =
        Rule::built_in().expect("the rules are well-formed").into_iter().map(|rule| rule.id).collect();
    let mut complaints = Vec::new();
    let (mut seen, mut by_case) = (BTreeSet::new(), BTreeMap::<_, usize>::new());
    let mut text = String::new();
    for (WriterMutant { id, codec, breaks, rule, permitted, .. }, caught) in caught(&cases) {
        if !seen.insert((codec.clone(), id.clone())) {
            complaints.push(format!("{codec} writer {id} stands twice"));
        }
        if !rules.contains(&rule) {
            complaints.push(format!("{codec} writer {id} breaks {rule}, which is no rule"));
        }
        if caught.is_empty() != permitted.is_some() {
            complaints.push(format!("{codec} writer {id} is caught by {} cases: {breaks}", caught.len()));
        }
        let first: Vec<_> = caught.iter().take(4).map(String::as_str).collect();
        let _ = writeln!(text, "{codec} writer {id:<40} {:>4}  {}", caught.len(), first.join(", "));
        caught.into_iter().for_each(|case| *by_case.entry(case).or_default() += 1);
    }
    if std::env::var_os("POWER").is_some() {
        let idle: Vec<_> = cases.iter().filter(|case| !by_case.contains_key(&case.id)).map(|case| &*case.id).collect();
        println!("{text}\ncases of writers that catch no mutant: {}", idle.join(", "));
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}
