//! Decodes the bytes of a document to text: finds its encoding, reads its XML declaration, and refuses characters that
//! XML forbids.

use std::borrow::Cow;
use std::ops::Range;

use super::characters::describe;
use super::declaration::Declaration;
use super::encoding::{Encoding, Order};
use super::rules::Rules;
use crate::{Error, ErrorKind};

/// The text of a document, and how offsets into it relate to the original bytes.
#[derive(Clone, Debug)]
pub(super) struct Source<'a> {
    pub(super) text: Cow<'a, str>,
    /// The end of the XML declaration in the text.
    pub(super) start: usize,
    /// Whether the XML declaration has `standalone="yes"`.
    pub(super) is_standalone: bool,
    /// The length of the byte order mark, which is not part of the text.
    mark: usize,
    unit: Unit,
}

/// What the document has for one character of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// The same bytes as the text.
    Same,
    /// One byte.
    Byte,
    /// One or two units of UTF-16.
    Utf16,
}

/// The encoding that the beginning of a document implies: a byte order mark, or the first characters of XML (XML 1.0,
/// appendix F).
enum Beginning {
    Bytes { mark: usize },
    Utf16 { mark: usize, order: Order },
    Utf32,
}

impl Beginning {
    fn of(bytes: &[u8], rules: Rules) -> Self {
        match bytes {
            [0, 0, 0xFE, 0xFF, ..] | [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0, b'<', ..] | [b'<', 0, 0, 0, ..] => Self::Utf32,
            [0xEF, 0xBB, 0xBF, ..] => Self::Bytes { mark: 3 },
            [0xFE, 0xFF, ..] => Self::Utf16 { mark: 2, order: Order::Big },
            [0xFF, 0xFE, ..] => Self::Utf16 { mark: 2, order: Order::Little },
            [0, b'<', 0, b'?', ..] => Self::Utf16 { mark: 0, order: Order::Big },
            [b'<', 0, b'?', 0, ..] => Self::Utf16 { mark: 0, order: Order::Little },
            // expat looks only at two bytes, and does not need a declaration (`initScan` in its `xmltok.c`).
            [0, _, ..] if rules.are_python() => Self::Utf16 { mark: 0, order: Order::Big },
            [_, 0, ..] if rules.are_python() => Self::Utf16 { mark: 0, order: Order::Little },
            _ => Self::Bytes { mark: 0 },
        }
    }
}

/// The place of a unit of UTF-16.
fn unit_span(number: usize) -> Range<usize> {
    2 * number..2 * number + 2
}

fn moved_span(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}

impl<'a> Source<'a> {
    pub(super) fn read(bytes: &'a [u8], rules: Rules) -> Result<Self, Error> {
        let source = match Beginning::of(bytes, rules) {
            Beginning::Bytes { mark } => Self::of_bytes(&bytes[mark..], mark, rules).map_err(|error| {
                let span = moved_span(error.span(), mark);
                error.at(span)
            })?,
            Beginning::Utf16 { mark, order } => Self::of_utf16(&bytes[mark..], mark, order, rules)?,
            Beginning::Utf32 => {
                return Err(Error::new(ErrorKind::UnsupportedEncoding, 0..4).found("UTF-32").expected(expected(rules)));
            }
        };
        source.forbid_characters()?;
        Ok(source)
    }

    /// Decodes a document whose units are bytes. `bytes` begins after the byte order mark.
    fn of_bytes(bytes: &'a [u8], mark: usize, rules: Rules) -> Result<Self, Error> {
        let declaration = Declaration::read(bytes, rules.are_python())?;
        let (encoding, label) = match declaration.encoding {
            Some(span) => (named(&bytes[span.clone()], span.clone(), rules)?, span),
            None => (Encoding::Utf8, 0..0),
        };
        let (text, unit) = match encoding {
            Encoding::Utf8 => {
                let text = std::str::from_utf8(bytes).map_err(|error| {
                    let at = error.valid_up_to();
                    match error.error_len() {
                        Some(len) => mismatch(at..at + len, encoding),
                        None => inside_character(bytes.len()),
                    }
                })?;
                (Cow::Borrowed(text), Unit::Same)
            }
            Encoding::Utf16(_) => return Err(mismatch(label, encoding).detail("each character is one byte")),
            // The byte order mark of UTF-8 is not allowed in any other encoding, but expat ignores it.
            _ if mark > 0 && !rules.are_python() => {
                return Err(mismatch(label, encoding).detail("the document begins with a UTF-8 byte order mark"));
            }
            _ => {
                let text = encoding.decode_bytes(bytes).map_err(|at| mismatch(at..at + 1, encoding))?;
                let unit = if matches!(text, Cow::Borrowed(_)) { Unit::Same } else { Unit::Byte };
                (text, unit)
            }
        };
        Ok(Self { text, start: declaration.end, is_standalone: declaration.is_standalone, mark, unit })
    }

    /// Decodes a document in UTF-16. `bytes` begins after the byte order mark.
    fn of_utf16(bytes: &'a [u8], mark: usize, order: Order, rules: Rules) -> Result<Self, Error> {
        let decoded = if rules.are_python() { order.decode_as_expat(bytes) } else { order.decode(bytes) };
        let text = decoded.map_err(|number| mismatch(moved_span(unit_span(number), mark), Encoding::Utf16(None)))?;
        if bytes.len() % 2 == 1 {
            return Err(inside_character(mark + bytes.len()));
        }
        let mut source = Self { text: text.into(), start: 0, is_standalone: false, mark, unit: Unit::Utf16 };
        let at = |error: Error| {
            let span = source.span(error.span());
            error.at(span)
        };
        let declaration = Declaration::read(source.text.as_bytes(), rules.are_python()).map_err(at)?;
        if let Some(span) = declaration.encoding {
            let label = source.text[span.clone()].as_bytes();
            match named(label, span.clone(), rules).map_err(at)? {
                Encoding::Utf16(None) => {}
                Encoding::Utf16(Some(declared)) if declared == order => {}
                declared => {
                    return Err(mismatch(source.span(span), declared)
                        .detail(format!("they are {}", Encoding::Utf16(Some(order)).name())));
                }
            }
        }
        (source.start, source.is_standalone) = (declaration.end, declaration.is_standalone);
        Ok(source)
    }

    /// Converts a range of the text to the range of the original document.
    pub(super) fn span(&self, span: Range<usize>) -> Range<usize> {
        let original = |at: usize| {
            let before = &self.text[..at];
            self.mark
                + match self.unit {
                    Unit::Same => at,
                    Unit::Byte => before.chars().count(),
                    Unit::Utf16 => 2 * before.encode_utf16().count(),
                }
        };
        // An error in the XML declaration may lie inside a character, because the declaration is read byte by byte.
        original(self.text.floor_char_boundary(span.start))..original(self.text.ceil_char_boundary(span.end))
    }

    pub(super) fn into_owned(self) -> Source<'static> {
        Source { text: Cow::Owned(self.text.into_owned()), ..self }
    }

    /// Refuses characters that XML 1.0 forbids anywhere in a document: U+FFFE, U+FFFF, and all control characters except tab
    /// and line ends.
    ///
    /// Checking the whole text at once is fast, and no later step has to check again.
    fn forbid_characters(&self) -> Result<(), Error> {
        let bytes = self.text.as_bytes();
        // There is no branch inside a block, so that the compiler can vectorize it.
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

fn is_forbidden(b: u8) -> bool {
    (b < 0x20) & (b != b'\t') & (b != b'\n') & (b != b'\r')
}

/// The encoding of this name.
fn named(label: &[u8], span: Range<usize>, rules: Rules) -> Result<Encoding, Error> {
    let label = std::str::from_utf8(label).expect("a label is ASCII");
    let encoding = if rules.are_python() { Encoding::of_python(label) } else { Encoding::of(label) };
    encoding.ok_or_else(|| {
        Error::new(ErrorKind::UnsupportedEncoding, span).found(format!("`{label}`")).expected(expected(rules))
    })
}

fn expected(rules: Rules) -> &'static str {
    if rules.are_python() {
        "UTF-8, UTF-16, or an 8-bit encoding that Python 2.7 knows"
    } else {
        "UTF-8, UTF-16, ISO-8859-1 or US-ASCII"
    }
}

fn mismatch(span: Range<usize>, encoding: Encoding) -> Error {
    Error::new(ErrorKind::EncodingMismatch, span).expected(encoding.name())
}

fn inside_character(at: usize) -> Error {
    Error::new(ErrorKind::UnexpectedEnd, at..at).found("inside a character")
}
