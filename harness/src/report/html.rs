//! The report as one page for a browser.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::counts::{counts, summary, unjudged};
use crate::case::{Level, Rule};
use crate::run::Run;
use crate::suite::Suite;
use crate::verdict::{Direction, Verdict};
use xend_wire::visible;

/// The page, with marks in the places of the title and the data.
const PAGE: &str = include_str!("page.html");

/// Formats a run as one page of HTML, which needs no server and loads nothing: the summary first, then every verdict by
/// suite, with the bytes of its input, and a filter.
pub fn html(run: &Run) -> String {
    let (before, rest) = PAGE.split_once("{{title}}").unwrap_or_default();
    let (between, after) = rest.split_once("{{data}}").unwrap_or_default();
    // A text in the data can't end the element that holds it.
    let data =
        data(run).to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    format!("{before}{}{between}{data}{after}", escaped(&format!("{}: conformance", run.subject)))
}

fn data(run: &Run) -> Value {
    let rules: BTreeMap<String, Rule> =
        Rule::built_in().unwrap_or_default().into_iter().map(|rule| (rule.id.clone(), rule)).collect();
    let mut cases: Vec<Value> = Vec::new();
    let mut numbers: BTreeMap<(Suite, &str), usize> = BTreeMap::new();
    let mut used: BTreeMap<&str, Value> = BTreeMap::new();
    let verdicts: Vec<_> = run
        .verdicts
        .iter()
        .map(|verdict| {
            let about = &verdict.about;
            let number = *numbers.entry((verdict.suite, &about.id)).or_insert_with(|| {
                cases.push(json!({
                    "suite": verdict.suite.name(), "id": visible(about.id.as_bytes()), "title": about.title,
                    "rule": about.rule, "source": about.source, "input": BASE64.encode(&about.input),
                    "length": about.length,
                }));
                cases.len() - 1
            });
            if let Some(rule) = about.rule.as_deref().and_then(|rule| rules.get(rule)) {
                used.insert(&rule.id, json!(format!("{} ({})", rule.text, rule.source)));
            }
            row(verdict, number)
        })
        .collect();
    let counts: Vec<_> = counts(run).into_iter().map(|(status, count)| json!([status.name(), count])).collect();
    let stale: Vec<_> = run.stale.iter().map(|stale| &stale.shown).collect();
    json!({
        "subject": run.subject, "suite": env!("CARGO_PKG_VERSION"), "summary": summary(run), "counts": counts,
        "unexpected": run.unexpected(), "exit": run.exit_code(), "interrupted": run.interrupted,
        "notes": unjudged(run), "stale": stale, "cases": cases, "verdicts": verdicts, "rules": used,
    })
}

/// Returns a verdict as a list: the number of its case, the variant, the level, the status, whether it fails the run,
/// the reason, and the details.
fn row(verdict: &Verdict, case: usize) -> Value {
    let details = verdict.evidence.as_deref().map(|evidence| {
        let exchange = evidence.exchange.iter().map(|(direction, bytes)| {
            json!([if *direction == Direction::Sent { "sent" } else { "received" }, BASE64.encode(bytes)])
        });
        json!({
            "shown": evidence.input, "got": evidence.got, "wanted": evidence.wanted,
            "differences": evidence.differences, "exchange": exchange.collect::<Vec<_>>(),
            "stderr": evidence.stderr, "repeat": evidence.repeat,
        })
    });
    let level = verdict.level.map_or("", Level::name);
    json!([case, verdict.variant, level, verdict.status.name(), u8::from(verdict.is_unexpected), verdict.why, details])
}

/// Escapes a text for the content of an element.
fn escaped(text: &str) -> String {
    visible(text.as_bytes()).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
