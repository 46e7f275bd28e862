//! The sets of rules by which a document can be read.

use std::fmt;
use std::str::FromStr;

use crate::Release;

/// The rules by which a document is read.
///
/// | name | what the rules accept |
/// | --- | --- |
/// | `spec` | the XML-RPC specification with its errata, and nothing else |
/// | `extended` | also the usual extensions: `nil`, `i8`, `i1`, `i2`, Apache's types, and all ISO 8601 forms of a date and time |
/// | `xend-RELEASE` | everything that the daemon accepts, which reads with Python 2's `xmlrpclib` and so hardly checks the structure |
///
/// # Encodings
///
/// All rules read UTF-8, UTF-16 (by its byte order mark, or by its first characters as XML 1.0, appendix F, says),
/// ISO-8859-1 and US-ASCII, under the names and aliases that IANA registered. A byte order mark that contradicts the
/// declaration is an error. The rules of a release also read any 8-bit codec of Python 2.7, and look up its name as
/// Python does.
///
/// # DOCTYPE
///
/// The grammar of a document type declaration is checked, but the declaration has no effect: no entity is ever expanded,
/// no external subset is fetched, and no default value of an attribute is used. So the rules of a release refuse a document
/// that refers to an entity that it declares, although Python expands such an entity. They also refuse a name of an
/// instruction or inside a DOCTYPE that is not in the encoding of the document, which expat does not check. These are
/// their only intended differences from Python.
///
/// # Apache's types
///
/// The types of Apache ws-xmlrpc are recognised by their namespace,
/// `http://ws.apache.org/xmlrpc/namespaces/extensions`, whatever its prefix is.
///
/// | type | read as | values |
/// | --- | --- | --- |
/// | `nil` | `nil` | an empty element |
/// | `i1`, `i2` | `int` | an integer of 8 or 16 bits |
/// | `i8` | `i8` | an integer of 64 bits |
/// | `biginteger` | `int` | an integer of any size |
/// | `float` | `double` | a number of 32 bits, with or without an exponent |
/// | `bigdecimal` | `double` | a number that a double represents with all its digits; any other number is refused ([`ErrorKind::InvalidDouble`](crate::ErrorKind::InvalidDouble)), so that no digits are lost |
/// | `dateTime` | `dateTime.iso8601` | an ISO 8601 date and time |
/// | `serializable` | `base64` | the bytes of a serialized object, which are not interpreted |
/// | `dom` | - | refused ([`ErrorKind::UnsupportedType`](crate::ErrorKind::UnsupportedType)), because a piece of XML can't be represented as a value |
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
    /// The rules `spec`: the specification with its errata.
    pub fn spec() -> Self {
        Self(Dialect::Spec)
    }

    /// The rules `extended`: the specification and the usual extensions.
    pub fn extended() -> Self {
        Self(Dialect::Extended)
    }

    /// The rules of a release of the daemon. All releases read alike, because each uses Python 2's `xmlrpclib`.
    pub fn xend(release: Release) -> Self {
        Self(Dialect::Xend(release))
    }

    /// All sets of rules.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::spec(), Self::extended()].into_iter().chain(Release::ALL.iter().copied().map(Self::xend))
    }

    /// The name of the rules: `spec`, `extended`, or `xend-RELEASE` such as `xend-4.1`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Dialect::Spec => "spec",
            Dialect::Extended => "extended",
            Dialect::Xend(release) => release.rules_name(),
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

/// The error of parsing a text that is not the name of XML-RPC rules.
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
