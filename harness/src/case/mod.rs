//! Cases: a document, and what a reader is to make of it.

mod file;

use std::fmt;
use std::path::Path;

use xend_wire::ErrorKind;

use crate::{Codec, Diagnostic, Error, Feature, Rules, Tagged};

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
    /// Reads a case file. `path` is that of the file below the folder of cases, `file` what errors call it, and
    /// `beside` finds a file next to it.
    ///
    /// # Errors
    /// Anything that the format does not allow.
    pub fn parse(
        path: &str,
        file: &str,
        text: &[u8],
        beside: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Result<Self, Diagnostic> {
        file::parse(path, file, text, beside)
    }

    /// The cases that are built in, sorted by id.
    ///
    /// # Errors
    /// One of them is malformed, which is a mistake of this project.
    pub fn built_in() -> Result<Vec<Self>, Error> {
        let files = xend_fixtures::files("cases/").filter(|file| file.path.ends_with(".toml"));
        let mut cases = files.map(|file| Self::embedded(file.path, file.bytes)).collect::<Result<Vec<_>, _>>()?;
        // Not the order of the files, for `.` comes after `-`.
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

    /// A case of the fixtures, by the path of its file there.
    ///
    /// # Errors
    /// It is malformed.
    pub fn embedded(path: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let (folder, _) = path.rsplit_once('/').unwrap_or_default();
        let beside = |name: &str| xend_fixtures::file(&format!("{folder}/{name}")).map(|file| file.bytes.to_vec());
        Self::parse(path.strip_prefix("cases/").unwrap_or(path), &format!("fixtures/{path}"), bytes, &beside)
    }

    /// The cases in a folder, sorted by id.
    ///
    /// # Errors
    /// A file can't be read, or is malformed.
    pub fn in_folder(folder: &Path) -> Result<Vec<Self>, Error> {
        folder.read_dir().map_err(|error| Error::io(folder.display(), &error))?;
        let mut cases = Vec::new();
        for codec in Codec::ALL {
            let folder = folder.join(codec.name());
            let entries = match folder.read_dir() {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                entries => entries.map_err(|error| Error::io(folder.display(), &error))?,
            };
            for entry in entries {
                let path = entry.map_err(|error| Error::io(folder.display(), &error))?.path();
                if path.extension().is_some_and(|extension| extension == "toml") {
                    let text = std::fs::read(&path).map_err(|error| Error::io(path.display(), &error))?;
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let beside = |name: &str| std::fs::read(folder.join(name)).ok();
                    cases.push(Self::parse(&format!("{codec}/{name}"), &path.display().to_string(), &text, &beside)?);
                }
            }
        }
        if cases.is_empty() {
            let expected = "expected files CODEC/NAME.toml, with sexpr or xmlrpc for CODEC";
            return Err(Error::Usage(format!("no case in {}: {expected}", folder.display())));
        }
        cases.sort_by(|left, right| left.id.cmp(&right.id));
        Ok(cases)
    }

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
            Self::Values(values) => f.write_str(&crate::shorten::shortened(&values.to_json(), 400)),
            Self::Accept => f.write_str("accepted, with any value"),
            Self::Reject(kind) => write!(f, "rejected ({})", kind.name()),
        }
    }
}
