//! Long texts in files, which are made of pieces.

use serde::Deserialize;

/// The most bytes that the pieces of one text may make.
const LONGEST: usize = 64 << 20;

/// What long texts repeat that are generated.
pub(crate) const FILLER: &str = "0123456789";

/// How often at least, so that a piece is made of it.
const OFTEN: usize = 20;

/// A piece of a text: `{ text = ".." }`, or `{ repeat = "..", times = 1000 }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Piece {
    text: Option<String>,
    repeat: Option<String>,
    times: Option<usize>,
}

impl Piece {
    /// Takes a text to pieces: where it repeats the [`FILLER`] for long, that is a piece of its own.
    pub(crate) fn of(text: &str) -> Vec<Self> {
        let piece = |text: &str| Self { text: Some(text.to_owned()), repeat: None, times: None };
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find(&FILLER.repeat(OFTEN)) {
            let (before, long) = rest.split_at(at);
            let behind = long.trim_start_matches(FILLER);
            let times = (long.len() - behind.len()) / FILLER.len();
            pieces.extend((!before.is_empty()).then(|| piece(before)));
            pieces.push(Self { text: None, repeat: Some(FILLER.to_owned()), times: Some(times) });
            rest = behind;
        }
        if pieces.is_empty() || !rest.is_empty() {
            pieces.push(piece(rest));
        }
        pieces
    }
}

/// Returns the texts of pieces, and how often each comes.
///
/// # Errors
/// Returns a message if a piece is malformed, or if the whole text is too long.
pub(crate) fn texts(pieces: &[Piece]) -> Result<Vec<(String, usize)>, String> {
    let mut length = 0_usize;
    let texts = pieces.iter().map(|piece| {
        let (text, times) = match piece {
            Piece { text: Some(text), repeat: None, times: None } => (text, 1),
            Piece { text: None, repeat: Some(text), times: Some(times) } => (text, *times),
            _ => return Err("a piece is { text = .. } or { repeat = .., times = .. }".to_owned()),
        };
        length = length.saturating_add(text.len().saturating_mul(times));
        if length > LONGEST {
            return Err(format!("the pieces have more than {LONGEST} bytes"));
        }
        Ok((text.clone(), times))
    });
    texts.collect()
}

/// Returns the whole text that pieces make.
///
/// # Errors
/// As [`texts`].
pub(crate) fn joined(pieces: &[Piece]) -> Result<String, String> {
    Ok(texts(pieces)?.iter().map(|(text, times)| text.repeat(*times)).collect())
}
