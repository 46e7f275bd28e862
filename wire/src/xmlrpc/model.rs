//! The interface between the XML reader and the content models, which give the elements their meaning.

use std::ops::Range;

use super::element_name::ElementName;
use crate::Error;

/// A content model: it receives the tags and texts of a document in order, and builds the values.
///
/// The reader guarantees that elements nest, so each end tag belongs to the latest start tag that is still open.
pub(super) trait ContentModel {
    fn start(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error>;
    fn end(&mut self, name: ElementName<'_>, tag: Range<usize>) -> Result<(), Error>;
    fn text(&mut self, piece: Range<usize>) -> Result<(), Error>;
    /// Receives a character that a reference stands for.
    fn char(&mut self, c: char, piece: Range<usize>) -> Result<(), Error>;

    /// Receives the attributes of the next start tag: the part of it after the name, if that is not empty.
    fn attributes(&mut self, _: Range<usize>) {}

    // The methods below receive several tags at once, for speed. They have the same effect as the tags one by one.

    /// Receives a line feed between two tags.
    fn line_feed(&mut self, at: usize) -> Result<(), Error>;

    /// Receives `<value><name>text</name></value>`, which begins at `at`.
    fn scalar(&mut self, name: ElementName<'_>, at: usize, text: Range<usize>) -> Result<(), Error>;

    /// Receives `<value><array><data>`, which begins at `at`.
    fn start_array(&mut self, at: usize) -> Result<(), Error>;

    /// Receives `</data></array></value>`, which begins at `at`.
    fn end_array(&mut self, at: usize) -> Result<(), Error>;

    /// Receives `<value><struct>`, which begins at `at`.
    fn start_struct(&mut self, at: usize) -> Result<(), Error>;

    /// Receives `</struct></value>`, which begins at `at`.
    fn end_struct(&mut self, at: usize) -> Result<(), Error>;

    /// Receives `<member><name>text</name>`, which begins at `at` and may have a line feed between the first two tags.
    fn start_member(&mut self, at: usize, text: Range<usize>) -> Result<(), Error>;
}

/// Does what [`ContentModel::scalar`] does, one tag after the other.
pub(super) fn scalar(
    model: &mut (impl ContentModel + ?Sized),
    name: ElementName<'_>,
    at: usize,
    text: Range<usize>,
) -> Result<(), Error> {
    let value_tag = at..at + 7;
    let tag = value_tag.end..text.start;
    // The end tag is longer than the start tag by the slash.
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

/// Does what [`ContentModel::start_array`] does, one tag after the other.
pub(super) fn start_array(model: &mut (impl ContentModel + ?Sized), at: usize) -> Result<(), Error> {
    model.start(ElementName::Value, at..at + 7)?;
    model.start(ElementName::Array, at + 7..at + 14)?;
    model.start(ElementName::Data, at + 14..at + 20)
}

/// Does what [`ContentModel::start_struct`] does, one tag after the other.
pub(super) fn start_struct(model: &mut (impl ContentModel + ?Sized), at: usize) -> Result<(), Error> {
    model.start(ElementName::Value, at..at + 7)?;
    model.start(ElementName::Struct, at + 7..at + 15)
}

/// Does what [`ContentModel::start_member`] does, one tag after the other.
pub(super) fn start_member(
    model: &mut (impl ContentModel + ?Sized),
    at: usize,
    text: Range<usize>,
) -> Result<(), Error> {
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
