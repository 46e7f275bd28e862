//! The flat form of a document: nodes in pre-order, with text as ranges of the input.

use std::ops::Range;

use super::source::Source;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    /// The method of a call, or the name of the member whose value comes next.
    Name,
    Value(Kind),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `int` or `i4`; by the extended rules also `i1`, `i2` and Apache's `biginteger`.
    Int,
    /// `i8`, an extension.
    I8,
    /// `boolean`
    Boolean,
    /// `string`, or a value without a type.
    String,
    /// `double`; by the extended rules also Apache's `float` and `bigdecimal`.
    Double,
    /// `dateTime.iso8601`
    DateTime,
    /// `base64`
    Base64,
    /// `array`
    Array,
    /// `struct`
    Struct,
    /// `nil`, an extension.
    Nil,
}

impl Kind {
    /// The element's name, as in `dateTime.iso8601`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::I8 => "i8",
            Self::Boolean => "boolean",
            Self::String => "string",
            Self::Double => "double",
            Self::DateTime => "dateTime.iso8601",
            Self::Base64 => "base64",
            Self::Array => "array",
            Self::Struct => "struct",
            Self::Nil => "nil",
        }
    }

    pub(super) fn is_container(self) -> bool {
        matches!(self, Self::Array | Self::Struct)
    }
}

/// Sixteen bytes, since there is one for each value of a document of any size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// Where the content lies in the text: what stands between the tags of a scalar; a container with its tags.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Of a container, the node after its last descendant. Of a scalar, the number of its rewritten text, or [`NONE`].
    pub(super) link: u32,
    pub(super) kind: NodeKind,
}

/// The text of the scalar stands in the source as it is.
pub(super) const NONE: u32 = u32::MAX;

/// A forest of values in pre-order.
#[derive(Clone, Debug)]
pub(super) struct Tree<'a> {
    pub(super) source: Source<'a>,
    pub(super) nodes: Vec<Node>,
    pub(super) rewritten: Rewritten,
}

/// Texts that do not stand in the source as they are: with references, in pieces, with other line ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewritten {
    pub(super) text: String,
    /// Where each of them ends; it starts where the one before it ends.
    pub(super) ends: Vec<u32>,
}

impl Rewritten {
    /// Ends the text that has been collected behind the last one, with `rest`, and gives its number.
    pub(super) fn push(&mut self, rest: &str) -> u32 {
        self.text.push_str(rest);
        // All the texts are hardly longer than the input: only what is read again adds to them.
        self.ends.push(self.text.len() as u32);
        self.ends.len() as u32 - 1
    }

    pub(super) fn range(&self, number: u32) -> Range<usize> {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[number] as usize
    }

    pub(super) fn get(&self, number: u32) -> &str {
        &self.text[self.range(number)]
    }
}

impl Tree<'_> {
    /// The node after the subtree.
    pub(super) fn next(&self, index: u32) -> u32 {
        let node = &self.nodes[index as usize];
        match node.kind {
            NodeKind::Value(kind) if kind.is_container() => node.link,
            _ => index + 1,
        }
    }

    pub(super) fn text(&self, index: u32) -> &str {
        let node = &self.nodes[index as usize];
        match node.link {
            NONE => &self.source.text[node.start as usize..node.end as usize],
            number => self.rewritten.get(number),
        }
    }

    pub(super) fn span(&self, index: u32) -> Range<usize> {
        let node = &self.nodes[index as usize];
        self.source.span(node.start as usize..node.end as usize)
    }

    pub(super) fn into_owned(self) -> Tree<'static> {
        Tree { source: self.source.into_owned(), nodes: self.nodes, rewritten: self.rewritten }
    }
}
