//! Writes the built-in cases to files, for use without this program.

use std::path::Path;

use serde_json::json;

use super::output::print;
use crate::calling::CallCase;
use crate::case::{Case, Expect, Outcome, WritingCase};
use crate::{Error, Rules};

/// Writes the cases to read, to write and to call, in JSON for people who have another runner, and in their own format,
/// which `--cases` reads.
pub(super) fn export(folder: &Path) -> Result<u8, Error> {
    let write = |name: &str, bytes: &[u8]| write(&folder.join(name), bytes);
    write("README.md", include_bytes!("exported.md"))?;
    let cases = Case::built_in()?;
    for case in &cases {
        write(&format!("{}.input", case.id), &case.input)?;
        write(&format!("{}.json", case.id), (as_json(case) + "\n").as_bytes())?;
    }
    let values = WritingCase::built_in()?;
    for case in &values {
        write(&format!("writing/{}.json", case.id), (value_as_json(case) + "\n").as_bytes())?;
    }
    let calls = CallCase::built_in()?;
    for case in &calls {
        write(&format!("{}.json", case.id), (case.to_json()? + "\n").as_bytes())?;
    }
    for file in ["cases/", "writing/", "calls/"].into_iter().flat_map(xend_fixtures::files) {
        write(file.path.strip_prefix("cases/").unwrap_or(file.path), file.bytes())?;
    }
    let (values, calls) = (values.len(), calls.len());
    print(&format!("{} cases, {values} values and {calls} calls in {}\n", cases.len(), folder.display()))?;
    Ok(0)
}

/// Returns a value to write as JSON, with what is expected.
fn value_as_json(case: &WritingCase) -> String {
    let expects = case.expectations().iter().map(|expect| {
        let rules: Vec<_> = expect.rules.iter().map(Rules::to_string).collect();
        let needs: Vec<_> = expect.needs.iter().map(|feature| feature.name()).collect();
        json!({
            "rules": rules,
            "level": expect.level.name(),
            "needs": needs,
            "outcome": expect.outcome.name(),
            "documents": expect.documents,
        })
    });
    let expects: Vec<_> = expects.collect();
    let head =
        json!({ "id": case.id, "title": case.title, "rule": case.rule, "source": case.source, "expect": expects });
    // The value is JSON already, and may be nested more deeply than serde_json can read.
    let head = head.to_string();
    format!("{},\"value\":{}}}", head.strip_suffix('}').unwrap_or(&head), case.json)
}

/// Writes a file, and makes its folder if it is not there.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(path);
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(path, bytes));
    written.map_err(|error| Error::io(path.display(), &error))
}

/// Returns a case as JSON, without its input.
pub(super) fn as_json(case: &Case) -> String {
    let Case { id, title, rule, source, .. } = case;
    // The values are JSON already, and may be nested more deeply than serde_json can read.
    let expects: Vec<_> = case.expectations().iter().map(expect_as_json).collect();
    let mut head = json!({ "id": id, "title": title, "source": source });
    if let Some(rule) = rule {
        head["rule"] = json!(rule);
    }
    if let Some(deadline) = case.deadline {
        head["deadline"] = deadline.as_secs().into();
    }
    let head = head.to_string();
    format!("{},\"expect\":[{}]}}", head.trim_end_matches('}'), expects.join(","))
}

fn expect_as_json(expect: &Expect) -> String {
    let rules: Vec<_> = expect.rules.iter().map(Rules::to_string).collect();
    let needs: Vec<_> = expect.needs.iter().map(|feature| feature.name()).collect();
    let outcomes = expect.permitted.iter().map(|permitted| match &permitted.outcome {
        Outcome::Values(values) => format!("{{\"values\":{}}}", values.to_json()),
        Outcome::Generated(generated) => format!("{{\"values\":{}}}", generated.values().to_json()),
        Outcome::Accept => "{\"accept\":true}".to_owned(),
        Outcome::Reject(kind) => json!({ "reject": kind.name() }).to_string(),
        Outcome::Refused => json!({ "reject": "any" }).to_string(),
        Outcome::NoAnswer(end) => json!({ "no_answer": end.name() }).to_string(),
    });
    let outcomes = outcomes.collect::<Vec<_>>().join(",");
    let (rules, needs, level, ordered) = (json!(rules), json!(needs), json!(expect.level.name()), expect.ordered);
    format!("{{\"rules\":{rules},\"level\":{level},\"needs\":{needs},\"ordered\":{ordered},\"any_of\":[{outcomes}]}}")
}
