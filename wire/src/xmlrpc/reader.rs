//! Reads tokens and passes them to a content model. It checks that elements nest, and that there is one root element with
//! nothing before or after it.

use std::ops::Range;

use super::characters::{is_blank, trim};
use super::element_name::ElementName;
use super::model::ContentModel;
use super::reading::Reading;
use super::shortcuts;
use super::tokens::{Token, Tokens};
use crate::{Error, ErrorKind};

/// The number of elements that are open at the same time in most documents.
pub(super) const USUAL_DEPTH: usize = 24;

/// Reads the document from `start`, which is the end of the XML declaration, to its end.
pub(super) fn read(input: &str, start: usize, reading: Reading, model: &mut impl ContentModel) -> Result<(), Error> {
    let mut tokens = Tokens::new(input, start, reading)?;
    let mut open: Vec<ElementName<'_>> = Vec::with_capacity(USUAL_DEPTH);
    let root_end = shortcuts::read_root(input, start, &mut open, model)?;
    let mut has_root = root_end > start;
    if has_root {
        tokens.skip_to(root_end);
    }
    loop {
        if tokens.may_skip() {
            let end = shortcuts::read(input, tokens.position(), &mut open, model)?;
            tokens.skip_to(end);
        }
        if has_root && open.is_empty() && is_blank(&input.as_bytes()[tokens.position()..]) {
            return Ok(());
        }
        let Some(token) = tokens.next()? else { break };
        match token {
            Token::Start { name, tag } => {
                if has_root && open.is_empty() {
                    return Err(beside_root(input, tag, has_root));
                }
                has_root = true;
                open.push(name);
                let name_end = tag.start + 1 + name.as_str().len();
                if tag.end > name_end + "/>".len() {
                    model.attributes(name_end..tag.end - 1);
                }
                model.start(name, tag)?;
            }
            Token::End { name, tag } => match open.pop() {
                Some(expected) if expected == name => model.end(name, tag)?,
                expected => return Err(mismatched(name, expected, tag)),
            },
            Token::Text(piece) if !open.is_empty() => model.text(piece)?,
            Token::Text(piece)
                if is_blank(&input.as_bytes()[piece.clone()]) && !input[..piece.start].ends_with("<![CDATA[") => {}
            Token::Char(c, piece) if !open.is_empty() => model.char(c, piece)?,
            Token::Skipped(_) if !open.is_empty() => {}
            Token::Text(piece) | Token::Char(_, piece) | Token::Skipped(piece) => {
                return Err(beside_root(input, piece, has_root));
            }
        }
    }
    let expected = match open.last() {
        Some(name) => format!("`</{name}>`"),
        None if has_root => return Ok(()),
        None => ROOTS.to_owned(),
    };
    Err(Error::new(ErrorKind::UnexpectedEnd, input.len()..input.len()).expected(expected))
}

/// What may be at the root of a document, as a phrase for error messages.
pub(super) const ROOTS: &str = "`methodCall` or `methodResponse`";

fn mismatched(name: ElementName<'_>, expected: Option<ElementName<'_>>, tag: Range<usize>) -> Error {
    let error = Error::new(ErrorKind::MismatchedTag, tag).found(format!("`</{}>`", name.as_str().escape_debug()));
    match expected {
        Some(expected) => error.expected(format!("`</{expected}>`")),
        None => error.expected("no end tag, because no element is open"),
    }
}

fn beside_root(input: &str, span: Range<usize>, has_root: bool) -> Error {
    let found = format!("`{}`", trim(&input[span.clone()]).escape_debug());
    if has_root {
        Error::new(ErrorKind::TrailingContent, span).found(found).expected("the end of the document")
    } else {
        Error::new(ErrorKind::UnexpectedText, span).found(found).expected(ROOTS)
    }
}
