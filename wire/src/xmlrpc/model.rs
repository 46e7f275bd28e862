//! What a reader of XML tells the elements to.

use std::ops::Range;

use super::element_name::ElementName;
use crate::Error;

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
