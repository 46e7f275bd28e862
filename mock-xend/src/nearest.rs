//! The known word that somebody may have meant.

/// Returns the word that is nearest to a misspelt one; `None` if none is near.
pub fn nearest<'w>(given: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let plain = |word: &str| word.to_ascii_lowercase().replace('_', "-");
    let given = plain(given);
    let distance = |word: &str| {
        let word = plain(word);
        // `integer` is `int`, and `pow` is `power-off`.
        let (short, long) = if word.len() < given.len() { (&word, &given) } else { (&given, &word) };
        if short.len() >= 3 && long.starts_with(short.as_str()) {
            return Some(1);
        }
        // A third of the letters may be wrong.
        Some(strsim::damerau_levenshtein(&given, &word)).filter(|distance| *distance <= long.len() / 3)
    };
    let length = given.len();
    // Of two words that are as near, the one of that length is meant.
    let key = |near: &(usize, &str)| (near.0, near.1.len().abs_diff(length));
    known.into_iter().filter_map(|word| Some((distance(word)?, word))).min_by_key(key).map(|near| near.1)
}

/// Returns ``unknown WHAT `GIVEN`, did you mean `WORD`?``, or lists the known words if none is near.
pub fn unknown(what: &str, given: &str, known: &[&str]) -> String {
    format!("unknown {what} `{given}`{}", hint(given, known))
}

/// Returns `, did you mean WORD?`, or the list of the known words if none is near.
pub fn hint(given: &str, known: &[&str]) -> String {
    match nearest(given, known.iter().copied()) {
        Some(word) => format!(", did you mean `{word}`?"),
        None if known.is_empty() => String::new(),
        None => {
            let known: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
            format!(", expected one of {}", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_is_found() {
        let known = ["path", "params", "int", "power-off", "unpause", "state"];
        for (given, meant) in [
            ("paht", Some("path")),
            ("parms", Some("params")),
            ("integer", Some("int")),
            ("poweroff", Some("power-off")),
            ("power_off", Some("power-off")),
            ("Unpause", Some("unpause")),
            ("statsu", Some("state")),
            ("parsma", Some("params")),
            ("x", None),
            ("crash", None),
        ] {
            assert_eq!(nearest(given, known), meant, "{given}");
        }
        assert_eq!(unknown("word", "x", &["a"]), "unknown word `x`, expected one of `a`");
    }
}
