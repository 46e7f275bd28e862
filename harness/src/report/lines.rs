//! The JSON lines, as they are written and read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The number of the format, which changes when a reader of the old one could misunderstand the new one.
pub(super) const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HeadLine {
    pub(super) run: Head,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) format: u32,
    /// The version of the suite.
    pub(super) suite: String,
    pub(super) subject: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) notes: Vec<String>,
    /// The parts of the run that it has, such as `1/4`, if it is not the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) shards: Vec<String>,
}

/// A line before the first verdict on a case, a law or an exchange.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CaseLine {
    pub(super) case: CaseInfo,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CaseInfo {
    pub(super) suite: String,
    pub(super) id: String,
    pub(super) title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    pub(super) source: String,
    /// The beginning of the input, as base64.
    pub(super) input: String,
    /// The length of the whole input in bytes.
    pub(super) length: usize,
    /// The kinds of the values in the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) holds: Vec<String>,
}

/// A verdict.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct VerdictLine {
    pub(super) suite: String,
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) variant: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<String>,
    pub(super) verdict: String,
    pub(super) unexpected: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) why: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) evidence: Option<EvidenceOf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<f64>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct EvidenceOf {
    pub(super) shown: String,
    pub(super) got: String,
    pub(super) wanted: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) differences: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) exchange: Vec<Piece>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) stderr: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) repeat: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) case: String,
}

/// Bytes that went over a connection, as base64.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Piece {
    Sent(String),
    Received(String),
}

/// An entry of the baseline that matches nothing.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StaleLine {
    pub(super) baseline: String,
    pub(super) verdict: String,
    pub(super) unexpected: bool,
    pub(super) why: String,
    pub(super) shown: String,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SummaryLine {
    pub(super) summary: Summary,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Summary {
    /// The number of cases that were judged.
    pub(super) judged: usize,
    /// The number of verdicts with each status; they add up to the number of all verdicts.
    pub(super) verdicts: BTreeMap<String, usize>,
    /// The number of verdicts and baseline entries that fail the run.
    pub(super) unexpected: usize,
    /// The number of cases that were chosen and not asked, because the run ended early.
    #[serde(default)]
    pub(super) unasked: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) interrupted: Option<String>,
    /// The exit status of the run.
    pub(super) exit: u8,
}

/// Any line, by its one key or by `verdict` and `id`.
#[derive(Debug)]
pub(super) enum Line {
    Head(HeadLine),
    Case(CaseLine),
    Verdict(Box<VerdictLine>),
    Stale(StaleLine),
    Summary(SummaryLine),
}

impl Line {
    /// Parses a line. A line of a kind that is not known is `None`, since a later version may have more kinds.
    pub(super) fn parse(line: &str) -> Result<Option<Self>, serde_json::Error> {
        let value: serde_json::Value = serde_json::from_str(line)?;
        let has = |key: &str| value.get(key).is_some();
        Ok(Some(if has("run") {
            Self::Head(serde_json::from_value(value)?)
        } else if has("case") {
            Self::Case(serde_json::from_value(value)?)
        } else if has("summary") {
            Self::Summary(serde_json::from_value(value)?)
        } else if has("baseline") {
            Self::Stale(serde_json::from_value(value)?)
        } else if has("id") {
            Self::Verdict(Box::new(serde_json::from_value(value)?))
        } else {
            return Ok(None);
        }))
    }
}
