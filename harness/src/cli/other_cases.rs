//! What the commands `list` and `explain` show of values to write and of calls.

use serde_json::json;

use crate::calling::CallCase;
use crate::case::{Rule, WritingCase};
use crate::shorten::shortened;
use crate::{Error, Rules};

/// A case of the suite `writing` or `calling`, as it is shown.
pub(super) struct OtherCase {
    pub(super) id: String,
    pub(super) title: String,
    rule: String,
    source: String,
    /// What the subject is asked, and what is expected of it, as lines.
    details: String,
}

/// Returns all built-in cases of the suites `writing` and `calling`, sorted by id.
pub(super) fn other_cases() -> Result<Vec<OtherCase>, Error> {
    let writing = WritingCase::built_in()?.into_iter().map(|case| {
        let mut details = format!("value, {} bytes of JSON:\n  {}\n", case.json.len(), shortened(&case.json, 2_000));
        for expect in case.expectations() {
            let rules: Vec<_> = expect.rules.iter().map(Rules::to_string).collect();
            details += &format!("\n{}, by {}:\n  {}\n", expect.level, rules.join(", "), expect.outcome.name());
            if !expect.documents.is_empty() {
                details += &format!("  right as it stands: {}\n", shortened(&expect.documents.join(", or "), 2_000));
            }
        }
        OtherCase { id: case.id, title: case.title, rule: case.rule, source: case.source, details }
    });
    let calling = CallCase::built_in()?.into_iter().map(|case| {
        let wire: Vec<_> = case.wire.iter().map(|check| check.name()).collect();
        let mut details = format!("call: {} at {}, with {}\n", case.method, case.path, shortened(&case.params, 2_000));
        details += &case.described_reply();
        if !wire.is_empty() {
            details += &format!("checked on the wire: {}\n", wire.join(", "));
        }
        let learns: Vec<_> = case.learns.iter().map(ToString::to_string).collect();
        details += &format!("\n{}:\n  {}\n", case.level, learns.join(", or "));
        OtherCase { id: case.id, title: case.title, rule: case.rule, source: case.source, details }
    });
    let mut cases: Vec<_> = writing.chain(calling).collect();
    cases.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(cases)
}

impl OtherCase {
    /// Returns the text of `explain`.
    pub(super) fn explained(&self) -> Result<String, Error> {
        let Self { id, title, rule, source, details } = self;
        let rules = Rule::built_in()?;
        let known = rules.iter().find(|known| known.id == *rule);
        let rule =
            known.map(|Rule { id, text, source }| format!("rule {id}: {text} ({source})\n\n")).unwrap_or_default();
        Ok(format!("{id}: {title}\n\nsource: {source}\n\n{rule}{details}"))
    }

    /// Returns the case as JSON, without what the subject is asked.
    pub(super) fn as_json(&self) -> String {
        json!({ "id": self.id, "title": self.title, "source": self.source, "rule": self.rule }).to_string()
    }
}
