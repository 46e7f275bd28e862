//! A fast path for the usual parts of documents, which it recognises by comparing literals: tags with at most one attribute,
//! text, references, and several tags that usually come together, such as those of a whole scalar.
//!
//! The fast path never refuses a document. It leaves everything that it does not know to the general tokenizer, which is
//! slower and passes the same tags and texts to the content model. So a document has the same meaning on both paths.

mod name;
#[cfg(test)]
mod properties;

use std::ops::Range;

use self::name::{UsualName, literal, word};
use super::characters::is_space;
use super::element_name::ElementName;
use super::model::ContentModel;
use super::names::Edition;
use super::references::resolve;
use crate::Error;

/// The length of the XML declaration as Python and most others write it.
pub(super) fn declaration_len(bytes: &[u8]) -> Option<usize> {
    const USUAL: [&[u8]; 2] = [b"<?xml version='1.0'?>", b"<?xml version=\"1.0\"?>"];
    let usual = USUAL.iter().find(|usual| bytes.starts_with(usual))?;
    are_enabled().then_some(usual.len())
}

/// Reads the start tag of the root, which may have a line feed before it, and returns the place where reading ended. It is
/// `start` if something else is there.
pub(super) fn read_root(
    input: &str,
    start: usize,
    open: &mut Vec<ElementName<'_>>,
    model: &mut impl ContentModel,
) -> Result<usize, Error> {
    const ROOTS: [(ElementName<'_>, &[u8]); 2] =
        [(ElementName::MethodResponse, b"<methodResponse>"), (ElementName::MethodCall, b"<methodCall>")];
    let rest = &input.as_bytes()[start..];
    let at = usize::from(rest.starts_with(b"\n"));
    match ROOTS.into_iter().find(|(_, tag)| rest[at..].starts_with(tag)) {
        Some((name, tag)) if are_enabled() => {
            open.push(name);
            let end = start + at + tag.len();
            model.start(name, start + at..end)?;
            Ok(end)
        }
        _ => Ok(start),
    }
}

/// Reads inside the root element from `at` on, and returns the place where reading ended: the end of the root, or a part that
/// the fast path does not know.
pub(super) fn read(
    input: &str,
    mut at: usize,
    open: &mut Vec<ElementName<'_>>,
    model: &mut impl ContentModel,
) -> Result<usize, Error> {
    while are_enabled() && !open.is_empty() {
        let rest = &input.as_bytes()[at..];
        at += match rest {
            [b'\n', b'<', ..] => {
                model.line_feed(at)?;
                1
            }
            [b'<', ..] => match tag(rest, at, open, model)? {
                Some(len) => len,
                None => break,
            },
            [b'&', ..] => {
                let Some((c, len)) = reference(input, at) else { break };
                model.char(c, at..at + len)?;
                len
            }
            _ => {
                let Some(len) = text_len(rest) else { break };
                model.text(at..at + len)?;
                len
            }
        };
    }
    Ok(at)
}

/// Reads a tag, or several that come together, and returns their length.
#[inline]
fn tag(
    rest: &[u8],
    at: usize,
    open: &mut Vec<ElementName<'_>>,
    model: &mut impl ContentModel,
) -> Result<Option<usize>, Error> {
    let Some(first) = word(rest) else { return Ok(None) };
    match first {
        VALUE_AND_TYPE => {
            if rest.starts_with(ARRAY) {
                open.extend(ARRAY_NAMES);
                model.start_array(at)?;
                return Ok(Some(ARRAY.len()));
            }
            if rest.starts_with(STRUCT) {
                open.extend(STRUCT_NAMES);
                model.start_struct(at)?;
                return Ok(Some(STRUCT.len()));
            }
            if let Some(Scalar { name, text, len }) = Scalar::read(rest) {
                model.scalar(name, at, at + text.start..at + text.end)?;
                return Ok(Some(len));
            }
        }
        MEMBER_START => {
            if let Some((text, len)) = member(rest) {
                open.push(ElementName::Member);
                model.start_member(at, at + text.start..at + text.end)?;
                return Ok(Some(len));
            }
        }
        DATA_END if rest.starts_with(ARRAY_END) && open.ends_with(&ARRAY_NAMES) => {
            open.truncate(open.len() - ARRAY_NAMES.len());
            model.end_array(at)?;
            return Ok(Some(ARRAY_END.len()));
        }
        STRUCT_END_START if rest.starts_with(STRUCT_END) && open.ends_with(&STRUCT_NAMES) => {
            open.truncate(open.len() - STRUCT_NAMES.len());
            model.end_struct(at)?;
            return Ok(Some(STRUCT_END.len()));
        }
        _ => {}
    }
    if rest[1] == b'/' {
        let Some((name, len)) = end_tag(rest, open) else { return Ok(None) };
        open.pop();
        model.end(name, at..at + len)?;
        Ok(Some(len))
    } else {
        let Some((name, len)) = start_tag(rest) else { return Ok(None) };
        open.push(name);
        model.start(name, at..at + len)?;
        Ok(Some(len))
    }
}

const ARRAY: &[u8] = b"<value><array><data>";
const ARRAY_END: &[u8] = b"</data></array></value>";
const ARRAY_NAMES: [ElementName<'_>; 3] = [ElementName::Value, ElementName::Array, ElementName::Data];
const STRUCT: &[u8] = b"<value><struct>";
const STRUCT_END: &[u8] = b"</struct></value>";
const STRUCT_NAMES: [ElementName<'_>; 2] = [ElementName::Value, ElementName::Struct];

/// The first bytes of the tags that come together.
const VALUE_AND_TYPE: u64 = literal(b"<value><");
const MEMBER_START: u64 = literal(b"<member>");
const DATA_END: u64 = literal(b"</data><");
const STRUCT_END_START: u64 = literal(b"</struct");

/// Reads `<member><name>text</name>`, with or without a line feed between the tags: the place of the text, and the length.
#[inline]
fn member(rest: &[u8]) -> Option<(Range<usize>, usize)> {
    const MEMBER: &[u8] = b"<member>";
    const NAME: &[u8] = b"<name>";
    const NAME_END: &[u8] = b"</name>";
    let name = MEMBER.len() + usize::from(rest.get(MEMBER.len()) == Some(&b'\n'));
    let start = name + NAME.len();
    let text = rest[name..].strip_prefix(NAME)?;
    let end = start + plain_len(text)?;
    rest[end..].starts_with(NAME_END).then_some((start..end, end + NAME_END.len()))
}

/// Reads the end tag of the innermost open element: its name and length.
#[inline]
fn end_tag<'i>(rest: &[u8], open: &[ElementName<'i>]) -> Option<(ElementName<'i>, usize)> {
    let name = *open.last()?;
    let text = name.as_str().as_bytes();
    let tail = rest[2..].strip_prefix(text)?;
    Some((name, 2 + text.len() + tag_end_len(tail)?))
}

/// The length of a `>` with the white space before it.
#[inline]
fn tag_end_len(rest: &[u8]) -> Option<usize> {
    let blank = match rest {
        [b'>', ..] => 0,
        _ => rest.iter().take_while(|&&b| is_space(b)).count(),
    };
    (rest.get(blank) == Some(&b'>')).then_some(blank + 1)
}

/// Reads a start tag: its name and length. The tag may have one attribute that does not declare a namespace.
#[inline]
fn start_tag(rest: &[u8]) -> Option<(ElementName<'static>, usize)> {
    let UsualName { name, len, .. } = UsualName::read(&rest[1..])?;
    let tail = &rest[1 + len..];
    if tail[0] == b'>' {
        return Some((name, 1 + len + 1));
    }
    let attribute = attribute_len(tail).unwrap_or(0);
    Some((name, 1 + len + attribute + tag_end_len(&tail[attribute..])?))
}

/// The length of ` name="value"`: a name of letters and colons, and a value without markup.
fn attribute_len(rest: &[u8]) -> Option<usize> {
    let name = rest.strip_prefix(b" ").filter(|name| !name.starts_with(b"xmlns"))?;
    let name_len = name.iter().position(|&b| !(b.is_ascii_alphabetic() || b == b':')).filter(|&len| len > 0)?;
    let value = name[name_len..].strip_prefix(b"=\"")?;
    let value_len = memchr::memchr3(b'"', b'<', b'&', value)?;
    (value[value_len] == b'"').then_some(" =\"\"".len() + name_len + value_len)
}

/// A whole scalar, such as `<value><int>5</int></value>`. All offsets are from its start.
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
        let usual = UsualName::read(rest.strip_prefix(VALUE)?).filter(UsualName::is_scalar)?;
        let name_end = VALUE.len() + usual.len;
        if rest[name_end] != b'>' {
            return None;
        }
        let start = name_end + 1;
        let text = start..start + plain_len(&rest[start..])?;
        let tail = rest[text.end..].strip_prefix(b"</")?;
        if usual.word != usual.mask & word(tail)? || !tail[usual.len..].starts_with(VALUE_END) {
            return None;
        }
        let len = text.end + 2 + usual.len + VALUE_END.len();
        Some(Self { name: usual.name, text, len })
    }
}

/// The length of the text up to a tag or a reference, if it contains no carriage return and no bracket that could belong to
/// `]]>`, both of which need a closer look.
#[inline]
fn plain_len(rest: &[u8]) -> Option<usize> {
    /// For shorter texts, a loop is faster than a call of `memchr`.
    const SHORT: usize = 24;
    let short = &rest[..rest.len().min(SHORT)];
    let len = match short.iter().position(|&b| ENDS_PLAIN[usize::from(b)]) {
        Some(len) => len,
        None => {
            let len = SHORT + memchr::memchr3(b'<', b'&', b'\r', rest.get(SHORT..)?)?;
            memchr::memchr(b']', &rest[SHORT..len]).map_or(len, |at| SHORT + at)
        }
    };
    matches!(rest[len], b'<' | b'&').then_some(len)
}

/// As [`plain_len`], but faster for text that is a line end and indentation.
fn text_len(rest: &[u8]) -> Option<usize> {
    let mut indent = usize::from(rest.starts_with(b"\n"));
    while rest[indent..].starts_with(b"        ") {
        indent += 8;
    }
    Some(indent + plain_len(&rest[indent..])?)
}

/// Reads a reference: the character that it stands for, and its length.
fn reference(input: &str, at: usize) -> Option<(char, usize)> {
    const LONGEST: usize = "&#x10FFFF;".len();
    let len = 1 + input.as_bytes()[at..].iter().take(LONGEST).position(|&b| b == b';')?;
    Some((resolve(input, at..at + len, Edition::Fifth).ok()?, len))
}

static ENDS_PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    table[b'<' as usize] = true;
    table[b'&' as usize] = true;
    table[b'\r' as usize] = true;
    table[b']' as usize] = true;
    table
};

/// Whether the fast path is used. Only tests disable it, to compare the results.
#[cfg(not(test))]
const fn are_enabled() -> bool {
    true
}

#[cfg(test)]
use off::{are_enabled, without};

#[cfg(test)]
mod off {
    use std::cell::Cell;

    thread_local! {
        static ON: Cell<bool> = const { Cell::new(true) };
    }

    pub(super) fn are_enabled() -> bool {
        ON.get()
    }

    /// Does the work without the fast path.
    pub(super) fn without<T>(work: impl FnOnce() -> T) -> T {
        ON.set(false);
        let result = work();
        ON.set(true);
        result
    }
}
