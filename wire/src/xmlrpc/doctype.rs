//! Checks the grammar of the document type declaration. Nothing in it is expanded or fetched, and it has no effect on how
//! the document is read.

use super::characters::is_space;
use super::declaration::{check_instruction, nameless_instruction};
use super::names::Edition;
use super::reading::Reading;
use super::references::{lone_ampersand, resolve};
use crate::{Error, ErrorKind};

/// The parts of the declaration that are needed to read the rest of the document.
#[derive(Debug, Default)]
pub(super) struct Doctype<'i> {
    /// The names of the general entities that it declares.
    pub(super) entities: Vec<&'i str>,
    /// Whether there may be more declarations, in an external subset or in a parameter entity.
    pub(super) has_more: bool,
}

/// Reads the declaration that begins at `start` (XML 1.0, productions 28 to 29, 45 to 83), and returns it with the place of
/// its end.
pub(super) fn read<'i>(input: &'i str, start: usize, reading: Reading) -> Result<(Doctype<'i>, usize), Error> {
    let mut parser = Parser { input, at: start, reading, doctype: Doctype::default(), has_reference: false };
    parser.declaration()?;
    Ok((parser.doctype, parser.at))
}

struct Parser<'i> {
    input: &'i str,
    at: usize,
    reading: Reading,
    doctype: Doctype<'i>,
    /// Whether a reference to a parameter entity was read.
    has_reference: bool,
}

/// The kinds of quoted texts. They differ in what they may contain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Literal {
    SystemId,
    PublicId,
    EntityValue,
    AttributeValue,
}

impl<'i> Parser<'i> {
    /// Reads the whole declaration: `doctypedecl` in the grammar.
    fn declaration(&mut self) -> Result<(), Error> {
        self.at += "<!DOCTYPE".len();
        self.space("white space")?;
        self.name("the name of the root element")?;
        if self.skip_space() && self.external_id()? {
            self.doctype.has_more = true;
            self.skip_space();
        }
        if self.take("[") {
            self.internal_subset()?;
            self.skip_space();
        }
        self.close("`>`")
    }

    /// Reads the internal subset, with the `]` after it: `intSubset` in the grammar.
    fn internal_subset(&mut self) -> Result<(), Error> {
        loop {
            self.skip_space();
            if self.take("]") {
                return Ok(());
            } else if self.take("%") {
                self.name("the name of a parameter entity")?;
                self.expect(";")?;
                self.has_reference = true;
                self.doctype.has_more = true;
            } else if self.take("<!--") {
                self.comment()?;
            } else if self.rest().starts_with("<?") {
                self.instruction()?;
            } else if self.take("<!ELEMENT") {
                self.element()?;
            } else if self.take("<!ATTLIST") {
                self.attribute_list()?;
            } else if self.take("<!ENTITY") {
                self.entity()?;
            } else if self.take("<!NOTATION") {
                self.notation()?;
            } else {
                return Err(self.unexpected("a declaration, a comment, a processing instruction, `%` or `]`"));
            }
        }
    }

    fn comment(&mut self) -> Result<(), Error> {
        let Some(len) = self.rest().find("--") else { return Err(self.unexpected_end("`-->`")) };
        self.at += len;
        if self.take("-->") {
            return Ok(());
        }
        Err(Error::new(ErrorKind::MalformedXml, self.at..self.at + 2).detail("`--` inside a comment"))
    }

    fn instruction(&mut self) -> Result<(), Error> {
        // The beginning and the end must not share the question mark.
        if self.rest().starts_with("<?>") {
            return Err(nameless_instruction(self.at));
        }
        let Some(len) = self.rest().find("?>") else { return Err(self.unexpected_end("`?>`")) };
        let span = self.at..self.at + len + 2;
        check_instruction(self.input, span.clone(), self.reading.edition)?;
        self.at = span.end;
        Ok(())
    }

    /// Reads the declaration of an element: `elementdecl` in the grammar.
    fn element(&mut self) -> Result<(), Error> {
        self.space("white space")?;
        self.name("the name of an element")?;
        self.space("white space")?;
        if !self.take_word("EMPTY") && !self.take_word("ANY") {
            if !self.take("(") {
                return Err(self.unexpected("`EMPTY`, `ANY` or `(`"));
            }
            self.content_model()?;
        }
        self.close("`>`")
    }

    /// Reads a content model after its first parenthesis: `Mixed` or `children` in the grammar. Groups may nest to any depth,
    /// so they are kept on a stack instead of recursing.
    fn content_model(&mut self) -> Result<(), Error> {
        self.skip_space();
        if self.take("#PCDATA") {
            let mut has_names = false;
            loop {
                self.skip_space();
                if self.take(")") {
                    return if self.take("*") || !has_names { Ok(()) } else { Err(self.unexpected("`*`")) };
                }
                self.expect("|")?;
                self.skip_space();
                self.name("the name of an element")?;
                has_names = true;
            }
        }
        // The separator of each open group, once it has two members.
        let mut separators: Vec<Option<u8>> = vec![None];
        loop {
            self.skip_space();
            if self.take("(") {
                separators.push(None);
                continue;
            }
            self.name("the name of an element or `(`")?;
            self.occurrence();
            loop {
                self.skip_space();
                let Some(separator) = separators.last_mut() else { return Ok(()) };
                match self.input.as_bytes().get(self.at) {
                    Some(b')') => {
                        self.at += 1;
                        separators.pop();
                        self.occurrence();
                        if separators.is_empty() {
                            return Ok(());
                        }
                    }
                    Some(&found @ (b',' | b'|')) if separator.is_none_or(|separator| separator == found) => {
                        *separator = Some(found);
                        self.at += 1;
                        break;
                    }
                    _ => {
                        return Err(self.unexpected(match separator {
                            Some(b',') => "`,` or `)`",
                            Some(_) => "`|` or `)`",
                            None => "`,`, `|` or `)`",
                        }));
                    }
                }
            }
        }
    }

    fn occurrence(&mut self) {
        let _ = self.take("?") || self.take("*") || self.take("+");
    }

    /// Reads the declaration of attributes: `AttlistDecl` in the grammar.
    fn attribute_list(&mut self) -> Result<(), Error> {
        self.space("white space")?;
        self.name("the name of an element")?;
        loop {
            let has_space = self.skip_space();
            if self.take(">") {
                return Ok(());
            }
            if !has_space {
                return Err(self.unexpected("white space or `>`"));
            }
            self.name("the name of an attribute or `>`")?;
            self.space("white space")?;
            self.attribute_type()?;
            self.space("white space")?;
            if self.take_word("#REQUIRED") || self.take_word("#IMPLIED") {
                continue;
            }
            if self.take_word("#FIXED") {
                self.space("white space")?;
            }
            self.literal(Literal::AttributeValue, "a default value, `#REQUIRED`, `#IMPLIED` or `#FIXED`")?;
        }
    }

    /// Reads the type of an attribute: `AttType` in the grammar.
    fn attribute_type(&mut self) -> Result<(), Error> {
        const TYPES: [&str; 8] = ["CDATA", "IDREFS", "IDREF", "ID", "ENTITIES", "ENTITY", "NMTOKENS", "NMTOKEN"];
        if TYPES.iter().any(|name| self.take_word(name)) {
            return Ok(());
        }
        let are_names = self.take_word("NOTATION");
        if are_names {
            self.space("white space")?;
        }
        if !self.take("(") {
            return Err(self.unexpected(if are_names { "`(`" } else { "the type of an attribute" }));
        }
        loop {
            self.skip_space();
            if are_names {
                self.name("the name of a notation")?;
            } else {
                self.word(Edition::is_nmtoken, "a name token")?;
            }
            self.skip_space();
            if self.take(")") {
                return Ok(());
            }
            self.expect("|")?;
        }
    }

    /// Reads the declaration of an entity: `EntityDecl` in the grammar.
    fn entity(&mut self) -> Result<(), Error> {
        self.space("white space")?;
        let is_parameter = self.take("%");
        if is_parameter {
            self.space("white space")?;
        }
        let name = self.name("the name of an entity")?;
        self.space("white space")?;
        if self.external_id()? {
            let has_space = self.skip_space();
            if !is_parameter && has_space && self.take_word("NDATA") {
                self.space("white space")?;
                self.name("the name of a notation")?;
            }
        } else {
            self.literal(Literal::EntityValue, "a value in quotes, `SYSTEM` or `PUBLIC`")?;
        }
        if !is_parameter {
            self.doctype.entities.push(name);
        }
        self.close("`>`")
    }

    /// Reads the declaration of a notation: `NotationDecl` in the grammar.
    fn notation(&mut self) -> Result<(), Error> {
        self.space("white space")?;
        self.name("the name of a notation")?;
        self.space("white space")?;
        if self.take_word("PUBLIC") {
            self.space("white space")?;
            self.literal(Literal::PublicId, "a public identifier in quotes")?;
            if self.skip_space() && self.rest().starts_with(['"', '\'']) {
                self.literal(Literal::SystemId, "a system identifier in quotes")?;
            }
        } else if !self.external_id()? {
            return Err(self.unexpected("`SYSTEM` or `PUBLIC`"));
        }
        self.close("`>`")
    }

    /// Reads an external identifier, `ExternalID` in the grammar. Returns false if there is none.
    fn external_id(&mut self) -> Result<bool, Error> {
        if self.take_word("PUBLIC") {
            self.space("white space")?;
            self.literal(Literal::PublicId, "a public identifier in quotes")?;
        } else if !self.take_word("SYSTEM") {
            return Ok(false);
        }
        self.space("white space")?;
        self.literal(Literal::SystemId, "a system identifier in quotes")?;
        Ok(true)
    }

    fn literal(&mut self, literal: Literal, expected: &'static str) -> Result<(), Error> {
        let Some(&quote @ (b'"' | b'\'')) = self.input.as_bytes().get(self.at) else {
            return Err(self.unexpected(expected));
        };
        let start = self.at + 1;
        let Some(len) = memchr::memchr(quote, &self.input.as_bytes()[start..]) else {
            return Err(self.unexpected_end(if quote == b'"' { "`\"`" } else { "`'`" }));
        };
        self.at = start + len + 1;
        let text = &self.input[start..start + len];
        let forbidden = match literal {
            Literal::SystemId => None,
            Literal::PublicId => text.find(|c| !is_public_id_character(c)),
            Literal::EntityValue | Literal::AttributeValue if self.is_unprocessed() => None,
            // References to parameter entities are not allowed inside of declarations (XML 1.0, "PEs in Internal Subset").
            Literal::EntityValue => text.find('%'),
            Literal::AttributeValue => text.find('<'),
        };
        if let Some(at) = forbidden.map(|at| start + at) {
            let c = self.input[at..].chars().next().unwrap_or_default();
            return Err(Error::new(ErrorKind::MalformedXml, at..at + c.len_utf8())
                .detail(format!("`{}` in a literal", c.escape_debug()))
                .expected(match literal {
                    Literal::PublicId => "the characters of a public identifier",
                    Literal::EntityValue => "`&#37;`",
                    _ => "`&lt;`",
                }));
        }
        if matches!(literal, Literal::EntityValue | Literal::AttributeValue) && !self.is_unprocessed() {
            self.check_references(start, text, literal)?;
        }
        Ok(())
    }

    /// Checks the references in a value. An entity in the value of an attribute must have been declared.
    fn check_references(&self, start: usize, text: &str, literal: Literal) -> Result<(), Error> {
        for (at, _) in text.match_indices('&') {
            let Some(len) = text[at..].find(';') else { return Err(lone_ampersand(start + at)) };
            let name = &text[at + 1..at + len];
            let is_entity = self.reading.edition.is_name(name);
            if is_entity && (literal == Literal::EntityValue || self.may_be_declared(name)) {
                continue;
            }
            resolve(self.input, start + at..start + at + len + 1, self.reading.edition)?;
        }
        Ok(())
    }

    fn may_be_declared(&self, name: &str) -> bool {
        self.doctype.has_more && !self.reading.is_standalone || self.doctype.entities.contains(&name)
    }

    fn is_unprocessed(&self) -> bool {
        self.reading.as_expat && self.has_reference && !self.reading.is_standalone
    }

    fn name(&mut self, expected: &'static str) -> Result<&'i str, Error> {
        self.word(Edition::is_name, expected)
    }

    /// Reads a word that consists of the characters of a name and that `is_right` accepts.
    fn word(&mut self, is_right: fn(Edition, &str) -> bool, expected: &'static str) -> Result<&'i str, Error> {
        let edition = self.reading.edition;
        let rest = self.rest();
        let len = rest.find(|c| !edition.is_name_character(c)).unwrap_or(rest.len());
        let word = &rest[..len];
        if !is_right(edition, word) {
            return Err(self.unexpected(expected));
        }
        self.at += len;
        Ok(word)
    }

    /// Skips the text if it comes next. Returns whether it did.
    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    /// Skips the word if it comes next and no character of a name follows it. Returns whether it did.
    fn take_word(&mut self, word: &str) -> bool {
        let edition = self.reading.edition;
        let after = self.rest().strip_prefix(word);
        after.is_some_and(|after| !after.starts_with(|c| edition.is_name_character(c))) && self.take(word)
    }

    fn expect(&mut self, text: &'static str) -> Result<(), Error> {
        if self.take(text) { Ok(()) } else { Err(self.unexpected(format!("`{text}`"))) }
    }

    fn close(&mut self, expected: &'static str) -> Result<(), Error> {
        self.skip_space();
        if self.take(">") { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn space(&mut self, expected: &'static str) -> Result<(), Error> {
        if self.skip_space() { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    fn skip_space(&mut self) -> bool {
        let from = self.at;
        self.at += self.rest().bytes().take_while(|&b| is_space(b)).count();
        self.at > from
    }

    fn rest(&self) -> &'i str {
        &self.input[self.at..]
    }

    /// The error for a character that is not allowed here, or for the end of the input.
    fn unexpected(&self, expected: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        match self.rest().chars().next() {
            None => self.unexpected_end(expected),
            Some(c) => Error::new(ErrorKind::MalformedXml, self.at..self.at + c.len_utf8())
                .detail(format!("`{}` in the DOCTYPE", c.escape_debug()))
                .expected(expected),
        }
    }

    fn unexpected_end(&self, expected: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        let end = self.input.len();
        Error::new(ErrorKind::UnexpectedEnd, end..end).expected(expected)
    }
}

/// Whether a public identifier may contain the character (XML 1.0, production 13).
fn is_public_id_character(c: char) -> bool {
    matches!(c, ' ' | '\r' | '\n') || c.is_ascii_alphanumeric() || "-'()+,./:=?;!*#@$_%".contains(c)
}
