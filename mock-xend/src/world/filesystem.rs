//! Which files the simulated host has.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};

use super::Domain;
use crate::weight;

/// The files of the host. All paths exist but those that are said to be missing; of the contents only saved domains
/// matter.
///
/// A pattern is a path in which `*` stands for anything within a folder and `**` for anything at all. It covers what
/// lies below what it matches.
#[derive(Clone, Debug)]
pub struct Filesystem {
    missing: Patterns,
    existing: Patterns,
    /// Domains that were saved.
    pub saved: Saved,
}

/// Domains that were saved, by the path of the file.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    domains: BTreeMap<String, Domain>,
    /// What paths and domains weigh, in bytes.
    held: usize,
}

impl Saved {
    /// The domain in a file.
    pub fn get(&self, path: &str) -> Option<&Domain> {
        self.domains.get(path)
    }

    /// All files with their domains, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Domain)> {
        self.domains.iter().map(|(path, domain)| (path.as_str(), domain))
    }

    /// Writes a domain to a file, over what was there.
    pub fn insert(&mut self, path: String, domain: Domain) {
        let path_weight = weight::of_text(&path);
        self.held += path_weight + domain.weight();
        if let Some(over) = self.domains.insert(path, domain) {
            self.held -= path_weight + over.weight();
        }
    }

    pub(super) fn weight(&self) -> usize {
        self.held
    }
}

impl Default for Filesystem {
    fn default() -> Self {
        let missing = Patterns::new(["/nonexistent".to_owned()]).expect("a path is a pattern");
        Self { missing, existing: Patterns::default(), saved: Saved::default() }
    }
}

impl Filesystem {
    /// A host without saved domains, of which `missing` does not exist but for `existing`.
    pub fn new(missing: Patterns, existing: Patterns) -> Self {
        Self { missing, existing, saved: Saved::default() }
    }

    /// Whether a path exists, or can be made.
    pub fn exists(&self, path: &[u8]) -> bool {
        !path.is_empty() && (self.existing.cover(path) || !self.missing.cover(path))
    }

    /// What does not exist.
    pub fn missing(&self) -> &Patterns {
        &self.missing
    }

    /// What exists of what would be missing.
    pub fn existing(&self) -> &Patterns {
        &self.existing
    }
}

/// Patterns of paths.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    texts: Vec<String>,
    matchers: Vec<GlobMatcher>,
}

impl Patterns {
    /// Patterns from their texts.
    ///
    /// # Errors
    /// A text that is no pattern.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Result<Self, globset::Error> {
        let mut patterns = Self::default();
        for text in texts {
            let path = text.trim_end_matches('/');
            patterns.matchers.push(GlobBuilder::new(path).literal_separator(true).build()?.compile_matcher());
            patterns.texts.push(text);
        }
        Ok(patterns)
    }

    /// The texts, as they were given.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Whether a pattern matches a path, or a folder that it lies in.
    fn cover(&self, path: &[u8]) -> bool {
        let path = String::from_utf8_lossy(path);
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().any(|end| self.matchers.iter().any(|matcher| matcher.is_match(&path[..end])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Patterns {
        Patterns::new(texts.iter().map(|&text| text.to_owned())).unwrap()
    }

    #[test]
    fn a_pattern_covers_what_lies_below_it() {
        let files = Filesystem::new(patterns(&["/nonexistent", "/dev/vg*/"]), Patterns::default());
        for (path, exists) in [
            ("/nonexistent", false),
            ("/nonexistent/a/b", false),
            ("/nonexistent2", true),
            ("/dev/vgx/disk", false),
            ("/dev/vgx", false),
            ("/dev/sda", true),
            ("", false),
        ] {
            assert_eq!(files.exists(path.as_bytes()), exists, "{path}");
        }
    }

    #[test]
    fn what_exists_is_an_exception_to_what_is_missing() {
        let files = Filesystem::new(patterns(&["/srv"]), patterns(&["/srv/img/?.img"]));
        assert!(files.exists(b"/srv/img/a.img"));
        assert!(!files.exists(b"/srv/img/gone.img"));
        assert!(!files.exists(b"/srv/img"));
    }
}
