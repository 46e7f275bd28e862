//! The kinds of faults.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize, Serializer};
use xend_wire::visible;

use super::duration;
use super::mistake::reworded;
use super::place::Place;

/// The longest garbage at one place, in bytes.
pub(super) const LONGEST_GARBAGE: usize = 16 << 20;

/// One way in which a reply breaks, or in which its sending is slow.
///
/// Scenarios write the same faults in TOML. A fault without a value is a string, `"unasked-continue"`, and any other a
/// table with one entry, `{ delay = "250ms" }`.
///
/// ```
/// use std::time::Duration;
/// use mock_xend::{Fault, Place};
///
/// let fault: Fault = serde_json::from_str(r#"{"pause": {"at": "body", "time": "2s"}}"#)?;
/// assert_eq!(fault, Fault::Pause { at: Place::Body, time: Duration::from_secs(2) });
/// assert_eq!(fault.to_string(), "pause at=body time=2s");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fault {
    /// The first byte comes late by this time.
    Delay(#[serde(with = "duration")] Duration),
    /// Each wait of the other faults, or else that before the first byte, is longer by a random time up to this one.
    Jitter(#[serde(with = "duration")] Duration),
    /// The reply stops at a place for a time, and goes on.
    Pause {
        /// Where the reply stops.
        at: Place,
        /// For how long.
        #[serde(with = "duration")]
        time: Duration,
    },
    /// The reply comes in pieces of a size, with a wait between them.
    Drip {
        /// The bytes of a piece.
        bytes: NonZeroUsize,
        /// The wait between two pieces.
        #[serde(with = "duration")]
        every: Duration,
    },
    /// The reply comes at this number of bytes a second.
    Bandwidth(NonZeroUsize),
    /// The reply comes in pieces of these sizes, the last of them again and again. They are sent a millisecond apart, so
    /// that they do not meet again on the way.
    Split(Vec<NonZeroUsize>),
    /// The bytes from a place on are left out. The connection is then treated as after a whole reply.
    Truncate(Place),
    /// The connection is closed at a place; `End` closes one that the reply promises to keep.
    Close(Place),
    /// The connection is reset at a place: the client sees `ECONNRESET`.
    Reset(Place),
    /// At a place the sending side is closed, and the mock reads on for as long as the client sends.
    HalfClose(Place),
    /// From a place on nothing more is sent, and the connection stays open.
    Stall(Place),
    /// Random bytes are sent at a place.
    Garbage {
        /// Where.
        at: Place,
        /// How many bytes.
        length: NonZeroUsize,
    },
    /// A text is sent at a place.
    Insert {
        /// Where.
        at: Place,
        /// The text.
        text: String,
    },
    /// The `Content-Length` of the reply is wrong.
    ContentLength(ContentLength),
    /// The body is sent with `Transfer-Encoding: chunked`, which the daemon never does.
    Chunked {
        /// The bytes of a chunk.
        size: NonZeroUsize,
        /// What is wrong with the chunks, if anything is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        broken: Option<BrokenChunk>,
    },
    /// The lines of the head end with a line feed alone.
    BareLineFeeds,
    /// A `100 Continue` that nobody asked for precedes the reply.
    UnaskedContinue,
    /// The body is sent without a head, as HTTP/0.9 did, and the connection is closed.
    #[serde(rename = "http-0.9")]
    Http09,
    /// The connection stays open after the reply, and is closed when the next request begins to arrive.
    CloseUnderNextRequest,
    /// The listeners of the face refuse connections from just before the reply on, as when the daemon restarts.
    Refuse(Refusal),
    /// The certificate of a listener with TLS has expired.
    Expired,
    /// The certificate of a listener with TLS is for another host.
    WrongHost,
    /// A connection with TLS is closed without `close_notify`, by which a client tells the end of a reply from a cut.
    NoCloseNotify,
}

/// What is wrong with the `Content-Length` of a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ContentLength {
    /// There is none.
    Missing,
    /// The header comes twice, with the same value.
    Repeated,
    /// A second header follows whose value is one more.
    Conflicting,
    /// The value is too large by this number of bytes.
    More(NonZeroUsize),
    /// The value is too small by this number of bytes.
    Less(NonZeroUsize),
    /// The value is this text.
    Text(String),
}

/// What is wrong with the chunks of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BrokenChunk {
    /// The size of the first chunk is not a hexadecimal number.
    SizeNotHex,
    /// The size of the first chunk is one more than its bytes.
    SizeTooLarge,
    /// The last chunk, of size 0, is missing.
    NoLastChunk,
}

/// How long listeners refuse connections. In a scenario it is a duration, `"2s"`, or `"always"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// For a time; then they accept connections again, at the same address.
    For(Duration),
    /// Until the mock stops.
    Always,
}

impl Serialize for Refusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::For(time) => duration::serialize(time, serializer),
            Self::Always => serializer.serialize_str("always"),
        }
    }
}

impl<'de> Deserialize<'de> for Refusal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "always" {
            return Ok(Self::Always);
        }
        let expected = format!("\"always\" or {}", duration::EXPECTED);
        let wrong = || de::Error::invalid_value(de::Unexpected::Str(&text), &expected.as_str());
        duration::parse(&text).map(Self::For).ok_or_else(wrong)
    }
}

impl Fault {
    /// Returns the name of the fault, as scenarios write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Delay(_) => "delay",
            Self::Jitter(_) => "jitter",
            Self::Pause { .. } => "pause",
            Self::Drip { .. } => "drip",
            Self::Bandwidth(_) => "bandwidth",
            Self::Split(_) => "split",
            Self::Truncate(_) => "truncate",
            Self::Close(_) => "close",
            Self::Reset(_) => "reset",
            Self::HalfClose(_) => "half-close",
            Self::Stall(_) => "stall",
            Self::Garbage { .. } => "garbage",
            Self::Insert { .. } => "insert",
            Self::ContentLength(_) => "content-length",
            Self::Chunked { .. } => "chunked",
            Self::BareLineFeeds => "bare-line-feeds",
            Self::UnaskedContinue => "unasked-continue",
            Self::Http09 => "http-0.9",
            Self::CloseUnderNextRequest => "close-under-next-request",
            Self::Refuse(_) => "refuse",
            Self::Expired => "expired",
            Self::WrongHost => "wrong-host",
            Self::NoCloseNotify => "no-close-notify",
        }
    }

    /// Returns the place of the fault, if it has one.
    pub(super) fn place(&self) -> Option<&Place> {
        match self {
            Self::Pause { at, .. } | Self::Garbage { at, .. } | Self::Insert { at, .. } => Some(at),
            Self::Truncate(at) | Self::Close(at) | Self::Reset(at) | Self::HalfClose(at) | Self::Stall(at) => Some(at),
            _ => None,
        }
    }

    /// Returns whether the fault changes the head of the reply.
    pub(super) fn needs_head(&self) -> bool {
        matches!(
            self,
            Self::ContentLength(_) | Self::Chunked { .. } | Self::BareLineFeeds | Self::UnaskedContinue | Self::Http09
        )
    }

    /// Returns whether the fault says only when and whether a connection is served, not what is sent.
    pub(super) fn needs_no_reply(&self) -> bool {
        matches!(self, Self::Delay(_) | Self::Jitter(_) | Self::Refuse(_))
    }

    /// Returns whether the fault breaks the handshake of TLS, before a request comes.
    pub(crate) fn is_of_handshake(&self) -> bool {
        matches!(self, Self::Expired | Self::WrongHost)
    }

    /// Returns whether the fault shows on connections with TLS alone.
    pub(crate) fn needs_tls(&self) -> bool {
        self.is_of_handshake() || *self == Self::NoCloseNotify
    }

    /// Returns whether the fault decides what happens to the connection.
    pub(super) fn is_ending(&self) -> bool {
        matches!(
            self,
            Self::Close(_) | Self::Reset(_) | Self::HalfClose(_) | Self::Stall(_) | Self::CloseUnderNextRequest
        )
    }

    /// Returns whether the fault decides in which pieces the reply is sent.
    pub(super) fn is_pace(&self) -> bool {
        matches!(self, Self::Drip { .. } | Self::Bandwidth(_) | Self::Split(_))
    }
}

/// A fault as options of programs write it: its name, or a line of TOML such as `reset = "body"`.
impl FromStr for Fault {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        #[derive(Deserialize)]
        struct One {
            fault: Fault,
        }
        let value = if text.contains('=') { format!("{{ {text} }}") } else { format!("{text:?}") };
        let read = toml::from_str(&format!("fault = {value}"));
        read.map(|One { fault }| fault).map_err(|error| {
            let why = reworded(error.message().trim_end());
            InvalidFault { text: visible(text.as_bytes()), why }
        })
    }
}

/// The error for a text that is not a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a fault, expected its name or NAME = VALUE, such as `reset = \"body\"`: {why}")]
pub struct InvalidFault {
    text: String,
    why: String,
}

/// The fault on one line, as reports and the journal show it: `reset params[0]/memory`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn shown(value: &serde_json::Value) -> String {
            match value {
                serde_json::Value::String(text) => text.escape_debug().to_string(),
                serde_json::Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(","),
                serde_json::Value::Object(members) => {
                    members.iter().map(|(name, of)| format!("{name}={}", shown(of))).collect::<Vec<_>>().join(" ")
                }
                other => other.to_string(),
            }
        }
        f.write_str(self.name())?;
        match serde_json::to_value(self).map_err(|_| fmt::Error)?.get(self.name()) {
            Some(given) => write!(f, " {}", shown(given)),
            None => Ok(()),
        }
    }
}
