//! What nearly every document is made of, told by comparing literals: tags without attributes or white space, text
//! without references, and whole scalars.
//!
//! A shortcut never refuses anything. What it does not know is left to the general tokenizer, which gives the same
//! tokens for what it does know, if more slowly. So there is one meaning, in the model, whichever way a token came.

#[cfg(test)]
mod properties;

use std::ops::Range;

use super::element_name::ElementName;
use super::reader::Model;
use super::source::is_space;
use crate::Error;

/// Reads on from `at`, inside the root element, and gives where it ended: at the end of the root, or at something that
/// is not usual.
pub(super) fn read(
    input: &str,
    mut at: usize,
    open: &mut Vec<ElementName<'_>>,
    model: &mut impl Model,
) -> Result<usize, Error> {
    while are_on() && !open.is_empty() {
        let rest = &input.as_bytes()[at..];
        let len = match rest {
            [b'\n', b'<', ..] => {
                model.text(at..at + 1)?;
                1
            }
            [b'<', b'/', ..] => {
                if rest.starts_with(ARRAY_END) && open.ends_with(&ARRAY_NAMES) {
                    open.truncate(open.len() - ARRAY_NAMES.len());
                    model.end_array(at)?;
                    ARRAY_END.len()
                } else {
                    let Some((name, len)) = end_tag(rest, open) else { break };
                    open.pop();
                    model.end(name, at..at + len)?;
                    len
                }
            }
            [b'<', name @ ..] => {
                if rest.starts_with(ARRAY) {
                    open.extend(ARRAY_NAMES);
                    model.start_array(at)?;
                    ARRAY.len()
                } else if let Some(Scalar { name, text, len }) = Scalar::read(rest) {
                    model.scalar(name, at, at + text.start..at + text.end)?;
                    len
                } else {
                    let Some(Usual { name, len, .. }) = Usual::read(name) else { break };
                    open.push(name);
                    model.start(name, at..at + 1 + len)?;
                    1 + len
                }
            }
            _ => {
                let Some(len) = text_len(rest) else { break };
                model.text(at..at + len)?;
                len
            }
        };
        at += len;
    }
    Ok(at)
}

const ARRAY: &[u8] = b"<value><array><data>";
const ARRAY_END: &[u8] = b"</data></array></value>";
const ARRAY_NAMES: [ElementName<'_>; 3] = [ElementName::Value, ElementName::Array, ElementName::Data];

/// The end tag of the innermost element that is open, and its length.
#[inline]
fn end_tag<'i>(rest: &[u8], open: &[ElementName<'i>]) -> Option<(ElementName<'i>, usize)> {
    let name = *open.last()?;
    let text = name.as_str().as_bytes();
    let tail = rest[2..].strip_prefix(text)?;
    Some((name, 2 + text.len() + tag_end_len(tail)?))
}

/// The length of the `>` and the white space before it.
#[inline]
fn tag_end_len(rest: &[u8]) -> Option<usize> {
    let blank = match rest {
        [b'>', ..] => 0,
        _ => rest.iter().take_while(|&&b| is_space(b)).count(),
    };
    (rest.get(blank) == Some(&b'>')).then_some(blank + 1)
}

/// `<value><int>5</int></value>`, with offsets from its start.
struct Scalar {
    name: ElementName<'static>,
    text: Range<usize>,
    len: usize,
}

impl Scalar {
    #[inline]
    fn read(rest: &[u8]) -> Option<Self> {
        const VALUE: &[u8] = b"<value><";
        const VALUE_END: &[u8] = b"></value>";
        let usual = Usual::read(rest.strip_prefix(VALUE)?).filter(Usual::is_scalar)?;
        if usual.len > usual.name_len + 1 {
            return None;
        }
        let start = VALUE.len() + usual.len;
        let text = start..start + plain_len(&rest[start..])?;
        let tail = rest[text.end..].strip_prefix(b"</")?;
        if usual.word != usual.mask & word(tail)? || !tail[usual.name_len..].starts_with(VALUE_END) {
            return None;
        }
        let len = text.end + 2 + usual.name_len + VALUE_END.len();
        Some(Self { name: usual.name, text, len })
    }
}

/// The length of the text that ends at a tag, if there is nothing in it to look at: no reference, no carriage return,
/// and no bracket that could end a CDATA section.
#[inline]
fn plain_len(rest: &[u8]) -> Option<usize> {
    /// Up to here a look at each byte is faster than a call.
    const SHORT: usize = 24;
    let short = &rest[..rest.len().min(SHORT)];
    let len = match short.iter().position(|&b| ENDS_PLAIN[usize::from(b)]) {
        Some(len) => len,
        None => {
            let len = SHORT + memchr::memchr3(b'<', b'&', b'\r', rest.get(SHORT..)?)?;
            memchr::memchr(b']', &rest[SHORT..len]).map_or(len, |at| SHORT + at)
        }
    };
    (rest[len] == b'<').then_some(len)
}

/// The same for text that may well be a line end and indentation.
fn text_len(rest: &[u8]) -> Option<usize> {
    let mut indent = usize::from(rest.starts_with(b"\n"));
    while rest[indent..].starts_with(b"        ") {
        indent += 8;
    }
    Some(indent + plain_len(&rest[indent..])?)
}

static ENDS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    table[b'<' as usize] = true;
    table[b'&' as usize] = true;
    table[b'\r' as usize] = true;
    table[b']' as usize] = true;
    table
};

/// A name of up to seven letters, and the end of its tag.
struct Usual {
    name: ElementName<'static>,
    /// With the `>` and the white space before it.
    len: usize,
    name_len: usize,
    /// The name, and which bytes of a word it takes.
    word: u64,
    mask: u64,
}

impl Usual {
    #[inline]
    fn read(rest: &[u8]) -> Option<Self> {
        const LOW: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = LOW << 7;
        let word = word(rest)?;
        // A `>` becomes a zero, and a zero or a space gets its highest bit set. The lowest of these bits can be trusted.
        let zeroed = word ^ (LOW * b'>' as u64);
        let ends = (zeroed.wrapping_sub(LOW) & !zeroed | word.wrapping_sub(LOW * 0x21) & !word) & HIGH;
        let first = ends & ends.wrapping_neg();
        // Without any end this is the whole word, which is no name.
        let mask = (first >> 7).wrapping_sub(1);
        let word = word & mask;
        let name = match word {
            STRING => ElementName::String,
            INT => ElementName::Int,
            ARRAY_NAME => ElementName::Array,
            DATA => ElementName::Data,
            VALUE => ElementName::Value,
            NAME => ElementName::Name,
            MEMBER => ElementName::Member,
            STRUCT => ElementName::Struct,
            DOUBLE => ElementName::Double,
            BOOLEAN => ElementName::Boolean,
            I4 => ElementName::I4,
            BASE64 => ElementName::Base64,
            PARAM => ElementName::Param,
            PARAMS => ElementName::Params,
            FAULT => ElementName::Fault,
            _ => return None,
        };
        let name_len = (ends.trailing_zeros() / 8) as usize;
        let len = name_len + tag_end_len(&rest[name_len..])?;
        Some(Self { name, len, name_len, word, mask })
    }

    fn is_scalar(&self) -> bool {
        matches!(
            self.name,
            ElementName::String
                | ElementName::Int
                | ElementName::I4
                | ElementName::Double
                | ElementName::Boolean
                | ElementName::Base64
        )
    }
}

const STRING: u64 = literal(b"string");
const INT: u64 = literal(b"int");
const I4: u64 = literal(b"i4");
const VALUE: u64 = literal(b"value");
const ARRAY_NAME: u64 = literal(b"array");
const STRUCT: u64 = literal(b"struct");
const DATA: u64 = literal(b"data");
const MEMBER: u64 = literal(b"member");
const NAME: u64 = literal(b"name");
const PARAM: u64 = literal(b"param");
const PARAMS: u64 = literal(b"params");
const FAULT: u64 = literal(b"fault");
const BOOLEAN: u64 = literal(b"boolean");
const DOUBLE: u64 = literal(b"double");
const BASE64: u64 = literal(b"base64");

/// The first eight bytes, the first of them lowest.
#[inline]
fn word(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.first_chunk()?))
}

const fn literal(text: &[u8]) -> u64 {
    let mut word = 0;
    let mut at = text.len();
    while at > 0 {
        at -= 1;
        word = word << 8 | text[at] as u64;
    }
    word
}

/// Shortcuts are taken, but where a test compares with what happens without them.
#[cfg(not(test))]
const fn are_on() -> bool {
    true
}

#[cfg(test)]
use off::{are_on, without};

#[cfg(test)]
mod off {
    use std::cell::Cell;

    thread_local! {
        static ON: Cell<bool> = const { Cell::new(true) };
    }

    pub(super) fn are_on() -> bool {
        ON.get()
    }

    /// Does it without shortcuts.
    pub(super) fn without<T>(work: impl FnOnce() -> T) -> T {
        ON.set(false);
        let result = work();
        ON.set(true);
        result
    }
}
