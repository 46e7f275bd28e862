//! Every case, by every rules that it speaks of, against the built-in codec: a test by name each.

use libtest_mimic::{Arguments, Failed, Trial};
use xend_harness::{Case, Status, suite};

fn main() {
    let cases: &'static [Case] = Case::built_in().unwrap_or_else(|error| panic!("{error}")).leak();
    let trials = cases.iter().flat_map(|case| {
        let rules = case.expectations().iter().flat_map(|expect| expect.rules.iter().copied());
        rules.map(move |rules| Trial::test(format!("{}@{rules}", case.id), move || check(case, rules)))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

fn check(case: &Case, rules: xend_harness::Rules) -> Result<(), Failed> {
    let verdict = suite::judge_built_in(case, rules);
    match verdict.status {
        Status::Pass => Ok(()),
        status => Err(format!("{status}: {}\n{:#?}", verdict.why, verdict.evidence).into()),
    }
}
