//! Generated replies against callers with one fault each.

use xend_harness::calling::CallCase;
use xend_harness::generate::{self, Generated};
use xend_harness::report;
use xend_harness::run::{Options, Run, Selection};
use xend_harness::subject::{BuiltIn, Subject};
use xend_harness::{Codec, Status, Suite};

use crate::caller::Caller;
use crate::callers::{all, at_once};
use crate::mutants::{self, PeerMutant};

/// Asks for calls until one fails.
fn judge(caller: &mut dyn Subject, generated: &Generated) -> Run {
    let selection = Selection { suites: vec![Suite::Calling], ..Selection::default() };
    // The seed of the options mixes sound and broken replies.
    let options = Options { is_strict: true, fails_fast: true, seed: Some(0), selection, ..Options::default() };
    let run = generate::judge(&mut [caller], generated, &Codec::ALL, None, &options, &mut ());
    run.expect("the harness does not fail")
}

fn run(fault: &str, generated: &Generated) -> Run {
    judge(&mut Caller::new(fault), generated)
}

const MANY: Generated = Generated::Many { count: 2_000, seed: 0 };

/// Whether the fault shows in what is sent, which is not generated.
fn is_of_requests(mutant: &PeerMutant) -> bool {
    let is_request = |case: &String| case.starts_with("calls/request-") || case.starts_with("calls/write-");
    mutant.case.as_ref().is_none_or(is_request)
}

/// Callers that no generated reply can find, each with the reason.
const OTHERS: &[(&str, &str)] = &[("asks-for-gzip", "no generated reply is compressed")];

#[test]
fn every_caller_that_replies_can_find_is_found() {
    let mutants = mutants::callers();
    let is_asked = |mutant: &&PeerMutant| !is_of_requests(mutant) && OTHERS.iter().all(|(id, _)| *id != mutant.id);
    let asked: Vec<_> = mutants.iter().filter(is_asked).step_by(if all() { 1 } else { 16 }).collect();
    let complaints = at_once(&asked, |mutant| {
        let run = run(&mutant.id, &MANY);
        let Some(failed) = run.verdicts.iter().find(|it| it.is_unexpected) else {
            return Some(format!("{} is not found", mutant.id));
        };
        let case = failed.evidence.as_ref().map(|it| &*it.case).unwrap_or_default();
        match CallCase::parse("printed", case.as_bytes()) {
            Ok(cases) if cases.len() == 1 => None,
            Ok(_) => Some(format!("{} has no case", mutant.id)),
            Err(why) => Some(format!("{} has a malformed case: {why}\n{case}", mutant.id)),
        }
    });
    let complaints: Vec<_> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn callers_without_faults_are_right() {
    let generated = Generated::Many { count: if all() { 2_000 } else { 80 }, seed: 1 };
    let mut own = BuiltIn::new();
    for caller in [&mut Caller::new("") as &mut dyn Subject, &mut own] {
        let run = judge(caller, &generated);
        assert!(run.unexpected() == 0, "{}", report::text(&run, report::Detail::Some));
        assert!(run.count(Status::Pass) > 50, "{}", run.count(Status::Pass));
    }
}

/// The shortest reply that shows a fault, as it is printed, and the same again by its token.
#[test]
fn a_failure_is_made_small_and_repeated() {
    let found = run("short-body-is-whole", &MANY);
    let failed = found.verdicts.iter().find(|it| it.is_unexpected).expect("it is found");
    let evidence = failed.evidence.as_ref().expect("a failure has evidence");
    let case = &CallCase::parse("printed", evidence.case.as_bytes()).expect("it is a case")[0];
    assert!(evidence.case.len() < 700, "{}", evidence.case);
    assert_eq!(case.rule, "http/incomplete", "{}", evidence.case);
    let token = format!("{}/0", failed.id().strip_prefix("generated/").expect("it is generated"));
    let again = run("short-body-is-whole", &Generated::One(token.parse().expect("it is a token")));
    assert_eq!(again.verdicts[0].evidence.as_ref().map(|it| &it.case), Some(&evidence.case));
}
