//! The three protocols of Xend, called faces.

use std::fmt;

use crate::Release;

/// The first release whose Xen-API is supported. That of 3.0.4 was different.
pub(super) const XEN_API: Release = Release::V3_1;

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

impl Face {
    /// Returns whether the daemon of a release has this face: all have `sxp` and `xmlrpc`, and the Xen-API is there from
    /// 3.1 on (protocol reference §5).
    ///
    /// ```
    /// use xend_wire::{Release, operation::Face};
    ///
    /// assert!(Face::XmlRpc.is_served_by(Release::V3_0_2));
    /// assert!(!Face::XenApi.is_served_by(Release::V3_0_3));
    /// ```
    pub fn is_served_by(self, release: Release) -> bool {
        self != Self::XenApi || release >= XEN_API
    }

    /// Returns the faces that the daemon of a release has.
    pub fn served_by(release: Release) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |face| face.is_served_by(release))
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
