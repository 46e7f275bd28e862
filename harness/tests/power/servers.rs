//! Broken servers of plain XML-RPC against the cases of the suite `serving`.

use std::collections::BTreeSet;
use std::time::Duration;

use xend_harness::case::Rule;
use xend_harness::run::{Options, Run};
use xend_harness::serving::{ServingCase, Site, check};
use xend_harness::{Status, Verdict, report};

use crate::callers::{all, at_once};
use crate::mutants::{self, PeerMutant};
use crate::server::Server;

/// How long a server may take: only one that hangs needs so long.
const DEADLINE: Duration = Duration::from_secs(5);

fn run(fault: &str, cases: &[ServingCase]) -> Run {
    let server = Server::start(fault);
    let site = Site::parse(&server.uri(), DEADLINE).expect("an address");
    let options = Options { is_strict: true, ..Options::default() };
    check(&site, cases, &options, &mut ()).expect("the cases are asked")
}

#[test]
fn a_server_without_faults_passes_every_case() {
    let cases = ServingCase::built_in().expect("the cases are well-formed");
    let run = run("", &cases);
    assert_eq!(run.unexpected(), 0, "{}", report::text(&run, report::Detail::Some));
    assert!(run.verdicts.len() > 110, "only {} cases", run.verdicts.len());
}

/// A server that never answered a good call has not ceased to.
#[test]
fn a_server_without_echo_is_told_so_and_is_alive() {
    let cases = ServingCase::built_in().expect("the cases are well-formed");
    let run = run("without-echo", &cases);
    let of = |status| run.verdicts.iter().filter(|verdict| verdict.status == status).count();
    assert_eq!((of(Status::Crash), of(Status::Timeout)), (0, 0), "{}", report::text(&run, report::Detail::Some));
    assert!(of(Status::Fail) > 20 && of(Status::Pass) > 20, "{}", report::text(&run, report::Detail::Some));
    assert_eq!(
        run.notes,
        ["the server has no method `echo`, which most cases call: it takes one value, and returns it"]
    );
}

/// Each broken server is asked the case that its row names; `make power-all` asks all cases.
#[test]
fn every_broken_server_is_caught() {
    let cases = ServingCase::built_in().expect("the cases are well-formed");
    let rules: BTreeSet<_> =
        Rule::built_in().expect("the rules are well-formed").into_iter().map(|rule| rule.id).collect();
    let mutants = mutants::servers();
    let complaints = at_once(&mutants, |PeerMutant { id, breaks, rule, case, .. }| {
        if !rules.contains(rule) {
            return Some(format!("server {id} breaks {rule}, which is no rule"));
        }
        let Some(case) = cases.iter().find(|known| Some(&known.id) == case.as_ref()) else {
            return Some(format!("server {id} names no case"));
        };
        if all() {
            let run = run(id, &cases);
            let caught: Vec<_> = run.verdicts.iter().filter(|it| it.is_unexpected).map(Verdict::id).collect();
            println!("server {id:<40} {:>4}  {}", caught.len(), caught[..caught.len().min(4)].join(", "));
        }
        let is_caught = run(id, std::slice::from_ref(case)).unexpected() > 0;
        (!is_caught).then(|| format!("server {id} is not caught by {}: {breaks}", case.id))
    });
    let complaints: Vec<_> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    assert!(mutants.len() >= 30, "only {} servers", mutants.len());
}
