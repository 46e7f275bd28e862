//! The content model of Python 2's `xmlrpclib.Unmarshaller`, through which the daemon reads: a stack that every end tag
//! of a known name pushes to, wherever it stands.

use std::ops::Range;

use super::builder::Builder;
use super::element_name::ElementName;
use super::reader::Model;
use super::tree::{Kind, Node, NodeKind};
use crate::{Error, ErrorKind};

/// Reads a document as the daemon does.
pub(super) struct Unmarshaller<'i> {
    pub(super) builder: Builder<'i>,
    /// `_methodname`
    pub(super) method: Option<Node>,
    pub(super) root: Option<(String, Range<usize>)>,
    /// `_type`
    pub(super) outcome: Option<Outcome>,
    /// `_marks`: the arrays and structs that are open.
    marks: Vec<u32>,
    /// `_value`: whether the latest start tag was a `value`, and no end tag made a value of it.
    is_untyped: bool,
}

/// What the latest `params`, `fault` or `methodName` made of the document.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Values,
    Fault,
}

impl<'i> Unmarshaller<'i> {
    pub(super) fn new(builder: Builder<'i>) -> Self {
        Self { builder, method: None, root: None, outcome: None, marks: Vec::new(), is_untyped: false }
    }

    /// `end_struct`: names and values by turns, whatever elements they stand in.
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

impl Model for Unmarshaller<'_> {
    fn start(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        let name = name.as_str();
        if self.root.is_none() {
            self.root = Some((name.to_owned(), tag.clone()));
        }
        if self.is_untyped && !IN_DISPATCH.contains(&name) {
            return Err(Error::new(ErrorKind::UnknownType, tag).found(format!("`{name}`")).expected("a type"));
        }
        self.builder.clear_text(tag.end);
        self.is_untyped = name == "value";
        if name == "array" || name == "struct" {
            let kind = if name == "array" { Kind::Array } else { Kind::Struct };
            let index = self.builder.open(kind, tag)?;
            self.marks.push(index);
        }
        Ok(())
    }

    fn end(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error> {
        let name = name.as_str();
        match name {
            "string" | "name" => self.builder.scalar(Kind::String, 0)?,
            "value" if self.is_untyped => self.builder.scalar(Kind::String, 0)?,
            "int" | "i4" | "i8" => self.builder.scalar(if name == "i8" { Kind::I8 } else { Kind::Int }, 0)?,
            "boolean" => self.builder.scalar(Kind::Boolean, 0)?,
            "double" => self.builder.scalar(Kind::Double, 0)?,
            "dateTime.iso8601" => self.builder.scalar(Kind::DateTime, 0)?,
            "base64" => self.builder.scalar(Kind::Base64, 0)?,
            "nil" => self.builder.scalar(Kind::Nil, 0)?,
            "array" | "struct" => {
                let index = self.marks.pop().expect("every end has its start");
                if name == "struct" {
                    self.pair_members(index, tag.clone())?;
                }
                self.builder.close(index, tag);
            }
            "params" => self.outcome = Some(Outcome::Values),
            "fault" => self.outcome = Some(Outcome::Fault),
            "methodName" => {
                self.builder.name()?;
                self.method = self.builder.nodes.pop();
                self.outcome = Some(Outcome::Values);
            }
            _ => {}
        }
        if !matches!(name, "params" | "fault" | "methodName") && IN_DISPATCH.contains(&name) {
            self.is_untyped = false;
        }
        Ok(())
    }

    fn text(&mut self, piece: Range<usize>) -> Result<(), Error> {
        self.builder.push_text(piece);
        Ok(())
    }

    fn char(&mut self, c: char, piece: Range<usize>) -> Result<(), Error> {
        self.builder.push_char(c, piece);
        Ok(())
    }
}

/// The keys of `Unmarshaller.dispatch`.
const IN_DISPATCH: [&str; 16] = [
    "nil",
    "boolean",
    "i4",
    "i8",
    "int",
    "double",
    "string",
    "name",
    "array",
    "struct",
    "base64",
    "dateTime.iso8601",
    "value",
    "params",
    "fault",
    "methodName",
];
