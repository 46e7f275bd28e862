//! Broken operators against the suite `operating`: our own client, with one thing of its answers changed.

use std::collections::BTreeSet;

use xend_client::ErrorCode;
use xend_harness::case::Rule;
use xend_harness::laws::Law;
use xend_harness::operating::Failure;
use xend_harness::run::{self, Cases, Options, Selection};
use xend_harness::subject::{Answer, Ask, BuiltIn, Declaration, Operated, Question, Reply, Told};
use xend_harness::{Error, Subject};
use xend_wire::operation::Effect;

use crate::mutants::{self, PeerMutant};

/// Our own client with a fault.
struct Operator {
    client: BuiltIn,
    fault: String,
}

impl Subject for Operator {
    fn declaration(&self) -> &Declaration {
        self.client.declaration()
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Reply, Error> {
        let Ask::Operate { operation, arguments, xend, deadline } = question.ask else {
            return self.client.ask(question);
        };
        if self.fault == "does-nothing" {
            let answer = Ok(Answer::Operated(Operated::Done(Told::default())));
            return Ok(Reply { answer, stderr: String::new(), previous_fault: None });
        }
        if self.fault == "asks-twice" && operation.effect() == Effect::Changes {
            self.client.ask(question)?;
        }
        let mut arguments = arguments.to_vec();
        if self.fault == "other-domain" {
            let domain = arguments.iter_mut().find(|(name, _)| name == "domain");
            domain.into_iter().for_each(|(_, value)| *value = "Domain-0".to_owned());
        }
        let ask = Ask::Operate { operation, arguments: &arguments, xend, deadline };
        let mut reply = self.client.ask(&Question { ask, ..*question })?;
        if let Ok(Answer::Operated(operated)) = &mut reply.answer {
            *operated = self.broken(operated.clone());
        }
        Ok(reply)
    }
}

impl Operator {
    fn broken(&self, operated: Operated) -> Operated {
        let done = || Operated::Done(Told::default());
        match (&*self.fault, operated) {
            ("errors-as-done", Operated::Failed { .. }) | ("unknown-as-done", Operated::Unknown(_)) => done(),
            ("unknown-as-error", Operated::Unknown(message)) => Operated::Failed { code: None, message },
            ("errors-as-unknown", Operated::Failed { message, .. }) => Operated::Unknown(message),
            ("one-code", Operated::Failed { message, .. }) => {
                Operated::Failed { code: Some(ErrorCode::OperationFailed), message }
            }
            ("no-names", Operated::Done(told)) => {
                Operated::Done(Told { names: told.names.map(|_| Vec::new()), ..told })
            }
            ("memory-in-kib", Operated::Done(mut told)) => {
                let memory = told.record.as_mut().and_then(|record| record.get_mut("memory"));
                memory.into_iter().for_each(|memory| *memory += "000");
                Operated::Done(told)
            }
            ("paused-runs", Operated::Done(mut told)) => {
                let state = told.record.as_mut().and_then(|record| record.get_mut("power_state"));
                state.into_iter().for_each(|state| *state = "running".to_owned());
                Operated::Done(told)
            }
            (_, operated) => operated,
        }
    }
}

/// Each broken operator is asked the case that its row names.
#[test]
fn every_broken_operator_is_caught() {
    let laws = Law::built_in().expect("the laws are well-formed");
    let failures = Failure::built_in().expect("the failures are well-formed");
    let rules: BTreeSet<_> =
        Rule::built_in().expect("the rules are well-formed").into_iter().map(|rule| rule.id).collect();
    let mut complaints = Vec::new();
    let mutants = mutants::operators();
    for PeerMutant { id, breaks, rule, case, .. } in &mutants {
        if !rules.contains(rule) {
            complaints.push(format!("operator {id} breaks {rule}, which is no rule"));
        }
        let pattern = case.as_deref().expect("a case").parse().expect("a pattern");
        let selection = Selection { filter: vec![pattern], ..Selection::default() };
        let options = Options { selection, ..Options::default() };
        let cases = Cases { laws: &laws, failures: &failures, ..Cases::default() };
        let unexpected = |fault: &str| {
            let mut operator = Operator { client: BuiltIn::new(), fault: fault.to_owned() };
            run::judge(&mut operator, cases, &options).expect("the case is asked").unexpected()
        };
        if unexpected("") > 0 || unexpected(id) == 0 {
            complaints.push(format!("operator {id} is not caught by {case:?}: {breaks}"));
        }
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert!(mutants.len() >= 10, "only {} operators", mutants.len());
}
