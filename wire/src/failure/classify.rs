//! From what is known of a failure to its code: the first row of `patterns.tsv` that matches.

use std::sync::LazyLock;

use super::ErrorCode;
use crate::Release;
use crate::operation::Face;

/// What is known of a failure.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// The operation's name.
    pub operation: &'e str,
    /// The face by which it was asked.
    pub face: Face,
    /// The daemon's release.
    pub release: Release,
    /// The HTTP status; 200 for a fault.
    pub status: u16,
    /// The `faultCode`, or the first word of an `ErrorDescription`.
    pub mark: Option<&'e str>,
    /// The text: of `xend.err`, the `faultString`, all of the `ErrorDescription`, or the body of an error reply.
    pub text: &'e str,
}

impl Evidence<'_> {
    /// The code: of the first row that matches, [`ErrorCode::Unknown`] if none does.
    pub fn code(&self) -> ErrorCode {
        PATTERNS.iter().find(|pattern| pattern.matches(self)).map_or(ErrorCode::Unknown, |pattern| pattern.code)
    }
}

static TABLE: &str = include_str!("patterns.tsv");

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    rows().map(|(line, row)| Pattern::parse(row).unwrap_or_else(|why| panic!("patterns.tsv:{line}: {why}"))).collect()
});

/// The rows of the table, with their line numbers.
pub(super) fn rows() -> impl Iterator<Item = (usize, &'static str)> {
    let rows = TABLE.lines().enumerate().map(|(at, row)| (at + 1, row));
    rows.filter(|(_, row)| !row.starts_with('#') && !row.trim().is_empty())
}

/// One row. `None`, or a `*` in the table, matches anything.
pub(super) struct Pattern {
    pub(super) code: ErrorCode,
    operations: Option<Vec<&'static str>>,
    face: Option<Face>,
    releases: Option<(Release, Release)>,
    status: Option<u16>,
    mark: Option<&'static str>,
    text: Option<&'static str>,
}

impl Pattern {
    pub(super) fn parse(row: &'static str) -> Result<Self, String> {
        let columns: Vec<_> = row.split('\t').map(str::trim).collect();
        let [code, operations, face, releases, status, mark, text, source] = columns[..] else {
            return Err(format!("{} columns, expected 8", columns.len()));
        };
        if source.is_empty() {
            return Err("no source".to_owned());
        }
        let given = |column: &'static str| (column != "*").then_some(column);
        let release = |text: &str| text.parse::<Release>().map_err(|error| error.to_string());
        Ok(Self {
            code: code.parse().map_err(|error: super::UnknownErrorCode| error.to_string())?,
            operations: given(operations).map(|names| names.split('|').collect()),
            face: given(face).map(|face| face.parse().map_err(|_| format!("unknown face `{face}`"))).transpose()?,
            releases: given(releases)
                .map(|range| {
                    let (first, last) = range.split_once("..").unwrap_or((range, range));
                    Ok::<_, String>((release(first)?, release(last)?))
                })
                .transpose()?,
            status: given(status)
                .map(|status| status.parse().map_err(|_| format!("no status `{status}`")))
                .transpose()?,
            mark: given(mark),
            text: given(text),
        })
    }

    fn matches(&self, evidence: &Evidence<'_>) -> bool {
        let agrees = |operation: &&str| match operation.strip_suffix('*') {
            Some(prefix) => evidence.operation.starts_with(prefix),
            None => *operation == evidence.operation,
        };
        self.operations.as_ref().is_none_or(|operations| operations.iter().any(agrees))
            && self.face.is_none_or(|face| face == evidence.face)
            && self.releases.is_none_or(|(first, last)| (first..=last).contains(&evidence.release))
            && self.status.is_none_or(|status| status == evidence.status)
            && self.mark.is_none_or(|mark| evidence.mark == Some(mark))
            && self.text.is_none_or(|text| text_matches(text, evidence.text))
    }
}

/// Whether the pieces between the `%` of a pattern stand in the text in this order, in any ASCII case.
/// `=` matches only an empty text, `+` any other.
fn text_matches(pattern: &str, text: &str) -> bool {
    match pattern {
        "=" => text.is_empty(),
        "+" => !text.is_empty(),
        _ => {
            let text = text.to_ascii_lowercase();
            let mut rest = text.as_str();
            pattern.split('%').all(|piece| match rest.find(&piece.to_ascii_lowercase()) {
                Some(at) => {
                    rest = &rest[at + piece.len()..];
                    true
                }
                None => false,
            })
        }
    }
}
