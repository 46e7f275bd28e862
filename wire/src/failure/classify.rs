//! From what is known of a failure to its code: the first row of `patterns.tsv` that matches.

use std::sync::LazyLock;

use super::ErrorCode;
use crate::operation::Face;
use crate::release::UnknownRelease;
use crate::{Release, Releases};

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
        let text = self.text.to_ascii_lowercase();
        let mut patterns = PATTERNS.iter();
        patterns.find(|pattern| pattern.matches(self, &text)).map_or(ErrorCode::Unknown, |pattern| pattern.code)
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
    releases: Option<Releases>,
    status: Option<u16>,
    mark: Option<&'static str>,
    text: Option<TextPattern>,
}

/// What the text has to be, in lower case.
enum TextPattern {
    Any,
    /// All of it.
    Whole(String),
    /// The pieces between the `%`, in this order.
    Pieces(Vec<String>),
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
        Ok(Self {
            code: code.parse().map_err(|error: super::UnknownErrorCode| error.to_string())?,
            operations: given(operations).map(|names| names.split('|').collect()),
            face: given(face).map(|face| face.parse().map_err(|_| format!("unknown face `{face}`"))).transpose()?,
            releases: given(releases).map(str::parse).transpose().map_err(|error: UnknownRelease| error.to_string())?,
            status: given(status)
                .map(|status| status.parse().map_err(|_| format!("no status `{status}`")))
                .transpose()?,
            mark: given(mark),
            text: given(text).map(TextPattern::parse),
        })
    }

    fn matches(&self, evidence: &Evidence<'_>, text: &str) -> bool {
        let agrees = |operation: &&str| match operation.strip_suffix('*') {
            Some(prefix) => evidence.operation.starts_with(prefix),
            None => *operation == evidence.operation,
        };
        self.operations.as_ref().is_none_or(|operations| operations.iter().any(agrees))
            && self.face.is_none_or(|face| face == evidence.face)
            && self.releases.is_none_or(|releases| releases.contains(evidence.release))
            && self.status.is_none_or(|status| status == evidence.status)
            && self.mark.is_none_or(|mark| evidence.mark == Some(mark))
            && self.text.as_ref().is_none_or(|pattern| pattern.matches(text))
    }
}

impl TextPattern {
    fn parse(pattern: &str) -> Self {
        match (pattern, pattern.strip_prefix('=')) {
            ("+", _) => Self::Any,
            (_, Some(whole)) => Self::Whole(whole.to_ascii_lowercase()),
            _ => Self::Pieces(pattern.split('%').map(str::to_ascii_lowercase).collect()),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => !text.is_empty(),
            Self::Whole(whole) => text == whole,
            Self::Pieces(pieces) => {
                let mut rest = text;
                pieces.iter().all(|piece| match rest.find(piece.as_str()) {
                    Some(at) => {
                        rest = &rest[at + piece.len()..];
                        true
                    }
                    None => false,
                })
            }
        }
    }
}
