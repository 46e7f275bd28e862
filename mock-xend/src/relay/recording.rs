//! Recordings: exchanges in the format of `fixtures/exchanges`, JSON lines, as they are written and read.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use xend_wire::operation::Face;
use xend_wire::{Diagnostic, Release};

use super::upstream::Upstream;
use crate::error::Error;
use crate::redact::{self, Gives, Sessions};
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
struct Head {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    face: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<String>,
}

/// A line as it is read: what only a harness needs is passed over.
#[derive(Serialize, Deserialize)]
struct Line {
    case: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    over: Option<String>,
    request: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    half_close: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gives: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    response: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    end: End,
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

    /// Returns the number of exchanges.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Returns whether there are no exchanges.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }
}

/// A recording that is being written, a line an exchange.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: File,
    face: Face,
    is_unix: bool,
    /// The sessions that were seen; `None` if secrets are kept.
    sessions: Option<Sessions>,
    written: usize,
}

impl Recorder {
    pub(crate) fn create(
        path: &Path,
        from: &Upstream,
        release: Option<Release>,
        keeps_secrets: bool,
    ) -> io::Result<Self> {
        let file = File::create(path)?;
        let sessions = (!keeps_secrets).then(Sessions::of_recording);
        let mut recorder = Self { file, face: from.face(), is_unix: from.is_unix(), sessions, written: 0 };
        recorder.write(&Head {
            origin: Some("recorded".to_owned()),
            face: from.face().to_string(),
            release: release.map(|release| release.to_string()),
        })?;
        Ok(recorder)
    }

    /// Writes an exchange.
    pub(super) fn add(
        &mut self,
        request: &[u8],
        half_close: bool,
        response: Option<&[u8]>,
        end: End,
    ) -> io::Result<()> {
        self.written += 1;
        let case = format!("{}-{}", self.written, name_of(request));
        let (request, response, gives) = match &mut self.sessions {
            Some(sessions) => redact::exchange(self.face, request, response, sessions),
            None => (request.to_vec(), response.map(<[u8]>::to_vec), Gives::Nothing),
        };
        let text = |bytes: Vec<u8>| bytes.into_iter().map(char::from).collect::<String>();
        self.write(&Line {
            case,
            over: self.is_unix.then(|| "unix".to_owned()),
            request: text(request),
            half_close,
            gives: (gives == Gives::Session).then(|| "session".to_owned()),
            response: response.map(text),
            end,
        })
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// Returns a name for an exchange: the method of the call, or that of HTTP with the path.
fn name_of(request: &[u8]) -> String {
    let method = |tag: &[u8]| {
        let at = memchr::memmem::find(request, tag)? + tag.len();
        request[at..].split(|&byte| byte == b'<').next()
    };
    let line = request.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or_default();
    let name = match method(b"<methodName>") {
        Some(method) => method.trim_ascii().to_vec(),
        None => line.split(|&byte| byte == b' ').take(2).collect::<Vec<_>>().join(&b' '),
    };
    let name: String = name
        .iter()
        .take(60)
        .map(|&byte| match byte {
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') => {
                char::from(byte.to_ascii_lowercase())
            }
            _ => '-',
        })
        .collect();
    let parts: Vec<_> = name.split('-').filter(|part| !part.is_empty()).collect();
    parts.join("-")
}
