//! Conformance cases: documents, and the outcomes that a parser may have for each.

mod file;
pub(crate) mod pieces;
pub(crate) mod print;
mod rule;
mod writing;

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use xend_wire::ErrorKind;

use crate::feature::Feature;
use crate::shorten::shortened;
use crate::tagged::Tagged;
use crate::version::Version;
use crate::{Codec, Rules};

pub(crate) use file::listed;
pub use rule::Rule;
pub use writing::{WritingCase, WritingExpect, WritingOutcome};

/// A conformance case: one document with the outcomes that a parser may have, for each set of rules.
///
/// The README of the fixtures describes the format of case files.
#[derive(Clone, Debug)]
pub struct Case {
    /// The id, `CODEC/NAME`, which is the path of the file below the folder of cases, without the suffix.
    pub id: String,
    /// What is tested, in a phrase.
    pub title: String,
    /// The [`Rule`] that is tested, by its id. Each built-in case has one.
    pub rule: Option<String>,
    /// Where the input and what is expected come from.
    pub source: String,
    /// The version of the suite since which the case is there; `None` for the first one.
    pub since: Option<Version>,
    /// The document, as bytes.
    pub input: Vec<u8>,
    /// How long an answer may take; `None` for [the default](crate::subject::Bounds::TIMEOUT).
    pub deadline: Option<Duration>,
    codec: Codec,
    expects: Vec<Expect>,
}

/// What a case tells of itself to people.
#[derive(Clone, Debug)]
pub(crate) struct CaseAbout {
    pub(crate) title: String,
    pub(crate) rule: Option<String>,
    pub(crate) source: String,
}

/// An expectation of a case: the outcomes that are permitted for some rules.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The rules that the expectation holds for. No two expectations of a case have a rule in common.
    pub rules: Vec<Rules>,
    /// How binding the expectation is.
    pub level: Level,
    /// The features that a subject must declare, or it is not asked.
    pub needs: Vec<Feature>,
    /// Whether the order of the members of a struct counts.
    pub ordered: bool,
    /// The outcomes that a subject may have. Only implementation-defined behaviour has more than one.
    pub permitted: Vec<Permitted>,
}

/// A permitted outcome.
#[derive(Clone, Debug)]
pub struct Permitted {
    /// What a subject may do.
    pub outcome: Outcome,
    /// The surveyed libraries that have this outcome.
    pub by: Vec<String>,
}

/// What a parser can do with a document.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The parser reads these values.
    Values(Tagged),
    /// The parser reads these values, which are made only when they are needed because they are long.
    Generated(Generated),
    /// The parser accepts the document, whatever values it reads.
    Accept,
    /// It refuses the document; our own codec with this kind of error.
    Reject(ErrorKind),
    /// It refuses the document, with any kind of error.
    Refused,
    /// It gives no answer, as the code that it stands for gives none.
    NoAnswer(NoAnswer),
}

/// Values whose JSON is made of pieces.
#[derive(Clone, Debug)]
pub struct Generated {
    pieces: Vec<(String, usize)>,
    codec: Codec,
    values: OnceLock<Tagged>,
}

impl Generated {
    fn new(pieces: Vec<(String, usize)>, codec: Codec) -> Self {
        Self { pieces, codec, values: OnceLock::new() }
    }

    /// The values, which are made when they are first asked for. Pieces that do not fit together make none.
    pub fn values(&self) -> &Tagged {
        self.values.get_or_init(|| {
            let json = self.pieces.iter().map(|(text, times)| text.repeat(*times)).collect::<Vec<_>>().concat();
            Tagged::from_json(json.as_bytes(), self.codec).unwrap_or_default()
        })
    }
}

/// How a reader fails to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoAnswer {
    /// It does not come back, so that its time runs out.
    Timeout,
    /// Its process ends.
    Crash,
}

/// How binding an expectation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The protocol demands the outcome.
    Must,
    /// The protocol's errata demand the outcome, an RFC says SHOULD, or nobody can do without it; a failure counts only with
    /// `--strict`.
    Should,
    /// The outcome is implementation-defined, and any of the listed ones is permitted.
    May,
    /// The outcome is a deviation of the daemon itself, and is expected only of subjects that declare its rules.
    Xend,
}

impl Case {
    /// Makes a case that stands in no file. `id` begins with nothing in particular; `expects` has an expectation for each
    /// set of rules that the case is about.
    pub(crate) fn new(codec: Codec, id: String, about: CaseAbout, input: Vec<u8>, expects: Vec<Expect>) -> Self {
        let CaseAbout { title, rule, source } = about;
        Self { id, title, rule, source, since: None, input, deadline: None, codec, expects }
    }

    /// Returns the codec that the document belongs to.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Returns all expectations of the case, in the order of the file.
    pub fn expectations(&self) -> &[Expect] {
        &self.expects
    }

    /// Returns the expectation for these rules, or `None` if the case has none for them.
    pub fn expectation(&self, rules: Rules) -> Option<&Expect> {
        self.expects.iter().find(|expect| expect.rules.contains(&rules))
    }
}

impl Outcome {
    /// The values that are read, if any are listed.
    pub fn values(&self) -> Option<&Tagged> {
        match self {
            Self::Values(values) => Some(values),
            Self::Generated(generated) => Some(generated.values()),
            _ => None,
        }
    }
}

impl NoAnswer {
    /// The name, as in a case file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Crash => "crash",
        }
    }
}

impl Level {
    /// All levels, the most binding first.
    pub const ALL: &[Self] = &[Self::Must, Self::Should, Self::May, Self::Xend];

    /// Returns the name that case files use, such as `must`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
            Self::Xend => "xend",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values(values) => f.write_str(&shortened(&values.to_json(), 400)),
            Self::Generated(generated) => f.write_str(&shortened(&generated.values().to_json(), 400)),
            Self::Accept => f.write_str("accepted, with any value"),
            Self::Reject(kind) => write!(f, "rejected ({})", kind.name()),
            Self::Refused => f.write_str("rejected"),
            Self::NoAnswer(end) => write!(f, "no answer ({})", end.name()),
        }
    }
}
