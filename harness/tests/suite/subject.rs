//! The cases of the suites `writing` and `calling`, against the built-in subject: a test for each group of cases.

use libtest_mimic::{Failed, Trial};
use xend_harness::calling::CallCase;
use xend_harness::case::WritingCase;
use xend_harness::run::{self, Cases, Options};
use xend_harness::subject::BuiltIn;
use xend_harness::{Status, report};

pub(crate) fn trials() -> Vec<Trial> {
    let writing = xend_fixtures::files("writing/").map(|file| {
        Trial::test(file.path, move || {
            let cases = WritingCase::parse(file.path, file.bytes()).map_err(|error| error.to_string())?;
            check(Cases { writing: &cases, ..Cases::default() })
        })
    });
    let calling = xend_fixtures::files("calls/").map(|file| {
        Trial::test(file.path, move || {
            let cases = CallCase::parse(file.path, file.bytes()).map_err(|error| error.to_string())?;
            check(Cases { calling: &cases, ..Cases::default() })
        })
    });
    // The calls that are no files: those with the values that are written.
    let values = Trial::test("calls/write", || {
        let cases = CallCase::built_in_where(|id| id.starts_with("calls/write-"));
        check(Cases { calling: &cases.map_err(|error| error.to_string())?, ..Cases::default() })
    });
    writing.chain(calling).chain([values]).collect()
}

fn check(cases: Cases<'_>) -> Result<(), Failed> {
    let options = Options { is_strict: true, ..Options::default() };
    let run = run::judge(&mut BuiltIn::new(), cases, &options)?;
    let is_fine = |status| matches!(status, Status::Pass | Status::Skipped);
    match run.unexpected() == 0 && run.cases() > 0 && run.verdicts.iter().all(|verdict| is_fine(verdict.status)) {
        true => Ok(()),
        false => Err(report::text(&run, report::Detail::Some).into()),
    }
}
