//! Classes of characters in XML.

/// Whether XML 1.0 allows the character.
pub(super) fn is_char(c: char) -> bool {
    !matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

/// The first character as a code point, such as `U+0001`, for error messages.
pub(super) fn describe(text: &str) -> String {
    format!("U+{:04X}", text.chars().next().map_or(0, u32::from))
}

/// Removes white space at both ends. XML has only four characters of white space, fewer than Unicode.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// Whether the byte is one of the four characters of white space.
#[inline]
pub(super) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// Removes white space at the start.
pub(super) fn trim_start(text: &str) -> &str {
    &text[text.bytes().take_while(|&b| is_space(b)).count()..]
}

/// Whether the text is only white space.
#[inline]
pub(super) fn is_blank(mut text: &[u8]) -> bool {
    while let Some((word, rest)) = text.split_first_chunk::<8>()
        && word == b"        "
    {
        text = rest;
    }
    text.iter().all(|&b| is_space(b))
}
