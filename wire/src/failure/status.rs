//! What an HTTP status says of the request, before anybody looks at the body.

use std::ops::RangeInclusive;

use crate::operation::Face;

/// What became of a request, as far as the status of its reply tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The request was answered; the body tells how it went.
    Answered,
    /// The request was refused before anything was done.
    Refused,
    /// The request was refused, and the server names another address in `Location`.
    Moved,
    /// The status tells nothing: a gateway gave up on the daemon, or the daemon on the request, at whatever point.
    Unclear,
}

use Meaning::{Answered, Moved, Refused};

/// Statuses and their meaning; one that is not here is [`Meaning::Unclear`].
type Statuses = &'static [(RangeInclusive<u16>, Meaning)];

/// The statuses that Xend's own server sends (protocol reference §1.4), and those by which any HTTP server refuses a
/// request that it does not pass on.
///
/// An operation that fails comes under 500, and its body or reason phrase says so. A 204 is in Xend's code and is never
/// sent; Xend's own client takes it for a success, and this one can't know what a server means by it.
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

/// XML-RPC knows 200 alone, under which faults come, too (its specification, "Response format").
///
/// A 500 is unclear: Python's server of 3.0.2 sends it where it can't read a call, and others where a method failed.
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
    pub(crate) fn of(face: Face, status: u16) -> Self {
        let statuses = match face {
            Face::Sxp => SXP,
            Face::XmlRpc | Face::XenApi => XML_RPC,
        };
        statuses.iter().find(|(range, _)| range.contains(&status)).map_or(Self::Unclear, |(_, meaning)| *meaning)
    }
}

/// Whether the S-expression server itself sends this status where it refuses or fails, with a text of its own (protocol
/// reference §1.4).
pub(super) fn is_of_xend(face: Face, status: u16) -> bool {
    face == Face::Sxp && matches!(status, 400 | 404 | 406 | 413 | 500 | 501)
}
