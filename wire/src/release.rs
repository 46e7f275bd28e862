//! The releases of Xend whose behaviour is known.

use std::fmt;
use std::str::FromStr;

/// A release of Xend. Later ones compare greater.
///
/// 4.2 to 4.4 put the same bytes on the wire as 4.1 (protocol reference, section 0).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// Xen 3.0.2, April 2006.
    V3_0_2,
    /// Xen 3.0.3, October 2006.
    V3_0_3,
    /// Xen 3.1, May 2007.
    V3_1,
    /// Xen 3.4, May 2009.
    V3_4,
    /// Xen 4.1, March 2011, and all later ones that still had Xend.
    #[default]
    V4_1,
}

impl Release {
    /// Every release, oldest first.
    pub const ALL: [Self; 5] = [Self::V3_0_2, Self::V3_0_3, Self::V3_1, Self::V3_4, Self::V4_1];

    /// The release's number, as in `3.0.2`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3_0_2 => "3.0.2",
            Self::V3_0_3 => "3.0.3",
            Self::V3_1 => "3.1",
            Self::V3_4 => "3.4",
            Self::V4_1 => "4.1",
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        Self::ALL.into_iter().find(|release| release.as_str() == text).ok_or_else(|| UnknownRelease(text.to_owned()))
    }
}

/// The text names no release that is emulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRelease(String);

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown release `{}`, expected one of 3.0.2, 3.0.3, 3.1, 3.4, 4.1", self.0)
    }
}

impl std::error::Error for UnknownRelease {}
