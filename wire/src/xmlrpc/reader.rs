//! From tokens to a model: the elements nest, and there is one root with nothing beside it.

use std::ops::Range;

use super::element_name::ElementName;
use super::reading::Reading;
use super::shortcuts;
use super::source::trim;
use super::tokens::{Token, Tokens, is_blank};
use crate::{Error, ErrorKind};

/// What the elements mean. It is told of a well-nested tree; an end belongs to the latest start that is open.
pub(super) trait Model {
    fn start(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error>;
    fn end(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error>;
    fn text(&mut self, piece: Range<usize>) -> Result<(), Error>;
    /// A character given by a reference.
    fn char(&mut self, c: char, piece: Range<usize>) -> Result<(), Error>;

    /// What stands in the start tag that comes next behind the name, where there is anything.
    fn attributes(&mut self, _: Range<usize>) {}

    // What usually comes in one piece. A model that does it in one piece too does what this does.

    /// A line feed between two tags.
    fn line_feed(&mut self, at: usize) -> Result<(), Error> {
        self.text(at..at + 1)
    }

    /// `<value><name>text</name></value>`, from `at` on.
    fn scalar(&mut self, name: ElementName<'_>, at: usize, text: Range<usize>) -> Result<(), Error> {
        scalar(self, name, at, text)
    }

    /// `<value><array><data>`, from `at` on.
    fn start_array(&mut self, at: usize) -> Result<(), Error> {
        start_array(self, at)
    }

    /// `</data></array></value>`, from `at` on.
    fn end_array(&mut self, at: usize) -> Result<(), Error> {
        self.end(ElementName::Data, at..at + 7)?;
        self.end(ElementName::Array, at + 7..at + 15)?;
        self.end(ElementName::Value, at + 15..at + 23)
    }

    /// `<value><struct>`, from `at` on.
    fn start_struct(&mut self, at: usize) -> Result<(), Error> {
        start_struct(self, at)
    }

    /// `</struct></value>`, from `at` on.
    fn end_struct(&mut self, at: usize) -> Result<(), Error> {
        self.end(ElementName::Struct, at..at + 9)?;
        self.end(ElementName::Value, at + 9..at + 17)
    }

    /// `<member><name>text</name>`, from `at` on, with or without a line feed between the tags.
    fn start_member(&mut self, at: usize, text: Range<usize>) -> Result<(), Error> {
        start_member(self, at, text)
    }
}

/// What [`Model::scalar`] means.
pub(super) fn scalar(
    model: &mut (impl Model + ?Sized),
    name: ElementName<'_>,
    at: usize,
    text: Range<usize>,
) -> Result<(), Error> {
    let value_tag = at..at + 7;
    let tag = value_tag.end..text.start;
    // Longer than the start tag by the slash.
    let end_tag = text.end..text.end + tag.len() + 1;
    let value_end_tag = end_tag.end..end_tag.end + 8;
    model.start(ElementName::Value, value_tag)?;
    model.start(name, tag)?;
    if !text.is_empty() {
        model.text(text)?;
    }
    model.end(name, end_tag)?;
    model.end(ElementName::Value, value_end_tag)
}

/// What [`Model::start_array`] means.
pub(super) fn start_array(model: &mut (impl Model + ?Sized), at: usize) -> Result<(), Error> {
    model.start(ElementName::Value, at..at + 7)?;
    model.start(ElementName::Array, at + 7..at + 14)?;
    model.start(ElementName::Data, at + 14..at + 20)
}

/// What [`Model::start_struct`] means.
pub(super) fn start_struct(model: &mut (impl Model + ?Sized), at: usize) -> Result<(), Error> {
    model.start(ElementName::Value, at..at + 7)?;
    model.start(ElementName::Struct, at + 7..at + 15)
}

/// What [`Model::start_member`] means.
pub(super) fn start_member(model: &mut (impl Model + ?Sized), at: usize, text: Range<usize>) -> Result<(), Error> {
    let member_tag = at..at + 8;
    let name_tag = text.start - 6..text.start;
    let name_end_tag = text.end..text.end + 7;
    model.start(ElementName::Member, member_tag.clone())?;
    if member_tag.end < name_tag.start {
        model.line_feed(member_tag.end)?;
    }
    model.start(ElementName::Name, name_tag)?;
    if !text.is_empty() {
        model.text(text)?;
    }
    model.end(ElementName::Name, name_end_tag)
}

/// How many elements are open at once in most documents.
pub(super) const USUAL_DEPTH: usize = 24;

/// Reads the text from `start`, the end of the XML declaration, to its end.
pub(super) fn read(input: &str, start: usize, reading: Reading, model: &mut impl Model) -> Result<(), Error> {
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
        None => "`methodCall` or `methodResponse`".to_owned(),
    };
    Err(Error::new(ErrorKind::UnexpectedEnd, input.len()..input.len()).expected(expected))
}

fn mismatched(name: ElementName<'_>, expected: Option<ElementName<'_>>, tag: Range<usize>) -> Error {
    let error = Error::new(ErrorKind::MismatchedTag, tag).found(format!("`</{}>`", name.as_str().escape_debug()));
    match expected {
        Some(expected) => error.expected(format!("`</{expected}>`")),
        None => error.expected("no end tag, for nothing is open"),
    }
}

fn beside_root(input: &str, span: Range<usize>, has_root: bool) -> Error {
    let found = format!("`{}`", trim(&input[span.clone()]).escape_debug());
    if has_root {
        Error::new(ErrorKind::TrailingContent, span).found(found).expected("the end of the document")
    } else {
        Error::new(ErrorKind::UnexpectedText, span).found(found).expected("`methodCall` or `methodResponse`")
    }
}
