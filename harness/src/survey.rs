//! The survey of XML-RPC libraries: how 15 of them read each document of the survey.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::case::Case;
use crate::shorten::shortened;

/// The length to which a value is shortened, in characters.
const LONGEST: usize = 100;

#[derive(Deserialize)]
struct Row {
    case: String,
    outcomes: BTreeMap<String, Outcome>,
}

/// What a library did with a document: the value that it read, as JSON text, or how it failed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Outcome {
    Value(String),
    Failure(BTreeMap<String, String>),
}

/// Returns what the surveyed libraries do with a case's document, each outcome with the names of its libraries.
///
/// The most common outcome comes first. The list is empty if the document was not in the survey.
pub(crate) fn outcomes(case: &Case) -> Vec<(String, Vec<String>)> {
    outcomes_of(&case.source)
}

/// Returns the same for a case with this source.
pub(crate) fn outcomes_of(source: &str) -> Vec<(String, Vec<String>)> {
    // The source of a case names its document, as in "survey `int-ws`".
    let name = source.split_once("survey `").and_then(|(_, rest)| rest.split('`').next()).unwrap_or_default();
    let table = xend_fixtures::file("tables/xmlrpc-survey.jsonl").map_or(b"".as_slice(), |file| file.bytes());
    let rows = table.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice::<Row>(line).ok());
    let Some(row) = rows.into_iter().find(|row| row.case == name) else { return Vec::new() };
    let mut outcomes: Vec<(String, Vec<String>)> = Vec::new();
    for (library, outcome) in row.outcomes {
        let outcome = outcome.words();
        match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, libraries)) => libraries.push(library),
            None => outcomes.push((outcome, vec![library])),
        }
    }
    outcomes.sort_by_key(|(_, libraries)| std::cmp::Reverse(libraries.len()));
    outcomes
}

impl Outcome {
    /// Returns the outcome as a phrase: `reject it`, `read {"t":"int","v":5}`, `crash`.
    fn words(self) -> String {
        match self {
            Self::Value(json) => {
                // The wrappers of the libraries put white space in different places, so the JSON is written anew.
                let value = serde_json::from_str::<serde_json::Value>(&json).map_or(json, |value| value.to_string());
                format!("read {}", shortened(&value, LONGEST))
            }
            Self::Failure(failure) => match failure.keys().next().map_or("", String::as_str) {
                "rejected" => "reject it".to_owned(),
                "HANG/KILL" => "hang until they are killed".to_owned(),
                other => match (other.strip_prefix("CRASH-"), other.strip_prefix("ERR")) {
                    (Some(signal), _) => format!("crash (signal {signal})"),
                    (_, Some(status)) => format!("fail (exit status {status})"),
                    _ => other.to_owned(),
                },
            },
        }
    }
}
