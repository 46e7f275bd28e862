//! The content model of the specification: which elements are allowed where.

use std::ops::Range;

use super::builder::Builder;
use super::characters::{is_blank, is_space, trim};
use super::element_name::ElementName;
use super::model::{self, ContentModel};
use super::namespaces::Namespaces;
use super::reader::{ROOTS, USUAL_DEPTH};
use super::scalar::Form;
use super::tree::Kind;
use crate::{Error, ErrorKind};

/// Reads a document by the specification, with extensions if the rules allow them.
pub(super) struct Content<'i> {
    pub(super) builder: Builder<'i>,
    pub(super) root: Option<Root>,
    frames: Vec<Frame>,
    namespaces: Namespaces<'i>,
}

/// What kind of message a document is.
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
    /// The [`Element::place`] of the latest child, or 0 if there was none.
    seen: u8,
    /// The index of the node, if the element is an array or a struct.
    node: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    MethodCall,
    MethodName,
    MethodResponse,
    /// The `params` of a call, with any number of `param`.
    CallParams,
    /// The `params` of a response, with one `param`.
    ResponseParams,
    Param,
    Fault,
    Value,
    Array,
    Data,
    Struct,
    Member,
    Name,
    Scalar(Kind, Form),
}

impl<'i> Content<'i> {
    pub(super) fn new(builder: Builder<'i>) -> Self {
        Self { builder, root: None, frames: Vec::with_capacity(USUAL_DEPTH), namespaces: Namespaces::default() }
    }

    fn push(&mut self, element: Element, node: u32) {
        self.frames.push(Frame { element, seen: 0, node });
    }

    /// Whether a value is allowed here. If so, it also counts the value as a child.
    #[inline]
    fn takes_value(&mut self) -> bool {
        match self.frames.last_mut() {
            Some(frame) if frame.element.child(frame.seen, ElementName::Value).is_some() => {
                frame.seen = frame.element.place(ElementName::Value);
                true
            }
            _ => false,
        }
    }

    /// Removes the namespaces that the element declared, because it has ended.
    #[inline]
    fn leave(&mut self) {
        if !self.namespaces.is_empty() {
            self.namespaces.leave(self.frames.len());
        }
    }

    /// Begins an array or a struct whose `value` was read together with it.
    #[inline]
    fn open_value(&mut self, kind: Kind, tag: Range<usize>) -> Result<u32, Error> {
        self.builder.clear_text(tag.end);
        self.builder.open(kind, tag)
    }

    fn start_root(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        let (root, element) = match name {
            ElementName::MethodCall => (Root::Call, Element::MethodCall),
            ElementName::MethodResponse => (Root::Response, Element::MethodResponse),
            _ => return Err(unexpected_root(name.as_str(), tag)),
        };
        self.root = Some(root);
        self.push(element, 0);
        Ok(())
    }

    /// Begins the element inside a `value`, which is that of a type.
    fn start_type(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        if !is_blank(self.builder.text().as_bytes()) {
            return Err(unexpected_text(&self.builder, self.builder.text_span(), "no text next to a type"));
        }
        self.builder.clear_text(tag.end);
        let (kind, form) = match name {
            ElementName::String => (Kind::String, Form::Plain),
            ElementName::Int | ElementName::I4 => (Kind::Int, Form::Bits(32)),
            ElementName::Array | ElementName::Struct => {
                let (element, kind) = if name == ElementName::Array {
                    (Element::Array, Kind::Array)
                } else {
                    (Element::Struct, Kind::Struct)
                };
                let node = self.builder.open(kind, tag)?;
                self.push(element, node);
                return Ok(());
            }
            ElementName::Boolean => (Kind::Boolean, Form::Plain),
            ElementName::Double => (Kind::Double, Form::Plain),
            ElementName::DateTime => (Kind::DateTime, Form::Plain),
            ElementName::Base64 => (Kind::Base64, Form::Plain),
            _ => self.extension(name, tag)?,
        };
        self.push(Element::Scalar(kind, form), 0);
        Ok(())
    }

    /// The kind and form of a type that is not in the specification, or the error if there is no such type.
    #[cold]
    fn extension(&self, name: ElementName<'_>, tag: Range<usize>) -> Result<(Kind, Form), Error> {
        let usual = match name.as_str() {
            "nil" => Some((Kind::Nil, Form::Plain)),
            "i8" => Some((Kind::I8, Form::Bits(64))),
            "i2" => Some((Kind::Int, Form::Bits(16))),
            "i1" => Some((Kind::Int, Form::Bits(8))),
            _ => None,
        };
        let apache = self.namespaces.apache(name.as_str());
        let known = usual.or_else(|| {
            Some(match apache? {
                "nil" => (Kind::Nil, Form::Plain),
                "i8" => (Kind::I8, Form::Bits(64)),
                "i2" => (Kind::Int, Form::Bits(16)),
                "i1" => (Kind::Int, Form::Bits(8)),
                "biginteger" => (Kind::Int, Form::AnySize),
                "float" => (Kind::Double, Form::Float),
                "bigdecimal" => (Kind::Double, Form::Decimal),
                "dateTime" => (Kind::DateTime, Form::Plain),
                // A serialized object of Java, of which only the bytes are read.
                "serializable" => (Kind::Base64, Form::Plain),
                _ => return None,
            })
        });
        let is_extended = self.builder.rules.are_extended();
        match known {
            Some(known) if is_extended => Ok(known),
            None if apache != Some("dom") => Err(not_a_type(name, tag)),
            // The value of a `dom` is a piece of XML.
            None if is_extended => Err(Error::new(ErrorKind::UnsupportedType, tag)
                .found(format!("`{name}`"))
                .expected("a type whose value is a scalar, an array or a struct")),
            _ => Err(Error::new(ErrorKind::ExtensionNotAllowed, tag)
                .found(format!("`{name}`"))
                .expected("a type of the specification")),
        }
    }
}

impl ContentModel for Content<'_> {
    #[inline]
    fn start(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        let Some(frame) = self.frames.last_mut() else { return self.start_root(name, tag) };
        let parent = *frame;
        let Some(child) = parent.element.child(parent.seen, name) else {
            return match parent.element {
                Element::Value if parent.seen == 0 => {
                    frame.seen = 1;
                    self.start_type(name, tag)
                }
                Element::Scalar(Kind::Nil, _) => {
                    Err(Error::new(ErrorKind::InvalidNil, tag).found(format!("`{name}`")).expected("an empty element"))
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

    fn attributes(&mut self, span: Range<usize>) {
        let depth = self.frames.len() + 1;
        self.namespaces.declare(self.builder.input, span, depth);
    }

    #[inline]
    fn end(&mut self, _: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.leave();
        if let Some(missing) = frame.element.missing(frame.seen) {
            return Err(Error::new(ErrorKind::MissingElement, tag).expected(missing));
        }
        match frame.element {
            Element::MethodName => {
                check_method_name(&self.builder)?;
                self.builder.name()
            }
            Element::Name => self.builder.name(),
            Element::Value if frame.seen == 0 => self.builder.scalar(Kind::String, Form::Plain),
            Element::Scalar(kind, form) => self.builder.scalar(kind, form),
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

    #[inline]
    fn text(&mut self, piece: Range<usize>) -> Result<(), Error> {
        let Some(&frame) = self.frames.last() else { return Ok(()) };
        if frame.takes_text() {
            self.builder.push_text(piece);
            Ok(())
        } else if is_blank(&self.builder.input.as_bytes()[piece.clone()]) {
            Ok(())
        } else {
            Err(unexpected_text(&self.builder, piece, frame.element.expected(frame.seen)))
        }
    }

    #[inline]
    fn line_feed(&mut self, at: usize) -> Result<(), Error> {
        if self.frames.last().is_some_and(|frame| frame.takes_text()) {
            self.builder.push_text(at..at + 1);
        }
        Ok(())
    }

    #[inline]
    fn scalar(&mut self, name: ElementName<'_>, at: usize, text: Range<usize>) -> Result<(), Error> {
        let (kind, form) = match name {
            ElementName::String => (Kind::String, Form::Plain),
            ElementName::Int | ElementName::I4 => (Kind::Int, Form::Bits(32)),
            ElementName::Boolean => (Kind::Boolean, Form::Plain),
            ElementName::Double => (Kind::Double, Form::Plain),
            _ => return model::scalar(self, name, at, text),
        };
        if !self.takes_value() {
            return model::scalar(self, name, at, text);
        }
        self.builder.set_text(text);
        self.builder.scalar(kind, form)
    }

    #[inline]
    fn start_array(&mut self, at: usize) -> Result<(), Error> {
        if !self.takes_value() {
            return model::start_array(self, at);
        }
        let node = self.open_value(Kind::Array, at + 7..at + 14)?;
        self.frames.extend([
            Frame { element: Element::Value, seen: 1, node: 0 },
            Frame { element: Element::Array, seen: 1, node },
            Frame { element: Element::Data, seen: 0, node: 0 },
        ]);
        Ok(())
    }

    #[inline]
    fn end_array(&mut self, at: usize) -> Result<(), Error> {
        let depth = self.frames.len();
        self.builder.close(self.frames[depth - 2].node, at + 7..at + 15);
        self.frames.truncate(depth - 3);
        self.leave();
        Ok(())
    }

    #[inline]
    fn start_struct(&mut self, at: usize) -> Result<(), Error> {
        if !self.takes_value() {
            return model::start_struct(self, at);
        }
        let node = self.open_value(Kind::Struct, at + 7..at + 15)?;
        self.frames.extend([
            Frame { element: Element::Value, seen: 1, node: 0 },
            Frame { element: Element::Struct, seen: 0, node },
        ]);
        Ok(())
    }

    #[inline]
    fn end_struct(&mut self, at: usize) -> Result<(), Error> {
        let depth = self.frames.len();
        self.builder.close(self.frames[depth - 1].node, at..at + 9);
        self.frames.truncate(depth - 2);
        self.leave();
        Ok(())
    }

    #[inline]
    fn start_member(&mut self, at: usize, text: Range<usize>) -> Result<(), Error> {
        match self.frames.last_mut() {
            Some(frame) if frame.element == Element::Struct => {
                frame.seen = 1;
                self.frames.push(Frame { element: Element::Member, seen: 1, node: 0 });
                self.builder.set_text(text);
                self.builder.name()
            }
            _ => model::start_member(self, at, text),
        }
    }

    fn char(&mut self, c: char, piece: Range<usize>) -> Result<(), Error> {
        match self.frames.last() {
            Some(frame) if frame.takes_text() => self.builder.push_char(c, piece),
            // A reference to white space is allowed wherever white space is.
            Some(frame) if !u8::try_from(c).is_ok_and(is_space) => {
                return Err(unexpected_text(&self.builder, piece, frame.element.expected(frame.seen)));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Frame {
    #[inline]
    fn takes_text(self) -> bool {
        self.element.has_text() && self.seen == 0
    }

    #[cold]
    fn misplaced(self, name: ElementName<'_>, tag: Range<usize>) -> Error {
        let place = self.element.place(name);
        let is_double = place > 0 && place <= self.seen
            // A `fault` after `params` is not a duplicate.
            && (self.element != Element::MethodResponse || place == self.seen)
            || self.element == Element::Value;
        let kind = if is_double { ErrorKind::DuplicateElement } else { ErrorKind::UnexpectedElement };
        Error::new(kind, tag).found(format!("`{name}`")).expected(self.element.expected(self.seen))
    }
}

impl Element {
    /// The child element of this name, if it is allowed after the children so far. Types are not in this table.
    #[inline]
    fn child(self, seen: u8, name: ElementName<'_>) -> Option<Self> {
        Some(match (self, seen, name) {
            (Self::Data, _, ElementName::Value) => Self::Value,
            (Self::Member, 0, ElementName::Name) => Self::Name,
            (Self::Member, 1, ElementName::Value) => Self::Value,
            (Self::Struct, _, ElementName::Member) => Self::Member,
            (Self::Array, 0, ElementName::Data) => Self::Data,
            (Self::Param | Self::Fault, 0, ElementName::Value) => Self::Value,
            (Self::CallParams, _, ElementName::Param) | (Self::ResponseParams, 0, ElementName::Param) => Self::Param,
            (Self::MethodCall, 0, ElementName::MethodName) => Self::MethodName,
            (Self::MethodCall, 1, ElementName::Params) => Self::CallParams,
            (Self::MethodResponse, 0, ElementName::Params) => Self::ResponseParams,
            (Self::MethodResponse, 0, ElementName::Fault) => Self::Fault,
            _ => return None,
        })
    }

    /// The place of the element of this name among the children, counted from 1; 0 if it is never a child.
    #[inline]
    fn place(self, name: ElementName<'_>) -> u8 {
        match (self, name) {
            (Self::MethodCall, ElementName::MethodName)
            | (Self::MethodResponse, ElementName::Params)
            | (Self::CallParams | Self::ResponseParams, ElementName::Param)
            | (Self::Param | Self::Fault | Self::Data, ElementName::Value)
            | (Self::Array, ElementName::Data)
            | (Self::Struct, ElementName::Member)
            | (Self::Member, ElementName::Name) => 1,
            (Self::MethodCall, ElementName::Params)
            | (Self::MethodResponse, ElementName::Fault)
            | (Self::Member, ElementName::Value) => 2,
            _ => 0,
        }
    }

    #[inline]
    fn has_text(self) -> bool {
        matches!(self, Self::Value | Self::Name | Self::MethodName | Self::Scalar(..))
    }

    /// What the element still needs before it may end.
    #[inline]
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

    /// What may come next inside the element, as a phrase for error messages.
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
            (Self::Value, 0) => "an XML-RPC type",
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

#[cold]
pub(super) fn unexpected_root(name: &str, tag: Range<usize>) -> Error {
    Error::new(ErrorKind::UnexpectedRoot, tag).found(format!("`{name}`")).expected(ROOTS)
}

#[cold]
fn not_a_type(name: ElementName<'_>, tag: Range<usize>) -> Error {
    let kind = match name {
        ElementName::Value
        | ElementName::Member
        | ElementName::Name
        | ElementName::Data
        | ElementName::Param
        | ElementName::Params
        | ElementName::Fault
        | ElementName::MethodName
        | ElementName::MethodCall
        | ElementName::MethodResponse => ErrorKind::UnexpectedElement,
        _ => ErrorKind::UnknownType,
    };
    Error::new(kind, tag).found(format!("`{name}`")).expected("an XML-RPC type")
}

#[cold]
fn unexpected_text(builder: &Builder<'_>, piece: Range<usize>, expected: &'static str) -> Error {
    let text = trim(&builder.input[piece.clone()]);
    Error::new(ErrorKind::UnexpectedText, piece).found(format!("`{}`", text.escape_debug())).expected(expected)
}

/// Checks the name of a method. "The string may only contain identifier characters, upper and lower-case A-Z, the numeric
/// characters, 0-9, underscore, dot, colon and slash" (XML-RPC specification).
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
