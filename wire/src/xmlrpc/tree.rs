//! The representation of a document: a flat list of nodes in pre-order, whose texts are ranges of the input.

use std::ops::Range;

use super::source::Source;

/// What a node represents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeKind {
    /// The name of a call's method, or the name of the member whose value is the next node.
    Name,
    Value(Kind),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An `int` or `i4`; by the extended rules also an `i1`, `i2` or Apache's `biginteger`.
    Int,
    /// An `i8`, which is an extension.
    I8,
    /// A `boolean`.
    Boolean,
    /// A `string`, or a value without a type.
    String,
    /// A `double`; by the extended rules also Apache's `float` or `bigdecimal`.
    Double,
    /// A `dateTime.iso8601`.
    DateTime,
    /// A `base64`.
    Base64,
    /// An `array`.
    Array,
    /// A `struct`.
    Struct,
    /// A `nil`, which is an extension.
    Nil,
}

impl Kind {
    /// The name of the type's element, such as `dateTime.iso8601`.
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

/// A node of a document. It is kept to 16 bytes, because a large document has one for each value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// The start of the node in the text: of a scalar, the text between its tags; of an array or struct, the first tag.
    pub(super) start: u32,
    /// The end of the node in the text.
    pub(super) end: u32,
    /// For an array or struct, the index of the node after its last descendant. For a scalar, the number of its rewritten
    /// text, or [`NONE`].
    pub(super) link: u32,
    pub(super) kind: NodeKind,
}

/// The link of a scalar whose text stands in the source unchanged.
pub(super) const NONE: u32 = u32::MAX;

/// The values of a document, in pre-order.
#[derive(Clone, Debug)]
pub(super) struct Tree<'a> {
    pub(super) source: Source<'a>,
    pub(super) nodes: Vec<Node>,
    pub(super) rewritten: Rewritten,
}

/// Texts that differ from the source, because they contain references, consist of several pieces or have other line ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Rewritten {
    pub(super) text: String,
    /// The end of each text. A text starts where the one before it ends.
    pub(super) ends: Vec<u32>,
}

impl Rewritten {
    /// Adds `rest` to the text that has been collected after the last one, ends that text, and returns its number.
    pub(super) fn push(&mut self, rest: &str) -> u32 {
        self.text.push_str(rest);
        // The length fits, because the texts together are hardly longer than the input.
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
    /// The index of the next node that is not inside this one.
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
