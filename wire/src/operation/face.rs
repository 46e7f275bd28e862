//! The three protocols of Xend, called faces.

use std::fmt;

crate::named_enum! {
    /// A protocol of Xend. All three give access to the same host and domains.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Face {
        /// S-expressions over HTTP (protocol reference §3).
        Sxp = "sxp",
        /// Xend's own XML-RPC, whose methods are called `xend.*` (§4).
        XmlRpc = "xmlrpc",
        /// The Xen-API, a dialect of XML-RPC that exists from 3.1 on (§5).
        XenApi = "xenapi",
    }
    /// All faces.
    ALL: 3;
    /// The name of the face: `sxp`, `xmlrpc` or `xenapi`.
    fn as_str;
    Err: UnknownFace = |text: &str| UnknownFace(text.to_owned());
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
