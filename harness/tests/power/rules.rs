//! Rules and cases name each other.

use std::collections::{BTreeMap, BTreeSet};

use xend_harness::Case;
use xend_harness::case::Rule;

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
    let used = cases_by_rule(&cases);
    let unknown = cases.iter().filter(|case| !case.rule.as_deref().is_some_and(|rule| known.contains(rule)));
    let unknown: Vec<_> = unknown.map(|case| &*case.id).collect();
    assert!(unknown.is_empty(), "no file of fixtures/rules has the rules of these cases: {unknown:?}");
    let idle: Vec<_> = known.iter().filter(|id| !used.contains_key(*id)).collect();
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
