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
    let Range { start, end } = value.span();
    // What is behind the value is not looked at, so that many values beside each other take no time together.
    let mut copier = Copier { out, input: &value.input()[..end], start, at: start };
    let mut run = UsualRun::default();
    // The ends of the open lists, with that of the innermost list last.
    let mut ends = Vec::with_capacity(if value.is_list() { USUAL_DEPTH } else { 0 });
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
            let run_end = run.end_of(copier.input, span.start);
            if let Some((behind, end)) = skip_usual(copier.input, nodes, index, next_end, run_end) {
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
        if node.is_bare() && (run.covers(copier.input, &span) || is_bare(&copier.input[span.clone()])) {
            copier.at = span.end;
            continue;
        }
        // The byte that needs quotes is behind, so all is checked from here on.
        run.resume(span.end);
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

/// Skips a list, and the values beside it, that stand in the input as they are printed. Most of Xend's output does.
///
/// Returns the nodes behind them, and the place where the last one ends; `None` if the list is not such a one.
#[inline]
fn skip_usual<'n>(
    input: &[u8],
    nodes: &'n [Node],
    index: usize,
    next_end: usize,
    run_end: usize,
) -> Option<(&'n [Node], usize)> {
    // The text of a document that was built has no parentheses around its lists.
    if input.get(nodes.first()?.span().start) != Some(&b'(') {
        return None;
    }
    let (mut skipped, mut end) = (0, None);
    // A list that libvirt's rules have closed for want of a parenthesis ends where the input does, and no run goes on
    // behind that.
    while index + skipped < next_end
        && let Some(node) = nodes.get(skipped).filter(|node| node.span().end < run_end)
    {
        end = Some(node.span().end);
        skipped = if node.is_list() { node.link() - index } else { skipped + 1 };
    }
    Some((&nodes[skipped..], end?))
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

/// A range of the input that is written as it is printed: without bytes that need quotes, with one space between two
/// values, and with none before and behind the values of a list. Neither its values nor its lists need be checked one by one.
#[derive(Default)]
struct UsualRun {
    range: Range<usize>,
    /// No run begins before this place, except at the start of the range.
    checked: usize,
}

impl UsualRun {
    /// The number of bytes that are checked together.
    const BLOCK: usize = 32;

    /// Whether the range is known to have no byte that needs quotes. Ranges must be asked for in their order.
    #[inline]
    fn covers(&mut self, input: &[u8], range: &Range<usize>) -> bool {
        range.end <= self.end_of(input, range.start) && !range.is_empty()
    }

    /// The end of the run that `start` is in; not more than `start` if it is in none. Places must be asked for in their
    /// order.
    #[inline]
    fn end_of(&mut self, input: &[u8], start: usize) -> usize {
        if start >= self.checked {
            self.find(input, start);
        }
        if self.range.start <= start { self.range.end } else { start }
    }

    /// Finds the end of the run that begins here.
    #[inline(never)]
    fn find(&mut self, input: &[u8], from: usize) {
        let mut end = from;
        if input.get(from).is_some_and(|&byte| is_usual(byte)) {
            end += 1;
            loop {
                let unusual = match input[end - 1..].first_chunk() {
                    Some(block) => Self::first_unusual(block),
                    None => {
                        // No run goes on behind the input, because a NUL is in none.
                        let mut block = [0; Self::BLOCK + 1];
                        let rest = &input[end - 1..];
                        block[..rest.len()].copy_from_slice(rest);
                        Self::first_unusual(&block)
                    }
                };
                end += unusual;
                if unusual < Self::BLOCK {
                    break;
                }
            }
        }
        (self.range, self.checked) = (from..end, end.max(from + 1));
    }

    /// The number of bytes behind the first byte that continue a run. The first byte is in the run.
    #[inline]
    fn first_unusual(block: &[u8; Self::BLOCK + 1]) -> usize {
        // There is no branch inside, so that the compiler can vectorize it.
        let mut breaks = [0; Self::BLOCK];
        for (is_break, (&before, &byte)) in breaks.iter_mut().zip(block.iter().zip(&block[1..])) {
            *is_break = u8::from(!may_follow(before, byte));
        }
        for (number, word) in breaks.as_chunks().0.iter().enumerate() {
            let breaks = u64::from_le_bytes(*word);
            if breaks != 0 {
                return 8 * number + breaks.trailing_zeros() as usize / 8;
            }
        }
        Self::BLOCK
    }

    /// Says that an atom that needs quotes ends at `at`, so that the input is checked again from there.
    fn resume(&mut self, at: usize) {
        self.checked = self.checked.max(at);
    }
}

/// Whether the byte may be in a [`UsualRun`].
#[inline]
const fn is_usual(b: u8) -> bool {
    may_be_bare(b) | (b == b' ') | (b == b'(') | (b == b')')
}

/// Whether a [`UsualRun`] that has the one byte may have the other behind it.
#[inline]
const fn may_follow(before: u8, byte: u8) -> bool {
    let (open, space, close) = (before == b'(', before == b' ', before == b')');
    let begins_value = open | space;
    (may_be_bare(byte) & !close)
        | ((byte == b'(') & begins_value)
        | ((byte == b' ') & !begins_value)
        | ((byte == b')') & !space)
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
