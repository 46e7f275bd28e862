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

/// Shortens a text of more than `longest` characters by leaving out its middle, if the note on that is shorter.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    let length = text.chars().count();
    let out = length.saturating_sub(longest * 2 / 3 + longest / 3);
    let note = format!("… ({out} characters left out) …");
    if length <= longest || out <= note.chars().count() {
        return text.to_owned();
    }
    let head: String = text.chars().take(longest * 2 / 3).collect();
    let tail: String = text.chars().skip(length - longest / 3).collect();
    format!("{head}{note}{tail}")
}

/// Shortens a sentence of more than about `longest` characters by leaving out whole words at its end.
pub(crate) fn beginning(text: &str, longest: usize) -> String {
    let Some((at, _)) = text.char_indices().nth(longest) else { return text.to_owned() };
    let head = match text[..at].rfind(' ') {
        Some(end) if end > 0 => &text[..end],
        _ => &text[..at],
    };
    // One short word more is no longer than what says that it is missing.
    if text[head.len()..].chars().count() <= " …".chars().count() {
        return text.to_owned();
    }
    format!("{} …", head.trim_end_matches([',', ';', ':']))
}

/// Escapes DEL and the control characters U+0080 to U+009F in JSON text.
///
/// JSON allows them inside strings, but a terminal takes U+009B for the beginning of a command. What turns the direction of
/// a text, or ends a line for some, is escaped, too.
pub(crate) fn escaped_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\x7f'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                text += &format!("\\u{:04x}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_if_that_makes_it_shorter() {
        let text = "z".repeat(127);
        assert_eq!(shortened(&text, 100), text);
        let shown = shortened(&"z".repeat(130), 100);
        assert_eq!(shown.replace('z', ""), "… (31 characters left out) …");
        assert!(shown.chars().count() < 130, "{shown}");
    }

    #[test]
    fn a_sentence_is_cut_behind_a_word() {
        let check = |text: &str, longest: usize, expected: &str| assert_eq!(beginning(text, longest), expected);
        check("one, two three", 20, "one, two three");
        check("one, two three", 11, "one, two …");
        check("one, two three", 8, "one …");
        check("onetwothree", 5, "onetw …");
        check("ééé ééé ééé", 5, "ééé …");
        check("one two a", 8, "one two a");
    }
}
