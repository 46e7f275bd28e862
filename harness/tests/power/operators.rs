//! Broken operators against the suite `operating`.

use std::collections::BTreeSet;

use xend_harness::case::Rule;
use xend_harness::laws::Law;
use xend_harness::operating::Failure;
use xend_harness::report;
use xend_harness::run::{self, Cases, Options, Run, Selection};

use crate::callers::at_once;
use crate::mutants::{self, OperatorMutant};
use crate::operator::Operator;

/// All that an operator can be asked.
struct Suite {
    laws: Vec<Law>,
    failures: Vec<Failure>,
}

impl Suite {
    fn built_in() -> Self {
        let laws = Law::built_in().expect("the laws are well-formed");
        Self { laws, failures: Failure::built_in().expect("the failures are well-formed") }
    }

    /// Asks an operator one case, or one law.
    fn asked(&self, case: &str, mutant: &OperatorMutant) -> Option<Run> {
        let id = case.split('@').next()?;
        let laws: Vec<_> = self.laws.iter().filter(|law| law.id == id).cloned().collect();
        let failures: Vec<_> = self.failures.iter().filter(|failure| failure.id == id).cloned().collect();
        let selection = Selection { filter: vec![case.parse().ok()?], ..Selection::default() };
        let options = Options { selection, ..Options::default() };
        let cases = Cases { laws: &laws, failures: &failures, ..Cases::default() };
        run::judge(&mut Operator::new(mutant), cases, &options).ok()
    }

    /// What is wrong with the row of a broken operator.
    fn complaint(&self, mutant: &OperatorMutant) -> Option<String> {
        let OperatorMutant { id, breaks, case, permitted, seen, .. } = mutant;
        if seen.is_empty() {
            return Some(format!("operator {id} does not say where it was seen"));
        }
        let case = match (case, permitted) {
            (Some(case), None) => case,
            (None, Some(_)) => return None,
            _ => return Some(format!("operator {id} needs either a case or a reason to live")),
        };
        let Some(whole) = self.asked(case, &OperatorMutant::default()) else {
            return Some(format!("operator {id} names {case}, which is not asked"));
        };
        if whole.unexpected() > 0 || whole.cases() == 0 {
            let report = report::text(&whole, report::Detail::Some);
            return Some(format!("without faults {case} is not passed:\n{report}"));
        }
        let is_caught = self.asked(case, mutant).is_some_and(|run| run.unexpected() > 0);
        (!is_caught).then(|| format!("operator {id} is not caught by {case}: {breaks}"))
    }
}

/// Each broken operator is asked the case that its row names.
#[test]
fn every_broken_operator_is_caught() {
    let suite = Suite::built_in();
    let rules: BTreeSet<_> =
        Rule::built_in().expect("the rules are well-formed").into_iter().map(|rule| rule.id).collect();
    let mutants = mutants::operators();
    let ids: BTreeSet<_> = mutants.iter().map(|mutant| &*mutant.id).collect();
    assert_eq!(ids.len(), mutants.len(), "an id stands twice");
    let mut complaints: Vec<_> = at_once(&mutants, |mutant| suite.complaint(mutant)).into_iter().flatten().collect();
    let no_rule = mutants.iter().filter(|mutant| !rules.contains(&mutant.rule));
    complaints.extend(no_rule.map(|mutant| format!("operator {} breaks {}, which is no rule", mutant.id, mutant.rule)));
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert!(mutants.len() >= 60, "only {} operators", mutants.len());
}
