//! Writing values as Xend's `show` does (`sxp.py show`, `atomp`), and as libvirt does.

use std::fmt;
use std::ops::Range;

use super::document::Node;
use super::rules::Dialect;
use super::{Document, Rules, Sexpr};
use crate::{Release, python};

/// Writes all values of a document, a space between them.
pub fn print(document: &Document<'_>, rules: Rules) -> Vec<u8> {
    // What was read is about as long when it is written.
    let mut out = Vec::with_capacity(document.input().len() + 16);
    for (at, value) in document.values().enumerate() {
        if at > 0 {
            out.push(b' ');
        }
        write_value(&mut out, value, rules);
    }
    out
}

/// Writes one value.
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
    let mut copy = Copy { out, input: value.input(), start: 0, at: 0 };
    let mut plain = Plain::default();
    // Where the open lists end, the innermost list last.
    let mut ends = Vec::with_capacity(USUAL_DEPTH);
    let mut next_end = usize::MAX;
    let mut is_first = true;
    while let [node, rest @ ..] = nodes {
        let index = last - nodes.len();
        while index == next_end {
            copy.put(b')');
            next_end = ends.pop().unwrap_or(usize::MAX);
            is_first = false;
        }
        if !is_first {
            copy.put(b' ');
        }
        let span = node.span();
        copy.go_to(span.start);
        nodes = rest;
        if node.is_list() {
            if is_usual_pair(node, index, rest) && plain.covers(copy.input, &span) {
                copy.at = span.end;
                nodes = &rest[2..];
                is_first = false;
                continue;
            }
            copy.put(b'(');
            ends.push(std::mem::replace(&mut next_end, node.link()));
            is_first = true;
            continue;
        }
        is_first = false;
        if node.is_bare() && (plain.covers(copy.input, &span) || is_bare(&copy.input[span.clone()])) {
            copy.at = span.end;
        } else {
            copy.flush();
            write_atom(copy.out, value.text_of(*node), rules);
            (copy.start, copy.at) = (span.end, span.end);
            plain.resume(span.end);
        }
    }
    copy.flush();
    out.extend(std::iter::repeat_n(b')', ends.len()));
}

/// Whether the list is `(name value)`, nearly all that Xend's lists are made of at heart: two bare atoms, with nothing
/// but one byte before, between and behind them.
#[inline]
fn is_usual_pair(list: &Node, index: usize, inside: &[Node]) -> bool {
    match inside {
        [name, value, ..] => {
            list.link() == index + 3
                && name.is_bare()
                && value.is_bare()
                && name.span().start == list.span().start + 1
                && value.span().start == name.span().end + 1
                && list.span().end == value.span().end + 1
        }
        _ => false,
    }
}

/// How many lists are open at once in most documents.
const USUAL_DEPTH: usize = 16;

/// Most of what was read stands in the input as it is printed, and is copied in long pieces.
struct Copy<'a> {
    out: &'a mut Vec<u8>,
    input: &'a [u8],
    /// From here to `at` the input is what is printed, and not copied yet.
    start: usize,
    at: usize,
}

impl Copy<'_> {
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

/// Where the input holds no byte that would be quoted, so that not every atom has to be looked at by itself.
///
/// Spaces and parentheses don't count: there is none in a [bare](super::document::Kind::Bare) atom.
#[derive(Default)]
struct Plain {
    /// No such byte is in here.
    without: Range<usize>,
    /// One is between here and the end of `without`.
    with_until: usize,
}

impl Plain {
    /// So many bytes are looked at together.
    const BLOCK: usize = 32;

    /// Whether the range is known to hold no such byte. The ranges come in their order.
    #[inline]
    fn covers(&mut self, input: &[u8], range: &Range<usize>) -> bool {
        if range.start >= self.with_until {
            self.look_on(input, range.start);
        }
        self.without.start <= range.start && range.end <= self.without.end && !range.is_empty()
    }

    #[inline(never)]
    fn look_on(&mut self, input: &[u8], from: usize) {
        // Without a branch inside, so that the compiler makes vectors of it.
        let is_plain = |block: &&[u8; Self::BLOCK]| {
            block.iter().fold(true, |all, &b| all & (may_be_bare(b) | (b == b' ') | (b == b'(') | (b == b')')))
        };
        let end = from + Self::BLOCK * input[from..].as_chunks().0.iter().take_while(is_plain).count();
        (self.without, self.with_until) = (from..end, end + Self::BLOCK);
    }

    /// Up to here there may have been such bytes, so it is worth while to look behind them.
    fn resume(&mut self, at: usize) {
        self.with_until = at;
    }
}

/// Writes an atom: bare where the printer thinks it safe, quoted otherwise.
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
        // Until commit f3fdbe7359 of June 2010 an empty string printed as nothing.
        Dialect::Xend(release) if atom.is_empty() && release < Release::V4_1 => {}
        _ if is_bare(atom) => out.extend_from_slice(atom),
        _ => python::write_repr_bytes(out, atom),
    }
}

/// `sxp.py atomp`.
fn is_bare(atom: &[u8]) -> bool {
    atom == b"@" || !atom.is_empty() && atom.iter().all(|&b| may_be_bare(b))
}

/// Whether a printer leaves the byte unquoted. Comparisons, not a table, so that several bytes are looked at at once.
#[inline]
fn may_be_bare(b: u8) -> bool {
    // `-`, `.`, `/`, the digits and `:` follow each other.
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
