//! Conversion of documents that the built-in codecs read to tagged values, which know where they stood in the document.

use xend_wire::Limits;
use xend_wire::sexpr::{self, Document, Items, Sexpr};
use xend_wire::xmlrpc::{self, Kind, Message, Response, ValueRef};

use super::{Node, Tagged};
use crate::Rules;

impl Rules {
    /// Reads a document by these rules with the built-in codec.
    ///
    /// # Errors
    /// Returns an error with its place if the document breaks the rules.
    pub fn decode(self, document: &[u8]) -> Result<Tagged, xend_wire::Error> {
        // Nothing recurses over S-expressions, so a case may nest them very deeply. The XML-RPC decoder has a fixed
        // limit of its own.
        let limits = Limits { depth: 1 << 20, ..Limits::default() };
        match self {
            Self::Sexpr(rules) => sexpr::parse_with(document, rules, &limits).map(|document| (&document).into()),
            Self::Xmlrpc(rules) => xmlrpc::decode(document, rules, &limits).map(|message| (&message).into()),
        }
    }
}

impl From<&Document<'_>> for Tagged {
    fn from(document: &Document<'_>) -> Self {
        let mut tagged = Self::default();
        let mut lists: Vec<(usize, Items<'_>)> = Vec::new();
        let mut items = document.values();
        loop {
            if let Some(value) = items.next() {
                let index = tagged.push(sexpr_node(value), value.span());
                if value.is_list() {
                    lists.push((index, std::mem::replace(&mut items, value.items())));
                }
            } else if let Some((index, rest)) = lists.pop() {
                tagged.close(index);
                items = rest;
            } else {
                return tagged;
            }
        }
    }
}

fn sexpr_node(value: Sexpr<'_>) -> Node {
    value.as_atom().map_or(Node::List, |atom| Node::Atom(atom.to_vec()))
}

impl From<&Message<'_>> for Tagged {
    fn from(message: &Message<'_>) -> Self {
        let mut tagged = Self::default();
        let root = match message {
            Message::Call(call) => {
                let root = tagged.push(Node::Call(call.method().to_owned()), 0..0);
                call.params().for_each(|param| tagged.push_value(param));
                root
            }
            Message::Response(Response::Success(document)) => {
                let root = tagged.push(Node::Response, document.value().span());
                tagged.push_value(document.value());
                root
            }
            Message::Response(Response::Fault(fault)) => {
                let root = tagged.push(Node::Fault, fault.value().span());
                for (name, value) in [("code", fault.code()), ("string", fault.string())] {
                    let member = tagged.push(Node::Member(name.to_owned()), value.span());
                    tagged.push_value(value);
                    tagged.close(member);
                }
                root
            }
        };
        tagged.close(root);
        tagged
    }
}

impl Tagged {
    /// Adds an XML-RPC value and all values inside it.
    fn push_value(&mut self, value: ValueRef<'_>) {
        type Inside<'d> = Box<dyn Iterator<Item = (Option<&'d str>, ValueRef<'d>)> + 'd>;
        /// A container that is being added, with its remaining values, and the member to close before the next one.
        struct Open<'d> {
            index: usize,
            inside: Inside<'d>,
            member: Option<usize>,
        }

        let mut open: Vec<Open<'_>> = Vec::new();
        let mut next = Some(value);
        loop {
            if let Some(value) = next.take() {
                let index = self.push(xmlrpc_node(value), value.span());
                let inside: Inside<'_> = match value.kind() {
                    Kind::Array => Box::new(value.items().map(|item| (None, item))),
                    Kind::Struct => Box::new(value.members().map(|(name, value)| (Some(name), value))),
                    _ => Box::new(std::iter::empty()),
                };
                open.push(Open { index, inside, member: None });
            }
            let Some(innermost) = open.last_mut() else { return };
            if let Some(member) = innermost.member.take() {
                self.close(member);
            }
            match innermost.inside.next() {
                Some((name, value)) => {
                    innermost.member = name.map(|name| self.push(Node::Member(name.to_owned()), value.span()));
                    next = Some(value);
                }
                None => {
                    self.close(innermost.index);
                    open.pop();
                }
            }
        }
    }
}

fn xmlrpc_node(value: ValueRef<'_>) -> Node {
    let text = || value.text().unwrap_or_default().into_owned();
    match value.kind() {
        Kind::Int => Node::Int(text()),
        Kind::I8 => Node::I8(text()),
        Kind::Boolean => Node::Boolean(value.as_bool() == Some(true)),
        Kind::String => Node::String(text()),
        Kind::Double => Node::Double(text()),
        Kind::DateTime => Node::DateTime(text()),
        Kind::Base64 => Node::Base64(value.as_bytes().unwrap_or_default()),
        Kind::Array => Node::Array,
        Kind::Struct => Node::Struct,
        Kind::Nil => Node::Nil,
    }
}
