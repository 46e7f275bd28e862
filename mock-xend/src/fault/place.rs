//! Where in a reply a fault takes place.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use xend_wire::xmlrpc::{self, Response, Rules, ValueRef};
use xend_wire::{Limits, Release, sexpr};

/// A place in a reply, between two of its bytes. Places count in the reply as it would be without any fault.
///
/// In a scenario it is a number of bytes (`40`), one of the words `"start"`, `"head"`, `"body"` and `"end"`, a number of
/// bytes of the body (`{ body = 10 }`), or the path of a [`Node`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// Before the first byte.
    Start,
    /// Within the head: after the status line.
    Head,
    /// Between the head and the body.
    Body,
    /// After the last byte.
    End,
    /// After this number of bytes, those of the head included.
    Byte(usize),
    /// After this number of bytes of the body.
    BodyByte(usize),
    /// Before the value of a node of the body.
    Node(Node),
}

/// The path of a node in the body of a reply: `/domain/name` in S-expressions, `params[0]/memory` in XML-RPC.
///
/// In S-expressions a step is the name of a list, the first one included. In XML-RPC the path begins with `params[0]`
/// or `fault`; a step is then the name of a member, or of a pair in a list of the daemon such as `["memory", 64]`, or the
/// number of an item in brackets: `params[0]/devices[1]/class`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    text: String,
    path: Path,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Path {
    /// The names of lists, joined by slashes.
    Sexpr(String),
    /// The steps from the value of the first parameter, or from the struct of the fault.
    XmlRpc { is_fault: bool, steps: Vec<Step> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Item(usize),
}

/// Where a place is in a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    /// Behind this number of bytes of the head.
    Head(usize),
    /// After this number of bytes of the body.
    Body(usize),
}

/// The two parts of a reply or a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    /// The first line and the headers, with the empty line after them. Empty if there are none.
    pub(crate) head: &'a [u8],
    /// The bytes after the head.
    pub(crate) body: &'a [u8],
}

impl<'a> Parts<'a> {
    /// Splits a reply, which may have no head.
    ///
    /// Interim replies, such as `100 Continue`, belong to the head of the reply behind them.
    pub(super) fn of(reply: &'a [u8]) -> Self {
        if !reply.starts_with(b"HTTP/") {
            return Self { head: b"", body: reply };
        }
        let last = Self::without_interim(reply);
        let Parts { body, .. } = Self::of_message(last);
        Self { head: &reply[..reply.len() - body.len()], body }
    }

    /// Returns a reply without the interim ones before it, such as `100 Continue`.
    pub(crate) fn without_interim(mut reply: &[u8]) -> &[u8] {
        let is_interim = |reply: &[u8]| {
            let status = reply.splitn(3, |&byte| byte == b' ').nth(1);
            reply.starts_with(b"HTTP/") && status.is_some_and(|status| status.starts_with(b"1"))
        };
        while is_interim(reply) {
            let behind = Parts::of_message(reply).body;
            if !behind.starts_with(b"HTTP/") {
                break;
            }
            reply = behind;
        }
        reply
    }

    /// Splits a request or a reply that has a head.
    pub(crate) fn of_message(message: &'a [u8]) -> Self {
        let end = |mark: &[u8]| memchr::memmem::find(message, mark).map(|at| at + mark.len());
        let head = match (end(b"\r\n\r\n"), end(b"\n\n")) {
            (Some(one), Some(other)) => one.min(other),
            (one, other) => one.or(other).unwrap_or(message.len()),
        };
        let (head, body) = message.split_at(head);
        Self { head, body }
    }
}

impl Place {
    /// Returns where the place is in a reply; `None` if the reply has no such place.
    pub(super) fn find(&self, reply: Parts<'_>) -> Option<Spot> {
        let Parts { head, body } = reply;
        match self {
            Self::Start if head.is_empty() => Some(Spot::Body(0)),
            Self::Start => Some(Spot::Head(0)),
            Self::Head => memchr::memchr(b'\n', head).map(|at| Spot::Head(at + 1)),
            Self::Body => Some(Spot::Body(0)),
            Self::End => Some(Spot::Body(body.len())),
            Self::Byte(count) if *count < head.len() => Some(Spot::Head(*count)),
            Self::Byte(count) => Some(Spot::Body(count - head.len())).filter(|_| *count <= head.len() + body.len()),
            Self::BodyByte(count) => (*count <= body.len()).then_some(Spot::Body(*count)),
            Self::Node(node) => node.find(body).map(Spot::Body),
        }
    }

    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Start => Some("start"),
            Self::Head => Some("head"),
            Self::Body => Some("body"),
            Self::End => Some("end"),
            Self::Byte(_) | Self::BodyByte(_) | Self::Node(_) => None,
        }
    }
}

impl Node {
    /// Returns whether the path is one in S-expressions, not in XML-RPC.
    pub(super) fn is_of_sexpr(&self) -> bool {
        matches!(self.path, Path::Sexpr(_))
    }

    /// Returns where the value of the node begins in a body; `None` if the body has no such node.
    pub(super) fn find(&self, body: &[u8]) -> Option<usize> {
        match &self.path {
            Path::Sexpr(path) => {
                let document = sexpr::parse_with(body, sexpr::Rules::xend(Release::V4_1), &Limits::default()).ok()?;
                let node = document.values().find_map(|value| value.lookup(path))?;
                // A list without a value ends where the value would begin.
                Some(node.value().map_or(node.span().end.checked_sub(1)?, |value| value.span().start))
            }
            Path::XmlRpc { is_fault, steps } => {
                let response = xmlrpc::decode_response(body, Rules::xend(Release::V4_1), &Limits::default()).ok()?;
                let root = match (&response, is_fault) {
                    (Response::Success(document), false) => document.value(),
                    (Response::Fault(fault), true) => fault.value(),
                    _ => return None,
                };
                let mut value = root;
                for step in steps {
                    value = match step {
                        Step::Member(name) => value.get(name).or_else(|| pair(value, name))?,
                        Step::Item(number) => value.items().nth(*number)?,
                    };
                }
                Some(value.span().start)
            }
        }
    }
}

/// Returns the value of a pair in a list of the daemon, which is an S-expression at heart: `64` of `memory` in
/// `["domain", ["memory", 64]]`. A list with more than one value is found as a whole.
fn pair<'v>(list: ValueRef<'v>, name: &str) -> Option<ValueRef<'v>> {
    let named = list.items().find(|item| item.items().next().and_then(ValueRef::as_str) == Some(name))?;
    Some(if named.items().count() == 2 { named.items().nth(1)? } else { named })
}

/// The error for a text that is not a place.
const NO_PLACE: &str = "a place in the reply: a number of bytes, \"start\", \"head\", \"body\", \"end\", `{ body = BYTES }`, or the \
                        path of a node such as \"/domain/name\" or \"params[0]/memory\"";

impl FromStr for Node {
    type Err = &'static str;

    /// Parses a path. The error says what a path is.
    fn from_str(text: &str) -> Result<Self, &'static str> {
        let path = match text.strip_prefix('/') {
            Some(names) if names.split('/').all(|name| !name.is_empty()) => Path::Sexpr(names.to_owned()),
            Some(_) => return Err(NO_PLACE),
            None => {
                let (is_fault, rest) = match (text.strip_prefix("params[0]"), text.strip_prefix("fault")) {
                    (Some(rest), _) => (false, rest),
                    (None, Some(rest)) => (true, rest),
                    (None, None) => return Err(NO_PLACE),
                };
                Path::XmlRpc { is_fault, steps: steps(rest).ok_or(NO_PLACE)? }
            }
        };
        Ok(Self { text: text.to_owned(), path })
    }
}

/// Parses the steps of a path in XML-RPC: `/devices[1]/class`.
fn steps(mut text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !text.is_empty() {
        let step = if let Some(rest) = text.strip_prefix('[') {
            let (number, rest) = rest.split_once(']')?;
            text = rest;
            Step::Item(number.parse().ok()?)
        } else {
            let rest = text.strip_prefix('/')?;
            let end = rest.find(['/', '[']).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(end);
            text = rest;
            Step::Member(Some(name).filter(|name| !name.is_empty())?.to_owned())
        };
        steps.push(step);
    }
    Some(steps)
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.word(), self) {
            (Some(word), _) => serializer.serialize_str(word),
            (_, Self::Byte(count)) => serializer.serialize_u64(*count as u64),
            (_, Self::BodyByte(count)) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("body", count)?;
                map.end()
            }
            (_, Self::Node(node)) => serializer.serialize_str(&node.text),
            (None, _) => unreachable!("the other places are words"),
        }
    }
}

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Places;
        impl<'de> Visitor<'de> for Places {
            type Value = Place;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(NO_PLACE)
            }

            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Place, E> {
                let known = usize::try_from(count).map(Place::Byte);
                known.map_err(|_| E::invalid_value(de::Unexpected::Signed(count), &self))
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Place, E> {
                let known = usize::try_from(count).map(Place::Byte);
                known.map_err(|_| E::invalid_value(de::Unexpected::Unsigned(count), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Place, E> {
                let words = [Place::Start, Place::Head, Place::Body, Place::End];
                if let Some(place) = words.into_iter().find(|place| place.word() == Some(text)) {
                    return Ok(place);
                }
                text.parse().map(Place::Node).map_err(|_| E::invalid_value(de::Unexpected::Str(text), &self))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Place, A::Error> {
                let mut given = None;
                while let Some(key) = map.next_key::<String>()? {
                    if key != "body" {
                        return Err(de::Error::unknown_field(&key, &["body"]));
                    }
                    given = Some(map.next_value()?);
                }
                given.map(Place::BodyByte).ok_or_else(|| de::Error::missing_field("body"))
            }
        }
        deserializer.deserialize_any(Places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interim_reply_belongs_to_the_head() {
        let of = |reply: &'static str| Parts::of(reply.as_bytes()).body;
        assert_eq!(of("HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello"), b"hello");
        assert_eq!(of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello"), b"hello");
        assert_eq!(of("HTTP/1.1 103 Early Hints\n\nHTTP/1.1 100 Continue\n\nHTTP/1.1 204 No Content\n\n"), b"");
        assert_eq!(of("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), b"HTTP/1.1 200 OK\r\n\r\n");
        assert_eq!(of("HTTP/1.1 100 Continue\r\n\r\n"), b"");
        assert_eq!(of("hello"), b"hello");
    }
}
