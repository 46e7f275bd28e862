//! The general tokenizer: quick-xml's pull reader, and the checks of well-formedness that it leaves to its users.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::errors::{IllFormedError, SyntaxError};
use quick_xml::events::Event;

use super::characters::trim_start;
use super::declaration::{check_instruction, invalid_declaration, nameless_instruction};
use super::doctype::{self, Doctype};
use super::element_name::ElementName;
use super::reading::Reading;
use super::references::{lone_ampersand, resolve};
use crate::{Error, ErrorKind};

/// The byte order mark. After the start of the document it is an ordinary character.
const MARK: char = '\u{FEFF}';

/// A token of a document. Comments and processing instructions are skipped.
pub(super) enum Token<'i> {
    /// A start tag, `<name ...>`. An empty element, `<name/>`, is a start tag and an end tag.
    Start { name: ElementName<'i>, tag: Range<usize> },
    /// An end tag, `</name>`.
    End { name: ElementName<'i>, tag: Range<usize> },
    /// Text of the input, outside or inside a CDATA section.
    Text(Range<usize>),
    /// A character reference, or one of the five entities of XML.
    Char(char, Range<usize>),
    /// A reference to an entity that expat skips.
    Skipped(Range<usize>),
}

/// The tokens after the XML declaration. It does not check that start tags and end tags match.
pub(super) struct Tokens<'i> {
    input: &'i str,
    reader: Reader<&'i [u8]>,
    /// The place where the reader began.
    start: usize,
    /// The end tag of an empty element whose start tag was the last token.
    end: Option<(ElementName<'i>, Range<usize>)>,
    may_declare_type: bool,
    doctype: Doctype<'i>,
    reading: Reading,
    /// Whether the reader has read nothing yet.
    is_fresh: bool,
    /// Whether the caller may skip a part of the input. After a piece of text it may not, because quick-xml has already
    /// read the beginning of the next tag.
    may_skip: bool,
}

impl<'i> Tokens<'i> {
    pub(super) fn new(input: &'i str, start: usize, reading: Reading) -> Result<Self, Error> {
        if input[start..].starts_with(MARK) {
            return Err(Error::new(ErrorKind::UnexpectedText, start..start + 3).found("U+FEFF").expected("an element"));
        }
        let mut reader = Reader::from_reader(&input.as_bytes()[start..]);
        let config = reader.config_mut();
        config.check_comments = true;
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        Ok(Self {
            input,
            reader,
            start,
            end: None,
            may_declare_type: true,
            doctype: Doctype::default(),
            reading,
            is_fresh: true,
            may_skip: true,
        })
    }

    /// The end of the part of the input that has been read.
    pub(super) fn position(&self) -> usize {
        self.start + self.reader.buffer_position() as usize
    }

    /// Whether [`Tokens::skip_to`] may be called now.
    pub(super) fn may_skip(&self) -> bool {
        self.may_skip
    }

    /// Continues at `position`, because the caller has read everything before it.
    pub(super) fn skip_to(&mut self, position: usize) {
        let skipped = position - self.position();
        // The caller skips nothing before the root element, so what follows a skipped part is not a DOCTYPE.
        self.may_declare_type &= skipped == 0;
        self.reader.stream().consume(skipped);
    }

    /// The next token, or `None` at the end of the input.
    pub(super) fn next(&mut self) -> Result<Option<Token<'i>>, Error> {
        if let Some((name, tag)) = self.end.take() {
            self.may_skip = true;
            return Ok(Some(Token::End { name, tag }));
        }
        loop {
            if self.may_declare_type {
                self.read_type_declaration()?;
            }
            if std::mem::take(&mut self.is_fresh) && self.input[self.position()..].starts_with(MARK) {
                return self.text_from_mark();
            }
            let from = self.position();
            let event = self.reader.read_event().map_err(|error| self.malformed(&error))?;
            let span = from..self.position();
            self.may_skip = !matches!(event, Event::Text(_) | Event::Empty(_));
            match event {
                Event::Start(tag) => {
                    let name = self.open_tag(span.start + 1, tag.name().as_ref().len(), span.end - 1)?;
                    return Ok(Some(Token::Start { name, tag: span }));
                }
                Event::Empty(tag) => {
                    let name = self.open_tag(span.start + 1, tag.name().as_ref().len(), span.end - 2)?;
                    self.end = Some((name, span.clone()));
                    return Ok(Some(Token::Start { name, tag: span }));
                }
                Event::End(tag) => {
                    let start = span.start + 2;
                    let name = ElementName::new(&self.input[start..start + tag.name().as_ref().len()]);
                    return Ok(Some(Token::End { name, tag: span }));
                }
                Event::Text(_) => {
                    self.check_text(span.clone())?;
                    return Ok(Some(Token::Text(span)));
                }
                Event::CData(_) => {
                    return Ok(Some(Token::Text(span.start + "<![CDATA[".len()..span.end - "]]>".len())));
                }
                Event::GeneralRef(_) => {
                    return Ok(Some(match self.resolve(span.clone())? {
                        Some(c) => Token::Char(c, span),
                        None => Token::Skipped(span),
                    }));
                }
                Event::Comment(_) => {}
                Event::PI(_) => check_instruction(self.input, span, self.reading.edition)?,
                Event::Decl(_) => return Err(invalid_declaration(span)),
                Event::DocType(_) => {
                    return Err(Error::new(ErrorKind::MalformedXml, span)
                        .detail("misplaced DOCTYPE")
                        .expected("at most one, before the root element"));
                }
                Event::Eof => return Ok(None),
            }
        }
    }

    /// The text up to the next tag or reference, if it begins with U+FEFF. At its start, quick-xml would drop that character
    /// as a byte order mark.
    #[cold]
    fn text_from_mark(&mut self) -> Result<Option<Token<'i>>, Error> {
        let start = self.position();
        let rest = &self.input.as_bytes()[start..];
        let end = start + memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
        self.check_text(start..end)?;
        self.skip_to(end);
        Ok(Some(Token::Text(start..end)))
    }

    fn open_tag(&mut self, start: usize, name_len: usize, end: usize) -> Result<ElementName<'i>, Error> {
        self.may_declare_type = false;
        let name = ElementName::new(&self.input[start..start + name_len]);
        if let ElementName::Other(name) = name
            && !self.reading.edition.is_name(name)
        {
            return Err(Error::new(ErrorKind::MalformedXml, start..start + name_len)
                .found(format!("`{}`", name.escape_debug()))
                .expected("the name of an element"));
        }
        if start + name_len < end {
            self.check_attributes(start + name_len..end)?;
        }
        Ok(name)
    }

    fn check_text(&self, span: Range<usize>) -> Result<(), Error> {
        let text = self.input[span.clone()].as_bytes();
        match memchr::memchr(b']', text).and_then(|_| memchr::memmem::find(text, b"]]>")) {
            Some(at) => Err(Error::new(ErrorKind::MalformedXml, span.start + at..span.start + at + 3)
                .detail("`]]>` in text")
                .expected("`]]&gt;`")),
            None => Ok(()),
        }
    }

    /// Reads the DOCTYPE, if it comes next. There is at most one, before the root element, with only white space, comments
    /// and processing instructions before it.
    fn read_type_declaration(&mut self) -> Result<(), Error> {
        let rest = &self.input[self.position()..];
        let start = self.position() + rest.len() - trim_start(rest).len();
        if self.input[start..].starts_with("<!DOCTYPE") {
            let (doctype, end) = doctype::read(self.input, start, self.reading)?;
            self.doctype = doctype;
            self.may_declare_type = false;
            self.skip_to(end);
        }
        Ok(())
    }

    /// The character that a reference stands for; `None` if expat skips the reference, because a part of the DOCTYPE that it
    /// does not read may declare the entity.
    fn resolve(&self, span: Range<usize>) -> Result<Option<char>, Error> {
        match resolve(self.input, span.clone(), self.reading.edition) {
            Err(error) if error.kind() == ErrorKind::UndefinedEntity && self.skips(&self.input[span]) => Ok(None),
            resolved => resolved.map(Some),
        }
    }

    fn skips(&self, reference: &str) -> bool {
        let name = &reference[1..reference.len() - 1];
        self.reading.as_expat
            && self.doctype.has_more
            && !self.reading.is_standalone
            && !self.doctype.entities.contains(&name)
    }

    /// Checks the attributes of a tag: each must follow white space and have a name of its own and a quoted value.
    fn check_attributes(&self, span: Range<usize>) -> Result<(), Error> {
        let mut names = Names::default();
        let mut rest = &self.input[span.clone()];
        loop {
            let at = span.end - rest.len();
            let trimmed = trim_start(rest);
            if trimmed.is_empty() {
                return Ok(());
            }
            let invalid = |len: usize, expected: &'static str| {
                Error::new(ErrorKind::InvalidAttribute, at..at + len.max(1)).expected(expected)
            };
            if trimmed.len() == rest.len() {
                return Err(invalid(1, "white space before an attribute"));
            }
            let Some((name, value)) = trimmed.split_once('=') else {
                return Err(invalid(rest.trim_end().len(), "an attribute with a value"));
            };
            let name = name.trim_end_matches([' ', '\t', '\r', '\n']);
            if !self.reading.edition.is_name(name) {
                return Err(invalid(rest.len() - value.len(), "the name of an attribute"));
            }
            if !names.insert(name) {
                return Err(invalid(rest.len() - value.len(), "every attribute once"));
            }
            let value = trim_start(value);
            let quoted = value.strip_prefix(['"', '\'']).and_then(|inside| inside.split_once(&value[..1]));
            let Some((value, after)) = quoted else {
                return Err(invalid(rest.trim_end().len(), "a value in quotes"));
            };
            let start = span.end - after.len() - 1 - value.len();
            if value.contains('<') {
                return Err(invalid(rest.len() - after.len(), "`&lt;` for `<` in the value"));
            }
            for (at, _) in value.match_indices('&') {
                let Some(len) = value[at..].find(';') else {
                    return Err(invalid(rest.len() - after.len(), "`&amp;` for `&` in the value"));
                };
                self.resolve(start + at..start + at + len + 1)?;
            }
            rest = after;
        }
    }

    fn malformed(&self, error: &quick_xml::Error) -> Error {
        let end = self.input.len();
        let at = self.start + self.reader.error_position() as usize;
        let to_position = at..self.position().max(at);
        match error {
            quick_xml::Error::Syntax(_) if is_unknown_declaration(&self.input[at..]) => {
                Error::new(ErrorKind::MalformedXml, at..at + 2).detail("`<!`").expected("a comment, CDATA or DOCTYPE")
            }
            quick_xml::Error::Syntax(SyntaxError::UnclosedPI) if self.input[at..].starts_with("<?>") => {
                nameless_instruction(at)
            }
            quick_xml::Error::Syntax(error) => Error::new(ErrorKind::UnexpectedEnd, end..end).expected(match error {
                SyntaxError::UnclosedPI | SyntaxError::UnclosedXmlDecl => "`?>`",
                SyntaxError::UnclosedComment => "`-->`",
                SyntaxError::UnclosedCData => "`]]>`",
                SyntaxError::UnclosedSingleQuotedAttributeValue => "`'`",
                SyntaxError::UnclosedDoubleQuotedAttributeValue => "`\"`",
                SyntaxError::InvalidBangMarkup | SyntaxError::UnclosedDoctype | SyntaxError::UnclosedTag => "`>`",
            }),
            quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) if self.position() == end => {
                Error::new(ErrorKind::UnexpectedEnd, end..end).expected("`;`")
            }
            quick_xml::Error::IllFormed(IllFormedError::UnclosedReference) => lone_ampersand(at),
            quick_xml::Error::IllFormed(IllFormedError::DoubleHyphenInComment) => {
                Error::new(ErrorKind::MalformedXml, at..at + 2).detail("`--` inside a comment")
            }
            _ => Error::new(ErrorKind::MalformedXml, to_position),
        }
    }
}

/// Whether the `<!` at the start begins neither a comment, nor a CDATA section, nor a DOCTYPE, even if these are cut off.
fn is_unknown_declaration(rest: &str) -> bool {
    let known = ["<!--", "<![CDATA[", "<!DOCTYPE"];
    rest.starts_with("<!") && !known.iter().any(|known| known.starts_with(rest) || rest.starts_with(known))
}

/// The names of the attributes of one tag. Most tags have at most one, for which no set is allocated.
#[derive(Default)]
struct Names<'i> {
    first: Option<&'i str>,
    others: BTreeSet<&'i str>,
}

impl<'i> Names<'i> {
    /// Adds a name. Returns false if the tag already has an attribute of this name.
    fn insert(&mut self, name: &'i str) -> bool {
        match self.first {
            None => {
                self.first = Some(name);
                true
            }
            Some(first) => first != name && self.others.insert(name),
        }
    }
}
