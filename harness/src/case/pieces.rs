//! Long texts in files, which are made of pieces.

use serde::Deserialize;

/// The most bytes that the pieces of one text may make.
const LONGEST: usize = 64 << 20;

/// A piece of a text: `{ text = ".." }`, or `{ repeat = "..", times = 1000 }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Piece {
    text: Option<String>,
    repeat: Option<String>,
    times: Option<usize>,
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
