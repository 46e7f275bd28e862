//! What the HTTP status of a reply says about the request, before the body is read.

use std::ops::RangeInclusive;

use crate::operation::Face;

/// What happened to a request, as far as the status of its reply tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The request was answered, and the body says whether it succeeded.
    Answered,
    /// The request was refused before anything was done.
    Refused,
    /// The request was refused, and the server names another address in `Location`.
    Moved,
    /// The status does not tell what was done, as when a gateway stops waiting for the daemon.
    Unclear,
}

use Meaning::{Answered, Moved, Refused};

/// Ranges of statuses and their meaning. A status outside of all ranges is [`Meaning::Unclear`].
type Statuses = &'static [(RangeInclusive<u16>, Meaning)];

/// Statuses on the S-expression face: those that Xend's own server sends (protocol reference §1.4), and those with which
/// any HTTP server refuses a request.
///
/// Xend sends a 500 for an operation that failed, and says so in the body or the reason phrase. A 204 is unclear: it is
/// in Xend's code, but Xend never sends it, so it comes from a server about which nothing is known.
const SXP: Statuses = &[
    (200..=202, Answered),
    (300..=399, Moved),
    (400..=401, Refused),
    (403..=406, Refused),
    (411..=411, Refused),
    (413..=414, Refused),
    (500..=501, Refused),
    (505..=505, Refused),
];

/// Statuses on the XML-RPC faces. XML-RPC itself uses only 200, also for faults (its specification, "Response format").
///
/// A 500 is unclear: Python's server of 3.0.2 sends it for a call that it can't read, other servers for a method that
/// failed.
const XML_RPC: Statuses = &[
    (200..=200, Answered),
    (300..=399, Moved),
    (400..=401, Refused),
    (403..=405, Refused),
    (411..=411, Refused),
    (413..=414, Refused),
    (501..=501, Refused),
    (505..=505, Refused),
];

impl Meaning {
    /// The meaning of a status on a face.
    pub(crate) fn of(face: Face, status: u16) -> Self {
        let statuses = match face {
            Face::Sxp => SXP,
            Face::XmlRpc | Face::XenApi => XML_RPC,
        };
        statuses.iter().find(|(range, _)| range.contains(&status)).map_or(Self::Unclear, |(_, meaning)| *meaning)
    }
}

/// Whether Xend's own server sends this status, with a text of its own, for a request that it refuses or that fails
/// (protocol reference §1.4).
pub(super) fn is_of_xend(face: Face, status: u16) -> bool {
    face == Face::Sxp && matches!(status, 400 | 404 | 406 | 413 | 500 | 501)
}
