//! The reader of sequence files, which are JSON lines.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use xend_wire::operation::Face;
use xend_wire::{Diagnostic, Release};

use super::call::{self, Answer, Call};

/// Exchanges that were made one after the other with one daemon, starting from a known world.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The path of the file below the folder of exchanges, without the suffix: `3.0.3/sxp`.
    pub name: String,
    /// The release of the daemon.
    pub release: Release,
    /// The world that the daemon started in, as the name of a file in the folder of worlds, without the suffix. `None`
    /// stands for the world of the captures: Domain-0, vm1 running and vm2 paused.
    pub world: Option<String>,
    /// The file name of the scenario that a mock needs to answer the requests, if any. It has the methods that were
    /// registered beside Xend's own for the captures.
    pub scenario: Option<String>,
    /// The exchanges, in the order in which they were made.
    pub exchanges: Vec<Exchange>,
}

/// One request to the daemon, and its reply.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The name of the capture: `post-destroy-dom0`.
    pub case: String,
    /// The face that the request was sent to.
    pub face: Face,
    /// Whether the request was sent over a Unix socket and not over TCP.
    pub is_unix: bool,
    /// The request, as bytes. `{session}` stands for the session that an earlier reply gave. It is empty if there is a
    /// `call`.
    pub request: Vec<u8>,
    /// The call of the Xen-API from which the request is built, if it is one.
    pub call: Option<Call>,
    /// Whether the client closed its sending side after the request.
    pub half_close: bool,
    /// How long the client waited before the next request.
    pub pause: Duration,
    /// Whether the reply contains the session that later requests use.
    pub gives_session: bool,
    /// The reply of the daemon, or `None` if it is not known.
    pub response: Option<Vec<u8>>,
    /// What happened to the connection after the reply.
    pub end: End,
    /// Whether the daemon's own reply differs from run to run. Such a request is sent, and its reply is not compared.
    pub is_unstable: bool,
    /// Whether the request is about the methods `test.*`, which were registered beside Xend's own for the captures.
    pub is_about_test_methods: bool,
    /// Why this project's mock is known to reply differently, if it does.
    pub differs: Option<String>,
}

impl Exchange {
    /// Returns whether the daemon's reply is known.
    pub fn is_known(&self) -> bool {
        self.response.is_some() || self.call.as_ref().is_some_and(|call| call.answer.is_some())
    }
}

/// What happened to a connection after the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The server closed the connection.
    #[default]
    Closed,
    /// The connection stayed open for the next request.
    Open,
    /// The daemon closed the connection minutes later or never, though it meant to. A server may close it or leave it
    /// open.
    Late,
    /// There was no reply, and the connection stayed open.
    Silent,
    /// The server closed the connection while data was still coming, which may reset it.
    Reset,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    /// `recorded` in what `mock-xend record` writes.
    origin: Option<String>,
    /// A recording has none if it is not known.
    release: Option<String>,
    face: String,
    world: Option<String>,
    scenario: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    case: String,
    face: Option<String>,
    over: Option<Over>,
    request: String,
    #[serde(default)]
    half_close: bool,
    #[serde(default)]
    pause_ms: u64,
    gives: Option<Gives>,
    response: Option<String>,
    #[serde(default)]
    end: End,
    #[serde(default)]
    unstable: bool,
    #[serde(default)]
    test_methods: bool,
    differs: Option<String>,
}

/// The path of the file with the calls of the Xen-API, for all releases that have it.
const CALLS: &str = "exchanges/xenapi.jsonl";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallsHead {
    releases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallLine {
    case: String,
    method: String,
    params: Vec<serde_json::Value>,
    #[serde(default)]
    take: BTreeMap<String, usize>,
    #[serde(default)]
    pause_ms: u64,
    #[serde(default)]
    answers: Vec<Answer>,
    /// Why the mock's answer differs, by release.
    #[serde(default)]
    differs: BTreeMap<String, String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Over {
    Tcp,
    Unix,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Gives {
    Session,
}

impl Sequence {
    /// Parses the text of a sequence file.
    ///
    /// The first line names the release and the face, and each other line is an exchange. In requests and responses a
    /// character U+0000 to U+00FF stands for a byte. `name` is the name of the sequence, and `file` the name that
    /// diagnostics show.
    ///
    /// # Errors
    /// Returns a diagnostic for the first line that is malformed, with its place.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, Diagnostic> {
        let mut lines = Lines { file, text, at: 0 };
        let head: Head = lines
            .next()?
            .ok_or_else(|| lines.wrong(0..0, "the first line, which names the release and the face, is missing"))?;
        let face = lines.checked(head.face.parse::<Face>())?;
        let release = match (&head.release, head.origin.as_deref()) {
            (Some(release), _) => lines.checked(release.parse())?,
            (None, Some("recorded")) => Release::default(),
            (None, _) => return Err(lines.wrong_line("the first line names no `release`")),
        };
        let mut exchanges = Vec::new();
        while let Some(line) = lines.next::<Line>()? {
            let bytes = |text: &str, what: &str| {
                let bytes = text.chars().map(|c| u8::try_from(c).ok()).collect::<Option<Vec<_>>>();
                bytes.ok_or_else(|| {
                    lines.wrong_line(format!("`{what}` has a character above U+00FF, which stands for no byte"))
                })
            };
            exchanges.push(Exchange {
                face: match &line.face {
                    Some(face) => lines.checked(face.parse())?,
                    None => face,
                },
                is_unix: line.over == Some(Over::Unix),
                request: bytes(&line.request, "request")?,
                response: line.response.as_deref().map(|response| bytes(response, "response")).transpose()?,
                call: None,
                case: line.case,
                half_close: line.half_close,
                pause: Duration::from_millis(line.pause_ms),
                gives_session: matches!(line.gives, Some(Gives::Session)),
                end: line.end,
                is_unstable: line.unstable,
                is_about_test_methods: line.test_methods || line.request.contains("<methodName>test."),
                differs: line.differs,
            });
        }
        Ok(Self { name: name.to_owned(), release, world: head.world, scenario: head.scenario, exchanges })
    }

    /// Returns the built-in sequences, sorted by name.
    ///
    /// # Errors
    /// Returns a diagnostic if a built-in sequence is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Diagnostic> {
        let file = xend_fixtures::file(CALLS).expect("the file of calls is embedded");
        let mut sequences = Self::parse_calls(&format!("fixtures/{CALLS}"), &String::from_utf8_lossy(file.bytes()))?;
        let files = xend_fixtures::files("exchanges/").filter(|file| file.path.matches('/').count() == 2);
        let parse = |file: xend_fixtures::File| {
            let name = file.path.trim_start_matches("exchanges/").trim_end_matches(".jsonl");
            Self::parse(name, &format!("fixtures/{}", file.path), &String::from_utf8_lossy(file.bytes()))
        };
        for sequence in files.map(parse) {
            sequences.push(sequence?);
        }
        sequences.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(sequences)
    }

    /// Parses a file of calls of the Xen-API, and returns a sequence for each of its releases, such as `3.1/xenapi`.
    fn parse_calls(file: &str, text: &str) -> Result<Vec<Self>, Diagnostic> {
        let mut lines = Lines { file, text, at: 0 };
        let head: CallsHead =
            lines.next()?.ok_or_else(|| lines.wrong(0..0, "the first line, which names the releases, is missing"))?;
        let mut sequences = Vec::new();
        for release in head.releases {
            // A release that this project does not know is left out.
            let Ok(release) = release.parse::<Release>() else { continue };
            let name = format!("{release}/xenapi");
            sequences.push(Self { name, release, world: None, scenario: None, exchanges: Vec::new() });
        }
        while let Some(line) = lines.next::<CallLine>()? {
            for sequence in &mut sequences {
                sequence.exchanges.push(line.exchange(sequence.release));
            }
        }
        Ok(sequences)
    }
}

impl CallLine {
    /// Returns the exchange of one release: the call, and the answer of that release.
    fn exchange(&self, release: Release) -> Exchange {
        let is_of_release = |answer: &&Answer| {
            answer.releases.is_empty() || answer.releases.iter().any(|known| known == release.as_str())
        };
        let answer = self.answers.iter().find(is_of_release).map(|answer| call::sorted(answer.value()));
        Exchange {
            case: self.case.clone(),
            face: Face::XenApi,
            is_unix: false,
            request: Vec::new(),
            call: Some(Call {
                method: self.method.clone(),
                params: self.params.clone(),
                given_references: self.take.clone(),
                answer,
            }),
            half_close: false,
            pause: Duration::from_millis(self.pause_ms),
            gives_session: false,
            response: None,
            end: End::Late,
            is_unstable: false,
            is_about_test_methods: false,
            differs: self.differs.get(release.as_str()).cloned(),
        }
    }
}

struct Lines<'t> {
    file: &'t str,
    text: &'t str,
    /// The offset of the next line.
    at: usize,
}

impl Lines<'_> {
    fn next<T: serde::de::DeserializeOwned>(&mut self) -> Result<Option<T>, Diagnostic> {
        let rest = &self.text[self.at..];
        let Some(line) = rest.split_inclusive('\n').next() else { return Ok(None) };
        let start = self.at;
        self.at += line.len();
        serde_json::from_str(line.trim_end()).map(Some).map_err(|error| {
            let at = start + error.column().saturating_sub(1);
            let message = error.to_string();
            // The diagnostic shows the position, so serde_json's own is cut off.
            let message = message.split(" at line ").next().unwrap_or(&message);
            self.wrong(at..at + 1, message)
        })
    }

    fn checked<T, E: std::fmt::Display>(&self, result: Result<T, E>) -> Result<T, Diagnostic> {
        result.map_err(|error| self.wrong_line(error.to_string()))
    }

    /// Makes a diagnostic that marks the whole latest line.
    fn wrong_line(&self, message: impl Into<String>) -> Diagnostic {
        let end = self.text[..self.at].trim_end().len();
        let start = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        self.wrong(start..end, message)
    }

    fn wrong(&self, span: std::ops::Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.file, self.text.as_bytes(), span, message)
    }
}
