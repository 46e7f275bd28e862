//! Values as the daemon's Python code holds them, and how each face prints them.
//!
//! ```
//! use xend_wire::{Release, datum::Datum};
//!
//! let weight = Datum::from(vec!["period".into(), Datum::Long(100_000_000)]);
//! assert_eq!(weight.show(Release::V3_4), b"(period '100000000')");
//! ```

use std::fmt;
use std::io::Write as _;

use data_encoding::BASE64;

use crate::sexpr::{Rules, Sexpr, write_atom};
use crate::xmlrpc::{Kind, Marshaller, ValueRef};
use crate::{Error, ErrorKind, Limits, Release, python};

/// A value of Python, as the daemon's code holds it. Each face, and some releases, print it differently.
///
/// Printing, comparing, copying and dropping a value recurse. A value made from a document has at most
/// [`Limits::HARD_DEPTH`] levels, which fit into a small stack. A caller that builds a deeper value needs a larger stack.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An `int`, which has 64 bits on the machines where the captures were made.
    Int(i64),
    /// A `long`. The S-expression face prints it in quotes.
    Long(i64),
    /// A `float`.
    Float(f64),
    /// A `str`, which is bytes.
    Bytes(Vec<u8>),
    /// A `unicode`.
    Text(String),
    /// A `list`.
    List(Vec<Datum>),
    /// A `tuple`.
    Tuple(Vec<Datum>),
    /// A `dict`: its keys and values, in the order in which they are printed.
    Dict(Vec<(String, Datum)>),
    /// An `xmlrpclib.DateTime`, as its text: `20080101T00:00:00`.
    DateTime(String),
    /// An `xmlrpclib.Binary`: the bytes of a base64 value.
    Binary(Vec<u8>),
}

impl Datum {
    /// The text of the value on the S-expression face (`sxp.py show`, protocol reference §2.3).
    pub fn show(&self, release: Release) -> Vec<u8> {
        let mut out = Vec::new();
        self.show_into(&mut out, release);
        out
    }

    /// Appends what [`show`](Self::show) returns to a buffer of the caller.
    pub fn show_into(&self, out: &mut Vec<u8>, release: Release) {
        match self {
            // From 3.0.4 on tuples are printed as lists, before that by `repr`.
            Self::Tuple(_) if release < Release::V3_1 => write_quoted(out, &self.repr()),
            Self::List(items) | Self::Tuple(items) => {
                out.push(b'(');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b' ');
                    }
                    item.show_into(out, release);
                }
                out.push(b')');
            }
            Self::Bytes(bytes) => write_atom(out, bytes, Rules::xend(release)),
            Self::Bool(_) | Self::Int(_) => self.write_repr(out),
            Self::Float(value) => out.extend_from_slice(python::str_float(*value).as_bytes()),
            Self::Long(value) => write_quoted(out, value.to_string().as_bytes()),
            Self::Text(text) => write_quoted(out, text.as_bytes()),
            Self::None | Self::Dict(_) | Self::DateTime(_) | Self::Binary(_) => write_quoted(out, &self.repr()),
        }
    }

    /// The text of the value as Python's `repr` writes it.
    pub fn repr(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_repr(&mut out);
        out
    }

    fn write_repr(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.extend_from_slice(b"None"),
            Self::Bool(true) => out.extend_from_slice(b"True"),
            Self::Bool(false) => out.extend_from_slice(b"False"),
            Self::Int(value) => write_number(out, value),
            Self::Long(value) => write_number(out, format_args!("{value}L")),
            Self::Float(value) => out.extend_from_slice(python::repr_float(*value).as_bytes()),
            Self::Bytes(bytes) => python::write_repr_bytes(out, bytes),
            Self::Text(text) => out.extend_from_slice(python::repr_text(text).as_bytes()),
            Self::List(items) => write_all(out, b"[", items, b"]", |out, item| item.write_repr(out)),
            Self::Tuple(items) => {
                let close: &[u8] = if items.len() == 1 { b",)" } else { b")" };
                write_all(out, b"(", items, close, |out, item| item.write_repr(out));
            }
            Self::Dict(members) => write_all(out, b"{", members, b"}", |out, (name, value)| {
                python::write_repr_bytes(out, name.as_bytes());
                out.extend_from_slice(b": ");
                value.write_repr(out);
            }),
            // Python prints the address of the object here; it is shown as 0.
            Self::DateTime(text) => {
                out.extend_from_slice(b"<DateTime ");
                python::write_repr_bytes(out, text.as_bytes());
                out.extend_from_slice(b" at 0>");
            }
            Self::Binary(_) => out.extend_from_slice(b"<xmlrpclib.Binary instance at 0>"),
        }
    }

    /// The body of the reply to an XML-RPC call that returns this value, byte for byte as the daemon writes it.
    ///
    /// From 3.0.3 on, a string that is the whole result is sent as its `repr` without the quotes
    /// (`xmlrpclib2.py _marshaled_dispatch`, protocol reference §4.3). Like the daemon, this function escapes only `&`, `<`
    /// and `>`, so a control character or Latin-1 text makes the body ill-formed. If the daemon can't marshal the value,
    /// the reply is fault 1 instead.
    pub fn response(&self, release: Release) -> Vec<u8> {
        // The daemon cuts the first and the last character. Of a unicode string that is the prefix `u`, and the first
        // quote stays (capture `t-unicode@3.0.3`).
        let escaped = match self {
            Self::Bytes(_) | Self::Text(_) if release >= Release::V3_0_3 => {
                let literal = self.repr();
                Some(Self::Bytes(literal[1..literal.len() - 1].to_vec()))
            }
            _ => None,
        };
        let mut body = Vec::new();
        match Marshaller::response(&mut body, |out| escaped.as_ref().unwrap_or(self).marshal(out)) {
            Ok(()) => body,
            Err(why) => fault(1, why.as_bytes()),
        }
    }

    /// Writes the value as `xmlrpclib.Marshaller` does. The error is the text of the exception that Python raises.
    fn marshal(&self, out: &mut Marshaller<'_>) -> Result<(), &'static str> {
        match self {
            Self::None => out.nil(),
            Self::Bool(value) => out.scalar("boolean", if *value { b"1" } else { b"0" }),
            Self::Int(value) => {
                let value = i32::try_from(*value).map_err(|_| "int exceeds XML-RPC limits")?;
                out.number("int", value);
            }
            Self::Long(value) => {
                let value = i32::try_from(*value).map_err(|_| "long int exceeds XML-RPC limits")?;
                out.number("int", value);
            }
            Self::Float(value) => out.scalar("double", python::repr_float(*value).as_bytes()),
            Self::Bytes(bytes) => out.scalar("string", &escape(bytes)),
            Self::Text(text) => out.scalar("string", &escape(text.as_bytes())),
            Self::List(items) | Self::Tuple(items) => {
                out.open_array();
                items.iter().try_for_each(|item| item.marshal(out))?;
                out.close_array();
            }
            Self::Dict(members) => {
                out.open_struct();
                for (name, value) in members {
                    out.open_member(&escape(name.as_bytes()));
                    value.marshal(out)?;
                    out.close_member();
                }
                out.close_struct();
            }
            Self::DateTime(text) => out.scalar("dateTime.iso8601", &escape(text.as_bytes())),
            Self::Binary(bytes) => {
                // Python's `base64.encode` writes lines of 76 characters.
                let text = BASE64.encode(bytes);
                let lines = text.as_bytes().chunks(76).flat_map(|line| [line, b"\n".as_slice()]);
                out.scalar("base64", &[b"\n".as_slice()].into_iter().chain(lines).collect::<Vec<_>>().concat());
            }
        }
        Ok(())
    }

    /// The value that Python 2's `xmlrpclib` makes of an XML-RPC value. A string is a byte string if it is ASCII, and
    /// otherwise a unicode string.
    ///
    /// Dates and binary data become instances of `xmlrpclib`'s own classes, which no method of the daemon expects.
    pub fn from_value(value: ValueRef<'_>) -> Self {
        let text = || value.text().unwrap_or_default().into_owned();
        let string = |text: String| if text.is_ascii() { Self::Bytes(text.into_bytes()) } else { Self::Text(text) };
        match value.kind() {
            Kind::Int | Kind::I8 => value.as_i64().map_or_else(|| string(text()), Self::Int),
            Kind::Boolean => Self::Bool(value.as_bool().unwrap_or_default()),
            Kind::Double => value.as_f64().map_or_else(|| string(text()), Self::Float),
            Kind::String => string(text()),
            Kind::DateTime => Self::DateTime(text()),
            Kind::Base64 => value.as_bytes().map_or_else(|| string(text()), Self::Binary),
            Kind::Array => Self::List(value.items().map(Self::from_value).collect()),
            Kind::Struct => {
                Self::Dict(value.members().map(|(name, value)| (name.to_owned(), Self::from_value(value))).collect())
            }
            Kind::Nil => Self::None,
        }
    }

    /// The value that the daemon's parser makes of an S-expression: nested lists of byte strings.
    ///
    /// # Errors
    /// [`TooDeep`](crate::ErrorKind::TooDeep) for more than [`Limits::HARD_DEPTH`] levels. An S-expression that was read
    /// within the default limits has no more.
    pub fn from_sexpr(value: Sexpr<'_>) -> Result<Self, Error> {
        let mut open: Vec<Vec<Self>> = vec![Vec::new()];
        for (depth, part) in value.walk() {
            Self::close_to(&mut open, depth + 1);
            match part.as_atom() {
                Some(atom) => open[depth].push(Self::Bytes(atom.to_vec())),
                None if depth >= Limits::HARD_DEPTH => {
                    return Err(Error::new(ErrorKind::TooDeep, part.span())
                        .expected(format!("at most {} levels", Limits::HARD_DEPTH)));
                }
                None => open.push(Vec::new()),
            }
        }
        Self::close_to(&mut open, 1);
        Ok(open.remove(0).remove(0))
    }

    /// Closes open lists until only `depth` of them are open.
    fn close_to(open: &mut Vec<Vec<Self>>, depth: usize) {
        while open.len() > depth {
            let list = Self::List(open.pop().expect("more than one is open"));
            open.last_mut().expect("the root is open").push(list);
        }
    }

    /// Makes a list of the items.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// Makes a list of a name and its value, `(name value)`. The daemon's records consist of such pairs.
    pub fn pair(name: &str, value: impl Into<Self>) -> Self {
        Self::List(vec![name.into(), value.into()])
    }

    /// The bytes of a byte string; `None` for any other value.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The items of a list or tuple; empty for any other value.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::List(items) | Self::Tuple(items) => items,
            _ => &[],
        }
    }
}

/// The body of a fault reply, as the daemon writes it. Only `&`, `<` and `>` are escaped in the text.
pub fn fault(code: i32, text: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    Marshaller::fault(&mut body, code, &escape(text));
    body
}

/// The body of a fault reply whose `faultString` is a value of any type, as some exceptions of the daemon have.
pub fn fault_with_value(code: i32, string: &Datum) -> Vec<u8> {
    match string {
        Datum::Bytes(text) => fault(code, text),
        string => {
            let mut body = Vec::new();
            match Marshaller::fault_with_value(&mut body, code, |out| string.marshal(out)) {
                Ok(()) => body,
                Err(why) => fault(1, why.as_bytes()),
            }
        }
    }
}

/// Escapes text as `xmlrpclib.escape` does: `&`, `<` and `>` become references, all other bytes stay.
pub fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            _ => out.push(byte),
        }
    }
    out
}

fn write_number(out: &mut Vec<u8>, number: impl fmt::Display) {
    write!(out, "{number}").expect("a Vec takes all");
}

/// Writes text in quotes, even if it needs none. `show` does so with everything that is not a string, a number or a list.
fn write_quoted(out: &mut Vec<u8>, text: &[u8]) {
    python::write_repr_bytes(out, text);
}

fn write_all<T>(out: &mut Vec<u8>, open: &[u8], items: &[T], close: &[u8], write: impl Fn(&mut Vec<u8>, &T)) {
    out.extend_from_slice(open);
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b", ");
        }
        write(out, item);
    }
    out.extend_from_slice(close);
}

macro_rules! from {
    ($($from:ty => |$value:ident| $datum:expr;)*) => {
        $(impl From<$from> for Datum {
            fn from($value: $from) -> Self {
                $datum
            }
        })*
    };
}

from! {
    bool => |value| Self::Bool(value);
    i32 => |value| Self::Int(value.into());
    u32 => |value| Self::Int(value.into());
    i64 => |value| Self::Int(value);
    f64 => |value| Self::Float(value);
    &str => |value| Self::Bytes(value.as_bytes().to_vec());
    String => |value| Self::Bytes(value.into_bytes());
    Vec<u8> => |value| Self::Bytes(value);
    Vec<Datum> => |value| Self::List(value);
}
