//! Looking at the values of a document.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use data_encoding::BASE64;

use super::scalar;
use super::tree::{Kind, NodeKind, Tree};
use super::value::Value;

/// A value inside a document: a handle that is copied freely.
///
/// Every `as_...` gives `None` for a value of another type.
/// Two of them are equal if they have the same types, texts and members, in the same order; numbers compare as numbers.
#[derive(Clone, Copy)]
pub struct ValueRef<'d> {
    tree: &'d Tree<'d>,
    index: u32,
}

impl<'d> ValueRef<'d> {
    pub(super) fn new(tree: &'d Tree<'d>, index: u32) -> Self {
        Self { tree, index }
    }

    /// The type of the value.
    pub fn kind(self) -> Kind {
        match self.tree.nodes[self.index as usize].kind {
            NodeKind::Value(kind) => kind,
            NodeKind::Name => unreachable!("no handle is made for a name"),
        }
    }

    /// The name of the type, as in `dateTime.iso8601`.
    pub fn type_name(self) -> &'static str {
        self.kind().name()
    }

    /// A string, with or without a `string` element.
    pub fn as_str(self) -> Option<&'d str> {
        self.raw(Kind::String)
    }

    /// An `int`. Python 2 takes numbers of any size in it, and Apache's `biginteger` is one of any size; those beyond 32
    /// bits are `None` here.
    pub fn as_i32(self) -> Option<i32> {
        self.raw(Kind::Int)?.parse().ok()
    }

    /// An `int` or an `i8`.
    pub fn as_i64(self) -> Option<i64> {
        self.raw(Kind::Int).or_else(|| self.raw(Kind::I8))?.parse().ok()
    }

    /// A `boolean`.
    pub fn as_bool(self) -> Option<bool> {
        Some(self.raw(Kind::Boolean)? == "1")
    }

    /// A `double`.
    pub fn as_f64(self) -> Option<f64> {
        self.raw(Kind::Double)?.parse().ok()
    }

    /// The text of a `dateTime.iso8601`, as it stands.
    pub fn as_date_time(self) -> Option<&'d str> {
        self.raw(Kind::DateTime)
    }

    /// The bytes of a `base64`.
    pub fn as_bytes(self) -> Option<Vec<u8>> {
        BASE64.decode(&scalar::without_space(self.raw(Kind::Base64)?)).ok()
    }

    /// Whether this is `nil`.
    pub fn is_nil(self) -> bool {
        self.kind() == Kind::Nil
    }

    /// The items of an array; nothing for a value of another type.
    pub fn items(self) -> impl Iterator<Item = ValueRef<'d>> {
        let inside = if self.kind() == Kind::Array { self.inside() } else { 0..0 };
        Siblings::new(self.tree, inside)
    }

    /// The members of a struct in their order, duplicates included; nothing for a value of another type.
    pub fn members(self) -> impl Iterator<Item = (&'d str, ValueRef<'d>)> {
        let tree = self.tree;
        let mut inside = if self.kind() == Kind::Struct { self.inside() } else { 0..0 };
        std::iter::from_fn(move || {
            let name = inside.next()?;
            let value = inside.next()?;
            inside.start = tree.next(value);
            Some((tree.text(name), ValueRef::new(tree, value)))
        })
    }

    /// The member of that name; the last one if there are several, as nearly every implementation takes it.
    pub fn get(self, name: &str) -> Option<ValueRef<'d>> {
        self.members().filter(|(found, _)| *found == name).last().map(|(_, value)| value)
    }

    /// The text of a scalar in canonical form: `5` for `+05`, `1.5` for `1.50`, base64 without white space, nothing for
    /// `nil`. `None` for an array or a struct.
    pub fn text(self) -> Option<Cow<'d, str>> {
        let kind = self.kind();
        if kind.is_container() {
            return None;
        }
        let text = self.tree.text(self.index);
        Some(match kind {
            Kind::Int | Kind::I8 => scalar::canonical_integer(text),
            Kind::Double => scalar::canonical_double(text).into(),
            Kind::Base64 => scalar::canonical_base64(text),
            Kind::Nil => "".into(),
            _ => text.into(),
        })
    }

    /// Where it stands in the document, in bytes: what is between the tags of a scalar; an array or a struct with its
    /// tags.
    pub fn span(self) -> Range<usize> {
        self.tree.span(self.index)
    }

    /// An owned copy. Integers beyond 64 bits, which Python 2 and Apache's `biginteger` have, become strings.
    pub fn to_value(self) -> Value {
        /// Room for as many items as most arrays have in Xend's lists of lists, so that hardly any vector has to grow.
        const FEW: usize = 4;
        let text = || self.tree.text(self.index);
        // The depth of a document is limited, so recursion is too.
        match self.kind() {
            Kind::String => Value::String(text().into()),
            Kind::Array => {
                let mut items = Vec::with_capacity(self.inside().len().min(FEW));
                for item in self.items() {
                    items.push(item.to_value());
                }
                Value::Array(items)
            }
            Kind::Struct => {
                let mut members = Vec::with_capacity((self.inside().len() / 2).min(FEW));
                for (name, value) in self.members() {
                    members.push((name.into(), value.to_value()));
                }
                Value::Struct(members)
            }
            Kind::Int | Kind::I8 => match text().parse() {
                Ok(number) => i32::try_from(number).map_or(Value::I8(number), Value::Int),
                Err(_) => Value::String(scalar::canonical_integer(text()).into()),
            },
            Kind::Boolean => Value::Boolean(text() == "1"),
            Kind::Double => Value::Double(self.as_f64().expect("checked when it was read")),
            Kind::DateTime => Value::DateTime(text().into()),
            Kind::Base64 => Value::Base64(self.as_bytes().expect("checked when it was read")),
            Kind::Nil => Value::Nil,
        }
    }

    fn raw(self, kind: Kind) -> Option<&'d str> {
        (self.kind() == kind).then(|| self.tree.text(self.index))
    }

    fn inside(self) -> Range<u32> {
        self.index + 1..self.tree.next(self.index)
    }
}

impl PartialEq for ValueRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        let size = |value: &Self| value.tree.next(value.index) - value.index;
        let same = |offset: u32| {
            let (left, right) = (self.index + offset, other.index + offset);
            match (self.tree.nodes[left as usize].kind, other.tree.nodes[right as usize].kind) {
                (NodeKind::Name, NodeKind::Name) => self.tree.text(left) == other.tree.text(right),
                (NodeKind::Value(kind), NodeKind::Value(other_kind)) if kind == other_kind => match kind {
                    Kind::Array | Kind::Struct => self.tree.next(left) - left == other.tree.next(right) - right,
                    Kind::Double => {
                        ValueRef::new(self.tree, left).as_f64() == ValueRef::new(other.tree, right).as_f64()
                    }
                    _ => ValueRef::new(self.tree, left).text() == ValueRef::new(other.tree, right).text(),
                },
                _ => false,
            }
        };
        size(self) == size(other) && (0..size(self)).all(same)
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {:?}", self.type_name(), self.span())?;
        self.text().map_or(Ok(()), |text| write!(f, " {text:?}"))
    }
}

/// The values that stand side by side in a range of nodes.
pub(super) struct Siblings<'d> {
    tree: &'d Tree<'d>,
    rest: Range<u32>,
}

impl<'d> Siblings<'d> {
    pub(super) fn new(tree: &'d Tree<'d>, rest: Range<u32>) -> Self {
        Self { tree, rest }
    }
}

impl<'d> Iterator for Siblings<'d> {
    type Item = ValueRef<'d>;

    fn next(&mut self) -> Option<ValueRef<'d>> {
        let index = self.rest.next()?;
        self.rest.start = self.tree.next(index);
        Some(ValueRef::new(self.tree, index))
    }
}
