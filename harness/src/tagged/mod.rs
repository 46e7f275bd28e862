//! The tagged form of values, by which cases and subjects describe what a document means.
//!
//! `{"list":[{"atom":"a"},{"atom":"x y"}]}` is an S-expression, and `{"response":{"int":"5"}}` an XML-RPC response.
//! Each value is an object with one key, which is its type. Numbers are strings, so that no JSON library can round
//! them.
//!
//! | key | value |
//! | --- | --- |
//! | `atom`, `atom_base64` | an atom as text; as base64 if its bytes are not UTF-8 |
//! | `list` | a list of values |
//! | `int`, `i8` | an integer in decimal, of any size |
//! | `boolean` | `"0"` or `"1"` |
//! | `string` | text |
//! | `double` | a decimal number, `inf`, `-inf` or `nan` |
//! | `dateTime` | the text as it stands in the document: `"19980717T14:08:55"` |
//! | `base64` | the bytes, as base64 |
//! | `array` | a list of values |
//! | `struct` | a list of `[name, value]` |
//! | `nil` | `true` |
//! | `odd` | a description of a value that a library gave and that none of these forms has: `"boolean 2"`; it equals no other value |
//! | `response` | the value that a method returned |
//! | `fault` | `{"code": value, "string": value}` |
//! | `call` | `{"method": name, "params": [value, ..]}` |
//!
//! A [`Tagged`] is one flat list of nodes in pre-order. Reading, writing and comparing keep their own stacks, so an
//! answer that nests 100,000 levels uses memory and not the harness's stack.

mod compare;
mod convert;
mod encode;
mod json;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

pub use compare::{Difference, Equality};
pub use json::{AnswerReader, Malformed};

use crate::feature::Feature;

/// The values of one document, in order, in the tagged form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tagged {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    node: Node,
    /// The index after the last descendant.
    end: usize,
    /// The byte range of the value in the document that it was read from; empty for values that come from JSON.
    span: Range<usize>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (&self.node, self.end) == (&other.node, other.end)
    }
}

/// A value, without the values inside it.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    Atom(Vec<u8>),
    List,
    Int(String),
    I8(String),
    Boolean(bool),
    String(String),
    Double(String),
    DateTime(String),
    Base64(Vec<u8>),
    Array,
    Struct,
    /// A member of a struct or of a fault, which holds exactly one value.
    Member(String),
    Nil,
    /// A value that a library gave and that has no form here, as the subject describes it.
    Odd(String),
    Response,
    Fault,
    Call(String),
}

impl Tagged {
    /// Returns the number of nested levels of lists, arrays and structs; 0 for a document of scalars.
    pub fn depth(&self) -> usize {
        let mut open: Vec<usize> = Vec::new();
        let mut deepest = 0;
        for (index, entry) in self.entries.iter().enumerate() {
            while open.last().is_some_and(|&end| end <= index) {
                open.pop();
            }
            if matches!(entry.node, Node::List | Node::Array | Node::Struct) {
                open.push(entry.end);
                deepest = deepest.max(open.len());
            }
        }
        deepest
    }

    /// Returns the kinds of the values in the document, as the words of the tagged form.
    pub(crate) fn kinds(&self) -> BTreeSet<&'static str> {
        let kind = |entry: &Entry| {
            Some(match entry.node {
                Node::Atom(_) => "atom",
                Node::List => "list",
                Node::Int(_) => "int",
                Node::I8(_) => "i8",
                Node::Boolean(_) => "boolean",
                Node::String(_) => "string",
                Node::Double(_) => "double",
                Node::DateTime(_) => "dateTime",
                Node::Base64(_) => "base64",
                Node::Array => "array",
                Node::Struct => "struct",
                Node::Nil => "nil",
                Node::Fault => "fault",
                Node::Call(_) => "call",
                Node::Response | Node::Member(_) | Node::Odd(_) => return None,
            })
        };
        self.entries.iter().filter_map(kind).collect()
    }

    /// Returns the extensions of XML-RPC that the values are made for: `nil`, and `i8`, also for an `int` beyond 32 bits.
    pub(crate) fn extensions(&self) -> BTreeSet<Feature> {
        let needed = self.entries.iter().filter_map(|entry| match &entry.node {
            Node::Nil => Some(Feature::Nil),
            Node::I8(_) => Some(Feature::I8),
            Node::Int(digits) if digits.parse::<i32>().is_err() && digits.parse::<i64>().is_ok() => Some(Feature::I8),
            _ => None,
        });
        needed.collect()
    }

    /// Returns the indices of the values at the top.
    fn roots(&self) -> impl Iterator<Item = usize> {
        self.siblings(0..self.entries.len())
    }

    /// Returns the indices of the values directly inside a value.
    fn children(&self, index: usize) -> impl Iterator<Item = usize> {
        self.siblings(index + 1..self.entries[index].end)
    }

    fn siblings(&self, mut range: Range<usize>) -> impl Iterator<Item = usize> {
        std::iter::from_fn(move || {
            let index = range.next()?;
            range.start = self.entries[index].end;
            Some(index)
        })
    }

    fn push(&mut self, node: Node, span: Range<usize>) -> usize {
        self.entries.push(Entry { node, end: self.entries.len() + 1, span });
        self.entries.len() - 1
    }

    fn close(&mut self, index: usize) {
        self.entries[index].end = self.entries.len();
    }

    /// Returns the byte range, in the input that the values were read from, of the value at a path.
    pub(crate) fn locate_path(&self, path: &str) -> Option<Range<usize>> {
        let index = (0..self.entries.len()).find(|&index| self.path(index) == path)?;
        Some(self.entries[index].span.clone()).filter(|span| !span.is_empty())
    }

    /// Returns the path of a value in an answer, such as `values[0].list[1]`.
    fn path(&self, target: usize) -> String {
        let mut path = String::from("values");
        let mut inside = 0..self.entries.len();
        let mut container = &Node::List;
        loop {
            let (position, index) = self
                .siblings(inside)
                .enumerate()
                .find(|&(_, index)| target < self.entries[index].end)
                .expect("the target lies inside");
            let node = &self.entries[index].node;
            path += &match (container, node) {
                (Node::Fault, Node::Member(name)) => format!(".{name}"),
                (_, Node::Member(name)) => format!("[{name:?}]"),
                (Node::List | Node::Array | Node::Call(_), _) => format!("[{position}]"),
                _ => String::new(),
            };
            if index == target {
                return path;
            }
            path += match node {
                Node::List => ".list",
                Node::Array => ".array",
                Node::Struct => ".struct",
                Node::Response => ".response",
                Node::Fault => ".fault",
                Node::Call(_) => ".call.params",
                _ => "",
            };
            container = node;
            inside = index + 1..self.entries[index].end;
        }
    }
}
