//! The three protocols of Xend, called faces.

use std::fmt;
use std::str::FromStr;

/// A protocol of Xend. All three give access to the same host and domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// S-expressions over HTTP (protocol reference §3).
    Sxp,
    /// Xend's own XML-RPC, whose methods are called `xend.*` (§4).
    XmlRpc,
    /// The Xen-API, a dialect of XML-RPC that exists from 3.1 on (§5).
    XenApi,
}

impl Face {
    /// All faces.
    pub const ALL: [Self; 3] = [Self::Sxp, Self::XmlRpc, Self::XenApi];

    /// The name of the face: `sxp`, `xmlrpc` or `xenapi`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sxp => "sxp",
            Self::XmlRpc => "xmlrpc",
            Self::XenApi => "xenapi",
        }
    }
}

impl fmt::Display for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Face {
    type Err = UnknownFace;

    fn from_str(text: &str) -> Result<Self, UnknownFace> {
        Self::ALL.into_iter().find(|face| face.as_str() == text).ok_or_else(|| UnknownFace(text.to_owned()))
    }
}

/// The error of parsing a text that is not the name of a face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFace(String);

impl fmt::Display for UnknownFace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown face `{}`, expected sxp, xmlrpc or xenapi", self.0)
    }
}

impl std::error::Error for UnknownFace {}
