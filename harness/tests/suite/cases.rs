//! The cases, against the built-in codec.

use libtest_mimic::{Failed, Trial};
use xend_harness::run::{self, Options};
use xend_harness::subject::BuiltIn;
use xend_harness::{Case, Rules, Status, report};

pub(crate) fn trials(only: Option<&str>) -> Vec<Trial> {
    let only = only.and_then(|name| name.split('@').next()).map(|id| format!("cases/{id}.toml"));
    let files = xend_fixtures::files(only.as_deref().unwrap_or("cases/")).filter(|file| file.path.ends_with(".toml"));
    let cases = files.map(|file| Case::embedded(file.path, file.bytes()).unwrap_or_else(|error| panic!("{error}")));
    let cases: &'static [Case] = cases.collect::<Vec<_>>().leak();
    let trials = cases.iter().flat_map(|case| {
        let rules = case.expectations().iter().flat_map(|expect| expect.rules.iter().copied());
        rules.map(move |rules| Trial::test(format!("{}@{rules}", case.id), move || check(case, rules)))
    });
    trials.collect()
}

fn check(case: &Case, rules: Rules) -> Result<(), Failed> {
    let options = Options { rules: vec![rules], is_strict: true, ..Options::default() };
    let run = run::judge(&mut BuiltIn::new(), std::slice::from_ref(case), &options)?;
    match &run.verdicts[..] {
        [verdict] if verdict.status == Status::Pass => Ok(()),
        _ => Err(report::text(&run, report::Detail::Some).into()),
    }
}
