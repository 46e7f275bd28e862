//! Recordings: exchanges in the format of `fixtures/exchanges`, JSON lines, as they are written and read.

use std::path::Path;

use serde::{Deserialize, Serialize};
use xend_wire::operation::Face;
use xend_wire::{Diagnostic, Release};

use crate::error::Error;
use crate::text_file;

/// A recording of exchanges with a server: what `replay` answers from.
#[derive(Clone, Debug)]
pub struct Recording {
    pub(super) face: Face,
    pub(super) release: Option<Release>,
    pub(super) exchanges: Vec<Recorded>,
}

/// One exchange of a recording.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    /// The name of the exchange: `3-post-xend-domain-vm1`.
    pub(super) case: String,
    pub(super) request: Vec<u8>,
    /// The reply; `None` if the server sent none.
    pub(super) response: Option<Vec<u8>>,
    pub(super) end: End,
}

/// What happened to the connection after the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum End {
    /// The server closed it.
    #[default]
    Closed,
    /// It stayed open for the next request.
    Open,
    /// It stayed open, or was closed minutes later.
    Late,
    /// There was no reply, and it stayed open.
    Silent,
    /// It was reset.
    Reset,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<String>,
    pub(super) face: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) release: Option<String>,
}

/// A line as it is read: what only a harness needs is passed over.
#[derive(Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) case: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) over: Option<String>,
    pub(super) request: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) half_close: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gives: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) end: End,
}

fn is_default(end: &End) -> bool {
    *end == End::default()
}

impl Recording {
    /// Parses a recording. `name` is the name of the file that diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first line that is malformed, with its place.
    pub fn parse(name: &str, text: &str) -> Result<Self, Diagnostic> {
        let mut at = 0;
        let mut lines = text.split_inclusive('\n').map(|line| {
            let start = at;
            at += line.len();
            (start, line.trim_end())
        });
        let wrong = |(start, line): (usize, &str), why: String| {
            Diagnostic::new(name, text.as_bytes(), start..start + line.len(), why)
        };
        let malformed = |(start, _): (usize, &str), error: serde_json::Error| {
            let at = start + error.column().saturating_sub(1);
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
            Diagnostic::new(name, text.as_bytes(), at..at + 1, message)
        };
        let first = lines.next().unwrap_or_default();
        let head: Head = serde_json::from_str(first.1).map_err(|error| malformed(first, error))?;
        let face =
            head.face.parse().map_err(|error: xend_wire::operation::UnknownFace| wrong(first, error.to_string()))?;
        let release = head.release.map(|release| release.parse()).transpose();
        let release = release.map_err(|error: xend_wire::UnknownRelease| wrong(first, error.to_string()))?;
        let mut exchanges = Vec::new();
        for place in lines.filter(|(_, line)| !line.is_empty()) {
            let line: Line = serde_json::from_str(place.1).map_err(|error| malformed(place, error))?;
            let bytes = |text: &str| {
                text.chars()
                    .map(u8::try_from)
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|_| wrong(place, "a character above U+00FF stands for no byte".to_owned()))
            };
            exchanges.push(Recorded {
                request: bytes(&line.request)?,
                response: line.response.as_deref().map(bytes).transpose()?,
                case: line.case,
                end: line.end,
            });
        }
        Ok(Self { face, release, exchanges })
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// Returns the errors of [`Recording::parse`], and an error if the file can't be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let (name, text) = text_file::read(path.as_ref(), "a recording")?;
        Ok(Self::parse(&name, &text)?)
    }

    /// Returns the face that was recorded.
    pub fn face(&self) -> Face {
        self.face
    }

    /// Returns the release that was recorded, if it is known.
    pub fn release(&self) -> Option<Release> {
        self.release
    }

    /// Returns the number of exchanges.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Returns whether there are no exchanges.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }
}
