//! Cases: a document, and what a reader is to make of it.

mod file;

use std::fmt;
use std::time::Duration;

use xend_wire::ErrorKind;

use crate::feature::Feature;
use crate::shorten::shortened;
use crate::tagged::Tagged;
use crate::{Codec, Rules};

/// One case. The format of its file is described in the README of the fixtures.
#[derive(Clone, Debug)]
pub struct Case {
    /// `CODEC/NAME`, the path of its file below the folder of cases.
    pub id: String,
    /// What is tested, in a phrase.
    pub title: String,
    /// Where the input and what is expected come from.
    pub source: String,
    /// The document.
    pub input: Vec<u8>,
    /// How long an answer may take, where that is more than [usual](crate::subject::Bounds::TIMEOUT).
    pub deadline: Option<Duration>,
    codec: Codec,
    expects: Vec<Expect>,
}

/// What is expected by some rules.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The rules, none of which is in another expectation of the case.
    pub rules: Vec<Rules>,
    /// How binding it is.
    pub level: Level,
    /// What a subject must be able to do to be asked at all.
    pub needs: Vec<Feature>,
    /// Whether the order of the members of a struct counts.
    pub ordered: bool,
    /// What a subject may answer; one outcome, but for implementation-defined behaviour.
    pub permitted: Vec<Permitted>,
}

/// An outcome that is permitted.
#[derive(Clone, Debug)]
pub struct Permitted {
    /// The outcome.
    pub outcome: Outcome,
    /// The surveyed libraries that do so.
    pub by: Vec<String>,
}

/// What a reader can make of a document.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It reads these values.
    Values(Tagged),
    /// It reads something.
    Accept,
    /// It refuses the document; our own codec with this kind of error.
    Reject(ErrorKind),
}

/// How binding an expectation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The protocol demands it.
    Must,
    /// The protocol's errata or long practice settle it; a failure counts only with `--strict`.
    Should,
    /// Implementation-defined: any of the outcomes listed.
    May,
    /// The daemon's own deviation, for those who declare its rules.
    Xend,
}

impl Case {
    /// The codec that reads the document.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// What is expected by whichever rules, the default first.
    pub fn expectations(&self) -> &[Expect] {
        &self.expects
    }

    /// What is expected by these rules; `None` if the case says nothing of them.
    pub fn expectation(&self, rules: Rules) -> Option<&Expect> {
        self.expects.iter().find(|expect| expect.rules.contains(&rules))
    }
}

impl Level {
    /// The name, as in a case file.
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
            Self::Accept => f.write_str("accepted, with any value"),
            Self::Reject(kind) => write!(f, "rejected ({})", kind.name()),
        }
    }
}
