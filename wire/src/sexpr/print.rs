//! Prints S-expressions as Xend does (`sxp.py show`, `atomp`), and as libvirt does.

use std::fmt;
use std::ops::Range;

use super::document::Node;
use super::rules::Dialect;
use super::{Document, Rules, Sexpr};
use crate::{Release, python};

/// Prints all values of a document, with a space between them.
pub fn print(document: &Document<'_>, rules: Rules) -> Vec<u8> {
    // A document is about as long as the input that it was parsed from.
    let mut out = Vec::with_capacity(document.input().len() + 16);
    for (at, value) in document.values().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write_value(&mut out, value, rules);
    }
    out
}

/// Prints one value.
pub fn print_value(value: Sexpr<'_>, rules: Rules) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.span().len() + 16);
    write_value(&mut out, value, rules);
    out
}

impl fmt::Debug for Sexpr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&print_value(*self, Rules::strict())))
    }
}

fn write_value(out: &mut Vec<u8>, value: Sexpr<'_>, rules: Rules) {
    let (first, mut nodes) = value.nodes();
    let last = first + nodes.len();
    let mut copier = Copier { out, input: value.input(), start: 0, at: 0 };
    let mut plain = PlainRun::default();
    // The ends of the open lists, with that of the innermost list last.
    let mut ends = Vec::with_capacity(USUAL_DEPTH);
    let mut next_end = usize::MAX;
    let mut is_first = true;
    while let [node, rest @ ..] = nodes {
        let index = last - nodes.len();
        while index == next_end {
            copier.put(b')');
            next_end = ends.pop().unwrap_or(usize::MAX);
            is_first = false;
        }
        if !is_first {
            copier.put(b' ');
        }
        let span = node.span();
        copier.go_to(span.start);
        if node.is_list() {
            let plain_end = plain.end_of(copier.input, span.start);
            if let Some((behind, end)) = skip_usual_pairs(nodes, index, next_end, plain_end) {
                (nodes, copier.at) = (behind, end);
                is_first = false;
                continue;
            }
            nodes = rest;
            copier.put(b'(');
            ends.push(std::mem::replace(&mut next_end, node.link()));
            is_first = true;
            continue;
        }
        nodes = rest;
        is_first = false;
        if node.is_bare() && (plain.covers(copier.input, &span) || is_bare(&copier.input[span.clone()])) {
            copier.at = span.end;
            continue;
        }
        // The byte that needs quotes is behind, so all is checked from here on.
        plain.resume(span.end);
        if node.is_quoted() && is_quoted_as_printed(&copier.input[span.clone()], rules) {
            copier.at = span.end;
        } else {
            copier.flush();
            write_atom(copier.out, value.text_of(*node), rules);
            (copier.start, copier.at) = (span.end, span.end);
        }
    }
    copier.flush();
    out.extend(std::iter::repeat_n(b')', ends.len()));
}

/// Skips lists that are written as `(name value)`, of two atoms without quotes, with one byte before, between and after
/// them, and with one byte between two lists. Most of Xend's output consists of such pairs.
///
/// Returns the nodes behind the pairs, and the place where the last one ends; `None` if there is no pair. The pairs end
/// before `plain_end`, so that each of these single bytes is a space or a parenthesis, as it is printed.
#[inline]
fn skip_usual_pairs(nodes: &[Node], index: usize, next_end: usize, plain_end: usize) -> Option<(&[Node], usize)> {
    let (mut nodes, mut index, mut start) = (nodes, index, nodes.first()?.span().start);
    let mut skipped = None;
    while index < next_end
        && let Some((pair, behind)) = nodes.split_first_chunk()
        && let Some(end) = Node::end_of_pair(pair, index, start).filter(|&end| end <= plain_end)
    {
        skipped = Some((behind, end));
        (nodes, index, start) = (behind, index + 3, end + 1);
    }
    skipped
}

/// The number of lists that are open at the same time in most documents.
const USUAL_DEPTH: usize = 16;

/// Writes the output. Most of a parsed document is printed as it stands in the input, so it is copied in long pieces.
struct Copier<'a> {
    out: &'a mut Vec<u8>,
    input: &'a [u8],
    /// The input from here to `at` is to be printed, but has not been copied to the output yet.
    start: usize,
    at: usize,
}

impl Copier<'_> {
    #[inline]
    fn put(&mut self, byte: u8) {
        if self.input.get(self.at) == Some(&byte) {
            self.at += 1;
        } else {
            self.flush();
            self.out.push(byte);
        }
    }

    #[inline]
    fn go_to(&mut self, at: usize) {
        if self.at != at {
            self.flush();
            (self.start, self.at) = (at, at);
        }
    }

    fn flush(&mut self) {
        self.out.extend_from_slice(&self.input[self.start..self.at]);
        self.start = self.at;
    }
}

/// A range of the input in which no byte needs quotes, so that the atoms in it need not be checked one by one.
///
/// Spaces and parentheses do not matter, because a [bare](super::document::Kind::Bare) atom contains none.
#[derive(Default)]
struct PlainRun {
    /// A range without bytes that need quotes.
    without: Range<usize>,
    /// There is such a byte between the end of `without` and this place.
    with_until: usize,
}

impl PlainRun {
    /// The number of bytes that are checked together.
    const BLOCK: usize = 32;

    /// Whether the range is known to have no byte that needs quotes. Ranges must be asked for in their order.
    #[inline]
    fn covers(&mut self, input: &[u8], range: &Range<usize>) -> bool {
        range.end <= self.end_of(input, range.start) && !range.is_empty()
    }

    /// The place up to which no byte is known to need quotes, from `start` on. Ranges must be asked for in their order.
    #[inline]
    fn end_of(&mut self, input: &[u8], start: usize) -> usize {
        if start >= self.with_until {
            self.extend(input, start);
        }
        if self.without.start <= start { self.without.end } else { start }
    }

    /// Checks the input from here on.
    #[inline(never)]
    fn extend(&mut self, input: &[u8], from: usize) {
        // There is no branch inside, so that the compiler can vectorize it.
        let is_plain = |block: &&[u8; Self::BLOCK]| {
            block.iter().fold(true, |all, &b| all & (may_be_bare(b) | (b == b' ') | (b == b'(') | (b == b')')))
        };
        let checked = from + Self::BLOCK * input[from..].as_chunks().0.iter().take_while(is_plain).count();
        let rest = &input[checked..input.len().min(checked + Self::BLOCK)];
        let needs_quotes = |&b: &u8| !MAY_BE_BARE[usize::from(b)] && !matches!(b, b' ' | b'(' | b')');
        let end = checked + rest.iter().position(needs_quotes).unwrap_or(rest.len());
        (self.without, self.with_until) = (from..end, end + 1);
    }

    /// Says that an atom that needs quotes ends at `at`, so that the input is checked again from there.
    fn resume(&mut self, at: usize) {
        self.with_until = at;
    }
}

/// Prints an atom, in quotes if the rules require them.
pub(crate) fn write_atom(out: &mut Vec<u8>, atom: &[u8], rules: Rules) {
    match rules.0 {
        Dialect::Libvirt => {
            let quoted = atom.iter().any(|b| matches!(b, b' ' | b'(' | b')'));
            if quoted {
                out.push(b'\'');
            }
            out.extend_from_slice(atom);
            if quoted {
                out.push(b'\'');
            }
        }
        // Before commit f3fdbe7359 of June 2010 the daemon printed nothing for an empty string.
        Dialect::Xend(release) if atom.is_empty() && release < Release::V4_1 => {}
        _ if is_bare(atom) => out.extend_from_slice(atom),
        _ => python::write_repr_bytes(out, atom),
    }
}

/// Whether Xend prints the atom without quotes (`sxp.py atomp`).
fn is_bare(atom: &[u8]) -> bool {
    atom == b"@" || !atom.is_empty() && atom.iter().all(|&b| MAY_BE_BARE[usize::from(b)])
}

static MAY_BE_BARE: [bool; 256] = {
    let mut table = [false; 256];
    let mut b = 0;
    while b < table.len() {
        table[b] = may_be_bare(b as u8);
        b += 1;
    }
    table
};

/// Whether an atom that stands in quotes in the input, without escapes, is printed with the same quotes.
fn is_quoted_as_printed(quoted: &[u8], rules: Rules) -> bool {
    let (quote, atom) = (quoted[0], &quoted[1..quoted.len() - 1]);
    rules.0 != Dialect::Libvirt && !atom.is_empty() && !is_bare(atom) && python::is_repr_without_escapes(atom, quote)
}

/// Whether the byte needs no quotes. It is computed without a table, so that several bytes are checked at once; for a
/// single byte [`MAY_BE_BARE`] is faster.
#[inline]
const fn may_be_bare(b: u8) -> bool {
    // `-`, `.`, `/`, the digits and `:` are consecutive.
    (b.wrapping_sub(b'-') <= b':' - b'-') | ((b | 0x20).wrapping_sub(b'a') < 26) | (b == b'_') | (b == b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_bytes_need_no_quotes() {
        // "Only ASCII letters, digits and `. - _ : / ~`" (`sxp.py atomp`, protocol reference §2.3).
        let bare: Vec<u8> = (0..=u8::MAX).filter(|&b| may_be_bare(b)).collect();
        assert_eq!(bare, b"-./0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
    }
}
