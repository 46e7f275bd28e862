//! Broken callers against the cases of the suite `calling`.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use xend_harness::calling::CallCase;
use xend_harness::case::Rule;
use xend_harness::report;
use xend_harness::run::{self, Cases, Options, Run};

use crate::caller::Caller;
use crate::mutants::{self, PeerMutant};

/// How many callers are asked at once: most of their time they wait.
const AT_ONCE: usize = 16;

fn run(fault: &str, cases: &[CallCase]) -> Run {
    let options = Options { is_strict: true, ..Options::default() };
    let cases = Cases { calling: cases, ..Cases::default() };
    run::judge(&mut Caller::new(fault), cases, &options).expect("the cases are asked")
}

fn failed(run: &Run) -> BTreeSet<String> {
    run.verdicts.iter().filter(|verdict| verdict.is_unexpected).map(|verdict| verdict.id().to_owned()).collect()
}

/// Does something with each item, many at once, and returns the results in the order of the items.
pub(crate) fn at_once<T: Sync, R: Send>(items: &[T], what: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(items.iter().enumerate());
    let done = Mutex::new(Vec::new());
    let take = || next.lock().expect("no panic").next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((at, item)) = take() {
                    let result = what(item);
                    done.lock().expect("no panic").push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Whether everything broken that waits for a peer is tried on all cases, which takes long, as by `make power-all`.
pub(crate) fn all() -> bool {
    std::env::var_os("POWER").is_some_and(|how| how == "all")
}

#[test]
fn a_caller_without_faults_passes_every_case() {
    let cases = CallCase::built_in().expect("the cases are well-formed");
    let reports = at_once(&cases, |case| {
        let run = run("", std::slice::from_ref(case));
        (run.unexpected() > 0).then(|| report::text(&run, report::Detail::Some))
    });
    let reports: Vec<_> = reports.into_iter().flatten().collect();
    assert!(reports.is_empty(), "{}", reports.join("\n"));
}

/// Each broken caller is asked the one case that its row names; `make power-all` asks all cases.
#[test]
fn every_broken_caller_is_caught() {
    let cases = CallCase::built_in().expect("the cases are well-formed");
    let rules: BTreeSet<_> =
        Rule::built_in().expect("the rules are well-formed").into_iter().map(|rule| rule.id).collect();
    let mutants = mutants::callers();
    let ids: BTreeSet<_> = mutants.iter().map(|mutant| &*mutant.id).collect();
    assert_eq!(ids.len(), mutants.len(), "an id stands twice");
    let complaints = at_once(&mutants, |PeerMutant { id, breaks, rule, case, permitted, .. }| {
        if !rules.contains(rule) {
            return Some(format!("caller {id} breaks {rule}, which is no rule"));
        }
        let case = match (case, permitted) {
            (Some(case), None) => cases.iter().find(|known| known.id == *case),
            (None, Some(_)) => return None,
            _ => return Some(format!("caller {id} needs either a case or a reason to live")),
        };
        let Some(case) = case else { return Some(format!("caller {id} names a case that is none")) };
        let is_caught = run(id, std::slice::from_ref(case)).unexpected() > 0;
        (!is_caught).then(|| format!("caller {id} is not caught by {}: {breaks}", case.id))
    });
    let complaints: Vec<_> = complaints.into_iter().flatten().collect();
    if all() {
        print_all(&mutants, &cases);
    }
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
}

fn print_all(mutants: &[PeerMutant], cases: &[CallCase]) {
    let caught = at_once(mutants, |mutant| failed(&run(&mutant.id, cases)));
    for (mutant, caught) in mutants.iter().zip(&caught) {
        let first: Vec<_> = caught.iter().take(4).map(String::as_str).collect();
        println!("caller {:<40} {:>4}  {}", mutant.id, caught.len(), first.join(", "));
    }
    let busy: BTreeSet<_> = caught.iter().flatten().collect();
    let idle: Vec<_> = cases.iter().filter(|case| !busy.contains(&case.id)).map(|case| &*case.id).collect();
    println!("cases of callers that catch no mutant: {}", idle.join(", "));
}
