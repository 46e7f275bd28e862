//! The comparison of two documents by what they mean.

use std::ops::Range;

use super::{Node, Tagged};

/// Options for comparing values.
///
/// Some rules always hold: doubles are compared by their IEEE value, and any NaN equals any other; integers are
/// compared by number, whether they are `int` or `i8`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Equality {
    /// Whether the order of the members of a struct counts. Members with the same name must always be in the same
    /// order.
    pub ordered: bool,
    /// Whether a `dateTime` is compared by the time that it means and not by its text: then `19980717T14:08:55` equals
    /// `1998-07-17T14:08:55`.
    pub typed_dates: bool,
}

/// The first place where two documents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path of the place, such as `values[0].list[1]`.
    pub path: String,
    /// The value at the place, as JSON; `None` if there is none.
    pub got: Option<String>,
    /// The wanted value, as JSON; `None` if no value is wanted there.
    pub wanted: Option<String>,
    /// The position in pre-order of the wanted value, or of the value that contains the place if no value is wanted
    /// there.
    wanted_index: Option<usize>,
}

/// A pair of values that stand in the same place of both documents; one of them may be missing.
struct Pair {
    got: Option<usize>,
    wanted: Option<usize>,
    /// The index of the wanted value that contains the pair.
    inside: Option<usize>,
}

impl Tagged {
    /// Returns the first place where this document differs from the wanted one, or `None` if they are equal.
    pub fn difference(&self, wanted: &Self, equality: Equality) -> Option<Difference> {
        // The last pair is examined next, so that the first difference in reading order is found first.
        let mut pairs = Vec::new();
        pair_up(&mut pairs, self.roots().collect(), wanted.roots().collect(), None);
        while let Some(Pair { got, wanted: want, inside }) = pairs.pop() {
            let (Some(g), Some(w)) = (got, want) else {
                return Some(self.report(wanted, got, want, inside));
            };
            if !self.entries[g].node.equals(&wanted.entries[w].node, equality) {
                return Some(self.report(wanted, got, want, inside));
            }
            let mut got_inside: Vec<_> = self.children(g).collect();
            let mut wanted_inside: Vec<_> = wanted.children(w).collect();
            let is_set = matches!(self.entries[g].node, Node::Struct) && !equality.ordered;
            if is_set || matches!(self.entries[g].node, Node::Fault) {
                got_inside.sort_by_key(|&index| self.name(index));
                wanted_inside.sort_by_key(|&index| wanted.name(index));
                pair_up_members(&mut pairs, (self, got_inside), (wanted, wanted_inside), w);
            } else {
                pair_up(&mut pairs, got_inside, wanted_inside, Some(w));
            }
        }
        None
    }

    /// Returns the byte range in the input of the place of a difference.
    ///
    /// This document must have been read from that input and be equal to `wanted`, or the result is `None`.
    pub fn locate(&self, difference: &Difference, wanted: &Self) -> Option<Range<usize>> {
        let index = difference.wanted_index.filter(|_| self == wanted)?;
        Some(self.entries[index].span.clone()).filter(|span| !span.is_empty())
    }

    fn report(&self, wanted: &Self, got: Option<usize>, want: Option<usize>, inside: Option<usize>) -> Difference {
        let path = match (want, got) {
            (Some(index), _) => wanted.path(index),
            (None, Some(index)) => self.path(index),
            (None, None) => unreachable!("a pair has at least one side"),
        };
        Difference {
            path,
            got: got.map(|index| self.show_value(index)),
            wanted: want.map(|index| wanted.show_value(index)),
            wanted_index: want.or(inside),
        }
    }

    /// Returns a value as JSON; for a member of a struct, its value without its name.
    fn show_value(&self, index: usize) -> String {
        match self.entries[index].node {
            Node::Member(_) => self.show(index + 1),
            _ => self.show(index),
        }
    }

    fn name(&self, index: usize) -> &str {
        match &self.entries[index].node {
            Node::Member(name) => name,
            _ => "",
        }
    }
}

fn pair_up(pairs: &mut Vec<Pair>, got: Vec<usize>, wanted: Vec<usize>, inside: Option<usize>) {
    let at = |list: &[usize], position: usize| list.get(position).copied();
    for position in (0..got.len().max(wanted.len())).rev() {
        pairs.push(Pair { got: at(&got, position), wanted: at(&wanted, position), inside });
    }
}

/// Pairs the members of two structs by name. Both lists must be sorted by name.
fn pair_up_members(
    pairs: &mut Vec<Pair>,
    (left, mut got): (&Tagged, Vec<usize>),
    (right, mut wanted): (&Tagged, Vec<usize>),
    inside: usize,
) {
    while let Some(order) = match (got.last(), wanted.last()) {
        (None, None) => None,
        (Some(_), None) => Some(std::cmp::Ordering::Greater),
        (None, Some(_)) => Some(std::cmp::Ordering::Less),
        (Some(&g), Some(&w)) => Some(left.name(g).cmp(right.name(w))),
    } {
        let got = if order.is_ge() { got.pop() } else { None };
        let wanted = if order.is_le() { wanted.pop() } else { None };
        pairs.push(Pair { got, wanted, inside: Some(inside) });
    }
}

impl Node {
    fn equals(&self, other: &Self, equality: Equality) -> bool {
        match (self, other) {
            (Self::Int(left) | Self::I8(left), Self::Int(right) | Self::I8(right)) => left == right,
            (Self::Double(left), Self::Double(right)) => match (left.parse::<f64>(), right.parse::<f64>()) {
                (Ok(left), Ok(right)) => left == right || (left.is_nan() && right.is_nan()),
                _ => false,
            },
            (Self::DateTime(left), Self::DateTime(right)) if equality.typed_dates => {
                basic_format(left) == basic_format(right)
            }
            _ => self == other,
        }
    }
}

/// Returns a date and time in the basic format of ISO 8601: without the hyphens of the date and the colons of the time.
fn basic_format(text: &str) -> String {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    format!("{}T{}", date.replace('-', ""), time.replace(':', ""))
}
