//! Generated questions against readers with one fault each.

use xend_harness::generate::{self, Generated, Token};
use xend_harness::run::{Options, Run, Selection};
use xend_harness::subject::{Answer, Ask, BuiltIn, Declaration, Question, Reply, Subject};
use xend_harness::{Codec, Error, Feature, Suite, Tagged};

use crate::lax::{Faults, sexpr, xmlrpc};
use crate::mutants::Mutant;

/// A lax reader as a subject.
struct Reader {
    declaration: Declaration,
    faults: Vec<Mutant>,
}

impl Reader {
    fn new(codec: Codec, faults: Vec<Mutant>) -> Self {
        let declaration = Declaration {
            name: "a lax reader".to_owned(),
            decodes: vec![codec.default_rules()],
            features: Feature::ALL.iter().filter(|feature| !feature.is_limitation()).copied().collect(),
            ..Declaration::default()
        };
        Self { declaration, faults }
    }

    fn run(&mut self, generated: &Generated, options: &Options) -> Run {
        generate::judge(&mut [self], generated, &Codec::ALL, None, options, &mut ()).expect("the harness does not fail")
    }
}

impl Subject for Reader {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let Ask::Read { rules, input } = question.ask else { panic!("only documents are asked") };
        let faults: Vec<_> = self.faults.iter().collect();
        let read = match rules.codec() {
            Codec::Xmlrpc => xmlrpc::read(input, false, Faults::of(&faults)),
            Codec::Sexpr => sexpr::read(input, Faults::of(&faults)),
        };
        let answer = match read {
            Ok(json) => Answer::Values(Tagged::from_json(json.as_bytes(), rules.codec()).expect("it is tagged")),
            Err(_) => Answer::Reject { message: "no".to_owned(), kind: None },
        };
        Ok(Reply { answer: Ok(answer), stderr: String::new(), previous_fault: None })
    }
}

/// What is planted: the codec, and each fault as a line of a file of mutants.
const PLANTED: &[(&str, Codec, &[&str])] = &[
    ("text is trimmed", Codec::Xmlrpc, &["change = 'string'\nto = 'trim'"]),
    ("integers wrap at 32 bits", Codec::Xmlrpc, &["allow = 'range-above-32'\nchange = 'int'\nto = 'wrap-32'"]),
    ("references are decoded twice", Codec::Xmlrpc, &["change = 'string'\nto = 'unescape'"]),
    ("the order of members is lost", Codec::Xmlrpc, &["change = 'struct'\nto = 'sorted'"]),
    ("of two members with one name one is lost", Codec::Xmlrpc, &["change = 'members'\nto = 'last'"]),
    ("CR LF is kept", Codec::Xmlrpc, &["change = 'line-ends'\nto = 'kept'"]),
    ("day and month are swapped", Codec::Xmlrpc, &["change = 'date-value'\nto = 'day-and-month-swapped'"]),
    ("a name is cut at its dot", Codec::Xmlrpc, &["change = 'name'\nto = 'behind-dot'"]),
    ("a depth of 50 is refused", Codec::Sexpr, &["change = 'depth'\nto = '49'"]),
    ("two faults at once", Codec::Xmlrpc, &["change = 'int'\nto = 'octal'", "change = 'cdata'\nto = 'trimmed'"]),
];

fn mutant(fault: &str) -> Mutant {
    toml::from_str(&format!("id = 'planted'\nbreaks = 'It'\nrule = 'none'\n{fault}")).expect("it is a mutant")
}

fn strict() -> Options {
    Options { is_strict: true, ..Options::default() }
}

const MANY: Generated = Generated::Many { count: 2_000, seed: 0 };

#[test]
fn a_planted_fault_is_found_and_made_small() {
    let mut complaints = Vec::new();
    for (what, codec, faults) in PLANTED {
        let mut reader = Reader::new(*codec, faults.iter().map(|fault| mutant(fault)).collect());
        let run = reader.run(&MANY, &strict());
        let small = run.verdicts.iter().filter(|it| it.evidence.as_ref().is_some_and(|it| !it.case.is_empty()));
        let shortest = small.min_by_key(|it| it.about.length);
        if shortest.is_none_or(|it| it.about.length >= 200) {
            complaints.push(format!("{what}: {:?}", shortest.map(|it| String::from_utf8_lossy(&it.about.input))));
        }
        let of_rule =
            |rule: &str| run.verdicts.iter().any(|it| it.evidence.is_some() && it.about.rule.as_deref() == Some(rule));
        if faults.len() > 1 && !(of_rule("xml/cdata") && of_rule("xmlrpc/int-form")) {
            complaints.push(format!("{what}: both are told"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn readers_without_faults_are_right() {
    for codec in Codec::ALL {
        let run = Reader::new(codec, Vec::new()).run(&MANY, &strict());
        assert!(run.unexpected() == 0, "{}", xend_harness::report::text(&run, xend_harness::report::Detail::Some));
    }
    let many = Generated::Many { count: 4_000, seed: 1 };
    let selection = Selection { suites: vec![Suite::Reading, Suite::Writing], ..Selection::default() };
    let options = Options { selection, ..strict() };
    let run = generate::judge(&mut [&mut BuiltIn::new()], &many, &Codec::ALL, None, &options, &mut ());
    let run = run.expect("the harness does not fail");
    assert!(run.unexpected() == 0, "{}", xend_harness::report::text(&run, xend_harness::report::Detail::Some));
}

#[test]
fn a_token_is_the_question_again() {
    let mut reader = Reader::new(Codec::Xmlrpc, vec![mutant("change = 'string'\nto = 'trim'")]);
    let run = reader.run(&Generated::Many { count: 300, seed: 5 }, &strict());
    let first = run.verdicts.iter().find(|it| it.evidence.is_some()).expect("it is found");
    let token = format!("{}/5", first.about.id.strip_prefix("generated/").expect("it is generated"));
    let again = reader.run(&Generated::One(token.parse::<Token>().expect("it is a token")), &strict());
    let [again] = &again.verdicts[..] else { panic!("one question is asked") };
    assert_eq!((&again.about, &again.evidence), (&first.about, &first.evidence));
}

/// Without an oracle: one reader that trims, and one that does not.
#[test]
fn two_readers_are_held_against_each_other() {
    let mut trims = Reader::new(Codec::Xmlrpc, vec![mutant("change = 'string'\nto = 'trim'")]);
    let mut other = Reader::new(Codec::Xmlrpc, Vec::new());
    let judge = |one: &mut Reader, other: &mut Reader| {
        generate::judge(
            &mut [one],
            &Generated::Many { count: 300, seed: 0 },
            &Codec::ALL,
            Some(other),
            &strict(),
            &mut (),
        )
    };
    let run = judge(&mut trims, &mut other).expect("the harness does not fail");
    let found = run.verdicts.iter().filter_map(|it| it.evidence.as_ref().map(|evidence| (it.about.length, evidence)));
    let (length, evidence) = found.min_by_key(|(length, _)| *length).expect("they differ");
    assert!(length < 150 && evidence.wanted.contains(' '), "{evidence:?}");
    let alike = judge(&mut other, &mut Reader::new(Codec::Xmlrpc, Vec::new())).expect("the harness does not fail");
    assert_eq!(alike.unexpected(), 0);
}
