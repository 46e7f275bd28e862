//! Long texts, cut for people, and what else makes text fit to be shown.

use xend_wire::visible;

/// A document line by line, with what can't be seen as escapes: so many lines of it, each so long at most.
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

/// Text on one line, cut in the middle if it is long.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    if length <= longest {
        return text.to_owned();
    }
    let head: String = text.chars().take(longest * 2 / 3).collect();
    let tail: String = text.chars().skip(length - longest / 3).collect();
    format!("{head}… ({} characters left out) …{tail}", length - longest * 2 / 3 - longest / 3)
}

/// JSON in which DEL and the control characters above it are escaped, too. They may stand in a string as they are, but a
/// terminal takes U+009B for the beginning of a command.
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
