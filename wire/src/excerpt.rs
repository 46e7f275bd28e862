//! Shows a place in a document with carets below it, and makes text from outside safe to print on a terminal.

use std::fmt;
use std::ops::Range;

/// Bytes shown before and after the start of a span.
const WINDOW: usize = 60;

/// How many lines of a span are shown. Of a longer span the first lines and the last one are shown.
const LINES: usize = 5;

/// The lines of a document that contain a span of bytes, with carets below the span.
///
/// Long lines are cut to a window around the span, and bytes that are not printable are shown as escapes. Of a span of
/// many lines the first lines and the last one are shown.
///
/// ```
/// let excerpt = xend_wire::Excerpt::new(b"(a\n(b \x04))", &(6..7));
/// assert_eq!((excerpt.line(), excerpt.column()), (2, 4));
/// assert_eq!(excerpt.to_string(), "  | (b \\x04))\n  |    ^^^^\n");
///
/// let excerpt = xend_wire::Excerpt::new(b"(a (b\n  c) d)", &(3..10));
/// assert_eq!(excerpt.to_string(), "  | (a (b\n  |    ^^\n  |   c) d)\n  |   ^^\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    line: usize,
    column: usize,
    rows: Vec<Row>,
}

/// One line of an excerpt.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// A line of the document, and where its carets start and how many there are. A blank line has none.
    Line { text: String, indent: usize, carets: usize },
    /// The number of lines that are left out here.
    Gap(usize),
}

impl Excerpt {
    /// The excerpt around a span of bytes. A document that begins like XML in UTF-16 is shown as decoded text.
    pub fn new(document: &[u8], span: &Range<usize>) -> Self {
        match from_utf16(document, span) {
            Some((text, span)) => Self::from_line(1, text.as_bytes(), &span),
            None => Self::from_line(1, document, span),
        }
    }

    /// The excerpt around a span of bytes in `rest`, a part of a document that begins with the line of this number.
    ///
    /// A reader that goes line by line already knows the number, so the lines before need not be counted again for each
    /// mistake.
    pub fn from_line(number: usize, rest: &[u8], span: &Range<usize>) -> Self {
        let start = span.start.min(rest.len());
        // A line break at the end of the span belongs to the line that it ends.
        let end = span.end.clamp(start, rest.len());
        let end = if end > start + 1 && rest[end - 1] == b'\n' { end - 1 } else { end };
        let line_start = line_start(rest, start);
        // The starts of all lines that contain a part of the span.
        let inside = memchr::memchr_iter(b'\n', &rest[start..end.saturating_sub(1).max(start)]);
        let starts: Vec<_> = std::iter::once(line_start).chain(inside.map(|at| start + at + 1)).collect();
        let row = |at: usize| {
            let line_end = memchr::memchr(b'\n', &rest[at..]).map_or(rest.len(), |length| at + length);
            Row::line(rest, at..line_end, start..end)
        };
        let mut rows = Vec::new();
        if starts.len() > LINES {
            rows.extend(starts[..LINES - 2].iter().map(|&at| row(at)));
            rows.push(Row::Gap(starts.len() - (LINES - 1)));
            rows.push(row(starts[starts.len() - 1]));
        } else {
            rows.extend(starts.into_iter().map(row));
        }
        Self {
            line: number + memchr::memchr_iter(b'\n', &rest[..line_start]).count(),
            column: String::from_utf8_lossy(&rest[line_start..start]).chars().count() + 1,
            rows,
        }
    }

    /// The line where the span begins, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column where the span begins, in characters, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl Row {
    /// The row of one line of a document, with carets below the part of the span that is in it.
    fn line(document: &[u8], line: Range<usize>, span: Range<usize>) -> Self {
        let blanks = document[line.clone()].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let is_first = span.start >= line.start;
        // In lines after the first, the carets begin below the first character that is not a blank.
        let start = if is_first { span.start } else { (line.start + blanks).min(line.end) };
        let from = character_start(document, line.start.max(start.saturating_sub(WINDOW)), line.start);
        let to = character_start(document, line.end.min(start + WINDOW), start);
        let end = span.end.clamp(start, to);

        let mut text = String::new();
        if from > line.start {
            text.push('…');
        }
        text += &visible(&document[from..start]);
        let indent = text.chars().count();
        text += &visible(&document[start..end]);
        let carets = text.chars().count() - indent;
        text += &visible(&document[end..to]);
        if to < line.end {
            text.push('…');
        }
        // An empty span is shown by one caret.
        Self::Line { text, indent, carets: if is_first { carets.max(1) } else { carets } }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            match row {
                Row::Line { text, carets: 0, .. } => writeln!(f, "  | {text}")?,
                Row::Line { text, indent, carets } => {
                    let (indent, carets) = (" ".repeat(*indent), "^".repeat(*carets));
                    writeln!(f, "  | {text}\n  | {indent}{carets}")?;
                }
                Row::Gap(1) => writeln!(f, "  … (1 line more)")?,
                Row::Gap(lines) => writeln!(f, "  … ({lines} lines more)")?,
            }
        }
        Ok(())
    }
}

/// Decodes a document in UTF-16, with or without a byte order mark (XML 1.0, appendix F): its text, and the span in the
/// text. `None` if the document is not UTF-16.
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
    // Half of a unit at the end is left out.
    let end = document.len() & !1;
    let start = append(mark..span.start.clamp(mark, end) & !1);
    let stop = append(span.start.clamp(mark, end) & !1..span.end.clamp(mark, end) & !1);
    append(span.end.clamp(mark, end) & !1..end);
    Some((text, start..stop))
}

/// Makes text from outside safe to print on one line: characters that are not printable, and bytes that are not UTF-8,
/// become escapes.
///
/// Text from a peer, a program or a file must go through this function or [`visible_lines`] before it is written to a
/// terminal. A control byte in it could move the cursor, colour the text after it, or make the terminal type an answer.
pub fn visible(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => text += "\\n",
                '\r' => text += "\\r",
                '\t' => text += "\\t",
                '\0'..'\x20' | '\x7f' => text += &format!("\\x{:02x}", u32::from(character)),
                // `escape_debug` would also escape quotes and backslashes.
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

/// Makes text of several lines from outside safe to print. Each line is shown as [`visible`] shows it, but with four
/// spaces for a tab. Lines may end in LF or CRLF.
///
/// ```
/// assert_eq!(xend_wire::visible_lines(b"\x1b[31mred\r\n\tat main"), "\\x1b[31mred\n    at main");
/// ```
pub fn visible_lines(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if number > 0 {
            text.push('\n');
        }
        for (number, part) in line.strip_suffix(b"\r").unwrap_or(line).split(|&byte| byte == b'\t').enumerate() {
            if number > 0 {
                text += "    ";
            }
            text += &visible(part);
        }
    }
    text
}

/// The start of the line that contains the place.
fn line_start(document: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &document[..at]).map_or(0, |at| at + 1)
}

/// The start of the UTF-8 sequence that contains `at`, but no place before `floor`.
fn character_start(document: &[u8], mut at: usize, floor: usize) -> usize {
    let is_continuation = |at: usize| document.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    for _ in 0..3 {
        if at > floor && is_continuation(at) {
            at -= 1;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(document: &str, span: Range<usize>, expected: &str) {
        assert_eq!(Excerpt::new(document.as_bytes(), &span).to_string(), expected);
    }

    #[test]
    fn every_line_of_a_span_is_shown_with_carets() {
        let document = "(vm\n  (name a)\n\n  (memory 64))\n(x)";
        check(
            document,
            0..30,
            "  | (vm\n  | ^^^\n  |   (name a)\n  |   ^^^^^^^^\n  | \n  |   (memory 64))\n  |   ^^^^^^^^^^^^\n",
        );
        // The line break at the end of a span does not add a line.
        check(document, 0..4, "  | (vm\n  | ^^^\n");
        check(document, 3..3, "  | (vm\n  |    ^\n");
    }

    #[test]
    fn of_many_lines_the_first_and_the_last_are_shown() {
        check(
            "a\nb\nc\nd\ne\nf\ng",
            0..13,
            "  | a\n  | ^\n  | b\n  | ^\n  | c\n  | ^\n  … (3 lines more)\n  | g\n  | ^\n",
        );
    }

    #[test]
    fn a_line_of_known_number_is_shown_as_in_its_document() {
        let document = b"one\ntwo\nthree";
        assert_eq!(Excerpt::from_line(2, &document[4..], &(4..6)), Excerpt::new(document, &(8..10)));
    }

    proptest! {
        #![proptest_config(crate::test_config())]

        #[test]
        fn properties_no_control_byte_is_shown(
            document in proptest::collection::vec(prop_oneof![any::<u8>(), 0..0x20u8, 0x7f..0xa0u8], 0..if cfg!(miri) { 20 } else { 200 }),
            start in 0..220usize,
            length in 0..220usize,
        ) {
            let shown = [
                Excerpt::new(&document, &(start..start + length)).to_string(),
                visible_lines(&document),
                crate::Diagnostic::new(
                    String::from_utf8_lossy(&document), &document, start..start + length, visible_lines(&document),
                ).to_string(),
            ];
            for shown in shown {
                prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
            }
            prop_assert!(!visible(&document).chars().any(char::is_control));
        }
    }
}
