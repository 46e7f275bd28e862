//! Writing values as Xend's `show` does (`sxp.py show`, `atomp`), and as libvirt does.

use std::fmt;

use super::rules::Dialect;
use super::{Document, Rules, Sexpr};
use crate::{Release, python};

/// Writes all values of a document, a space between them.
pub fn print(document: &Document<'_>, rules: Rules) -> Vec<u8> {
    // What was read is about as long when it is written.
    let mut out = Vec::with_capacity(document.input_len() + 16);
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
    let mut out = Vec::new();
    write_value(&mut out, value, rules);
    out
}

impl fmt::Debug for Sexpr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&print_value(*self, Rules::strict())))
    }
}

fn write_value(out: &mut Vec<u8>, value: Sexpr<'_>, rules: Rules) {
    let mut open = 0;
    let mut list_just_opened = true;
    for (depth, part) in value.walk() {
        if open > depth {
            out.extend(std::iter::repeat_n(b')', open - depth));
        }
        if !(list_just_opened && depth == open) {
            out.push(b' ');
        }
        open = depth;
        list_just_opened = part.is_list();
        match part.as_atom() {
            Some(atom) => write_atom(out, atom, rules),
            None => {
                out.push(b'(');
                open += 1;
            }
        }
    }
    out.extend(std::iter::repeat_n(b')', open));
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
        _ => out.extend_from_slice(python::repr_bytes(atom).as_bytes()),
    }
}

/// `sxp.py atomp`.
fn is_bare(atom: &[u8]) -> bool {
    atom == b"@" || !atom.is_empty() && atom.iter().all(|&b| MAY_BE_BARE[usize::from(b)])
}

static MAY_BE_BARE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'/' | b'~');
        byte += 1;
    }
    table
};
