//! The suite `operating`: our own client, a small one in Python, and the matrix of failures.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use xend_client::Face;
use xend_harness::laws::Law;
use xend_harness::operating::{Failure, Learns};
use xend_harness::report;
use xend_harness::run::{self, Cases, Options, Selection};
use xend_harness::subject::{Bounds, BuiltIn, KeptAlive};
use xend_harness::{Status, Subject, Suite};
use xend_wire::operation::ALL;

/// How many copies of a subject are asked at once: much of the time they wait.
const AT_ONCE: usize = 4;

/// Asks copies of a subject the whole suite, and returns how many verdicts are passes. All must be as expected.
fn passes(copies: &mut [&mut dyn Subject]) -> usize {
    let laws = Law::built_in().expect("the laws are well-formed");
    let failures = Failure::built_in().expect("the failures are well-formed");
    let selection = Selection { suites: vec![Suite::Operating], ..Selection::default() };
    let options = Options { selection, ..Options::default() };
    let cases = Cases { laws: &laws, failures: &failures, ..Cases::default() };
    let run = run::judge_with(copies, cases, &options, &mut ()).expect("the suite is asked");
    assert_eq!(run.unexpected(), 0, "{}", report::text(&run, report::Detail::Some));
    run.count(Status::Pass)
}

#[test]
fn our_own_client_passes() {
    let mut copies: Vec<_> = (0..AT_ONCE).map(|_| BuiltIn::new()).collect();
    let mut copies: Vec<_> = copies.iter_mut().map(|copy| copy as &mut dyn Subject).collect();
    let passed = passes(&mut copies);
    assert!(passed > 3_500, "only {passed} passes");
}

#[test]
fn a_client_in_python_passes() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out, for there is no python3");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/python/xend_operator.py");
    let command = ["python3".into(), script.into_os_string()];
    let start = || KeptAlive::new(&command, Bounds::default()).expect("a runtime");
    let mut copies: Vec<_> = (0..AT_ONCE).map(|_| start()).collect();
    let mut copies: Vec<_> = copies.iter_mut().map(|copy| copy as &mut dyn Subject).collect();
    let passed = passes(&mut copies);
    assert!(passed > 1_200, "only {passed} passes");
}

/// Each operation that one request does on a face meets failures that refuse it, and one after which nobody knows.
#[test]
fn the_matrix_is_whole() {
    let failures = Failure::built_in().expect("the failures are well-formed");
    let ids: BTreeSet<_> = failures.iter().map(|failure| (&failure.id, failure.asked_on())).collect();
    assert_eq!(ids.len(), failures.len(), "an id stands twice");
    for &operation in ALL {
        for face in Face::ALL.into_iter().filter(|face| operation.is_supported(*face, xend_wire::Release::V4_1)) {
            let count = |learns: Learns| {
                let is_it =
                    |it: &&Failure| it.operation == operation && it.learns == learns && it.asked_on().contains(&face);
                failures.iter().filter(is_it).count()
            };
            assert!(count(Learns::Refused) >= 8 && count(Learns::Unknown) >= 1, "{operation} on {face}");
        }
    }
}

/// docs/engines.md is what runs with the engines come to.
#[test]
fn engines_differ_as_told() {
    let there = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let qemu = there("qemu-system-x86_64", &["--version"]);
    let libvirt = there("/usr/bin/python3", &["-c", "import libvirt"]);
    if !qemu || !libvirt || !there("python3", &["--version"]) {
        eprintln!("left out: the engines, for QEMU is there: {qemu}, and libvirt's Python: {libvirt}");
        return;
    }
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../adapters/engines/table.py");
    let output = Command::new("python3").arg(table).args([env!("CARGO_BIN_EXE_xend-harness"), "--check"]).output();
    let output = output.expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
