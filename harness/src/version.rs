//! Versions of the suite.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// A version of the suite, such as `0.1.0`. A case says since which one it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version([u32; 3]);

impl Version {
    /// Returns the version of the suite in this program.
    pub fn current() -> Self {
        env!("CARGO_PKG_VERSION").parse().unwrap_or(Self([0; 3]))
    }
}

impl FromStr for Version {
    type Err = Error;

    /// Parses a version of one to three numbers; those that are missing are 0.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut version = [0; 3];
        let numbers: Vec<_> = text.split('.').map(str::parse::<u32>).collect();
        if numbers.len() > version.len() || numbers.iter().any(Result::is_err) {
            return Err(Error::Usage(format!("`{text}` is no version, expected one such as 0.1.0")));
        }
        for (place, number) in version.iter_mut().zip(numbers) {
            *place = number.unwrap_or_default();
        }
        Ok(Self(version))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        let version = |text: &str| text.parse::<Version>().expect("a version");
        assert!(version("0.9.1") < version("0.10"));
        assert_eq!(version("1").to_string(), "1.0.0");
        assert!(version("0.0.1") < Version::current());
        for text in ["", "1.x", "1.2.3.4", "-1"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
