//! Access to the values of a document.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use data_encoding::BASE64;

use super::scalar;
use super::tree::{Kind, NodeKind, Tree};
use super::value::Value;

/// A value in a [`Document`](super::Document). It is a handle that is cheap to copy.
///
/// Each `as_...` method returns `None` for a value of another type.
/// Two values are equal if their types, texts and members are the same, in the same order. Numbers are compared as numbers.
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

    /// The name of the type, such as `dateTime.iso8601`.
    pub fn type_name(self) -> &'static str {
        self.kind().name()
    }

    /// The text of a string, with or without a `string` element.
    pub fn as_str(self) -> Option<&'d str> {
        self.raw(Kind::String)
    }

    /// The number of an `int`.
    ///
    /// `None` for a number of more than 32 bits, which Python 2 and Apache's `biginteger` allow.
    pub fn as_i32(self) -> Option<i32> {
        self.raw(Kind::Int)?.parse().ok()
    }

    /// The number of an `int` or an `i8`. `None` for a number of more than 64 bits.
    pub fn as_i64(self) -> Option<i64> {
        self.raw(Kind::Int).or_else(|| self.raw(Kind::I8))?.parse().ok()
    }

    /// The value of a `boolean`.
    pub fn as_bool(self) -> Option<bool> {
        Some(self.raw(Kind::Boolean)? == "1")
    }

    /// The number of a `double`.
    pub fn as_f64(self) -> Option<f64> {
        self.raw(Kind::Double)?.parse().ok()
    }

    /// The text of a `dateTime.iso8601`, unchanged.
    pub fn as_date_time(self) -> Option<&'d str> {
        self.raw(Kind::DateTime)
    }

    /// The decoded bytes of a `base64`.
    pub fn as_bytes(self) -> Option<Vec<u8>> {
        BASE64.decode(&scalar::without_space(self.raw(Kind::Base64)?)).ok()
    }

    /// Whether the value is a `nil`.
    pub fn is_nil(self) -> bool {
        self.kind() == Kind::Nil
    }

    /// The items of an array; none for a value of another type.
    pub fn items(self) -> impl Iterator<Item = ValueRef<'d>> {
        let inside = if self.kind() == Kind::Array { self.inside() } else { 0..0 };
        Siblings::new(self.tree, inside)
    }

    /// The names and values of a struct's members, in order and including duplicates; none for a value of another type.
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

    /// The value of the member of this name. If there are several, it is the last one, as in nearly every implementation.
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

    /// The place of the value in the document, in bytes: of a scalar, the text between its tags; of an array or a struct,
    /// the whole element.
    pub fn span(self) -> Range<usize> {
        self.tree.span(self.index)
    }

    /// Copies the value, with all values in it. Integers of more than 64 bits, which Python 2 and Apache's `biginteger`
    /// allow, become strings.
    pub fn to_value(self) -> Value {
        /// The initial capacity of vectors. Most arrays of Xend have no more items, so hardly any vector has to grow.
        const FEW: usize = 4;
        let text = || self.tree.text(self.index);
        // The depth of a document is limited, so the recursion is limited, too.
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

/// Iterates over the values of a range of nodes, but not over the values inside them.
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
