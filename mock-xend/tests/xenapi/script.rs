//! Sequences of calls with their answers, as text.
//!
//! `METHOD [PARAMS] => ANSWER`, parameters and answer in JSON. An answer is `Success VALUE` or `Failure [WORDS]`, or a
//! bare value on the legacy port, whose calls begin with `xmlrpc:`. `$name` is whatever came at its place first; `*` is
//! anything. Of a struct the members that are given count, unless one of them is `"=": true`. Lines that begin with `#`
//! are comments; the first line names the releases.

use std::collections::BTreeMap;

use mock_xend::{Face, Release};
use serde_json::Value;

use crate::peer;

/// Plays a sequence against each of its releases, each time with a daemon of its own.
pub(crate) fn check(name: &str, script: &str) {
    let mut lines = script.lines().enumerate();
    let (_, releases) = lines.next().expect("a script begins with its releases");
    let releases = releases.strip_prefix("releases: ").expect("a script begins with its releases");
    let lines: Vec<_> = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(!lines.is_empty(), "{name} has no calls");
    for release in releases.split(' ') {
        let release: Release = release.parse().expect("a release");
        let daemon = peer::daemon(release);
        let mut names = BTreeMap::new();
        peer::run(async {
            for (at, line) in &lines {
                let place = format!("{name}:{} at {release}", at + 1);
                let (call, expected) = line.split_once(" => ").unwrap_or_else(|| panic!("{place}: no ` => `"));
                let (face, call) = match call.strip_prefix("xmlrpc:") {
                    Some(call) => (Face::XmlRpc, call),
                    None => (Face::XenApi, call),
                };
                let (method, params) = call.split_once(' ').unwrap_or((call, "[]"));
                let Value::Array(params) = given(&json(params, &place), &names) else { panic!("{place}: no list") };
                let answer = peer::call(&daemon, face, method, &params).await;
                let expected = match expected.split_once(' ') {
                    Some(("Success", value)) => {
                        serde_json::json!({ "=": true, "Status": "Success", "Value": json(value, &place) })
                    }
                    Some((status @ ("Failure" | "Error"), words)) => {
                        let words = json(words, &place);
                        serde_json::json!({ "=": true, "Status": status, "ErrorDescription": words })
                    }
                    _ => json(expected, &place),
                };
                if !fits(&answer, &expected, &mut names) {
                    panic!("{place}: {line}\n  got {answer}\n  names {names:?}");
                }
            }
        });
    }
}

fn json(text: &str, place: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{place}: {error}: {text}"))
}

/// The value with the names in it resolved.
fn given(value: &Value, names: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::String(text) if text.starts_with('$') => {
            names.get(text).unwrap_or_else(|| panic!("nothing came yet for {text}")).clone()
        }
        Value::Array(items) => items.iter().map(|item| given(item, names)).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), given(value, names))).collect(),
        other => other.clone(),
    }
}

fn fits(value: &Value, expected: &Value, names: &mut BTreeMap<String, Value>) -> bool {
    match (value, expected) {
        (_, Value::String(text)) if text == "*" => true,
        (_, Value::String(text)) if text.starts_with('$') => {
            *names.entry(text.clone()).or_insert_with(|| value.clone()) == *value
        }
        (Value::Array(items), Value::Array(wanted)) => {
            items.len() == wanted.len() && items.iter().zip(wanted).all(|(item, wanted)| fits(item, wanted, names))
        }
        (Value::Object(members), Value::Object(wanted)) => {
            let is_whole = wanted.contains_key("=");
            let wanted = wanted.iter().filter(|(name, _)| *name != "=");
            let mut count = 0;
            let fit = wanted.into_iter().all(|(name, wanted)| {
                count += 1;
                members.get(name).is_some_and(|value| fits(value, wanted, names))
            });
            fit && (!is_whole || count == members.len())
        }
        _ => value == expected,
    }
}
