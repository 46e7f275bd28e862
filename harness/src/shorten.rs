//! Long texts, cut for people.

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
