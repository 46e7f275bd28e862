//! The sets of rules that a document can be read by.

use std::fmt;
use std::str::FromStr;

use crate::Release;

/// By which rules a document is read.
///
/// | name | what it takes |
/// | --- | --- |
/// | `spec` | the XML-RPC specification with its errata, and nothing else |
/// | `extended` | that, and the usual extensions: `nil`, `i8`, `i1`, `i2`, each also as `ex:NAME`, and the ISO 8601 forms of a date and time |
/// | `xend-RELEASE` | what the daemon takes: Python 2's `xmlrpclib`, which hardly looks at the structure |
///
/// ```
/// use xend_wire::{Limits, xmlrpc::{self, Rules}};
///
/// let reply = b"<methodResponse><params><param><value><int> 5 </int></value></param></params></methodResponse>";
/// assert!(xmlrpc::decode_response(reply, Rules::spec(), &Limits::default()).is_err());
///
/// let rules: Rules = "xend-3.0.3".parse()?;
/// assert!(xmlrpc::decode_response(reply, rules, &Limits::default()).is_ok());
/// # Ok::<_, xend_wire::xmlrpc::UnknownRules>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rules(Dialect);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Dialect {
    Spec,
    Extended,
    Xend(Release),
}

impl Rules {
    /// The specification with its errata.
    pub fn spec() -> Self {
        Self(Dialect::Spec)
    }

    /// The specification and the usual extensions.
    pub fn extended() -> Self {
        Self(Dialect::Extended)
    }

    /// What a release of the daemon takes. All releases read alike: each hands its bytes to Python 2's `xmlrpclib`.
    pub fn xend(release: Release) -> Self {
        Self(Dialect::Xend(release))
    }

    /// Every set of rules.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::spec(), Self::extended()].into_iter().chain(Release::ALL.iter().copied().map(Self::xend))
    }

    /// The name, as cases write it: `spec`, `extended`, `xend-4.1`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Dialect::Spec => "spec",
            Dialect::Extended => "extended",
            Dialect::Xend(release) => release.rules(),
        }
    }

    pub(super) fn are_extended(self) -> bool {
        self.0 == Dialect::Extended
    }

    pub(super) fn are_python(self) -> bool {
        matches!(self.0, Dialect::Xend(_))
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Rules {
    type Err = UnknownRules;

    fn from_str(name: &str) -> Result<Self, UnknownRules> {
        Self::all().find(|rules| rules.name() == name).ok_or_else(|| UnknownRules(name.to_owned()))
    }
}

/// The text names no set of XML-RPC rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRules(String);

impl fmt::Display for UnknownRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown XML-RPC rules `{}`, expected spec, extended, or xend-RELEASE with one of ", self.0)?;
        let releases: Vec<_> = Release::ALL.iter().map(|release| release.as_str()).collect();
        f.write_str(&releases.join(", "))
    }
}

impl std::error::Error for UnknownRules {}
