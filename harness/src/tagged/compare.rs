//! When two documents mean the same, and where they first differ.

use std::ops::Range;

use super::{Node, Tagged};

/// What counts as equal, beyond the rules that always hold: doubles by IEEE value, with any NaN like any other;
/// integers by number, whether `int` or `i8`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Equality {
    /// The order of members of a struct counts. Members of the same name always keep theirs.
    pub ordered: bool,
    /// Dates and times compare by what they mean, not by their text: `19980717T14:08:55` is `1998-07-17T14:08:55`.
    pub typed_dates: bool,
}

/// The first place in which two documents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `values[0].list[1]`.
    pub path: String,
    /// What stands there, as JSON; `None` if nothing does.
    pub got: Option<String>,
    /// What should stand there, as JSON; `None` if nothing should.
    pub wanted: Option<String>,
    /// The wanted value, or the one around what is too much, by its position in pre-order.
    wanted_index: Option<usize>,
}

/// Values that stand in the same place of both documents, or in one of them only.
struct Pair {
    got: Option<usize>,
    wanted: Option<usize>,
    /// The wanted value that they are inside of.
    inside: Option<usize>,
}

impl Tagged {
    /// The first place in which this document is not what is wanted; `None` if they are equal.
    pub fn difference(&self, wanted: &Self, equality: Equality) -> Option<Difference> {
        // The next pair to look at is the last one, so that the first difference in reading order is found first.
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

    /// Where in the input the place of a difference lies, if this document, which was read from that input, is the
    /// wanted one.
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

    /// A value as JSON; of a member, its value.
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

/// Pairs the members of two structs by name; both lists are sorted by it.
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
            (Self::DateTime(left), Self::DateTime(right)) if equality.typed_dates => plain(left) == plain(right),
            _ => self == other,
        }
    }
}

/// The text of a date and time in ISO 8601's basic form: without the hyphens of the date and the colons.
fn plain(text: &str) -> String {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    format!("{}T{}", date.replace('-', ""), time.replace(':', ""))
}
