//! The known word that somebody may have meant.

/// Returns the word that is nearest to a misspelt one; `None` if none is near.
pub(crate) fn nearest<'w>(given: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let plain = |word: &str| word.to_ascii_lowercase().replace('_', "-");
    let given = plain(given);
    let near = known.into_iter().map(|word| (strsim::damerau_levenshtein(&given, &plain(word)), word));
    // A third of the letters may be wrong.
    near.min_by_key(|(distance, _)| *distance)
        .filter(|(distance, word)| *distance <= word.len().max(3) / 3)
        .map(|(_, word)| word)
}

/// Returns ``unknown WHAT `GIVEN`, did you mean `WORD`?``, or lists the known words if none is near.
pub(crate) fn unknown(what: &str, given: &str, known: &[&str]) -> String {
    match nearest(given, known.iter().copied()) {
        Some(word) => format!("unknown {what} `{given}`, did you mean `{word}`?"),
        None => {
            let known: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
            format!("unknown {what} `{given}`, expected one of {}", known.join(", "))
        }
    }
}
