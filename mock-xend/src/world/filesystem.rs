//! Which files the simulated host has.

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};

use super::Domain;

/// The files of the host. All paths exist but those that are said to be missing; of the contents only saved domains
/// matter.
///
/// A pattern is a path in which `*` stands for anything within a folder and `**` for anything at all. It covers what
/// lies below what it matches.
#[derive(Clone, Debug)]
pub struct Filesystem {
    missing: Patterns,
    existing: Patterns,
    /// Domains that were saved, by the path of the file.
    pub saved: BTreeMap<String, Domain>,
}

impl Default for Filesystem {
    fn default() -> Self {
        let missing = Patterns::new(["/nonexistent".to_owned()]).expect("a path is a pattern");
        Self { missing, existing: Patterns::default(), saved: BTreeMap::new() }
    }
}

impl Filesystem {
    /// A host without saved domains, of which `missing` does not exist but for `existing`.
    pub fn new(missing: Patterns, existing: Patterns) -> Self {
        Self { missing, existing, saved: BTreeMap::new() }
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
