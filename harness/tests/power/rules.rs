//! Rules and cases name each other.

use std::collections::{BTreeMap, BTreeSet};

use xend_harness::Case;
use xend_harness::calling::CallCase;
use xend_harness::case::{Rule, WritingCase};
use xend_harness::operating::Failure;
use xend_harness::serving::ServingCase;

/// How many cases each rule has, by its id.
pub(crate) fn cases_by_rule(cases: &[Case]) -> BTreeMap<&str, Vec<&Case>> {
    let mut by_rule: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for case in cases {
        by_rule.entry(case.rule.as_deref().unwrap_or_default()).or_default().push(case);
    }
    by_rule
}

#[test]
fn each_case_has_a_rule_and_each_rule_a_case() {
    let cases = Case::built_in().expect("the cases are well-formed");
    let rules = Rule::built_in().expect("the rules are well-formed");
    let known: BTreeSet<_> = rules.iter().map(|rule| &*rule.id).collect();
    assert_eq!(known.len(), rules.len(), "an id stands twice");
    let writing = WritingCase::built_in().expect("the cases are well-formed");
    let calling = CallCase::built_in().expect("the cases are well-formed");
    let others = writing.iter().map(|case| (&*case.id, &*case.rule));
    let failures = Failure::built_in().expect("the failures are well-formed");
    let others = others.chain(calling.iter().map(|case| (&*case.id, &*case.rule)));
    let serving = ServingCase::built_in().expect("the cases are well-formed");
    let others = others.chain(serving.iter().map(|case| (&*case.id, &*case.rule)));
    let others: Vec<_> = others.chain(failures.iter().map(|failure| (&*failure.id, &*failure.rule))).collect();
    let all = cases.iter().map(|case| (&*case.id, case.rule.as_deref().unwrap_or_default()));
    let all: Vec<_> = all.chain(others).collect();
    let used: BTreeSet<_> = all.iter().map(|(_, rule)| *rule).collect();
    let unknown: Vec<_> = all.iter().filter(|(_, rule)| !known.contains(rule)).map(|(id, _)| *id).collect();
    assert!(unknown.is_empty(), "no file of fixtures/rules has the rules of these cases: {unknown:?}");
    let idle: Vec<_> = known.iter().filter(|id| !used.contains(*id)).collect();
    assert!(idle.is_empty(), "no case has these rules: {idle:?}");
}

/// A rule begins with the name of its file, so that it is found.
#[test]
fn rules_stand_in_the_file_that_their_id_names() {
    for file in xend_fixtures::files("rules/") {
        let name = file.path.trim_start_matches("rules/").trim_end_matches(".toml");
        let text = str::from_utf8(file.bytes()).expect("UTF-8");
        let ids = text.lines().filter_map(|line| line.strip_prefix("id = \""));
        let strangers: Vec<_> = ids.filter(|id| id.split('/').next() != Some(name)).collect();
        assert!(strangers.is_empty(), "{}: {strangers:?}", file.path);
    }
}
