//! The rules by which S-expressions are read and written.

use std::fmt;
use std::str::FromStr;

use crate::Release;

/// The rules by which S-expressions are read and written.
///
/// * `strict`: Xend's grammar without the daemon's defects. It reads the output of every release as it was meant.
/// * `xend-RELEASE`: the grammar of that release's `sxp.py`, with all its defects (protocol reference §2).
/// * `libvirt`: the grammar of libvirt's driver, which accepts nearly everything and keeps backslashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules(pub(super) Dialect);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Dialect {
    #[default]
    Strict,
    Xend(Release),
    Libvirt,
}

impl Rules {
    /// The rules `strict`: Xend's grammar without the daemon's defects.
    pub const fn strict() -> Self {
        Self(Dialect::Strict)
    }

    /// The rules of the parser and printer of one release.
    pub const fn xend(release: Release) -> Self {
        Self(Dialect::Xend(release))
    }

    /// The rules of libvirt's client.
    pub const fn libvirt() -> Self {
        Self(Dialect::Libvirt)
    }

    /// All rules: `strict`, those of each release, and `libvirt`.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::strict()].into_iter().chain(Release::ALL.iter().copied().map(Self::xend)).chain([Self::libvirt()])
    }

    /// Whether `!` ends an atom, as it did before commit 26b39a0d63 of October 2009, which is in 4.0.
    pub(super) fn bang_separates(self) -> bool {
        matches!(self.0, Dialect::Xend(release) if release <= Release::V3_4)
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Dialect::Strict => f.write_str("strict"),
            Dialect::Xend(release) => f.write_str(release.rules_name()),
            Dialect::Libvirt => f.write_str("libvirt"),
        }
    }
}

impl FromStr for Rules {
    type Err = UnknownRules;

    fn from_str(text: &str) -> Result<Self, UnknownRules> {
        Self::all().find(|rules| rules.to_string() == text).ok_or_else(|| UnknownRules(text.to_owned()))
    }
}

/// The error of parsing a text that is not the name of rules for S-expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRules(String);

impl fmt::Display for UnknownRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown rules `{}` for S-expressions, expected strict, xend-RELEASE or libvirt", self.0)
    }
}

impl std::error::Error for UnknownRules {}
