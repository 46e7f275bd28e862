//! The files of the simulated host.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};

use super::Domain;
use crate::weight;

/// The files of a host. All paths exist, except those that are declared missing. Only saved domains have contents.
///
/// A pattern is a path in which `*` stands for any text without a slash and `**` for any text. It covers everything
/// below the paths that it matches.
#[derive(Clone, Debug)]
pub struct Filesystem {
    missing: Patterns,
    existing: Patterns,
    /// The saved domains.
    pub saved: Saved,
}

/// Saved domains, by the path of their file.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    domains: BTreeMap<String, Domain>,
    /// The bytes that the paths and domains take.
    held: usize,
}

impl Saved {
    /// Returns the domain saved in a file.
    pub fn get(&self, path: &str) -> Option<&Domain> {
        self.domains.get(path)
    }

    /// Returns all files with their domains, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Domain)> {
        self.domains.iter().map(|(path, domain)| (path.as_str(), domain))
    }

    /// Saves a domain in a file, replacing what was there.
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
    /// Returns the files of a host without saved domains. Paths that match `missing` do not exist, unless they match
    /// `existing`.
    pub fn new(missing: Patterns, existing: Patterns) -> Self {
        Self { missing, existing, saved: Saved::default() }
    }

    /// Returns whether a path exists or can be created.
    pub fn exists(&self, path: &[u8]) -> bool {
        !path.is_empty() && (self.existing.cover(path) || !self.missing.cover(path))
    }

    /// Returns the patterns of missing paths.
    pub fn missing(&self) -> &Patterns {
        &self.missing
    }

    /// Returns the patterns of the exceptions, which exist although they match a pattern of missing paths.
    pub fn existing(&self) -> &Patterns {
        &self.existing
    }
}

/// Patterns of paths, with `*` and `**`.
#[derive(Clone, Debug, Default)]
pub struct Patterns {
    texts: Vec<String>,
    matchers: Vec<GlobMatcher>,
}

impl Patterns {
    /// Compiles patterns.
    ///
    /// # Errors
    /// Returns an error for the first text that is not a pattern.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Result<Self, globset::Error> {
        let mut patterns = Self::default();
        for text in texts {
            let path = text.trim_end_matches('/');
            patterns.matchers.push(GlobBuilder::new(path).literal_separator(true).build()?.compile_matcher());
            patterns.texts.push(text);
        }
        Ok(patterns)
    }

    /// Returns the texts of the patterns, as they were given.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Returns whether a pattern matches a path or one of its parent folders.
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
