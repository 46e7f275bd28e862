//! Whose reading and writing of S-expressions is in force.

use std::fmt;
use std::str::FromStr;

use crate::Release;

/// How S-expressions are read and written.
///
/// * `strict`: Xend's grammar without the daemon's defects, so that whatever a release prints is read as it was meant.
/// * `xend-RELEASE`: exactly what that release's `sxp.py` makes of a document (protocol reference §2).
/// * `libvirt`: what libvirt's driver makes of it: nearly anything goes, and backslashes stay.
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
    /// Xend's grammar without the daemon's defects.
    pub const fn strict() -> Self {
        Self(Dialect::Strict)
    }

    /// What the parser and printer of one release do.
    pub const fn xend(release: Release) -> Self {
        Self(Dialect::Xend(release))
    }

    /// What libvirt's client does.
    pub const fn libvirt() -> Self {
        Self(Dialect::Libvirt)
    }

    /// All rules there are: `strict`, `xend-3.0.2` to `xend-4.1`, `libvirt`.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::strict()].into_iter().chain(Release::ALL.iter().copied().map(Self::xend)).chain([Self::libvirt()])
    }

    /// `!` ended an atom until commit 26b39a0d63 of October 2009, which is in 4.0.
    pub(super) fn bang_separates(self) -> bool {
        matches!(self.0, Dialect::Xend(release) if release <= Release::V3_4)
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Dialect::Strict => f.write_str("strict"),
            Dialect::Xend(release) => f.write_str(release.rules()),
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

/// The text names no rules for S-expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRules(String);

impl fmt::Display for UnknownRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown rules `{}` for S-expressions, expected strict, xend-RELEASE or libvirt", self.0)
    }
}

impl std::error::Error for UnknownRules {}
