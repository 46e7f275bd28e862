//! Checks that each message of a failing daemon gets the right error code (`tables/failure-messages.jsonl`).

use serde_json::Value;
use xend_wire::failure::Evidence;

use crate::rows;

pub(crate) fn trials() -> impl Iterator<Item = (String, impl Fn() -> Result<(), String>)> {
    rows("tables/failure-messages.jsonl").enumerate().map(|(at, row)| {
        let name = |key: &str| row[key].as_str().expect("text").to_owned();
        let name = format!("message/{}/{}/{}@{}", at + 1, name("face"), name("operation"), name("release"));
        (name, move || check(&row))
    })
}

fn check(row: &Value) -> Result<(), String> {
    let text = |key: &str| row[key].as_str().unwrap_or_else(|| panic!("no {key}"));
    let evidence = Evidence {
        operation: text("operation"),
        face: text("face").parse().map_err(|error| format!("{error}"))?,
        release: text("release").parse().map_err(|error| format!("{error}"))?,
        status: row["status"].as_u64().expect("a status") as u16,
        daemon_code: row["mark"].as_str(),
        text: text("text"),
    };
    let (got, expected) = (evidence.code(), text("code"));
    if got.as_str() == expected { Ok(()) } else { Err(format!("got {got}, expected {expected}: {row}")) }
}
