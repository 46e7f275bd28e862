//! The content model of the specification: which element may stand where.

use std::ops::Range;

use super::builder::Builder;
use super::reader::Model;
use super::tokens::is_blank;
use super::tree::Kind;
use crate::{Error, ErrorKind};

/// Reads a document by the specification, with the extensions if its rules have them.
pub(super) struct Content<'i> {
    pub(super) builder: Builder<'i>,
    pub(super) root: Option<Root>,
    frames: Vec<Frame>,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Call,
    Response,
    Fault,
}

/// An open element.
#[derive(Clone, Copy)]
struct Frame {
    element: Element,
    /// How far its content is: 0 at first, then the [`Element::place`] of the latest child.
    seen: u8,
    /// Of an array or a struct.
    node: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    MethodCall,
    MethodName,
    MethodResponse,
    /// Of a call, with any number of `param`; of a response, with one.
    CallParams,
    ResponseParams,
    Param,
    Fault,
    Value,
    Array,
    Data,
    Struct,
    Member,
    Name,
    /// With its size in bits, if it is an integer.
    Scalar(Kind, u8),
}

impl<'i> Content<'i> {
    pub(super) fn new(builder: Builder<'i>) -> Self {
        Self { builder, root: None, frames: Vec::new() }
    }

    fn push(&mut self, element: Element, node: u32) {
        self.frames.push(Frame { element, seen: 0, node });
    }

    fn start_root(&mut self, name: &str, tag: Range<usize>) -> Result<(), Error> {
        let (root, element) = match name {
            "methodCall" => (Root::Call, Element::MethodCall),
            "methodResponse" => (Root::Response, Element::MethodResponse),
            _ => return Err(unexpected_root(name, tag)),
        };
        self.root = Some(root);
        self.push(element, 0);
        Ok(())
    }

    /// The one element inside a `value`: a type.
    fn start_type(&mut self, name: &str, tag: Range<usize>) -> Result<(), Error> {
        if !is_blank(self.builder.text()) {
            return Err(unexpected_text(&self.builder, self.builder.text_span(), "nothing beside a type"));
        }
        self.builder.clear_text(tag.end);
        let (element, is_extension) = match name {
            "string" => (Element::Scalar(Kind::String, 0), false),
            "int" | "i4" => (Element::Scalar(Kind::Int, 32), false),
            "array" | "struct" => {
                let (element, kind) =
                    if name == "array" { (Element::Array, Kind::Array) } else { (Element::Struct, Kind::Struct) };
                let node = self.builder.open(kind, tag)?;
                self.push(element, node);
                return Ok(());
            }
            "boolean" => (Element::Scalar(Kind::Boolean, 0), false),
            "double" => (Element::Scalar(Kind::Double, 0), false),
            "dateTime.iso8601" => (Element::Scalar(Kind::DateTime, 0), false),
            "base64" => (Element::Scalar(Kind::Base64, 0), false),
            _ => match name.strip_prefix("ex:").unwrap_or(name) {
                "nil" => (Element::Scalar(Kind::Nil, 0), true),
                "i8" => (Element::Scalar(Kind::I8, 64), true),
                "i2" => (Element::Scalar(Kind::Int, 16), true),
                "i1" => (Element::Scalar(Kind::Int, 8), true),
                _ => return Err(not_a_type(name, tag)),
            },
        };
        if is_extension && !self.builder.rules.are_extended() {
            return Err(Error::new(ErrorKind::ExtensionNotAllowed, tag)
                .found(format!("`{name}`"))
                .expected("a type of the specification"));
        }
        self.push(element, 0);
        Ok(())
    }
}

impl Model for Content<'_> {
    fn start(&mut self, name: &str, tag: Range<usize>) -> Result<(), Error> {
        let Some(frame) = self.frames.last_mut() else { return self.start_root(name, tag) };
        let parent = *frame;
        let Some(child) = parent.element.child(parent.seen, name) else {
            return match parent.element {
                Element::Value if parent.seen == 0 => {
                    frame.seen = 1;
                    self.start_type(name, tag)
                }
                Element::Scalar(Kind::Nil, _) => {
                    Err(Error::new(ErrorKind::InvalidNil, tag).found(format!("`{name}`")).expected("nothing inside"))
                }
                _ => Err(parent.misplaced(name, tag)),
            };
        };
        frame.seen = parent.element.place(name);
        if child.has_text() {
            self.builder.clear_text(tag.end);
        }
        self.push(child, 0);
        Ok(())
    }

    fn end(&mut self, _: &str, tag: Range<usize>) -> Result<(), Error> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        if let Some(missing) = frame.element.missing(frame.seen) {
            return Err(Error::new(ErrorKind::MissingElement, tag).expected(missing));
        }
        match frame.element {
            Element::MethodName => {
                check_method_name(&self.builder)?;
                self.builder.name()
            }
            Element::Name => self.builder.name(),
            Element::Value if frame.seen == 0 => self.builder.scalar(Kind::String, 0),
            Element::Scalar(kind, bits) => self.builder.scalar(kind, u32::from(bits)),
            Element::Array | Element::Struct => {
                self.builder.close(frame.node, tag);
                Ok(())
            }
            Element::Fault => {
                self.root = Some(Root::Fault);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, piece: Range<usize>) -> Result<(), Error> {
        match self.frames.last() {
            Some(frame) if frame.element.has_text() && frame.seen == 0 => self.builder.push_text(piece),
            Some(frame) if !is_blank(&self.builder.input[piece.clone()]) => {
                return Err(unexpected_text(&self.builder, piece, frame.element.expected(frame.seen)));
            }
            _ => {}
        }
        Ok(())
    }

    fn char(&mut self, c: char, piece: Range<usize>) -> Result<(), Error> {
        match self.frames.last() {
            Some(frame) if frame.element.has_text() && frame.seen == 0 => self.builder.push_char(c, piece),
            Some(frame) => return Err(unexpected_text(&self.builder, piece, frame.element.expected(frame.seen))),
            _ => {}
        }
        Ok(())
    }
}

impl Frame {
    fn misplaced(self, name: &str, tag: Range<usize>) -> Error {
        let place = self.element.place(name);
        let is_double = place > 0 && place <= self.seen
            // A `fault` beside `params` is another element, not the same one again.
            && (self.element != Element::MethodResponse || place == self.seen)
            || self.element == Element::Value;
        let kind = if is_double { ErrorKind::DuplicateElement } else { ErrorKind::UnexpectedElement };
        Error::new(kind, tag).found(format!("`{name}`")).expected(self.element.expected(self.seen))
    }
}

impl Element {
    /// What an element of that name is here, if it may stand here. Types are not in this table.
    fn child(self, seen: u8, name: &str) -> Option<Self> {
        Some(match (self, seen, name) {
            (Self::Data, _, "value") => Self::Value,
            (Self::Member, 0, "name") => Self::Name,
            (Self::Member, 1, "value") => Self::Value,
            (Self::Struct, _, "member") => Self::Member,
            (Self::Array, 0, "data") => Self::Data,
            (Self::Param | Self::Fault, 0, "value") => Self::Value,
            (Self::CallParams, _, "param") | (Self::ResponseParams, 0, "param") => Self::Param,
            (Self::MethodCall, 0, "methodName") => Self::MethodName,
            (Self::MethodCall, 1, "params") => Self::CallParams,
            (Self::MethodResponse, 0, "params") => Self::ResponseParams,
            (Self::MethodResponse, 0, "fault") => Self::Fault,
            _ => return None,
        })
    }

    /// The place of an element of that name among the children, from 1; 0 if it is none of them.
    fn place(self, name: &str) -> u8 {
        match (self, name) {
            (Self::MethodCall, "methodName")
            | (Self::MethodResponse, "params")
            | (Self::CallParams | Self::ResponseParams, "param")
            | (Self::Param | Self::Fault | Self::Data, "value")
            | (Self::Array, "data")
            | (Self::Struct, "member")
            | (Self::Member, "name") => 1,
            (Self::MethodCall, "params") | (Self::MethodResponse, "fault") | (Self::Member, "value") => 2,
            _ => 0,
        }
    }

    fn has_text(self) -> bool {
        matches!(self, Self::Value | Self::Name | Self::MethodName | Self::Scalar(..))
    }

    /// What must still stand in it.
    fn missing(self, seen: u8) -> Option<&'static str> {
        let is_complete = match self {
            Self::MethodCall
            | Self::MethodResponse
            | Self::ResponseParams
            | Self::Param
            | Self::Fault
            | Self::Array => seen > 0,
            Self::Member => seen > 1,
            _ => true,
        };
        (!is_complete).then(|| self.expected(seen))
    }

    fn expected(self, seen: u8) -> &'static str {
        match (self, seen) {
            (Self::MethodCall, 0) => "`methodName`",
            (Self::MethodCall, 1) => "`params` or the end of the call",
            (Self::MethodCall, _) => "the end of the call",
            (Self::MethodResponse, 0) => "`params` or `fault`",
            (Self::MethodResponse, _) => "the end of the response",
            (Self::CallParams, _) | (Self::ResponseParams, 0) => "`param`",
            (Self::ResponseParams, _) => "exactly one `param` in a response",
            (Self::Param | Self::Fault, 0) | (Self::Member, 1) | (Self::Data, _) => "`value`",
            (Self::Param | Self::Fault, _) => "exactly one `value`",
            (Self::Value, 0) => "a type",
            (Self::Value, _) => "exactly one type in a value",
            (Self::Array, 0) => "`data`",
            (Self::Array, _) => "exactly one `data`",
            (Self::Struct, _) => "`member`",
            (Self::Member, 0) => "`name`",
            (Self::Member, _) => "the end of the member",
            (Self::MethodName | Self::Name | Self::Scalar(..), _) => "text",
        }
    }
}

pub(super) fn unexpected_root(name: &str, tag: Range<usize>) -> Error {
    Error::new(ErrorKind::UnexpectedRoot, tag).found(format!("`{name}`")).expected("`methodCall` or `methodResponse`")
}

fn not_a_type(name: &str, tag: Range<usize>) -> Error {
    let kind = match name {
        "value" | "member" | "name" | "data" | "param" | "params" | "fault" | "methodName" | "methodCall"
        | "methodResponse" => ErrorKind::UnexpectedElement,
        _ => ErrorKind::UnknownType,
    };
    Error::new(kind, tag).found(format!("`{name}`")).expected("a type")
}

fn unexpected_text(builder: &Builder<'_>, piece: Range<usize>, expected: &'static str) -> Error {
    let text = builder.input[piece.clone()].trim();
    Error::new(ErrorKind::UnexpectedText, piece).found(format!("`{}`", text.escape_debug())).expected(expected)
}

/// "The string may only contain identifier characters, upper and lower-case A-Z, the numeric characters, 0-9,
/// underscore, dot, colon and slash" (XML-RPC specification).
fn check_method_name(builder: &Builder<'_>) -> Result<(), Error> {
    if is_method_name(builder.text()) {
        return Ok(());
    }
    Err(builder.refuse((ErrorKind::InvalidMethodName, METHOD_NAME)))
}

pub(super) const METHOD_NAME: &str = "letters, digits, `_`, `.`, `:` and `/`";

pub(super) fn is_method_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:/".contains(&b))
}
