//! Finds the code of a failure: that of the first row of `patterns.tsv` that matches.

use std::sync::LazyLock;

use super::ErrorCode;
use crate::operation::Face;
use crate::release::UnknownRelease;
use crate::{Release, Releases};

/// What is known about a failure, from which its code is found.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'e> {
    /// The operation's name.
    pub operation: &'e str,
    /// The face on which the request was sent.
    pub face: Face,
    /// The daemon's release.
    pub release: Release,
    /// The HTTP status. Faults come with status 200.
    pub status: u16,
    /// The `faultCode` of a fault, or the first word of an `ErrorDescription`; `None` if the failure has neither.
    pub daemon_code: Option<&'e str>,
    /// The daemon's text: that of `xend.err`, the `faultString`, the whole `ErrorDescription`, or the body of an error
    /// reply.
    pub text: &'e str,
}

impl Evidence<'_> {
    /// The code of the failure, or [`ErrorCode::Unknown`] if no row of the table matches.
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

/// The rows of the table, each with its line number.
pub(super) fn rows() -> impl Iterator<Item = (usize, &'static str)> {
    let rows = TABLE.lines().enumerate().map(|(at, row)| (at + 1, row));
    rows.filter(|(_, row)| !row.starts_with('#') && !row.trim().is_empty())
}

/// One row of the table. A column that is `None`, written `*` in the table, matches anything.
pub(super) struct Pattern {
    pub(super) code: ErrorCode,
    operations: Option<Vec<&'static str>>,
    face: Option<Face>,
    releases: Option<Releases>,
    status: Option<u16>,
    daemon_code: Option<&'static str>,
    text: Option<TextPattern>,
}

/// A condition on the text of a failure, in lower case.
enum TextPattern {
    /// The text is not empty.
    NotEmpty,
    /// The text is exactly this.
    Whole(String),
    /// The text contains these pieces, in this order. The table writes `%` between them.
    Pieces(Vec<String>),
}

impl Pattern {
    pub(super) fn parse(row: &'static str) -> Result<Self, String> {
        let columns: Vec<_> = row.split('\t').map(str::trim).collect();
        let [code, operations, face, releases, status, daemon_code, text, source] = columns[..] else {
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
                .map(|status| status.parse().map_err(|_| format!("`{status}` is not an HTTP status")))
                .transpose()?,
            daemon_code: given(daemon_code),
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
            && self.daemon_code.is_none_or(|daemon_code| evidence.daemon_code == Some(daemon_code))
            && self.text.as_ref().is_none_or(|pattern| pattern.matches(text))
    }
}

impl TextPattern {
    fn parse(pattern: &str) -> Self {
        match (pattern, pattern.strip_prefix('=')) {
            ("+", _) => Self::NotEmpty,
            (_, Some(whole)) => Self::Whole(whole.to_ascii_lowercase()),
            _ => Self::Pieces(pattern.split('%').map(str::to_ascii_lowercase).collect()),
        }
    }

    fn matches(&self, text: &str) -> bool {
        match self {
            Self::NotEmpty => !text.is_empty(),
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
