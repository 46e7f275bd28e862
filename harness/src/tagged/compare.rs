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
    /// Whether a `dateTime` is compared by the point in time that it means and not by its text: then
    /// `19980717T14:08:55` equals `1998-07-17T14:08:55Z`, and a fraction of a second may be dropped.
    pub typed_dates: bool,
    /// Whether numbers are compared by value and not by type: then the `double` 1.0 equals the `int` 1.
    pub untyped_numbers: bool,
    /// Whether a `base64` equals a `string` whose bytes are the same, in UTF-8 or with one character for each byte.
    pub untyped_base64: bool,
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
            (Self::DateTime(got), Self::DateTime(wanted)) if equality.typed_dates => same_time(got, wanted),
            (Self::Int(int) | Self::I8(int), Self::Double(double))
            | (Self::Double(double), Self::Int(int) | Self::I8(int))
                if equality.untyped_numbers =>
            {
                matches!((int.parse::<f64>(), double.parse::<f64>()), (Ok(int), Ok(double)) if int == double)
            }
            (Self::Base64(bytes), Self::String(text)) | (Self::String(text), Self::Base64(bytes))
                if equality.untyped_base64 =>
            {
                text.as_bytes() == bytes || text.chars().map(u32::from).eq(bytes.iter().map(|&byte| u32::from(byte)))
            }
            _ => self == other,
        }
    }
}

/// Returns whether two texts of a `dateTime` mean the same point in time. A text without a time zone is taken for UTC.
fn same_time(got: &str, wanted: &str) -> bool {
    match (point_in_time(got), point_in_time(wanted)) {
        // The specification leaves open whether fractions are kept.
        (Some((got, fraction)), Some((wanted, wanted_fraction))) => {
            got == wanted && (fraction == wanted_fraction || fraction.is_empty())
        }
        _ => got == wanted,
    }
}

/// Returns the seconds since 1 March of the year 0 in UTC, and the digits of the fraction without zeros at the end, of a
/// date and time in the basic or the extended format of ISO 8601.
fn point_in_time(text: &str) -> Option<(i64, &str)> {
    let (date, time) = text.trim().split_once(['T', ' '])?;
    let (time, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => (&time[..at], zone(&time[at..])?),
        None => (time, 0),
    };
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let [year, month, day] = numbers(&date.replace('-', ""), [4, 2, 2])?;
    let [hour, minute, second] = numbers(&time.replace(':', ""), [2, 2, 2])?;
    // Years begin in March here, so that the day that not every year has is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let seconds = (days + (153 * month + 2) / 5 + day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((seconds - offset, fraction.trim_end_matches('0')))
}

/// Returns the seconds that a time zone such as `Z`, `+0200` or `-05:00` is ahead of UTC.
fn zone(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text[1..].replace(':', "");
    let [hours, minutes] = numbers(&format!("{digits:0<4}"), [2, 2])?;
    Some(sign * (hours * 3_600 + minutes * 60))
}

/// Splits a text of digits into numbers of the given lengths.
fn numbers<const N: usize>(text: &str, lengths: [usize; N]) -> Option<[i64; N]> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.len() != lengths.iter().sum::<usize>() {
        return None;
    }
    let mut rest = text;
    let mut next = |length: usize| {
        let (number, behind) = rest.split_at(length);
        rest = behind;
        number.parse().unwrap_or_default()
    };
    Some(lengths.map(&mut next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_dates_are_points_in_time() {
        let check = |got: &str, wanted: &str, expect: bool| {
            assert_eq!(same_time(got, wanted), expect, "{got} {wanted}");
        };
        check("1998-07-17T14:08:55", "19980717T14:08:55", true);
        check("19980717T14:08:55.0", "19980717T14:08:55", true);
        check("1998-07-17 14:08:55.000000", "19980717T14:08:55", true);
        check("19980717T14:08:55Z", "19980717T14:08:55", true);
        check("19980717T14:08:55+00:00", "19980717T14:08:55", true);
        check("19980717T16:08:55+0200", "19980717T14:08:55Z", true);
        check("19980716T23:08:55-05", "19980717T04:08:55", true);
        check("20000301T00:00:00", "20000229T24:00:00", true);
        check("19980717T14:08:55", "19980717T14:08:55.25", true);
        check("19980717T14:08:55.250", "19980717T14:08:55.25", true);
        check("19980717T14:08:55.5", "19980717T14:08:55.25", false);
        check("19980717T14:08:55.5", "19980717T14:08:55", false);
        check("19980717T14:08:56", "19980717T14:08:55", false);
        check("19000228T24:00:00", "19000301T00:00:00", true);
        check("nonsense", "nonsense", true);
        check("nonsense", "19980717T14:08:55", false);
    }
}
