//! The questions of a smoke test that are no documents: a value, a call, and an operation that changes nothing.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::operation::{INFO, LIST, Operation};

use super::{Answer, Ask, Declaration, Talk};
use crate::calling::{CallCase, CallOutcome, Server};
use crate::operating::{Mocks, Target};
use crate::subject::Operated;
use crate::tagged::{Equality, Tagged};
use crate::transport::Transport;
use crate::{Codec, Error};

/// The case whose call is asked for: the server replies with a value.
const CALL: &str = "calls/reply-value";
/// How long a call or an operation may take, as the question says.
const DEADLINE: Duration = Duration::from_secs(4);

type Mistake = Option<(String, String)>;

fn wrong(found: &str, likely: impl Into<String>) -> Mistake {
    Some((found.to_owned(), likely.into()))
}

impl Talk {
    /// Asks one question of each kind but reading.
    pub(super) fn others(&mut self, declaration: &Declaration) -> Result<(), Error> {
        let _ = self.writing(declaration)?
            && self.calling(declaration)?
            && self.operating(declaration)?
            && self.engine(declaration)?;
        Ok(())
    }

    fn writing(&mut self, declaration: &Declaration) -> Result<bool, Error> {
        for codec in Codec::ALL {
            let Some(&rules) = declaration.encodes.iter().find(|rules| rules.codec() == codec) else { continue };
            let value = match codec {
                Codec::Sexpr => r#"{"list":[{"atom":"a"},{"atom":"b"}]}"#,
                Codec::Xmlrpc => r#"{"response":{"string":"a<b"}}"#,
            };
            let means = Tagged::from_json(format!("[{value}]").as_bytes(), codec).expect("the sample is right");
            let judge = |answer: &Answer, shown: &str| match answer {
                Answer::Document(document) => match rules.decode(document) {
                    Ok(read) if read == means => None,
                    Ok(read) => wrong(
                        "the document means something else",
                        format!("`value` is {value}, and the document means {}", read.to_json()),
                    ),
                    Err(error) => wrong(
                        "the document can't be read",
                        format!("`document` is base64 of what the library wrote, once; {error}; the line is {shown}"),
                    ),
                },
                Answer::Reject { message, .. } => wrong(
                    "the simplest value is refused",
                    format!("`value` is {value}, in the forms of docs/subjects.md; the message is `{message}`"),
                ),
                _ => wrong(
                    "the answer is one to another kind of question",
                    format!("a value is written, and the answer is {{\"document\":\"<base64>\"}}; the line is {shown}"),
                ),
            };
            if !self.question(
                &format!("{codec} by {rules}, a value"),
                "smoke/value",
                Ask::Write { rules, value },
                judge,
            )? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn calling(&mut self, declaration: &Declaration) -> Result<bool, Error> {
        let is_declared = |over: &&Transport| declaration.calls_over.iter().any(|it| it == over.name());
        for &over in Transport::ALL.iter().filter(is_declared).filter(|over| over.is_built_in()) {
            let case = CallCase::built_in_where(|id| id == CALL)?.pop().expect("the case is built in");
            let failed = |error: std::io::Error| Error::Harness(format!("can't serve a call over {over}: {error}"));
            let server = Server::start(&case, over).map_err(failed)?;
            let uri = format!("{}{}", server.uri(), case.path);
            let ca_file = server.ca_file();
            let (method, params) = (&*case.method, &*case.params);
            let ask = Ask::Call { uri: &uri, method, params, deadline: DEADLINE, ca_file: ca_file.as_deref() };
            let judge = |answer: &Answer, shown: &str| {
                let requests = server.finish();
                match answer {
                    Answer::Values(_) if requests.is_empty() => wrong(
                        "no request arrives",
                        format!("the server of this call listens at its `uri`, {uri}; the line is {shown}"),
                    ),
                    Answer::Values(values) if is_learned(&case, values) => None,
                    Answer::Values(_) => wrong(
                        "the answer has another value than the reply",
                        format!("the server returns the string South Dakota; the line is {shown}"),
                    ),
                    Answer::Error(why) | Answer::Reject { message: why, .. } if requests.is_empty() => wrong(
                        "no request arrives",
                        format!("the server of this call listens at its `uri`, {uri}; the message is `{why}`"),
                    ),
                    Answer::Error(why) | Answer::Reject { message: why, .. } => wrong(
                        "the reply is good, and the answer is an error",
                        format!(
                            "what the library returns becomes {{\"values\":[{{\"response\":VALUE}}]}}; the message is `{why}`"
                        ),
                    ),
                    _ => wrong(
                        "the answer is one to another kind of question",
                        format!("a call gives `values` or `error`; the line is {shown}"),
                    ),
                }
            };
            if !self.question(&format!("a call over {over}"), "smoke/call", ask, judge)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn operating(&mut self, declaration: &Declaration) -> Result<bool, Error> {
        let Some(operator) = &declaration.operates else { return Ok(true) };
        let Some(operation) = harmless(&operator.operations) else { return Ok(true) };
        let mut mocks = Mocks::default();
        for scheme in &operator.schemes {
            let releases: Vec<Release> = operator.releases.iter().rev().copied().collect();
            let Some(target) = Target::all(&releases, std::slice::from_ref(scheme)).next() else { continue };
            let daemon = mocks.at(&target, None)?.daemon().clone();
            let uri = mocks.uri(&target);
            let arguments = arguments(operation);
            let xend = Some((&*uri, target.release));
            let ask = Ask::Operate { xend, operation, arguments: &arguments, deadline: DEADLINE };
            let judge = |answer: &Answer, shown: &str| {
                let has_come = daemon.journal().exchanges().next().is_some();
                told(
                    operation,
                    answer,
                    shown,
                    &format!("the Xend of this question listens at its `uri`, {uri}"),
                    has_come,
                )
            };
            let what = format!("{operation} over {scheme} of {}", target.release);
            if !self.question(&what, "smoke/operate", ask, judge)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn engine(&mut self, declaration: &Declaration) -> Result<bool, Error> {
        let Some(engine) = &declaration.engine else { return Ok(true) };
        if !engine.operations.contains(&LIST) {
            return Ok(true);
        }
        let ask = Ask::Operate { xend: None, operation: LIST, arguments: &[], deadline: DEADLINE };
        let judge = |answer: &Answer, shown: &str| told(LIST, answer, shown, "the engine is the command's own", true);
        self.question(&format!("{LIST} of the engine"), "smoke/engine", ask, judge)
    }
}

/// Returns whether a caller may learn these values from the reply of a case.
fn is_learned(case: &CallCase, values: &Tagged) -> bool {
    let equality = Equality { untyped_numbers: true, typed_dates: true, untyped_base64: true, ordered: false };
    let is_it = |outcome: &CallOutcome| match outcome {
        CallOutcome::Answer(wanted) | CallOutcome::IfAsked(wanted) => values.difference(wanted, equality).is_none(),
        CallOutcome::Error => false,
    };
    case.learns.iter().any(is_it)
}

/// Returns an operation that changes nothing.
fn harmless(operations: &[Operation]) -> Option<Operation> {
    [LIST, INFO].into_iter().find(|operation| operations.contains(operation))
}

fn arguments(operation: Operation) -> Vec<(String, String)> {
    let domain = ("domain".to_owned(), "Domain-0".to_owned());
    operation.arguments().iter().filter(|argument| argument.is_required).map(|_| domain.clone()).collect()
}

/// Returns what is wrong with the answer to an operation that changes nothing. `place` says where it was to be done, and
/// `has_come` whether a request came there.
fn told(operation: Operation, answer: &Answer, shown: &str, place: &str, has_come: bool) -> Mistake {
    let Answer::Operated(operated) = answer else {
        return wrong(
            "the answer is one to another kind of question",
            format!("an operation gives `done`, `error` or `unknown`; the line is {shown}"),
        );
    };
    match operated {
        Operated::Done(_) if !has_come => wrong("it is done, and no request arrives", place),
        Operated::Done(told) if operation == LIST && told.names.is_none() => wrong(
            "the list has no names",
            format!("a list is told as {{\"done\":{{\"names\":[\"vm1\"]}}}}; the line is {shown}"),
        ),
        Operated::Done(told) if operation == INFO && told.record.is_none() => wrong(
            "the record is not told",
            format!("a record is told as {{\"done\":{{\"record\":{{\"name\":\"vm1\"}}}}}}; the line is {shown}"),
        ),
        Operated::Done(_) => None,
        Operated::Failed { message, .. } | Operated::Unknown(message) if !has_come => {
            wrong("no request arrives", format!("{place}; the message is `{message}`"))
        }
        Operated::Failed { message, .. } | Operated::Unknown(message) => {
            wrong("what can't fail fails", format!("{place}; the message is `{message}`"))
        }
    }
}
