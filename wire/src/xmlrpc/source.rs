//! From bytes to text: the encoding, the XML declaration, and the characters that XML forbids.

use std::borrow::Cow;
use std::ops::Range;

use super::shortcuts;
use crate::{Error, ErrorKind};

/// The text of a document, and how its offsets relate to the original bytes.
#[derive(Clone, Debug)]
pub(super) struct Source<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where the XML declaration ends in the text.
    pub(super) start: usize,
    /// Length of the byte order mark that is not in the text.
    mark: usize,
    /// Whether each character of the text was one byte, whatever its length is now.
    from_latin1: bool,
}

const MARK: &[u8] = b"\xEF\xBB\xBF";

impl<'a> Source<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.starts_with(b"\xFE\xFF") || bytes.starts_with(b"\xFF\xFE") || bytes.iter().take(4).any(|&b| b == 0) {
            return Err(Error::new(ErrorKind::UnsupportedEncoding, 0..bytes.len().min(4))
                .found("UTF-16 or UTF-32")
                .expected(ENCODINGS));
        }
        let mark = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
        let bytes = &bytes[mark..];
        let source = Self::unmarked(bytes, mark).map_err(|error| {
            let span = error.span();
            error.at(span.start + mark..span.end + mark)
        })?;
        source.forbid_characters()?;
        Ok(source)
    }

    fn unmarked(bytes: &'a [u8], mark: usize) -> Result<Self, Error> {
        let declaration = Declaration::read(bytes)?;
        let encoding = match declaration.encoding {
            Some(label) => Encoding::of(&bytes[label.clone()], label)?,
            None => Encoding::Utf8,
        };
        let (text, from_latin1) = match encoding {
            Encoding::Utf8 => {
                let text = std::str::from_utf8(bytes).map_err(|error| {
                    let at = error.valid_up_to();
                    match error.error_len() {
                        Some(len) => mismatch(at..at + len, "UTF-8"),
                        None => {
                            Error::new(ErrorKind::UnexpectedEnd, bytes.len()..bytes.len()).found("inside a character")
                        }
                    }
                })?;
                (Cow::Borrowed(text), false)
            }
            Encoding::Ascii => {
                let text = str_of_ascii(bytes).map_err(|at| mismatch(at..at + 1, "US-ASCII"))?;
                (Cow::Borrowed(text), false)
            }
            Encoding::Latin1 if mark > 0 => return Err(mismatch(0..0, "ISO-8859-1").found("after a UTF-8 mark")),
            Encoding::Latin1 => match str_of_ascii(bytes) {
                Ok(text) => (Cow::Borrowed(text), false),
                Err(_) => (Cow::Owned(bytes.iter().map(|&b| char::from(b)).collect()), true),
            },
        };
        Ok(Self { text, start: declaration.end, mark, from_latin1 })
    }

    /// Offsets into the text as offsets into the document.
    pub(super) fn span(&self, span: Range<usize>) -> Range<usize> {
        let original = |at: usize| {
            let surplus = if self.from_latin1 {
                self.text.as_bytes()[..at].iter().filter(|&&b| b & 0xC0 == 0x80).count()
            } else {
                0
            };
            at - surplus + self.mark
        };
        original(span.start)..original(span.end)
    }

    pub(super) fn into_owned(self) -> Source<'static> {
        Source { text: Cow::Owned(self.text.into_owned()), ..self }
    }

    /// XML 1.0 has no control characters but tab and line ends, no U+FFFE and no U+FFFF, anywhere in a document.
    ///
    /// Checking the whole text at once costs next to nothing, and nobody after this needs to look.
    fn forbid_characters(&self) -> Result<(), Error> {
        let bytes = self.text.as_bytes();
        // By blocks without a branch inside, so that the compiler makes vectors of it.
        let suspicious = |block: &[u8]| block.iter().fold(false, |any, &b| any | is_forbidden(b) | (b == 0xEF));
        for (number, block) in bytes.chunks(256).enumerate() {
            if !suspicious(block) {
                continue;
            }
            for at in number * 256..number * 256 + block.len() {
                let len = match bytes[at] {
                    b if is_forbidden(b) => 1,
                    0xEF if matches!(bytes[at..], [_, 0xBF, 0xBE | 0xBF, ..]) => 3,
                    _ => continue,
                };
                return Err(Error::new(ErrorKind::InvalidCharacter, self.span(at..at + len))
                    .found(describe(&self.text[at..at + len]))
                    .expected("a character that XML 1.0 allows"));
            }
        }
        Ok(())
    }
}

/// Whether XML 1.0 allows the character.
pub(super) fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

/// `U+0001`, for the first character.
pub(super) fn describe(text: &str) -> String {
    format!("U+{:04X}", text.chars().next().map_or(0, u32::from))
}

fn is_forbidden(b: u8) -> bool {
    (b < 0x20) & (b != b'\t') & (b != b'\n') & (b != b'\r')
}

const ENCODINGS: &str = "UTF-8, ISO-8859-1 or US-ASCII";

enum Encoding {
    Utf8,
    Ascii,
    Latin1,
}

impl Encoding {
    fn of(label: &[u8], span: Range<usize>) -> Result<Self, Error> {
        match label.to_ascii_lowercase().as_slice() {
            b"utf-8" => Ok(Self::Utf8),
            b"us-ascii" => Ok(Self::Ascii),
            b"iso-8859-1" => Ok(Self::Latin1),
            _ => Err(Error::new(ErrorKind::UnsupportedEncoding, span)
                .found(format!("`{}`", label.escape_ascii()))
                .expected(ENCODINGS)),
        }
    }
}

fn mismatch(span: Range<usize>, encoding: &'static str) -> Error {
    Error::new(ErrorKind::EncodingMismatch, span).expected(encoding)
}

/// The bytes as text, or where the first one lies that is not ASCII.
fn str_of_ascii(bytes: &[u8]) -> Result<&str, usize> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Ok(text),
        _ => Err(bytes.iter().position(|b| !b.is_ascii()).unwrap_or(bytes.len())),
    }
}

/// `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` (XML 1.0, production 23).
#[derive(Default)]
struct Declaration {
    encoding: Option<Range<usize>>,
    end: usize,
}

impl Declaration {
    fn read(bytes: &[u8]) -> Result<Self, Error> {
        if let Some(end) = shortcuts::declaration_len(bytes) {
            return Ok(Self { encoding: None, end });
        }
        let Some(rest) = bytes.strip_prefix(b"<?xml") else { return Ok(Self::default()) };
        if rest.first().is_some_and(|&b| !is_space(b) && b != b'?') {
            return Ok(Self::default()); // A processing instruction, as `<?xml-stylesheet ?>`.
        }
        let Some(end) = memchr::memchr_iter(b'>', bytes).map(|at| at - 1).find(|&at| bytes[at] == b'?') else {
            return Err(Error::new(ErrorKind::UnexpectedEnd, bytes.len()..bytes.len()).expected("`?>`"));
        };
        let mut at = 5;
        let mut encoding = None;
        let mut expected: &[&str] = &["version"];
        loop {
            let from = at;
            while at < end && is_space(bytes[at]) {
                at += 1;
            }
            if at == end && expected != ["version"] {
                return Ok(Self { encoding, end: end + 2 });
            }
            let (name, value) = Self::pair(&bytes[..end], from, &mut at)?;
            let is_valid = |value: &[u8], first: fn(u8) -> bool| {
                value.first().is_some_and(|&b| first(b))
                    && value.iter().all(|&b| b.is_ascii_alphanumeric() || b"._-:".contains(&b))
            };
            let text = &bytes[value.clone()];
            expected = match name {
                b"version"
                    if expected.contains(&"version") && is_valid(text, |b| b == b'1') && text.starts_with(b"1.") =>
                {
                    &["encoding", "standalone"]
                }
                b"encoding" if expected.contains(&"encoding") && is_valid(text, |b| b.is_ascii_alphabetic()) => {
                    encoding = Some(value);
                    &["standalone"]
                }
                b"standalone" if expected.contains(&"standalone") && matches!(text, b"yes" | b"no") => &[],
                _ => return Err(invalid_declaration(from..at)),
            };
        }
    }

    /// White space, a name, `=` and a quoted value.
    fn pair<'b>(bytes: &'b [u8], from: usize, at: &mut usize) -> Result<(&'b [u8], Range<usize>), Error> {
        let invalid = |at: usize| invalid_declaration(from..at.min(bytes.len()));
        let skip = |at: &mut usize, while_: fn(u8) -> bool| {
            let start = *at;
            while bytes.get(*at).is_some_and(|&b| while_(b)) {
                *at += 1;
            }
            start..*at
        };
        if *at == from {
            return Err(invalid(*at + 1));
        }
        let name = skip(at, |b| b.is_ascii_alphabetic());
        skip(at, is_space);
        if bytes.get(*at) != Some(&b'=') {
            return Err(invalid(*at + 1));
        }
        *at += 1;
        skip(at, is_space);
        let Some(&quote @ (b'"' | b'\'')) = bytes.get(*at) else { return Err(invalid(*at + 1)) };
        let start = *at + 1;
        let Some(len) = memchr::memchr(quote, &bytes[start..]) else { return Err(invalid(bytes.len())) };
        *at = start + len + 1;
        Ok((&bytes[name], start..start + len))
    }
}

pub(super) fn invalid_declaration(span: Range<usize>) -> Error {
    Error::new(ErrorKind::InvalidDeclaration, span).expected("`<?xml version=\"1.0\"?>` at the start of the document")
}

#[inline]
pub(super) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}
