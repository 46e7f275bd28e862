//! Texts that are hard to keep as they are.

use super::choices::Choices;

/// Pieces of texts, the simplest first. Each is something that some reader or writer has altered.
const PIECES: &[&str] = &[
    "a",
    " ",
    "<",
    "&",
    "\n",
    "\t",
    "\r",
    "\r\n",
    ">",
    "\"",
    "'",
    "0",
    "B",
    "é",
    "€",
    "😀",
    "&amp;",
    "&lt;",
    "&#65;",
    "<b>",
    "]]>",
    "--",
    "  ",
    "\n\n",
    "\\n",
    "\\",
    "%41",
    "+",
    ".",
    "1.0",
    "007",
    "True",
    "None",
    "nil",
    "null",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "e\u{301}",
    "\u{7f}",
    "\u{9f}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{10ffff}",
    "(",
    ")",
    "$x",
    "{}",
    ";",
    "#",
    "?>",
    "`",
    "|",
    "\u{200b}",
    "ﬁ",
    "19980717T14:08:55",
];

/// Pieces of ordinary words.
const WORDS: &[&str] = &["a", "b", "c", "vm1", "name", "dom-0", "x_y", "on", "9", "Z"];

/// Makes a text of characters that XML has.
pub(super) fn text(choices: &mut Choices<'_>) -> String {
    let is_odd = choices.below(3) > 0;
    let pieces = if is_odd { PIECES } else { WORDS };
    choices.list("piece", 12, (4, 5), |choices| choices.pick(pieces)).concat()
}

/// Makes a text of at least one character.
pub(super) fn nonempty(choices: &mut Choices<'_>) -> String {
    let first = choices.pick(WORDS);
    match text(choices) {
        text if text.is_empty() => first.to_owned(),
        text => text,
    }
}
