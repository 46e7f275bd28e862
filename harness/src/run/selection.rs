//! Which questions of a plan are asked.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use xend_wire::Release;
use xend_wire::operation::Face;

use super::item::Item;
use crate::Error;
use crate::case::Level;
use crate::pattern::Pattern;
use crate::suite::Suite;
use crate::version::Version;

/// Which questions are asked. Each field restricts the choice further; an empty one restricts nothing.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The suites.
    pub suites: Vec<Suite>,
    /// Patterns, one of which must match.
    pub filter: Vec<Pattern>,
    /// Patterns, none of which may match.
    pub exclude: Vec<Pattern>,
    /// The levels.
    pub levels: Vec<Level>,
    /// Tags, one of which the question must have.
    pub tags: Vec<String>,
    /// The releases of Xend; a question that is about no release is not chosen.
    pub releases: Vec<Release>,
    /// The faces of Xend; a question that is about no face is not chosen.
    pub faces: Vec<Face>,
    /// The questions by their names, as in `xmlrpc/int-plus@spec`, such as those that failed in an earlier run.
    pub names: Option<BTreeSet<String>>,
    /// The version of the suite; a question that came with a later one is not chosen.
    pub version: Option<Version>,
    /// The part of the questions that this run asks, if several runs share them.
    pub shard: Option<Shard>,
}

/// One of several equal parts of all cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The number of the part, from 1.
    pub part: u64,
    /// The number of parts.
    pub of: u64,
}

impl Selection {
    /// Returns whether the question is chosen.
    pub fn has<T>(&self, item: &Item<T>) -> bool {
        let (id, variant) = (&*item.about.id, &*item.variant);
        let matches = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(id, variant));
        (self.suites.is_empty() || self.suites.contains(&item.suite))
            && (self.filter.is_empty() || matches(&self.filter))
            && !matches(&self.exclude)
            && (self.levels.is_empty() || item.level.is_some_and(|level| self.levels.contains(&level)))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| item.tags.contains(tag)))
            && (self.releases.is_empty() || item.release.is_some_and(|release| self.releases.contains(&release)))
            && (self.faces.is_empty() || item.face.is_some_and(|face| self.faces.contains(&face)))
            && self.names.as_ref().is_none_or(|names| names.contains(&item.name()))
            && self.version.is_none_or(|version| item.since.is_none_or(|since| since <= version))
            && self.shard.is_none_or(|shard| shard.has(id))
    }
}

impl Shard {
    /// Returns whether a case belongs to this part. It depends on the id alone, so a new case moves no other.
    pub fn has(self, id: &str) -> bool {
        // FNV-1a, which is the same everywhere and always.
        let hash = id
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        // The low bits alone are not spread evenly.
        (hash ^ hash >> 32) % self.of == self.part - 1
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if (1..=of).contains(&part) && of <= 1_000 => Ok(Self { part, of }),
            _ => Err(Error::Usage(format!("`{text}` is no shard, expected I/N such as 1/4, with I from 1 to N"))),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_the_cases() {
        let ids: Vec<_> =
            xend_fixtures::files("cases/").map(|file| file.path).filter(|path| path.ends_with(".toml")).collect();
        let mut sizes = [0; 4];
        for id in &ids {
            let has: Vec<_> = (1..=4).filter(|&part| Shard { part, of: 4 }.has(id)).collect();
            assert_eq!(has.len(), 1, "{id}");
            sizes[usize::try_from(has[0]).expect("it is small") - 1] += 1;
        }
        assert!(sizes.iter().all(|size| size * 4 > ids.len() * 3 / 4), "{sizes:?}");
    }

    #[test]
    fn a_shard_is_a_part_of_a_whole() {
        assert_eq!("2/3".parse::<Shard>().expect("it is one").to_string(), "2/3");
        for text in ["0/3", "4/3", "1", "1/0", "a/b", "1/1001", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
