//! Which cases are meant, and which of them are known to fail.

use std::fmt;
use std::str::FromStr;

use globset::{Glob, GlobMatcher};

use crate::{Error, Rules};
use xend_wire::Diagnostic;

/// Cases by id, and the rules by which they are read: `sexpr/quote-*`, `xmlrpc/int-*@spec`, `*@xend-*`.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    id: GlobMatcher,
    rules: Option<GlobMatcher>,
}

impl Pattern {
    /// Whether it names the case read by the rules.
    pub fn matches(&self, id: &str, rules: Rules) -> bool {
        self.matches_id(id) && self.rules.as_ref().is_none_or(|glob| glob.is_match(rules.to_string()))
    }

    /// Whether it names the case, by whatever rules.
    pub fn matches_id(&self, id: &str) -> bool {
        self.id.is_match(id)
    }
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let glob = |part: &str| match Glob::new(part.trim()) {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(error) => Err(Error::Usage(format!("`{text}` is no pattern: {}", error.kind()))),
        };
        let (id, rules) = match text.split_once('@') {
            Some((id, rules)) => (id, Some(glob(rules)?)),
            None => (text, None),
        };
        Ok(Self { text: text.to_owned(), id: glob(id)?, rules })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Failures that are expected, each with its reason.
///
/// One entry a line: a [`Pattern`], then `#` and the reason. Empty lines and lines that begin with `#` are left out.
/// ```text
/// # What we know of.
/// xmlrpc/int-plus                 # our parser takes a plus sign: tracker 17
/// xmlrpc/base64-* @extended       # no white space in base64 yet
/// ```
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    pattern: Pattern,
    reason: String,
    /// What is reported when the entry matches nothing.
    stale: Diagnostic,
}

impl Baseline {
    /// Reads a baseline; the name is for errors.
    ///
    /// # Errors
    /// An entry without a reason, or whose pattern is none.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let mut entries = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let at = start + line.len() - line.trim_start().len();
            start += line.len();
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let pattern = line.split('#').next().unwrap_or_default().trim_end();
            let span = at..at + pattern.len();
            let wrong = |message: String| Diagnostic::new(file, text.as_bytes(), span.clone(), message);
            let reason = line.split_once('#').map_or("", |(_, reason)| reason.trim());
            if reason.is_empty() {
                return Err(wrong("an entry needs its reason, as in `xmlrpc/int-plus  # why it fails`".to_owned()));
            }
            entries.push(Entry {
                pattern: pattern.parse().map_err(|error: Error| wrong(error.to_string()))?,
                reason: reason.to_owned(),
                stale: wrong("this entry of the baseline matches no case of the subject's rules".to_owned()),
            });
        }
        Ok(Self { entries })
    }

    /// Why the case is expected to fail, if it is.
    pub fn reason(&self, id: &str, rules: Rules) -> Option<&str> {
        self.entries.iter().find(|entry| entry.pattern.matches(id, rules)).map(|entry| &*entry.reason)
    }

    /// The entries that match none of these.
    pub fn stale<'a>(&self, all: impl Iterator<Item = (&'a str, Rules)> + Clone) -> Vec<Diagnostic> {
        let is_stale = |entry: &&Entry| !all.clone().any(|(id, rules)| entry.pattern.matches(id, rules));
        self.entries.iter().filter(is_stale).map(|entry| entry.stale.clone()).collect()
    }
}
