//! The sets of rules that a document can be read by.

use std::fmt;
use std::str::FromStr;

use crate::Release;

/// By which rules a document is read.
///
/// | name | what it takes |
/// | --- | --- |
/// | `spec` | the XML-RPC specification with its errata, and nothing else |
/// | `extended` | that, and the usual extensions: `nil`, `i8`, `i1`, `i2`, Apache's types, and the ISO 8601 forms of a date and time |
/// | `xend-RELEASE` | what the daemon takes: Python 2's `xmlrpclib`, which hardly looks at the structure |
///
/// # Encodings
///
/// All rules read UTF-8, UTF-16 (by its byte order mark, or by its first characters as XML 1.0, appendix F, says),
/// ISO-8859-1 and US-ASCII, under the names and aliases that IANA registered. A byte order mark that contradicts the
/// declaration is an error. By the rules of a release any 8-bit codec of Python 2.7 is read, too, and a label is
/// looked for as Python looks for it.
///
/// # DOCTYPE
///
/// The grammar of a document type declaration is checked, and that is all: no entity is ever expanded, no external
/// subset is fetched, and no default value of an attribute counts. So by the rules of a release a document that refers
/// to an entity that it declares is refused, where Python expands the entity. This is their only difference from
/// Python that is meant.
///
/// # Apache's types
///
/// They are known by their namespace, `http://ws.apache.org/xmlrpc/namespaces/extensions`, whatever its prefix.
///
/// | type | read as | what it may be |
/// | --- | --- | --- |
/// | `nil` | `nil` | nothing |
/// | `i1`, `i2` | `int` | 8 or 16 bits |
/// | `i8` | `i8` | 64 bits |
/// | `biginteger` | `int` | an integer of any size |
/// | `float` | `double` | a number of 32 bits, with an exponent or without |
/// | `bigdecimal` | `double` | a number that a double holds with all its digits; another is refused ([`ErrorKind::InvalidDouble`](crate::ErrorKind::InvalidDouble)), so that nothing is lost |
/// | `dateTime` | `dateTime.iso8601` | an ISO 8601 date and time |
/// | `serializable` | `base64` | the bytes of an object, which nobody looks into |
/// | `dom` | - | refused ([`ErrorKind::UnsupportedType`](crate::ErrorKind::UnsupportedType)): a piece of XML is no value of XML-RPC |
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
