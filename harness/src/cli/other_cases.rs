//! What the commands `list` and `explain` show of cases that are no documents to read.

use std::path::Path;

use serde_json::json;

use xend_wire::Release;
use xend_wire::operation::Face;

use crate::calling::CallCase;
use crate::case::{Rule, WritingCase};
use crate::law::{Check, Expected, Law, Relation, Step};
use crate::operating::Failure;
use crate::serving::ServingCase;
use crate::shorten::{lines, shortened};
use crate::{Codec, Error, Rules};

/// A law, or a case of another suite than `reading`, as it is shown.
pub(super) struct OtherCase {
    pub(super) id: String,
    pub(super) title: String,
    /// The codec of what is to be written.
    pub(super) codec: Option<Codec>,
    pub(super) rule: Option<String>,
    source: String,
    /// Tells what the subject is asked, and what is expected of it, as lines. Some values have megabytes, so that only
    /// the case that is explained is told.
    details: Box<dyn Fn() -> String>,
}

/// Returns all laws, and all built-in cases of the other suites than `reading`, sorted by id; or the values and calls of
/// a folder of cases.
pub(super) fn other_cases(folder: Option<&Path>) -> Result<Vec<OtherCase>, Error> {
    let Some(folder) = folder else {
        let own = values(WritingCase::built_in()?).chain(calls(CallCase::built_in()?));
        return Ok(sorted(own.chain(of_xend()?)));
    };
    Ok(sorted(values(WritingCase::in_folder(folder)?).chain(calls(CallCase::in_folder(folder)?))))
}

fn sorted(cases: impl Iterator<Item = OtherCase>) -> Vec<OtherCase> {
    let mut cases: Vec<_> = cases.collect();
    cases.sort_by(|left, right| left.id.cmp(&right.id));
    cases
}

fn values(cases: Vec<WritingCase>) -> impl Iterator<Item = OtherCase> {
    cases.into_iter().map(|case| OtherCase {
        id: case.id.clone(),
        title: case.title.clone(),
        codec: Some(case.codec()),
        rule: Some(case.rule.clone()),
        source: case.source.clone(),
        details: Box::new(move || written(&case)),
    })
}

fn calls(cases: Vec<CallCase>) -> impl Iterator<Item = OtherCase> {
    cases.into_iter().map(|case| OtherCase {
        id: case.id.clone(),
        title: case.title.clone(),
        codec: None,
        rule: Some(case.rule.clone()),
        source: case.source.clone(),
        details: Box::new(move || called(&case)),
    })
}

/// Returns the laws, the failures of a Xend, and the requests to a server.
fn of_xend() -> Result<impl Iterator<Item = OtherCase>, Error> {
    let laws = Law::built_in()?.into_iter().map(|law| OtherCase {
        id: law.id.clone(),
        title: law.title.clone(),
        codec: None,
        rule: None,
        source: law.source.clone(),
        details: Box::new(move || law_in_words(&law)),
    });
    let serving = ServingCase::built_in()?.into_iter().map(|case| OtherCase {
        id: case.id.clone(),
        title: case.title.clone(),
        codec: None,
        rule: Some(case.rule.clone()),
        source: case.source.clone(),
        details: Box::new(move || served(&case)),
    });
    let failures = Failure::built_in()?.into_iter().map(|failure| OtherCase {
        id: failure.id.clone(),
        title: failure.title.clone(),
        codec: None,
        rule: Some(failure.rule.clone()),
        source: failure.source.clone(),
        details: Box::new(move || failed(&failure)),
    });
    Ok(laws.chain(serving).chain(failures))
}

/// Returns the value that is to be written, and what may be written.
fn written(case: &WritingCase) -> String {
    let mut details = format!("value, {} bytes of JSON:\n  {}\n", case.json.len(), shortened(&case.json, 2_000));
    for expect in case.expectations() {
        let rules: Vec<_> = expect.rules.iter().map(Rules::to_string).collect();
        details += &format!("\n{}, by {}:\n  {}\n", expect.level, rules.join(", "), expect.outcome.name());
        if !expect.documents.is_empty() {
            details += &format!("  right as it stands: {}\n", shortened(&expect.documents.join(", or "), 2_000));
        }
    }
    details
}

/// Returns the call, the reply to it, and what the caller must learn.
fn called(case: &CallCase) -> String {
    let mut details = format!("call: {} at {}, with {}\n", case.method, case.path, shortened(&case.params, 2_000));
    details += &case.described_reply();
    let wire: Vec<_> = case.wire.iter().map(|check| check.name()).collect();
    if !wire.is_empty() {
        details += &format!("checked on the wire: {}, by {}\n", wire.join(", "), case.rules);
    }
    let learns: Vec<_> = case.learns.iter().map(ToString::to_string).collect();
    details + &format!("\n{}:\n  {}\n", case.level, learns.join(", or "))
}

/// Returns the request to a server, and what it may answer.
fn served(case: &ServingCase) -> String {
    let answers: Vec<_> = case.answers.iter().map(ToString::to_string).collect();
    let request = lines(&case.request("HOST", "/RPC2"), 40, 2_000);
    let wire: Vec<_> = case.wire.iter().map(|check| check.name()).collect();
    let wire = if wire.is_empty() { String::new() } else { format!("checked on the wire: {}\n", wire.join(", ")) };
    format!("request:\n{request}{wire}\n{}:\n  {}\n", case.level, answers.join(", or "))
}

/// Returns where a failure is met, and what the operator must learn.
fn failed(failure: &Failure) -> String {
    let faces: Vec<_> = failure.asked_on().iter().map(|face| face.as_str()).collect();
    let code = failure.code.map(|code| format!(", {code}")).unwrap_or_default();
    format!("asked over {}\n\nmust:\n  {}{code}\n", faces.join(", "), failure.learns.name())
}

/// Returns where a law holds, and its steps with what is expected of each.
fn law_in_words(law: &Law) -> String {
    let releases: Vec<_> = law.releases.iter().map(Release::to_string).collect();
    let faces: Vec<_> = law.faces.iter().map(Face::to_string).collect();
    let all = |names: Vec<String>, all: usize, every: &str| {
        if names.len() == all { every.to_owned() } else { names.join(", ") }
    };
    let mut text = format!(
        "holds for {}, on {}; {}\n\nsteps:\n",
        all(releases, Release::ALL.len(), "all releases"),
        all(faces, Face::ALL.len(), "all faces"),
        if law.is_destructive() {
            "changes the host, so it is tried with --destructive only"
        } else {
            "changes nothing"
        }
    );
    for step in &law.steps {
        let Step { method, arguments, is_setup, expected, within, .. } = step;
        let arguments: Vec<_> = arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let setup = if *is_setup { "  (preparation)" } else { "" };
        let params = method.iter().flat_map(|method| method.params.iter().map(ToString::to_string));
        let words = [step.name().to_owned()].into_iter().chain(arguments).chain(params).collect::<Vec<_>>().join(" ");
        let within = if within.is_zero() { String::new() } else { format!(", within {} s", within.as_secs_f64()) };
        text += &format!("  {words}{setup}\n    {}{within}\n", expected_in_words(expected));
        for (face, mark) in &step.marks {
            text += &format!("    told as {mark} on {face}\n");
        }
    }
    let is_made = |step: &Step| ["domain.create", "domain.define"].contains(&step.name());
    if law.steps.iter().any(|step| is_made(step) && step.arguments.iter().any(|(name, _)| name == "memory")) {
        text += "\nA domain is made by name, memory and vcpus here, which an engine gets as they are, and a Xend in its \
                 config:\n`xend-harness call` takes them as 'config=(vm (name NAME) (memory 64) (vcpus 1))'.\n";
    }
    text
}

fn expected_in_words(expected: &Expected) -> String {
    match expected {
        Expected::Done => "succeeds".to_owned(),
        Expected::Tried => "succeeds, or is refused".to_owned(),
        Expected::Error(codes) => {
            if codes.is_empty() {
                return "fails".to_owned();
            }
            let codes: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
            format!("fails with {}", codes.join(" or "))
        }
        Expected::Fields(fields) => {
            let in_words = |Check { field, relation, value }: &Check| match relation {
                Relation::Equal => format!("{field} = {value}"),
                Relation::Different => format!("{field} other than {value}"),
                Relation::Above => format!("{field} above {value}"),
            };
            let fields: Vec<_> = fields.iter().map(in_words).collect();
            format!("tells {}", fields.join(", "))
        }
        Expected::Names { has, lacks } => {
            let has = (!has.is_empty()).then(|| format!("lists {}", has.join(", ")));
            let lacks = (!lacks.is_empty()).then(|| format!("does not list {}", lacks.join(", ")));
            has.into_iter().chain(lacks).collect::<Vec<_>>().join(", and ")
        }
    }
}

impl OtherCase {
    /// Returns the text of `explain`.
    pub(super) fn explained(&self) -> Result<String, Error> {
        let Self { id, title, rule, source, .. } = self;
        let rules = Rule::built_in()?;
        let known = rules.iter().find(|known| Some(&known.id) == rule.as_ref());
        let rule =
            known.map(|Rule { id, text, source }| format!("rule {id}: {text} ({source})\n\n")).unwrap_or_default();
        Ok(format!("{id}: {title}\n\nsource: {source}\n\n{rule}{}", (self.details)()))
    }

    /// Returns the case as JSON, without what the subject is asked.
    pub(super) fn as_json(&self) -> String {
        let mut case = json!({ "id": self.id, "title": self.title, "source": self.source });
        if let Some(rule) = &self.rule {
            case["rule"] = json!(rule);
        }
        case.to_string()
    }
}
