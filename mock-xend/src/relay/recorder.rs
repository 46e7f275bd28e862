//! A recording that is being written, a line an exchange.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use xend_wire::Release;
use xend_wire::operation::Face;

use super::recording::{End, Head, Line};
use super::upstream::Upstream;
use crate::redact::{self, Gives, Sessions};

/// A recording that is being written. Exchanges stand in it in the order in which their requests were complete, so that
/// a replay is asked in the same order: one whose reply is complete waits for those that were asked before it.
#[derive(Debug)]
pub(crate) struct Recorder {
    file: File,
    face: Face,
    is_unix: bool,
    /// The sessions that were seen; `None` if secrets are kept.
    sessions: Option<Sessions>,
    written: usize,
    /// The number of requests so far.
    begun: u64,
    /// The requests that have no reply yet.
    open: BTreeSet<u64>,
    /// The exchanges that wait for an earlier one, by the number of their requests.
    waiting: BTreeMap<u64, Passed>,
    /// The bytes of these exchanges.
    held: usize,
    /// Why the recording is not whole, if it is not.
    failure: Option<String>,
}

/// An exchange that has passed.
#[derive(Debug)]
pub(super) struct Passed {
    pub(super) request: Vec<u8>,
    pub(super) half_close: bool,
    /// Empty if the server sent no byte.
    pub(super) response: Vec<u8>,
    pub(super) end: End,
}

/// The most bytes that wait for a request without a reply; what comes then is written before it.
const MOST_HELD: usize = 64 << 20;

impl Recorder {
    /// Creates the file. One that holds something already is left alone.
    pub(crate) fn create(
        path: &Path,
        from: &Upstream,
        release: Option<Release>,
        keeps_secrets: bool,
    ) -> io::Result<Self> {
        let file = File::options().write(true).create(true).truncate(false).open(path)?;
        let known = file.metadata()?;
        if known.is_file() && known.len() > 0 {
            let why = "there is such a file already: remove it, or give another one";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        let mut recorder = Self {
            file,
            face: from.face(),
            is_unix: from.is_unix(),
            sessions: (!keeps_secrets).then(Sessions::of_recording),
            written: 0,
            begun: 0,
            open: BTreeSet::new(),
            waiting: BTreeMap::new(),
            held: 0,
            failure: None,
        };
        recorder.write(&Head {
            origin: Some("recorded".to_owned()),
            face: from.face().to_string(),
            release: release.map(|release| release.to_string()),
        })?;
        Ok(recorder)
    }

    /// Notes a request that is complete, and returns its number.
    pub(super) fn begin(&mut self) -> u64 {
        self.begun += 1;
        self.open.insert(self.begun);
        self.begun
    }

    /// Ends what a request began: with an exchange, or with nothing if the server was not asked. Writes what waits for no
    /// earlier request any more.
    pub(super) fn end(&mut self, number: u64, passed: Option<Passed>) {
        self.open.remove(&number);
        if let Some(passed) = passed {
            self.held += passed.size();
            self.waiting.insert(number, passed);
        }
        let first = self.open.first().copied().unwrap_or(u64::MAX);
        while let Some(next) = self.waiting.first_entry().filter(|next| *next.key() < first || self.held > MOST_HELD) {
            let passed = next.remove();
            self.held -= passed.size();
            if let Err(error) = self.add(&passed) {
                self.failure.get_or_insert_with(|| format!("the recording is not whole: {error}"));
            }
        }
    }

    /// Returns why the recording is not whole, if it is not.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure.clone()
    }

    /// Writes an exchange.
    fn add(&mut self, passed: &Passed) -> io::Result<()> {
        let Passed { request, half_close, response, end } = passed;
        self.written += 1;
        let case = format!("{}-{}", self.written, name_of(request));
        let response = (!response.is_empty()).then_some(response.as_slice());
        let (request, response, gives) = match &mut self.sessions {
            Some(sessions) => redact::exchange(self.face, request, response, sessions),
            None => (request.clone(), response.map(<[u8]>::to_vec), Gives::Nothing),
        };
        let text = |bytes: Vec<u8>| bytes.into_iter().map(char::from).collect::<String>();
        self.write(&Line {
            case,
            over: self.is_unix.then(|| "unix".to_owned()),
            request: text(request),
            half_close: *half_close,
            gives: (gives == Gives::Session).then(|| "session".to_owned()),
            response: response.map(text),
            end: *end,
        })
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

impl Passed {
    fn size(&self) -> usize {
        self.request.len() + self.response.len()
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
