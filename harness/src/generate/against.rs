//! Another subject in the place of what is known by construction.

use std::sync::Arc;

use super::question::Question;
use crate::Error;
use crate::calling::{CallCase, CallOutcome};
use crate::case::{Case, CaseAbout, Expect, Level, Outcome, Permitted};
use crate::run::Calls;
use crate::subject::{Answer, Ask, Subject};
use crate::transport::Transport;
use crate::verdict::{About, Status, Verdict};

/// Asks the other subject, if there is one, and takes its answer for the right one. Returns `None` if it gives none.
pub(super) fn asked(other: &mut Option<&mut dyn Subject>, question: Question) -> Result<Option<Question>, Error> {
    match (other, question) {
        (Some(other), Question::Read(case)) => Ok(read_by(&mut **other, &case)?.map(Question::Read)),
        (Some(other), Question::Call(case, oddities)) => {
            Ok(called_by(&mut **other, &case)?.map(|case| Question::Call(case, oddities)))
        }
        (_, question) => Ok(Some(question)),
    }
}

/// Returns the transport by which the other subject calls, if it calls at all.
pub(super) fn transport(other: &dyn Subject) -> Option<Transport> {
    let calls_over = &other.declaration().calls_over;
    Transport::ALL.iter().copied().find(|over| over.is_built_in() && calls_over.iter().any(|it| it == over.name()))
}

fn read_by(other: &mut dyn Subject, case: &Case) -> Result<Option<Case>, Error> {
    let declaration = other.declaration();
    let Some(expect) = case.expectations().first() else { return Ok(None) };
    let Some(&rules) = expect.rules.iter().find(|rules| declaration.decodes.contains(rules)) else { return Ok(None) };
    if !expect.needs.iter().all(|feature| declaration.features.contains(feature)) {
        return Ok(None);
    }
    let name = declaration.name.clone();
    let ask = Ask::Read { rules, input: &case.input };
    let answer = other.ask(&crate::subject::Question { id: &case.id, ask, deadline: None })?.answer;
    let (outcome, does) = match answer {
        Ok(Answer::Values(values)) => (Outcome::Values(values), "reads it"),
        Ok(Answer::Accept) => (Outcome::Accept, "reads it"),
        Ok(Answer::Reject { .. }) => (Outcome::Refused, "refuses it"),
        _ => return Ok(None),
    };
    let expect = Expect {
        rules: vec![rules],
        level: Level::Must,
        needs: expect.needs.clone(),
        ordered: false,
        permitted: vec![Permitted { outcome, by: vec![name.clone()] }],
    };
    let about =
        CaseAbout { title: format!("{name} {does}"), rule: case.rule.clone(), source: format!("what {name} does") };
    Ok(Some(Case::new(case.codec(), case.id.clone(), about, case.input.clone(), vec![expect])))
}

fn called_by(other: &mut dyn Subject, case: &CallCase) -> Result<Option<CallCase>, Error> {
    let declaration = other.declaration();
    let Some(over) = transport(other) else { return Ok(None) };
    if !case.needs.iter().all(|feature| declaration.features.contains(feature)) {
        return Ok(None);
    }
    let name = declaration.name.clone();
    let (learned, does) = match Calls::made(other, case, over)?.answers.pop() {
        Some(Ok(Answer::Values(values))) if values.is_fault() => (CallOutcome::Answer(values), "learns of a fault"),
        Some(Ok(Answer::Values(values))) => (CallOutcome::Answer(values), "learns of a value"),
        Some(Ok(Answer::Error(_) | Answer::Reject { .. })) => (CallOutcome::Error, "learns of neither value nor fault"),
        _ => return Ok(None),
    };
    Ok(Some(CallCase {
        title: format!("{name} {does}"),
        source: format!("what {name} does"),
        level: Level::Must,
        learns: vec![learned],
        ..case.clone()
    }))
}

/// Tells a difference between two subjects as one, whichever of them is right: no rule is cited for it, and no case is
/// offered that would hold the one to what the other does.
pub(super) fn tell_of_both(verdict: &mut Verdict, other: &str) {
    let why = match verdict.status {
        Status::WrongValue => format!("the subject and {other} give different values"),
        Status::Fail => format!("{}, and the subject does not", verdict.about.title),
        _ => return,
    };
    // The rule says where the two differ, without its text, which is the law for neither.
    verdict.why = match &verdict.about.rule {
        Some(rule) => format!("{why}; it is about {rule}"),
        None => why,
    };
    let title = "Both do alike".to_owned();
    verdict.about = Arc::new(About { rule: None, title, ..About::clone(&verdict.about) });
    if let Some(evidence) = &mut verdict.evidence {
        evidence.case.clear();
    }
}
