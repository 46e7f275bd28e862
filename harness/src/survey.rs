//! What 15 XML-RPC libraries make of a document, as it was measured.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::case::Case;
use crate::shorten::shortened;

/// How much of a value is shown, in characters.
const LONGEST: usize = 100;

#[derive(Deserialize)]
struct Row {
    case: String,
    outcomes: BTreeMap<String, Outcome>,
}

/// A value as JSON text, or how the library failed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Outcome {
    Value(String),
    Failure(BTreeMap<String, String>),
}

/// What the libraries make of a case's document, the most common outcome first, each with those that agree on it. Nothing
/// if the document was not in the survey.
pub(crate) fn outcomes(case: &Case) -> Vec<(String, Vec<String>)> {
    let name = case.id.strip_prefix("xmlrpc/").unwrap_or_default();
    let table = xend_fixtures::file("tables/xmlrpc-survey.jsonl").map_or(b"".as_slice(), |file| file.bytes);
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
    /// `reject it`, `read {"t":"int","v":5}`, `crash`.
    fn words(self) -> String {
        match self {
            Self::Value(json) => {
                // The libraries' wrappers put white space in different places.
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
