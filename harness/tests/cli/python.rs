//! Python's `xmlrpc.client` as a subject, compared with what the survey measured for two other versions of it; and a
//! reader of S-expressions in Python.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use xend_harness::subject::{Answer, Declaration, Question, Reply, Subject};
use xend_harness::{Baseline, Case, Codec, Error, Feature, Tagged, run};

use crate::cli::{judge, oracle};

const ADAPTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters/python/xmlrpc_client.py");
const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters/python/baseline.toml");

/// A second reader of S-expressions, written from the protocol reference and in another language, makes of each case what
/// the case expects of Xend's reader and of libvirt's.
#[test]
fn a_second_reader_of_s_expressions_agrees_with_the_cases() {
    if oracle::python(&["python3"], "pass").is_none() {
        return;
    }
    let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/../oracles/sxp_subject.py");
    let (exit, lines) = judge(&["--codec", "sexpr", "--strict"], &["python3", reader]);
    let passed = lines.iter().filter(|line| line["verdict"] == "pass").count();
    assert!(exit == 0 && passed > 1_500, "exit {exit}, {passed} passed: {lines:?}");
}

/// The case about which adapter and survey differ: the survey asked `ServerProxy`, which takes a call for a response, and
/// the adapter asks `loads`, which tells them apart.
const TOLD_APART: &str = "xmlrpc/call-not-response";

/// A library of the survey as a subject. It answers `unsupported` for documents that were not surveyed or whose values
/// were not recorded in full.
struct Column {
    declaration: Declaration,
    outcomes: BTreeMap<String, Value>,
}

impl Column {
    fn new(name: &str) -> Self {
        let survey = xend_fixtures::file("tables/xmlrpc-survey.jsonl").expect("the survey").bytes();
        let rows = str::from_utf8(survey).expect("UTF-8").lines();
        let rows = rows.map(|row| serde_json::from_str::<Value>(row).expect("a row is JSON"));
        let outcomes =
            rows.map(|row| (row["case"].as_str().expect("a name").to_owned(), row["outcomes"][name].clone()));
        let rules = ["spec", "extended"].map(|name| Codec::Xmlrpc.single_rules(name).expect("rules"));
        let declaration = Declaration {
            name: name.to_owned(),
            decodes: rules.to_vec(),
            features: Feature::ALL.to_vec(),
            ..Declaration::default()
        };
        Self { declaration, outcomes: outcomes.collect() }
    }

    fn answer(&self, id: &str) -> Option<Answer> {
        // The survey uses the names of the cases, but with capital letters in some.
        let name = id.strip_prefix("xmlrpc/")?;
        let (_, outcome) = self.outcomes.iter().find(|(survey, _)| survey.eq_ignore_ascii_case(name))?;
        if let Some(message) = outcome.get("rejected") {
            return Some(Answer::Reject { message: message.as_str()?.to_owned(), kind: None });
        }
        let value = serde_json::from_str(outcome.as_str()?).ok()?;
        let message = match tagged(&value)? {
            fault if fault.get("fault").is_some() => fault,
            value => json!({ "response": value }),
        };
        let values = Tagged::from_json(json!([message]).to_string().as_bytes(), Codec::Xmlrpc);
        Some(Answer::Values(values.unwrap_or_else(|error| panic!("{id}: {error}"))))
    }
}

impl Subject for Column {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let answer = self.answer(question.id).unwrap_or_else(|| Answer::Unsupported("not surveyed".to_owned()));
        Ok(Reply { answer: Ok(answer), stderr: String::new(), previous_fault: None })
    }
}

/// Converts a value of the survey to the form of cases.
fn tagged(value: &Value) -> Option<Value> {
    if let Some(items) = value.as_array() {
        return Some(json!({ "array": items.iter().map(tagged).collect::<Option<Vec<_>>>()? }));
    }
    if let Some(fault) = value.get("fault") {
        return Some(json!({ "fault": { "code": tagged(&fault[0])?, "string": tagged(&fault[1])? } }));
    }
    let text = value["v"].as_str();
    Some(match value["t"].as_str()? {
        "nil" => json!({ "nil": true }),
        "struct" => {
            let members = value["m"].as_object()?.iter();
            let members = members.map(|(name, value)| Some(json!([name, tagged(value)?])));
            json!({ "struct": members.collect::<Option<Vec<_>>>()? })
        }
        "base64" => {
            let bytes = data_encoding::HEXLOWER.decode(text?.as_bytes()).ok()?;
            json!({ "base64": data_encoding::BASE64.encode(&bytes) })
        }
        kind @ ("int" | "boolean" | "double" | "string" | "dateTime") => json!({ kind: text? }),
        _ => return None,
    })
}

/// Returns what the two surveyed versions answer, and whether that is a failure, by case and rules.
struct Surveyed {
    agreed: BTreeSet<(String, String)>,
    failing: BTreeSet<(String, String)>,
}

fn surveyed() -> Surveyed {
    let cases = Case::built_in().expect("cases");
    let mut columns = ["py2.7", "py3.13"].map(Column::new);
    let mut surveyed = Surveyed { agreed: BTreeSet::new(), failing: BTreeSet::new() };
    let is_reject = |answer: &Option<Answer>| matches!(answer, Some(Answer::Reject { .. }));
    let agree = |id: &str| {
        let [old, new] = columns.each_ref().map(|column| column.answer(id));
        old.is_some() && new.is_some() && (old == new || is_reject(&old) && is_reject(&new))
    };
    let agreed: BTreeSet<_> = cases.iter().map(|case| &*case.id).filter(|id| *id != TOLD_APART && agree(id)).collect();
    let run = run::judge(&mut columns[0], &cases, &run::Options::default()).expect("a column answers");
    for verdict in run.verdicts.iter().filter(|verdict| verdict.status.is_judged() && agreed.contains(verdict.id())) {
        let key = (verdict.id().to_owned(), verdict.variant.clone());
        if verdict.status.is_failure() {
            surveyed.failing.insert(key.clone());
        }
        surveyed.agreed.insert(key);
    }
    surveyed
}

/// Python fails exactly the cases that both surveyed versions fail, as far as these agree, and its baseline lists these
/// cases.
#[test]
fn fails_where_the_survey_says() {
    if oracle::python(&["python3"], "import xmlrpc.client").is_none() {
        return;
    }
    let surveyed = surveyed();
    assert!(surveyed.agreed.len() > 200 && surveyed.failing.len() > 40, "the survey says too little");
    let (exit, lines) =
        judge(&["--suite", "reading", "--codec", "xmlrpc", "--strict", "--baseline", BASELINE], &["python3", ADAPTER]);
    let verdict = |line: &Value| line["verdict"].as_str().expect("a verdict").to_owned();
    let failed = |line: &&Value| !["pass", "unsupported", "skipped", "unexpected-pass"].contains(&&*verdict(line));
    let key = |line: &Value| [&line["id"], &line["variant"]].map(|it| it.as_str().expect("a string").to_owned()).into();
    let failing: BTreeSet<(String, String)> = lines.iter().filter(failed).map(key).collect();
    let failing: BTreeSet<_> = failing.intersection(&surveyed.agreed).cloned().collect();
    assert_eq!(failing, surveyed.failing);

    let unexpected: Vec<_> = lines.iter().filter(|line| line["unexpected"] == true).collect();
    assert_eq!((exit, &unexpected[..]), (0, &[][..]));
}

#[test]
fn its_baseline_names_what_the_survey_names() {
    let text = std::fs::read_to_string(BASELINE).expect("the baseline");
    let baseline = Baseline::parse("baseline.toml", &text).expect("it is well-formed");
    for (id, rules) in surveyed().failing {
        assert!(baseline.reason(&id, &rules).is_some(), "{id}@{rules} is missing");
    }
}

/// The two subjects that people start from get wrong what their baselines say, and nothing else; and they stay short.
#[test]
fn the_subjects_to_start_from_get_wrong_what_their_baselines_say() {
    if oracle::python(&["python3"], "import xmlrpc.client").is_none() {
        return;
    }
    let in_folder = |name: &str| format!("{}/../adapters/python/{name}", env!("CARGO_MANIFEST_DIR"));
    for (subject, most, suites, baseline) in [
        ("starter.py", 60, "reading", "baseline.toml"),
        ("starter.py", 60, "writing,calling", "starter.toml"),
        ("sockets.py", 20, "calling", "sockets.toml"),
    ] {
        let (file, baseline) = (in_folder(subject), in_folder(baseline));
        let length = std::fs::read_to_string(&file).expect("the subject").lines().count();
        assert!(length <= most, "{subject} has {length} lines");
        let arguments = ["--codec", "xmlrpc", "--suite", suites, "--baseline", &baseline, "--strict", "--jobs", "4"];
        let (exit, lines) = judge(&arguments, &["python3", &file]);
        let count = |verdict: &str| lines.iter().filter(|line| line["verdict"] == verdict).count();
        let unexpected: Vec<_> = lines.iter().filter(|line| line["unexpected"] == true).collect();
        assert_eq!((exit, &unexpected[..]), (0, &[][..]), "{subject} {suites}");
        assert!(count("pass") > 400 && count("expected-failure") > 70, "{subject} {suites}: {}", lines.len());
    }
}
