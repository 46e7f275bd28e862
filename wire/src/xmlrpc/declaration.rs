//! The XML declaration.

use std::ops::Range;

use super::characters::is_space;
use super::names::Edition;
use super::shortcuts;
use crate::{Error, ErrorKind};

/// An XML declaration, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` (XML 1.0, production 23).
#[derive(Default)]
pub(super) struct Declaration {
    /// The place of the name of the encoding, if the declaration has one.
    pub(super) encoding: Option<Range<usize>>,
    pub(super) is_standalone: bool,
    /// The end of the declaration, or 0 if the document has none.
    pub(super) end: usize,
}

impl Declaration {
    /// Reads the declaration at the start of a document, whose first bytes are ASCII.
    ///
    /// The specification allows only versions of the form `1.` and digits (production 26). With `any_version` others are
    /// accepted, too, as by expat (`doParseXmlDecl` in its `xmltok.c`).
    pub(super) fn read(bytes: &[u8], any_version: bool) -> Result<Self, Error> {
        if let Some(end) = shortcuts::declaration_len(bytes) {
            return Ok(Self { end, ..Self::default() });
        }
        let Some(rest) = bytes.strip_prefix(b"<?xml") else { return Ok(Self::default()) };
        if rest.first().is_some_and(|&b| !is_space(b) && b != b'?') {
            return Ok(Self::default()); // A processing instruction, such as `<?xml-stylesheet ?>`.
        }
        let Some(end) = memchr::memmem::find(bytes, b"?>") else {
            return Err(Error::new(ErrorKind::UnexpectedEnd, bytes.len()..bytes.len()).expected("`?>`"));
        };
        let mut declaration = Self { end: end + 2, ..Self::default() };
        let mut at = "<?xml".len();
        let mut expected: &[&str] = &["version"];
        loop {
            let from = at;
            while at < end && is_space(bytes[at]) {
                at += 1;
            }
            if at == end && expected != ["version"] {
                return Ok(declaration);
            }
            let (name, value) = pair(&bytes[..end], from, &mut at)?;
            let text = &bytes[value.clone()];
            let may_stand = |name: &str| expected.contains(&name);
            expected = match name {
                b"version" if may_stand("version") && (is_version(text) || any_version && is_word(text)) => {
                    &["encoding", "standalone"]
                }
                b"encoding"
                    if may_stand("encoding") && is_word(text) && text.first().is_some_and(u8::is_ascii_alphabetic) =>
                {
                    declaration.encoding = Some(value);
                    &["standalone"]
                }
                b"standalone" if may_stand("standalone") && matches!(text, b"yes" | b"no") => {
                    declaration.is_standalone = text == b"yes";
                    &[]
                }
                _ => return Err(invalid_declaration(from..at)),
            };
        }
    }
}

/// Whether the text is `1.` and digits.
fn is_version(text: &[u8]) -> bool {
    text.strip_prefix(b"1.").is_some_and(|minor| !minor.is_empty() && minor.iter().all(u8::is_ascii_digit))
}

/// Whether the text consists of the characters that the name of an encoding may have (production 81). expat accepts them in
/// any value.
fn is_word(text: &[u8]) -> bool {
    text.iter().all(|&b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Reads white space, a name, `=` and a quoted value.
fn pair<'b>(bytes: &'b [u8], from: usize, at: &mut usize) -> Result<(&'b [u8], Range<usize>), Error> {
    let invalid = |last: usize| invalid_declaration(span_through(last, from, bytes.len()));
    let skip = |at: &mut usize, while_: fn(u8) -> bool| {
        let start = *at;
        while bytes.get(*at).is_some_and(|&b| while_(b)) {
            *at += 1;
        }
        start..*at
    };
    if *at == from {
        return Err(invalid(*at));
    }
    let name = skip(at, |b| b.is_ascii_alphabetic());
    skip(at, is_space);
    if bytes.get(*at) != Some(&b'=') {
        return Err(invalid(*at));
    }
    *at += 1;
    skip(at, is_space);
    let Some(&quote @ (b'"' | b'\'')) = bytes.get(*at) else { return Err(invalid(*at)) };
    let start = *at + 1;
    let Some(len) = memchr::memchr(quote, &bytes[start..]) else { return Err(invalid(bytes.len())) };
    *at = start + len + 1;
    Ok((&bytes[name], start..start + len))
}

/// From a place up to the last byte, which may lie behind the end.
fn span_through(last: usize, from: usize, end: usize) -> Range<usize> {
    from..(last + 1).min(end)
}

pub(super) fn invalid_declaration(span: Range<usize>) -> Error {
    Error::new(ErrorKind::InvalidDeclaration, span).expected("`<?xml version=\"1.0\"?>` at the start of the document")
}

/// The error of the processing instruction `<?>` at a place.
pub(super) fn nameless_instruction(at: usize) -> Error {
    Error::new(ErrorKind::MalformedXml, at..at + 3).expected("the name of a processing instruction")
}

/// Checks a processing instruction: its target must be a name other than `xml` (XML 1.0, productions 16 and 17).
pub(super) fn check_instruction(input: &str, span: Range<usize>, edition: Edition) -> Result<(), Error> {
    let content = &input[span.start + 2..span.end - 2];
    let target = content.split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
    if target.eq_ignore_ascii_case("xml") {
        return Err(invalid_declaration(span));
    }
    if !edition.is_name(target) {
        return Err(Error::new(ErrorKind::MalformedXml, span).expected("the name of a processing instruction"));
    }
    Ok(())
}
