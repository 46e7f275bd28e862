//! Functions that make text short and safe enough to show to people.

use xend_wire::visible;

/// Formats a document for a report, line by line, with invisible characters as escapes.
///
/// At most `most` lines are shown, and each is cut to `longest` characters.
pub(crate) fn lines(document: &[u8], most: usize, longest: usize) -> String {
    let mut text = String::new();
    let mut lines = document.split_inclusive(|&byte| byte == b'\n');
    for line in lines.by_ref().take(most) {
        text += &format!("  | {}\n", shortened(&visible(line.strip_suffix(b"\n").unwrap_or(line)), longest));
    }
    match lines.count() {
        0 if text.is_empty() => "  | \n".to_owned(),
        0 => text,
        1 => text + "  … (1 line more)\n",
        more => text + &format!("  … ({more} lines more)\n"),
    }
}

/// Shortens a text of more than `longest` characters by leaving out its middle.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let head: String = text.chars().take(longest * 2 / 3).collect();
    let tail: String = text.chars().skip(length - longest / 3).collect();
    format!("{head}… ({} characters left out) …{tail}", length - longest * 2 / 3 - longest / 3)
}

/// Escapes DEL and the control characters U+0080 to U+009F in JSON text.
///
/// JSON allows them inside strings, but a terminal takes U+009B for the beginning of a command.
pub(crate) fn escaped_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\x7f'..='\u{9f}' => text += &format!("\\u{:04x}", u32::from(character)),
            _ => text.push(character),
        }
    }
    text
}
