//! Which files the simulated host has.

use std::collections::BTreeMap;

use super::Domain;

/// The files of the host. All paths exist but those that are said to be missing; of the contents only saved domains
/// matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Filesystem {
    /// Folders, or files, that do not exist: `/nonexistent` unless said otherwise.
    pub missing: Vec<String>,
    /// Domains that were saved, by the path of the file.
    pub saved: BTreeMap<String, Domain>,
}

impl Default for Filesystem {
    fn default() -> Self {
        Self { missing: vec!["/nonexistent".to_owned()], saved: BTreeMap::new() }
    }
}

impl Filesystem {
    /// Whether a path exists, or can be made.
    pub fn exists(&self, path: &[u8]) -> bool {
        let is_below = |folder: &String| {
            path.strip_prefix(folder.trim_end_matches('/').as_bytes())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        !path.is_empty() && !self.missing.iter().any(is_below)
    }
}
