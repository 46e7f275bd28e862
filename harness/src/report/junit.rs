//! The report as JUnit XML, which CI services show.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use xend_wire::visible_lines;

use super::text::describe;
use super::timing::Timing;
use crate::run::Run;
use crate::verdict::{Status, Verdict};

/// Formats a run as JUnit XML.
///
/// There is a test suite for each codec and set of rules, named `CODEC@RULES`, with a test for each verdict. A verdict that fails
/// the run is a `failure`, or an `error` if the harness itself failed. Any other verdict is passed, or `skipped` with
/// its reason. The property `verdict` of a test is its exact status. Entries of the baseline that match nothing are
/// failures in a suite named `baseline`.
pub fn junit(run: &Run, timing: Timing) -> String {
    let mut report = Report::new("xend-harness");
    let mut suites: Vec<TestSuite> = Vec::new();
    for verdict in &run.verdicts {
        let name = suite_name(verdict);
        let suite = match suites.iter_mut().position(|suite| *suite.name == *name) {
            Some(at) => &mut suites[at],
            None => {
                suites.push(TestSuite::new(name));
                suites.last_mut().expect("one was added")
            }
        };
        suite.add_test_case(test_case(verdict, timing));
    }
    report.add_test_suites(suites);
    if !run.stale.is_empty() {
        let mut suite = TestSuite::new("baseline");
        for stale in &run.stale {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_type("unmatched").set_message(shown(&stale.why)).set_description(shown(&stale.shown));
            suite.add_test_case(TestCase::new(shown(&stale.place), status));
        }
        report.add_test_suite(suite);
    }
    report.to_string().expect("XML is written to a string") + "\n"
}

/// Returns the name of the suite for a verdict: the first part of the id and the variant, as in `xmlrpc@spec` or
/// `laws@sxp+tcp`.
fn suite_name(verdict: &Verdict) -> String {
    let first = verdict.id().split('/').next().unwrap_or_default();
    match &*verdict.variant {
        "" => shown(first),
        variant => shown(&format!("{first}@{variant}")),
    }
}

fn test_case(verdict: &Verdict, timing: Timing) -> TestCase {
    let status = if verdict.is_unexpected {
        let is_own = verdict.status == Status::HarnessError;
        let kind = if is_own { NonSuccessKind::Error } else { NonSuccessKind::Failure };
        let mut status = TestCaseStatus::non_success(kind);
        status
            .set_type(verdict.status.name())
            .set_message(shown(&verdict.why))
            .set_description(shown(&description(verdict)));
        status
    } else if matches!(verdict.status, Status::Pass | Status::Flaky) {
        TestCaseStatus::success()
    } else {
        let mut status = TestCaseStatus::skipped();
        let level = verdict.level.map(|level| format!(" ({level})")).unwrap_or_default();
        let why = shown(&verdict.why);
        status.set_type(verdict.status.name()).set_message(format!("{}{level}: {why}", verdict.status));
        status
    };
    let mut test = TestCase::new(shown(verdict.id()), status);
    test.set_classname(suite_name(verdict));
    test.add_property(("verdict", verdict.status.name()));
    if let Some(level) = verdict.level {
        test.add_property(("level", level.name()));
    }
    if timing == Timing::Shown {
        test.set_time(verdict.elapsed);
    }
    if let Some(evidence) = verdict.evidence.as_ref().filter(|evidence| !evidence.stderr.is_empty()) {
        test.set_system_err(shown(&evidence.stderr));
    }
    test
}

/// Escapes the characters that XML does not allow: control characters, U+FFFE and U+FFFF may not stand in a document,
/// not even as references (XML 1.0, section 2.2).
fn shown(text: &str) -> String {
    visible_lines(text.as_bytes())
}

fn description(verdict: &Verdict) -> String {
    let mut text = String::new();
    describe(&mut text, verdict, &verdict.name());
    text
}
