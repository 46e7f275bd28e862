//! The content model of Python 2's `xmlrpclib.Unmarshaller`, with which the daemon reads. It has a stack, to which each end
//! tag of a known name pushes a value, wherever the element stands.

use std::ops::Range;

use super::builder::Builder;
use super::element_name::ElementName;
use super::model::{self, ContentModel};
use super::scalar::Form;
use super::tree::{Kind, Node, NodeKind};
use crate::{Error, ErrorKind};

/// Reads a document as the daemon does.
pub(super) struct Unmarshaller<'i> {
    pub(super) builder: Builder<'i>,
    /// The name of the method: `_methodname` in Python.
    pub(super) method: Option<Node>,
    pub(super) root: Option<(String, Range<usize>)>,
    /// What kind of document it is: `_type` in Python.
    pub(super) outcome: Option<Outcome>,
    /// The open arrays and structs: `_marks` in Python.
    marks: Vec<u32>,
    /// Whether the latest tag was the start of a `value`: `_value` in Python.
    is_untyped: bool,
    /// Whether an element has taken the text since the latest start tag. Python clears its `_data` only at start tags, so
    /// the next element that ends gets the same text again.
    has_ended: bool,
    /// Line feeds between tags that belong to the text but are not in the builder yet. Nearly always a start tag comes next
    /// and clears the text, so the text is put together only when an element takes it.
    line_feeds: LineFeeds,
}

/// Line feeds with only tags between them.
#[derive(Clone, Copy, Default)]
struct LineFeeds {
    count: usize,
    first: usize,
    last: usize,
}

/// What kind of document the latest `params`, `fault` or `methodName` made it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Values,
    Fault,
}

impl<'i> Unmarshaller<'i> {
    pub(super) fn new(builder: Builder<'i>) -> Self {
        Self {
            builder,
            method: None,
            root: None,
            outcome: None,
            marks: Vec::new(),
            is_untyped: false,
            has_ended: false,
            line_feeds: LineFeeds::default(),
        }
    }

    /// Clears the text, as Python does at each start tag. The tag ends at `end`.
    fn clear_text(&mut self, end: usize) {
        self.line_feeds.count = 0;
        self.builder.clear_text(end);
        self.has_ended = false;
    }

    /// Adds the pending line feeds to the text.
    #[inline]
    fn push_line_feeds(&mut self) {
        let LineFeeds { count, first, last } = std::mem::take(&mut self.line_feeds);
        if count > 0 {
            self.builder.push_text(first..first + 1);
        }
        for _ in 1..count {
            self.builder.push_char('\n', last..last + 1);
        }
    }

    fn open(&mut self, kind: Kind, tag: Range<usize>) -> Result<(), Error> {
        let index = self.builder.open(kind, tag)?;
        self.marks.push(index);
        Ok(())
    }

    /// Handles the start tag of an array or a struct that ends at `end`.
    fn begin_container(&mut self, end: usize) {
        self.clear_text(end);
        self.is_untyped = false;
    }

    /// Prepares the text for an element that takes it.
    fn begin_text(&mut self) -> Result<(), Error> {
        self.push_line_feeds();
        if std::mem::replace(&mut self.has_ended, true) { self.builder.read_again() } else { Ok(()) }
    }

    /// Pairs names and values of a struct as Python's `end_struct` does: alternately, whatever elements they come from.
    fn pair_members(&mut self, index: u32, tag: Range<usize>) -> Result<(), Error> {
        let nodes = &mut self.builder.nodes;
        let mut at = index as usize + 1;
        let mut is_name = true;
        while at < nodes.len() {
            let next = match nodes[at].kind {
                NodeKind::Value(kind) if kind.is_container() => nodes[at].link as usize,
                _ => at + 1,
            };
            if is_name {
                if nodes[at].kind != NodeKind::Value(Kind::String) {
                    let span = nodes[at].start as usize..nodes[at].end as usize;
                    return Err(Error::new(ErrorKind::UnexpectedElement, span).expected("the name of a member"));
                }
                nodes[at].kind = NodeKind::Name;
            }
            is_name = !is_name;
            at = next;
        }
        if is_name { Ok(()) } else { Err(Error::new(ErrorKind::MissingElement, tag).expected("a name and a value")) }
    }
}

impl ContentModel for Unmarshaller<'_> {
    fn start(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        if self.root.is_none() {
            self.root = Some((name.as_str().to_owned(), tag.clone()));
        }
        if self.is_untyped && !is_dispatched(name) {
            return Err(Error::new(ErrorKind::UnknownType, tag).found(format!("`{name}`")).expected("an XML-RPC type"));
        }
        self.clear_text(tag.end);
        self.is_untyped = name == ElementName::Value;
        match name {
            ElementName::Array => self.open(Kind::Array, tag),
            ElementName::Struct => self.open(Kind::Struct, tag),
            _ => Ok(()),
        }
    }

    fn end(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        // If this ends a `value`, the flag says that no other element was inside.
        let is_untyped = std::mem::take(&mut self.is_untyped);
        let kind = match name {
            ElementName::String | ElementName::Name => Kind::String,
            ElementName::Value if is_untyped => Kind::String,
            ElementName::Int | ElementName::I4 => Kind::Int,
            ElementName::I8 => Kind::I8,
            ElementName::Boolean => Kind::Boolean,
            ElementName::Double => Kind::Double,
            ElementName::DateTime => Kind::DateTime,
            ElementName::Base64 => Kind::Base64,
            ElementName::Nil => Kind::Nil,
            ElementName::Array | ElementName::Struct => {
                let index = self.marks.pop().expect("every end has its start");
                if name == ElementName::Struct {
                    self.pair_members(index, tag.clone())?;
                }
                self.builder.close(index, tag);
                return Ok(());
            }
            ElementName::Params => {
                self.outcome = Some(Outcome::Values);
                return Ok(());
            }
            ElementName::Fault => {
                self.outcome = Some(Outcome::Fault);
                return Ok(());
            }
            ElementName::MethodName => {
                self.begin_text()?;
                self.builder.name()?;
                self.method = self.builder.nodes.pop();
                self.outcome = Some(Outcome::Values);
                return Ok(());
            }
            _ => return Ok(()),
        };
        self.begin_text()?;
        self.builder.scalar(kind, Form::Plain)
    }

    fn text(&mut self, piece: Range<usize>) -> Result<(), Error> {
        self.push_line_feeds();
        self.builder.push_text(piece);
        Ok(())
    }

    fn char(&mut self, c: char, piece: Range<usize>) -> Result<(), Error> {
        self.push_line_feeds();
        self.builder.push_char(c, piece);
        Ok(())
    }

    #[inline]
    fn line_feed(&mut self, at: usize) -> Result<(), Error> {
        if self.line_feeds.count == 0 {
            self.line_feeds.first = at;
        }
        self.line_feeds.count += 1;
        self.line_feeds.last = at;
        Ok(())
    }

    #[inline]
    fn scalar(&mut self, name: ElementName<'_>, at: usize, text: Range<usize>) -> Result<(), Error> {
        let kind = match name {
            ElementName::String => Kind::String,
            ElementName::Int | ElementName::I4 => Kind::Int,
            ElementName::Boolean => Kind::Boolean,
            ElementName::Double => Kind::Double,
            _ => return model::scalar(self, name, at, text),
        };
        self.line_feeds.count = 0;
        self.builder.set_text(text);
        (self.has_ended, self.is_untyped) = (true, false);
        self.builder.scalar(kind, Form::Plain)
    }

    #[inline]
    fn start_array(&mut self, at: usize) -> Result<(), Error> {
        self.begin_container(at + 14);
        self.open(Kind::Array, at + 7..at + 14)?;
        self.builder.clear_text(at + 20);
        Ok(())
    }

    #[inline]
    fn end_array(&mut self, at: usize) -> Result<(), Error> {
        self.end(ElementName::Array, at + 7..at + 15)
    }

    #[inline]
    fn start_struct(&mut self, at: usize) -> Result<(), Error> {
        self.begin_container(at + 15);
        self.open(Kind::Struct, at + 7..at + 15)
    }

    #[inline]
    fn end_struct(&mut self, at: usize) -> Result<(), Error> {
        self.end(ElementName::Struct, at..at + 9)
    }

    #[inline]
    fn start_member(&mut self, at: usize, text: Range<usize>) -> Result<(), Error> {
        if self.is_untyped {
            return model::start_member(self, at, text);
        }
        self.line_feeds.count = 0;
        self.builder.set_text(text);
        self.has_ended = true;
        self.builder.scalar(Kind::String, Form::Plain)
    }
}

/// Whether the name is a key of Python's `Unmarshaller.dispatch`.
fn is_dispatched(name: ElementName<'_>) -> bool {
    !matches!(
        name,
        ElementName::MethodCall
            | ElementName::MethodResponse
            | ElementName::Param
            | ElementName::Data
            | ElementName::Member
            | ElementName::Other(_)
    )
}
