//! Writes the built-in cases to files, for use without this program.

use std::path::Path;

use serde_json::json;

use super::cases::{as_json, write};
use super::output::print;
use crate::Error;
use crate::Rules;
use crate::calling::CallCase;
use crate::case::{Case, WritingCase};

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
