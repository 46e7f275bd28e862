//! Another subject in the place of what is known by construction.

use std::sync::Arc;

use super::question::Question;
use crate::Error;
use crate::case::{Case, CaseAbout, Expect, Level, Outcome, Permitted};
use crate::subject::{Answer, Ask, Subject};
use crate::verdict::{About, Status, Verdict};

/// Asks the other subject, if there is one, and takes its answer for the right one. Where it gives none, any is.
pub(super) fn asked(other: &mut Option<&mut dyn Subject>, question: Question) -> Result<Question, Error> {
    match (other, question) {
        (Some(other), Question::Read(case)) => expected_by(&mut **other, &case).map(Question::Read),
        (_, question) => Ok(question),
    }
}

fn expected_by(other: &mut dyn Subject, case: &Case) -> Result<Case, Error> {
    let Some(expect) = case.expectations().first() else { return Ok(case.clone()) };
    let Some(&rules) = expect.rules.iter().find(|rules| other.declaration().decodes.contains(rules)) else {
        return Ok(case.clone());
    };
    let is_able = expect.needs.iter().all(|feature| other.declaration().features.contains(feature));
    let ask = Ask::Read { rules, input: &case.input };
    let answer = if is_able {
        other.ask(&crate::subject::Question { id: &case.id, ask, deadline: None })?.answer.ok()
    } else {
        None
    };
    let outcomes = match answer {
        Some(Answer::Values(values)) => vec![Outcome::Values(values)],
        Some(Answer::Reject { .. }) => vec![Outcome::Refused],
        _ => vec![Outcome::Accept, Outcome::Refused],
    };
    let permitted =
        outcomes.into_iter().map(|outcome| Permitted { outcome, by: vec![other.declaration().name.clone()] });
    let expect = Expect {
        rules: vec![rules],
        level: Level::Must,
        needs: expect.needs.clone(),
        ordered: false,
        permitted: permitted.collect(),
    };
    let about = CaseAbout {
        title: "Both read the document alike".to_owned(),
        rule: case.rule.clone(),
        source: format!("what {} does", other.declaration().name),
    };
    Ok(Case::new(case.codec(), case.id.clone(), about, case.input.clone(), vec![expect]))
}

/// Tells a difference between two subjects as one, whichever of them is right: no rule is cited for it, and no case is
/// offered that would hold the one to what the other does.
pub(super) fn tell_of_both(verdict: &mut Verdict, other: &str) {
    let is_refusal = verdict.why.starts_with("the subject refuses");
    let why = match verdict.status {
        Status::WrongValue => format!("the subject and {other} read different values"),
        Status::Fail if is_refusal => format!("the subject refuses it, {other} reads it"),
        Status::Fail => format!("the subject reads it, {other} refuses it"),
        _ => return,
    };
    // The rule says where the two differ, without its text, which is the law for neither.
    verdict.why = match &verdict.about.rule {
        Some(rule) => format!("{why}; it is about {rule}"),
        None => why,
    };
    verdict.about = Arc::new(About { rule: None, ..About::clone(&verdict.about) });
    if let Some(evidence) = &mut verdict.evidence {
        evidence.case.clear();
    }
}
