//! Random programs of operations, on the mock and on servers that differ from it in one thing.

use std::path::Path;
use std::time::Duration;

use mock_xend::{Daemon, Scenario};
use xend_client::{Face, Release, Uri};
use xend_harness::generate::{self, Generated, Programs};
use xend_harness::laws::{Host, Law, Options};
use xend_harness::run::{self, Run};
use xend_harness::{Status, report};

use crate::faces::daemon::{FACES, client, daemon, scripted};

fn programs(daemon: &Daemon, faces: &[Face], generated: &Generated, fails_fast: bool) -> Run {
    let addresses = faces.iter().map(|&face| (Uri::tcp(face, "mock", 1), client(daemon, face)));
    let host = Host::new(addresses.collect(), daemon.release());
    let how = Options { is_destructive: true, kernel: "/boot/vmlinuz".to_owned() };
    let options = run::Options { fails_fast, ..run::Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let never = std::future::pending();
    let programs = Programs { runtime: &runtime, how: &how, pause: Duration::ZERO };
    generate::programs(&programs, &host, generated, &options, &mut (), never).unwrap()
}

/// `make fullcheck` sets `CASES`.
#[test]
fn properties_the_mock_does_what_the_model_does() {
    let count = std::env::var("CASES").ok().and_then(|it| it.parse::<u64>().ok()).map_or(6, |it| it / 8);
    for &release in Release::ALL {
        let daemon = daemon(release);
        let is_there = |face: &Face| face.is_served_by(release);
        let faces: Vec<_> = FACES.into_iter().filter(is_there).collect();
        let run = programs(&daemon, &faces, &Generated::Many { count, seed: 0 }, false);
        assert_eq!(run.unexpected(), 0, "{release}: {}", report::text(&run, report::Detail::Some));
        assert_eq!(run.count(Status::Pass) as u64, count, "{release}");
        // Nothing is left behind.
        let names = crate::faces::daemon::run(client(&daemon, Face::XmlRpc).all_domains()).unwrap();
        assert_eq!(names, ["Domain-0", "vm1", "vm2"], "{release}");
    }
}

/// What is planted, as the expectation of a scenario: an operation that does more than it should, or says that it is
/// done and is not, or another answer.
const PLANTED: &[(&str, &str)] = &[
    (
        "a bystander is paused",
        "operation = 'domain.set_memory'\nreply = 'simulate'\nchange = { pause = 'xend-law-99999-0-other' }",
    ),
    (
        "a bystander is destroyed",
        "operation = 'domain.pause'\nreply = 'simulate'\nchange = { destroy = 'xend-law-99999-0' }",
    ),
    ("virtual processors are lost", "face = 'sxp'\noperation = 'domain.set_vcpus'\nreply = { sexpr = { body = '' } }"),
    (
        "the list is stale on one face",
        "face = 'xmlrpc'\noperation = 'domain.list_all'\nreply = { value = ['Domain-0', 'vm1', 'vm2'] }",
    ),
    ("memory is lost", "face = 'sxp'\noperation = 'domain.set_memory'\nreply = { sexpr = { body = '' } }"),
    ("a name is lost", "face = 'sxp'\noperation = 'domain.rename'\nreply = { sexpr = { body = '' } }"),
    ("a domain is not destroyed", "face = 'sxp'\noperation = 'domain.destroy'\nreply = { sexpr = { body = '' } }"),
    ("a domain is not paused", "face = 'sxp'\noperation = 'domain.pause'\nreply = { sexpr = { body = '' } }"),
    ("a device stays", "face = 'sxp'\noperation = 'device.detach'\nreply = { sexpr = { body = '' } }"),
    ("a domain is busy", "operation = 'domain.unpause'\nreply = { error = 'Domain is busy' }"),
];

#[test]
fn a_planted_fault_is_found_in_a_short_program() {
    // A few of them in turn; all when `CASES` is set.
    let all = std::env::var_os("CASES").is_some();
    for (what, expectation) in PLANTED.iter().take(if all { PLANTED.len() } else { 4 }) {
        let scenario = format!("[[expect]]\n{expectation}\ntimes = 'any'\n");
        let scenario = Scenario::parse("planted.toml", &scenario, Path::new(".")).unwrap();
        let daemon = scripted(Release::V4_1, scenario);
        let run = programs(&daemon, &[Face::Sxp, Face::XmlRpc], &Generated::Many { count: 500, seed: 0 }, true);
        let failed = run.verdicts.iter().find(|it| it.status == Status::Fail);
        let evidence = failed.unwrap_or_else(|| panic!("{what} is not found")).evidence.as_ref().unwrap();
        assert!(evidence.input.lines().count() <= 5, "{what}: {evidence:?}");
        let id = evidence.case.split('"').nth(1).unwrap();
        let law = Law::parse(&format!("{id}.toml"), "printed", &evidence.case);
        assert!(law.is_ok(), "{what}: {}\n{}", law.unwrap_err(), evidence.case);
    }
}
