//! From tokens to a model: the elements nest, and there is one root with nothing beside it.

use std::ops::Range;

use super::tokens::{Token, Tokens, is_blank};
use crate::{Error, ErrorKind};

/// What the elements mean. It is told of a well-nested tree; an end belongs to the latest start that is open.
pub(super) trait Model {
    fn start(&mut self, name: &str, tag: Range<usize>) -> Result<(), Error>;
    fn end(&mut self, name: &str, tag: Range<usize>) -> Result<(), Error>;
    fn text(&mut self, piece: Range<usize>) -> Result<(), Error>;
    /// A character given by a reference.
    fn char(&mut self, c: char, piece: Range<usize>) -> Result<(), Error>;
}

/// Reads the text from `start`, the end of the XML declaration, to its end.
pub(super) fn read(input: &str, start: usize, model: &mut impl Model) -> Result<(), Error> {
    let mut tokens = Tokens::new(input, start)?;
    let mut open: Vec<&str> = Vec::new();
    let mut has_root = false;
    while let Some(token) = tokens.next()? {
        match token {
            Token::Start { name, tag } => {
                if has_root && open.is_empty() {
                    return Err(beside_root(input, tag, has_root));
                }
                has_root = true;
                open.push(name);
                model.start(name, tag)?;
            }
            Token::End { name, tag } => match open.pop() {
                Some(expected) if expected == name => model.end(name, tag)?,
                expected => return Err(mismatched(name, expected, tag)),
            },
            Token::Text(piece) if !open.is_empty() => model.text(piece)?,
            Token::Text(piece) if is_blank(&input[piece.clone()]) && !input[..piece.start].ends_with("<![CDATA[") => {}
            Token::Char(c, piece) if !open.is_empty() => model.char(c, piece)?,
            Token::Text(piece) | Token::Char(_, piece) => return Err(beside_root(input, piece, has_root)),
        }
    }
    let expected = match open.last() {
        Some(name) => format!("`</{name}>`"),
        None if has_root => return Ok(()),
        None => "`methodCall` or `methodResponse`".to_owned(),
    };
    Err(Error::new(ErrorKind::UnexpectedEnd, input.len()..input.len()).expected(expected))
}

fn mismatched(name: &str, expected: Option<&str>, tag: Range<usize>) -> Error {
    let error = Error::new(ErrorKind::MismatchedTag, tag).found(format!("`</{}>`", name.escape_debug()));
    match expected {
        Some(expected) => error.expected(format!("`</{expected}>`")),
        None => error.expected("no end tag, for nothing is open"),
    }
}

fn beside_root(input: &str, span: Range<usize>, has_root: bool) -> Error {
    let found = format!("`{}`", input[span.clone()].trim().escape_debug());
    if has_root {
        Error::new(ErrorKind::TrailingContent, span).found(found).expected("the end of the document")
    } else {
        Error::new(ErrorKind::UnexpectedText, span).found(found).expected("`methodCall` or `methodResponse`")
    }
}
