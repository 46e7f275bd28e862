//! Reads documents as libvirt's client does (`sexpr.c string2sexpr`, whose algorithm was the same from 2006 to 2018).

use std::ops::Range;

use super::document::Tree;
use crate::{Error, ErrorKind, Limits};

/// The depth at which libvirt's recursion was seen to overflow a stack of 8 MiB (protocol reference §10.3).
const OVERFLOW: usize = 100_000;

/// Reads one expression and ignores the rest. It refuses only documents on which libvirt hangs or crashes, and documents
/// over the limits.
pub(super) fn read(input: &[u8], limits: &Limits, tree: &mut Tree) -> Result<(), Error> {
    // libvirt reads a C string, which ends at its first NUL.
    let input = &input[..memchr::memchr(0, input).unwrap_or(input.len())];
    let mut at = 0;
    loop {
        at += input[at..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
        let next = input.get(at).copied();
        if tree.depth() > 0 && matches!(next, Some(b')') | None) {
            at = (at + 1).min(input.len());
            tree.close(at);
        } else {
            if tree.len() >= limits.values || !tree.has_room() {
                return Err(Error::new(ErrorKind::TooManyValues, at..at).expected(format!("at most {}", limits.values)));
            }
            match next {
                Some(b'(') => {
                    check_depth(tree.depth(), at, limits)?;
                    tree.open(at);
                    at += 1;
                }
                Some(b'\'') => {
                    let end = end_of_quoted(input, at + 1);
                    check_text(at + 1..end, limits)?;
                    // The value keeps its backslashes. If the closing quote is missing, the string ends with the input.
                    if end < input.len() {
                        tree.quoted(at..end + 1);
                    } else {
                        let copy = |out: &mut Vec<u8>| {
                            out.extend_from_slice(&input[at + 1..end]);
                            Ok::<_, Error>(())
                        };
                        if !tree.escaped(at + 1..end, copy)? {
                            return Err(Error::new(ErrorKind::TooLong, at + 1..end));
                        }
                    }
                    at = (end + 1).min(input.len());
                }
                // An atom ends at any of the six characters of `isspace`, but libvirt skips only four of them before it
                // looks for the next atom, and so never gets past the other two.
                Some(0x0B | 0x0C) if tree.depth() > 0 => {
                    return Err(Error::new(ErrorKind::EndlessLoop, at..at + 1).found("on a vertical tab or form feed"));
                }
                _ => {
                    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, 0x0B | b'(' | b')');
                    let end = input[at..].iter().position(ends).map_or(input.len(), |length| at + length);
                    check_text(at..end, limits)?;
                    tree.bare(at..end);
                    at = end;
                }
            }
        }
        if tree.depth() == 0 {
            return Ok(());
        }
    }
}

/// The place of the closing quote. A quote after a backslash does not close the string.
fn end_of_quoted(input: &[u8], mut at: usize) -> usize {
    while let Some(length) = memchr::memchr2(b'\'', b'\\', &input[at.min(input.len())..]) {
        at += length;
        if input[at] == b'\'' {
            return at;
        }
        at += 2;
    }
    input.len()
}

fn check_text(span: Range<usize>, limits: &Limits) -> Result<(), Error> {
    if span.len() > limits.text {
        return Err(Error::new(ErrorKind::TextTooLong, span).expected(format!("at most {} bytes", limits.text)));
    }
    Ok(())
}

fn check_depth(depth: usize, at: usize, limits: &Limits) -> Result<(), Error> {
    if depth >= limits.depth {
        let expected = format!("at most {} levels", limits.depth);
        return Err(Error::new(ErrorKind::TooDeep, at..at + 1).expected(expected));
    }
    if depth + 1 >= OVERFLOW {
        return Err(Error::new(ErrorKind::StackOverflow, at..at + 1));
    }
    Ok(())
}
