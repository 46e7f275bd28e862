//! The faults of one reply, and which of them can be combined.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xend_wire::operation::Face;

use super::kind::{ContentLength, Fault, LONGEST_GARBAGE, Refusal};
use super::place::{Parts, Place};

/// The faults of one reply, in any order. A clone shares them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(Option<Arc<[Fault]>>);

/// What is known of a reply before it is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent<'a> {
    /// Nothing: the simulated host makes the reply, or a part of the request stands in it.
    Unknown,
    /// No byte is sent: `close` and `hang`.
    Nothing(&'static str),
    /// The body. The face makes the head, which has at most this many bytes.
    Body(&'a [u8], usize),
    /// A body with nodes like these and at most so many bytes. The face words it, and makes the head.
    Worded(&'a [u8], usize),
    /// All bytes.
    Whole(&'a [u8]),
}

/// The longest head that a face makes, but for a reason phrase and a content type that a scenario gives.
pub(crate) const LONGEST_HEAD: usize = 300;

/// The certificate of the listeners with TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// No listener has TLS.
    #[default]
    None,
    /// It was given.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "only a listener with TLS has one"))]
    Given,
    /// It is made on the fly.
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "only a listener with TLS has one"))]
    Made,
}

impl Faults {
    /// Returns the empty list: the reply is sent as it is.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Returns the faults, in the order in which they were given.
    pub fn as_slice(&self) -> &[Fault] {
        self.0.as_deref().unwrap_or_default()
    }

    /// Returns an iterator over the faults.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.as_slice().iter()
    }

    /// Returns whether there are no faults, so that the reply is sent as it is.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Checks that the faults can be combined. The error has the index of the fault that is wrong.
    pub(crate) fn check(&self) -> Result<(), (usize, String)> {
        for (at, fault) in self.iter().enumerate() {
            let wrong = |message: String| Err((at, message));
            let name = fault.name();
            let earlier = &self.as_slice()[..at];
            let clash = |is_one: fn(&Fault) -> bool, what: &str| {
                let other = earlier.iter().find(|earlier| is_one(earlier) && is_one(fault))?;
                Some(format!("`{name}` does not go with `{}`: a reply has one {what}", other.name()))
            };
            let clashes = [clash(Fault::is_ending, "end"), clash(Fault::is_pace, "pace")];
            if let Some(message) = clashes.into_iter().flatten().next() {
                return wrong(message);
            }
            let may_be_silent = |fault: &Fault| !fault.is_ending() || matches!(fault, Fault::Close(_));
            let other = match fault {
                Fault::NoCloseNotify => earlier.iter().find(|other| !may_be_silent(other)),
                fault if !may_be_silent(fault) => earlier.iter().find(|other| **other == Fault::NoCloseNotify),
                _ => None,
            };
            if let Some(other) = other {
                return wrong(format!("`{name}` does not go with `{}`: a reply has one end", other.name()));
            }
            let may_repeat = matches!(fault, Fault::Pause { .. } | Fault::Garbage { .. } | Fault::Insert { .. });
            if !may_repeat && earlier.iter().any(|earlier| earlier.name() == name) {
                return wrong(format!("`{name}` is given twice for one reply"));
            }
            match fault {
                Fault::Split(sizes) if sizes.is_empty() => {
                    return wrong("`split` needs the size of at least one piece".to_owned());
                }
                Fault::Delay(time) | Fault::Jitter(time) | Fault::Pause { time, .. } if time.is_zero() => {
                    return wrong(format!("`{name}` of no time does nothing: remove it"));
                }
                Fault::Refuse(Refusal::For(time)) if time.is_zero() => {
                    return wrong("`refuse` for no time does nothing: remove it".to_owned());
                }
                Fault::Garbage { length, .. } if length.get() > LONGEST_GARBAGE => {
                    return wrong(format!("`garbage` has at most {LONGEST_GARBAGE} bytes"));
                }
                Fault::Insert { text, .. } if text.is_empty() => {
                    return wrong("`insert` without a text does nothing: remove it".to_owned());
                }
                Fault::ContentLength(ContentLength::Text(text)) if text.contains(['\r', '\n']) => {
                    return wrong(
                        "the value of a header must be a single line; use `insert` to break the head".to_owned(),
                    );
                }
                _ => {}
            }
            let chunked = |fault: &Fault| matches!(fault, Fault::Chunked { .. });
            let without_length = |fault: &Fault| matches!(fault, Fault::ContentLength(_));
            if (chunked(fault) && earlier.iter().any(without_length))
                || (without_length(fault) && earlier.iter().any(chunked))
            {
                return wrong("`content-length` does not go with `chunked`, which replaces the header".to_owned());
            }
            let headless = |fault: &Fault| *fault == Fault::Http09;
            let other = match headless(fault) {
                true => earlier.iter().find(|earlier| earlier.needs_head()),
                false if fault.needs_head() => earlier.iter().find(|earlier| headless(earlier)),
                false => None,
            };
            if let Some(other) = other {
                return wrong(format!("`{name}` does not go with `{}`: HTTP/0.9 has no head", other.name()));
            }
            let closes_later = |fault: &Fault| *fault == Fault::CloseUnderNextRequest;
            if (headless(fault) && earlier.iter().any(closes_later))
                || (closes_later(fault) && earlier.iter().any(headless))
            {
                return wrong("after a reply of HTTP/0.9 the connection is closed at once".to_owned());
            }
        }
        self.check_order()
    }

    /// Checks that no fault has its place behind the end of the reply. The error has the number of the fault that is wrong.
    fn check_order(&self) -> Result<(), (usize, String)> {
        for end in self.iter().filter(|fault| fault.is_ending() || matches!(fault, Fault::Truncate(_))) {
            for (at, fault) in self.iter().enumerate() {
                let is_behind = match (end.place(), fault.place()) {
                    (Some(Place::Byte(end)), Some(Place::Byte(place)))
                    | (Some(Place::BodyByte(end)), Some(Place::BodyByte(place))) => place > end,
                    _ => false,
                };
                if is_behind {
                    return Err((
                        at,
                        format!("`{}` can't apply: its place is behind that of `{}`", fault.name(), end.name()),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Checks that the faults can apply to a reply on a face, as far as the reply is known. `None` stands for any face.
    /// The error has the number of the fault that is wrong.
    pub(crate) fn check_against(&self, sent: Sent<'_>, face: Option<Face>) -> Result<(), (usize, String)> {
        for (at, fault) in self.iter().enumerate() {
            let wrong = |message: String| Err((at, message));
            let name = fault.name();
            if fault.is_of_handshake() {
                return wrong(format!(
                    "`{name}` breaks the handshake of TLS, before a request comes: give it to all connections, by `--fault`"
                ));
            }
            if fault.needs_tls() && face == Some(Face::Sxp) {
                return wrong(format!("`{name}` needs TLS, which only `xmlrpc` and `xenapi` have"));
            }
            if let Sent::Nothing(word) = sent
                && !fault.needs_no_reply()
            {
                return wrong(format!("`{name}` does not go with `reply = \"{word}\"`, which sends nothing"));
            }
            let parts = match sent {
                Sent::Unknown | Sent::Nothing(_) => None,
                Sent::Body(body, _) | Sent::Worded(body, _) => Some(Parts { head: b"", body }),
                Sent::Whole(bytes) => Some(Parts::of(bytes)),
            };
            let is_whole = matches!(sent, Sent::Whole(_));
            if fault.needs_head() && parts.is_some_and(|parts| is_whole && parts.head.is_empty()) {
                return wrong(format!("`{name}` can't apply: these bytes do not begin with a head of HTTP"));
            }
            if let (Fault::ContentLength(_), Some(parts), true) = (fault, parts, is_whole)
                && super::edit::content_length(parts.head).is_none()
            {
                return wrong(format!("`{name}` can't apply: the head of these bytes has no Content-Length"));
            }
            // The longest body and the longest reply, and how a message says that they are.
            let (body, longest, has) = match sent {
                Sent::Unknown | Sent::Nothing(_) => (usize::MAX, usize::MAX, "has"),
                Sent::Body(body, head) => (body.len(), head + body.len(), "has"),
                Sent::Worded(_, longest) => (longest, LONGEST_HEAD + longest, "has at most"),
                Sent::Whole(bytes) => (parts.map_or(0, |parts| parts.body.len()), bytes.len(), "has"),
            };
            if let Fault::ContentLength(ContentLength::Less(less)) = fault
                && less.get() > body
            {
                return wrong(format!("`{name}` can't be less by {less}: the body {has} {body} bytes"));
            }
            match (fault.place(), parts) {
                (Some(Place::Node(node)), _) if node.is_of_sexpr() && face != Some(Face::Sxp) => {
                    return wrong(format!("`{node}` is a path in S-expressions, which needs `face = \"sxp\"`"));
                }
                (Some(Place::Node(node)), _) if !node.is_of_sexpr() && matches!(face, None | Some(Face::Sxp)) => {
                    return wrong(format!(
                        "`{node}` is a path in XML-RPC, which needs `face = \"xmlrpc\"` or `face = \"xenapi\"`"
                    ));
                }
                (Some(Place::Node(node)), Some(parts)) if node.find(parts.body).is_none() => {
                    return wrong(format!("the reply has no node `{node}`"));
                }
                (Some(Place::BodyByte(count)), _) if *count > body => {
                    return wrong(format!("the body of the reply {has} {body} bytes, not {count}"));
                }
                (Some(Place::Byte(count)), _) if *count > longest => {
                    let has = if is_whole { "has" } else { "has at most" };
                    return wrong(format!("the reply {has} {longest} bytes, not {count}"));
                }
                (Some(Place::Head), Some(parts)) if is_whole && Place::Head.find(parts).is_none() => {
                    return wrong("these bytes do not begin with a head of HTTP".to_owned());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Checks that the faults can apply to replies of one of these faces. The error has the number of the fault that is
    /// wrong.
    pub(crate) fn check_faces(&self, faces: &[Face]) -> Result<(), (usize, String)> {
        for (at, fault) in self.iter().enumerate() {
            let Some(Place::Node(node)) = fault.place() else { continue };
            if !faces.iter().any(|face| (*face == Face::Sxp) == node.is_of_sexpr()) {
                let of = if node.is_of_sexpr() { "S-expressions" } else { "XML-RPC" };
                return Err((at, format!("`{node}` is a path in {of}, and no listener has a face with these")));
            }
        }
        Ok(())
    }

    /// Checks that the faults of all connections can apply to listeners with this certificate. The error has the number of
    /// the fault that is wrong.
    pub(crate) fn check_certificate(&self, certificate: Certificate) -> Result<(), (usize, String)> {
        for (at, fault) in self.iter().enumerate() {
            let name = fault.name();
            match certificate {
                Certificate::None if fault.needs_tls() => {
                    return Err((at, format!("`{name}` needs a listener with TLS, such as --xmlrpc tls:localhost:0")));
                }
                Certificate::Given if fault.is_of_handshake() => {
                    return Err((at, format!("`{name}` needs a certificate made on the fly, and one was given")));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns whether a fault resets the connection.
    pub(crate) fn reset(&self) -> bool {
        self.iter().any(|fault| matches!(fault, Fault::Reset(_)))
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self::none()
    }
}

impl<'f> IntoIterator for &'f Faults {
    type Item = &'f Fault;
    type IntoIter = std::slice::Iter<'f, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        let faults: Arc<[Fault]> = faults.into_iter().collect();
        Self(Some(faults).filter(|faults| !faults.is_empty()))
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self::from_iter([fault])
    }
}

/// The faults on one line, separated by commas.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(at, fault)| {
            f.write_str(if at == 0 { "" } else { ", " })?;
            write!(f, "{fault}")
        })
    }
}

impl Serialize for Faults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Faults {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from_iter)
    }
}
