//! The releases of Xend whose behaviour is known, and ranges of releases.

use std::fmt;
use std::str::FromStr;

/// Defines [`Release`] from one row for each release, oldest first.
macro_rules! releases {
    ($($(#[$meta:meta])* $release:ident = $number:literal,)*) => {
        /// A release of Xend. Later releases compare greater.
        ///
        /// Releases are added as their behaviour becomes known. So compare releases (`release >= Release::V3_3`) or use
        /// a [range](Releases) instead of listing them one by one.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Release {
            $($(#[$meta])* $release,)*
        }

        impl Release {
            /// The number of the release, such as `3.0.2`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$release => $number,)*
                }
            }

            /// The name of the rules by which this release reads documents: `xend-3.0.2`.
            pub(crate) const fn rules_name(self) -> &'static str {
                match self {
                    $(Self::$release => concat!("xend-", $number),)*
                }
            }
        }
    };
}

releases! {
    /// Xen 3.0.2, April 2006.
    V3_0_2 = "3.0.2",
    /// Xen 3.0.3, October 2006.
    V3_0_3 = "3.0.3",
    /// Xen 3.1, May 2007.
    V3_1 = "3.1",
    /// Xen 3.2, January 2008.
    V3_2 = "3.2",
    /// Xen 3.3, August 2008.
    V3_3 = "3.3",
    /// Xen 3.4, May 2009.
    V3_4 = "3.4",
    /// Xen 4.1, March 2011.
    #[default]
    V4_1 = "4.1",
    /// Xen 4.4, March 2014, the last release with Xend. 4.2 and 4.3 behave like 4.1 and 4.4, except for their version
    /// strings.
    V4_4 = "4.4",
}

impl Release {
    /// All releases, oldest first.
    pub const ALL: &'static [Self] =
        &[Self::V3_0_2, Self::V3_0_3, Self::V3_1, Self::V3_2, Self::V3_3, Self::V3_4, Self::V4_1, Self::V4_4];

    /// Picks the value for this release from a table in which each row gives a release and the value from that release
    /// on.
    ///
    /// The rows must be ordered from the oldest release to the newest.
    ///
    /// ```
    /// use xend_wire::Release;
    ///
    /// let port = [(Release::V3_0_2, 8005), (Release::V3_1, 8006)];
    /// assert_eq!(Release::V3_0_3.pick(&port), 8005);
    /// assert_eq!(Release::V4_1.pick(&port), 8006);
    /// ```
    ///
    /// # Panics
    /// If all rows are newer than this release.
    pub fn pick<T: Copy>(self, rows: &[(Self, T)]) -> T {
        let row = rows.iter().rfind(|(since, _)| *since <= self);
        row.expect("the first row holds from the oldest release on").1
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
        let found = Self::ALL.iter().find(|release| release.as_str() == text);
        found.copied().ok_or_else(|| UnknownRelease(text.to_owned()))
    }
}

/// A range of releases, such as those that have a method, a field or a behaviour.
///
/// As text, a range is one release (`3.1`), or `..` with the first release before it, the last release after it, or both
/// (`3.1..`, `..3.0.3`, `3.1..3.3`). Both ends belong to the range.
///
/// ```
/// use xend_wire::{Release, Releases};
///
/// assert_eq!("3.1..3.3".parse(), Ok(Releases::between(Release::V3_1, Release::V3_3)));
/// assert!(Releases::since(Release::V3_1).contains(Release::V4_1));
/// assert!(!Releases::until(Release::V3_0_3).contains(Release::V3_1));
/// assert!(Releases::between(Release::V3_0_3, Release::V3_1).contains(Release::V3_1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Releases {
    /// The oldest release of the range; `None` if it has no beginning.
    first: Option<Release>,
    /// The newest release of the range; `None` if it has no end.
    last: Option<Release>,
}

impl Releases {
    /// Every release.
    pub const ALL: Self = Self { first: None, last: None };

    /// The range of this release and all later ones.
    pub const fn since(first: Release) -> Self {
        Self { first: Some(first), last: None }
    }

    /// The range of this release and all earlier ones.
    pub const fn until(last: Release) -> Self {
        Self { first: None, last: Some(last) }
    }

    /// The range from the first of these two releases to the second, both included.
    pub const fn between(first: Release, last: Release) -> Self {
        Self { first: Some(first), last: Some(last) }
    }

    /// The range of one release alone.
    pub const fn only(release: Release) -> Self {
        Self::between(release, release)
    }

    /// Whether the release is in the range.
    pub fn contains(&self, release: Release) -> bool {
        self.first.is_none_or(|first| first <= release) && self.last.is_none_or(|last| release <= last)
    }
}

impl FromStr for Releases {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let end = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
        match text.split_once("..") {
            Some((first, last)) => Ok(Self { first: end(first)?, last: end(last)? }),
            None => text.parse().map(Self::only),
        }
    }
}

/// The error of parsing a text that is not the number of a known release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRelease(String);

impl fmt::Display for UnknownRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Release::ALL.iter().map(|release| release.as_str()).collect();
        write!(f, "unknown release `{}`, expected one of {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownRelease {}
