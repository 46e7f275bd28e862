//! A place in a document, shown with a caret.

use std::fmt;
use std::ops::Range;

/// Bytes shown before and after the start of a span.
const WINDOW: usize = 60;

/// The line of a document around a span, cut to a window, with a caret below the span.
///
/// Bytes that are not printable are shown as escapes.
///
/// ```
/// let excerpt = xend_wire::Excerpt::new(b"(a\n(b \x04))", &(6..7));
/// assert_eq!((excerpt.line(), excerpt.column()), (2, 4));
/// assert_eq!(excerpt.to_string(), "  | (b \\x04))\n  |    ^^^^\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    line: usize,
    column: usize,
    text: String,
    indent: usize,
    width: usize,
}

impl Excerpt {
    /// The excerpt around a span of bytes. A document that begins as XML in UTF-16 does is shown as its text.
    pub fn new(document: &[u8], span: &Range<usize>) -> Self {
        match from_utf16(document, span) {
            Some((text, span)) => Self::of_text(text.as_bytes(), &span),
            None => Self::of_text(document, span),
        }
    }

    fn of_text(document: &[u8], span: &Range<usize>) -> Self {
        let start = span.start.min(document.len());
        let line_start = document[..start].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let line_end = document[start..].iter().position(|&byte| byte == b'\n').map_or(document.len(), |at| start + at);
        let from = character_start(document, line_start.max(start.saturating_sub(WINDOW)), line_start);
        let to = character_start(document, line_end.min(start + WINDOW), start);
        let end = span.end.clamp(start, to);

        let mut text = String::new();
        if from > line_start {
            text.push('…');
        }
        text += &visible(&document[from..start]);
        let indent = text.chars().count();
        text += &visible(&document[start..end]);
        let width = text.chars().count() - indent;
        text += &visible(&document[end..to]);
        if to < line_end {
            text.push('…');
        }
        Self {
            line: document[..line_start].iter().filter(|&&byte| byte == b'\n').count() + 1,
            column: String::from_utf8_lossy(&document[line_start..start]).chars().count() + 1,
            text,
            indent,
            width: width.max(1),
        }
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (indent, caret) = (" ".repeat(self.indent), "^".repeat(self.width));
        writeln!(f, "  | {}\n  | {indent}{caret}", self.text)
    }
}

/// The text of a document in UTF-16, with or without a byte order mark (XML 1.0, appendix F), and the span in it.
fn from_utf16(document: &[u8], span: &Range<usize>) -> Option<(String, Range<usize>)> {
    let (mark, unit): (usize, fn([u8; 2]) -> u16) = match document {
        [0xFF, 0xFE, 0, 0, ..] => return None,
        [0xFF, 0xFE, ..] => (2, u16::from_le_bytes),
        [0xFE, 0xFF, ..] => (2, u16::from_be_bytes),
        [b'<', 0, _, 0, ..] => (0, u16::from_le_bytes),
        [0, b'<', 0, _, ..] => (0, u16::from_be_bytes),
        _ => return None,
    };
    let mut text = String::new();
    let mut append = |bytes: Range<usize>| {
        let pairs = document.get(bytes).unwrap_or_default().chunks_exact(2);
        let units: Vec<u16> = pairs.map(|pair| unit([pair[0], pair[1]])).collect();
        text.push_str(&String::from_utf16_lossy(&units));
        text.len()
    };
    // Whole units only: half of one stands at the end.
    let end = document.len() & !1;
    let start = append(mark..span.start.clamp(mark, end) & !1);
    let stop = append(span.start.clamp(mark, end) & !1..span.end.clamp(mark, end) & !1);
    append(span.end.clamp(mark, end) & !1..end);
    Some((text, start..stop))
}

/// Bytes as text on one line: what is not printable, or not UTF-8, as escapes.
pub fn visible(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => text += "\\n",
                '\r' => text += "\\r",
                '\t' => text += "\\t",
                '\0'..'\x20' | '\x7f' => text += &format!("\\x{:02x}", u32::from(character)),
                // Escapes of other unprintable characters, but not of quotes and backslashes.
                '"' | '\'' | '\\' => text.push(character),
                _ => text.extend(character.escape_debug()),
            }
        }
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}

/// The start of the UTF-8 sequence that `at` may lie in the middle of, but not before `floor`.
fn character_start(document: &[u8], mut at: usize, floor: usize) -> usize {
    let is_continuation = |at: usize| document.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    for _ in 0..3 {
        if at > floor && is_continuation(at) {
            at -= 1;
        }
    }
    at
}
