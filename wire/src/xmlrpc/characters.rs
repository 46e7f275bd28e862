//! The characters of XML.

/// Whether XML 1.0 allows the character.
pub(super) fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

/// `U+0001`, for the first character.
pub(super) fn describe(text: &str) -> String {
    format!("U+{:04X}", text.chars().next().map_or(0, u32::from))
}

/// Without the white space on both sides, of which XML has fewer kinds than Unicode.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// Whether it is one of the four characters of white space.
#[inline]
pub(super) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// Without the white space at the start, of which XML has fewer kinds than Unicode.
pub(super) fn trim_start(text: &str) -> &str {
    &text[text.bytes().take_while(|&b| is_space(b)).count()..]
}

/// Whether the text is white space to XML, which has fewer kinds of it than Unicode.
#[inline]
pub(super) fn is_blank(mut text: &[u8]) -> bool {
    while let Some((word, rest)) = text.split_first_chunk::<8>()
        && word == b"        "
    {
        text = rest;
    }
    text.iter().all(|&b| is_space(b))
}
