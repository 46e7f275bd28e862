//! The parser of Xend's grammar (`sxp.py class Parser`). It does not recurse, and takes its input whole or in pieces.

use std::borrow::Cow;
use std::ops::Range;

use super::document::{Document, Tree};
use super::rules::Dialect;
use super::{Rules, escape, libvirt};
use crate::{Error, ErrorKind, Limits};

/// Parses a whole document by [strict](Rules::strict) rules and with the default limits.
///
/// # Errors
/// As [`parse_with`].
pub fn parse(input: &[u8]) -> Result<Document<'_>, Error> {
    parse_with(input, Rules::strict(), &Limits::default())
}

/// Parses a whole document.
///
/// A document may have no values: empty input has none, and by Xend's rules neither has `(a`.
///
/// # Errors
/// The first thing in the document that the rules do not allow, or that goes beyond the limits.
pub fn parse_with<'a>(input: &'a [u8], rules: Rules, limits: &Limits) -> Result<Document<'a>, Error> {
    let mut reader = Reader::new(rules, *limits);
    reader.tree.reserve(input.len());
    reader.read(input, true)?;
    Ok(reader.tree.into_document(Cow::Borrowed(input)))
}

/// Parses a document that arrives in pieces. It does not matter where the document is cut.
///
/// ```
/// use xend_wire::{Limits, sexpr};
///
/// let mut parser = sexpr::Parser::new(sexpr::Rules::strict(), Limits::default());
/// parser.feed(b"(domain (na")?;
/// assert_eq!(parser.ready(), 0);
/// parser.feed(b"me vm1)) (")?;
/// assert_eq!(parser.ready(), 1);
/// parser.feed(b")")?;
/// assert_eq!(parser.finish()?.values().count(), 2);
/// # Ok::<(), xend_wire::Error>(())
/// ```
pub struct Parser {
    reader: Reader,
    input: Vec<u8>,
}

impl std::fmt::Debug for Parser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parser")
            .field("rules", &self.reader.rules)
            .field("ready", &self.ready())
            .finish_non_exhaustive()
    }
}

impl Parser {
    /// Creates a parser that has read nothing yet.
    pub fn new(rules: Rules, limits: Limits) -> Self {
        Self { reader: Reader::new(rules, limits), input: Vec::new() }
    }

    /// Parses the next piece. An empty piece changes nothing.
    ///
    /// # Errors
    /// As [`parse_with`]. The parser must not be used after an error.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.input.extend_from_slice(piece);
        self.reader.read(&self.input, false)
    }

    /// The number of complete values so far. An atom is complete only when something follows it.
    pub fn ready(&self) -> usize {
        self.reader.complete
    }

    /// Ends the input and returns the document.
    ///
    /// # Errors
    /// As [`parse_with`]; in particular [`ErrorKind::UnexpectedEnd`] if the input ends inside a value.
    pub fn finish(mut self) -> Result<Document<'static>, Error> {
        self.reader.read(&self.input, true)?;
        Ok(self.reader.tree.into_document(Cow::Owned(self.input)))
    }
}

struct Reader {
    rules: Rules,
    limits: Limits,
    /// The largest number of values that both [`Limits::values`] and the tree allow.
    most_values: usize,
    classes: &'static [Class; 256],
    tree: Tree,
    /// The start of the next token.
    at: usize,
    /// The end of the part of the next token that was already scanned, so that no byte is scanned again when another
    /// piece arrives.
    scanned: usize,
    complete: usize,
    /// Whether an EOT was read outside of any list, which the daemon takes for the end of the input.
    ended: bool,
}

/// Whether the input contained a whole token.
enum Token {
    Whole,
    /// The token continues in the next piece.
    Cut,
}

impl Reader {
    fn new(rules: Rules, limits: Limits) -> Self {
        let classes = if rules.bang_separates() { &BANG_SEPARATES } else { &BANG_IN_ATOMS };
        let most_values = limits.values.min(Tree::MOST_VALUES);
        Self {
            rules,
            limits,
            most_values,
            classes,
            tree: Tree::default(),
            at: 0,
            scanned: 0,
            complete: 0,
            ended: false,
        }
    }

    /// Continues to read. `input` is all input so far, and `last` says that no more will come.
    fn read(&mut self, input: &[u8], last: bool) -> Result<(), Error> {
        let longest = self.limits.bytes.min(u32::MAX as usize);
        if input.len() > longest {
            return Err(
                Error::new(ErrorKind::TooLong, longest..input.len()).expected(format!("at most {longest} bytes"))
            );
        }
        if self.rules.0 == Dialect::Libvirt {
            return if last { libvirt::read(input, &self.limits, &mut self.tree) } else { Ok(()) };
        }
        if self.ended {
            return Ok(());
        }
        while let Some(&byte) = input.get(self.at) {
            if byte == b')' {
                self.close(input)?;
                continue;
            }
            let mut class = self.classes[byte as usize];
            if class == Class::Open {
                self.open()?;
                // The name of the list usually follows, so it is read in the same turn of the loop.
                let Some(&byte) = input.get(self.at) else { break };
                class = self.classes[byte as usize];
            }
            let token = match class {
                Class::Space => {
                    self.at += 1;
                    continue;
                }
                Class::Open | Class::Close => continue,
                Class::Quote => self.string(input, input[self.at], last)?,
                Class::Hash => self.comment(input, last)?,
                Class::Plain | Class::Separator => self.atom(input, last)?,
                Class::EndOfTransmission => {
                    if self.tree.depth() > 0 {
                        return Err(self.unclosed_list(self.at));
                    }
                    self.ended = true;
                    return Ok(());
                }
                Class::Unprintable => {
                    return Err(Error::new(ErrorKind::InvalidCharacter, self.at..self.at + 1)
                        .found(format!("{:#04x}", input[self.at]))
                        .expected("an atom, a string or a list"));
                }
            };
            if matches!(token, Token::Cut) {
                return Ok(());
            }
        }
        if last && self.tree.depth() > 0 { Err(self.unclosed_list(input.len())) } else { Ok(()) }
    }

    #[inline]
    fn open(&mut self) -> Result<(), Error> {
        if self.tree.depth() >= self.limits.depth {
            return Err(self.too_deep());
        }
        self.check_count(self.at..self.at + 1)?;
        self.tree.open(self.at);
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self, input: &[u8]) -> Result<(), Error> {
        let end = self.at + 1;
        if !self.tree.close(end) {
            return Err(Error::new(ErrorKind::UnmatchedClose, self.at..end));
        }
        self.at = skip_one_space(input, end);
        self.count_complete();
        Ok(())
    }

    fn comment(&mut self, input: &[u8], last: bool) -> Result<Token, Error> {
        let from = self.scanned.max(self.at);
        match memchr::memchr(b'\n', &input[from..]) {
            Some(length) => self.at = from + length + 1,
            None if last => {
                self.end_inside_token(input.len());
            }
            None => {
                self.scanned = input.len();
                return Ok(Token::Cut);
            }
        }
        Ok(Token::Whole)
    }

    #[inline]
    fn atom(&mut self, input: &[u8], last: bool) -> Result<Token, Error> {
        let from = self.scanned.max(self.at + 1);
        let end = match self.atom_end(input, from) {
            Some(end) => end,
            None if last => input.len(),
            None => {
                self.scanned = input.len();
                return Ok(Token::Cut);
            }
        };
        let span = self.at..end;
        self.check_count(span.clone())?;
        self.check_text(end - self.at, &span)?;
        self.tree.bare(span);
        self.count_complete();
        match input.get(end) {
            Some(b' ') => self.at = end + 1,
            Some(_) => self.at = end,
            None => self.end_inside_token(end),
        }
        Ok(Token::Whole)
    }

    /// The place of the first byte from `from` on that ends an atom.
    #[inline]
    fn atom_end(&self, input: &[u8], from: usize) -> Option<usize> {
        let ends = |byte: u8| self.classes[byte as usize].ends_atom();
        let mut rest = &input[from..];
        while let Some((word, behind)) = rest.split_first_chunk() {
            let suspects = may_end_atom(u64::from_le_bytes(*word));
            if suspects == 0 {
                rest = behind;
                continue;
            }
            let at = suspects.trailing_zeros() as usize / 8;
            if ends(word[at]) {
                return Some(input.len() - rest.len() + at);
            }
            rest = &rest[at + 1..];
        }
        rest.iter().position(|&byte| ends(byte)).map(|length| input.len() - rest.len() + length)
    }

    /// Ends the input inside an atom or a comment. If a list is open, the daemon then neither reports an error nor returns
    /// the value (captures `unclosed-atom` and `hash-mid`).
    fn end_inside_token(&mut self, end: usize) {
        self.at = end;
        if matches!(self.rules.0, Dialect::Xend(_)) {
            self.tree.drop_open();
        }
    }

    fn string(&mut self, input: &[u8], quote: u8, last: bool) -> Result<Token, Error> {
        let body = self.at + 1;
        let mut from = self.scanned.max(body);
        let mut escapes = false;
        let end = loop {
            match memchr::memchr2(quote, b'\\', &input[from..]) {
                Some(length) if input[from + length] == quote => break from + length,
                backslash => {
                    let backslash = backslash.map(|length| from + length);
                    if let Some(at) = backslash
                        && let Some(min_length) = escape::min_length(&input[at..], self.rules)
                    {
                        escapes = true;
                        from = at + min_length;
                        continue;
                    }
                    if last {
                        escape::decode(&input[body..], body, false, self.rules, &mut Vec::new())?;
                        return Err(unclosed(input.len(), quote, quote, self.at));
                    }
                    self.scanned = backslash.unwrap_or(input.len());
                    return Ok(Token::Cut);
                }
            }
        };
        // The part of the string that was scanned in earlier pieces may contain escapes, too.
        escapes = escapes || (self.scanned > body && memchr::memchr(b'\\', &input[body..end]).is_some());
        let span = self.at..end + 1;
        self.check_count(span.clone())?;
        self.check_text(end - body, &span)?;
        if escapes {
            let decode = |out: &mut Vec<u8>| escape::decode(&input[body..end], body, true, self.rules, out);
            if !self.tree.escaped(span.clone(), decode)? {
                return Err(Error::new(ErrorKind::TooLong, span));
            }
        } else {
            self.tree.quoted(span);
        }
        self.at = skip_one_space(input, end + 1);
        self.count_complete();
        Ok(Token::Whole)
    }

    #[inline]
    fn count_complete(&mut self) {
        if self.tree.depth() == 0 {
            self.complete += 1;
        }
    }

    #[inline]
    fn check_count(&self, span: Range<usize>) -> Result<(), Error> {
        if self.tree.len() >= self.most_values {
            return Err(self.too_many(span));
        }
        Ok(())
    }

    #[inline]
    fn check_text(&self, length: usize, span: &Range<usize>) -> Result<(), Error> {
        if length > self.limits.text {
            return Err(self.too_long(span.clone()));
        }
        Ok(())
    }

    #[cold]
    fn too_deep(&self) -> Error {
        Error::new(ErrorKind::TooDeep, self.at..self.at + 1).expected(format!("at most {} levels", self.limits.depth))
    }

    #[cold]
    fn too_many(&self, span: Range<usize>) -> Error {
        Error::new(ErrorKind::TooManyValues, span).expected(format!("at most {}", self.limits.values))
    }

    #[cold]
    fn too_long(&self, span: Range<usize>) -> Error {
        Error::new(ErrorKind::TextTooLong, span).expected(format!("at most {} bytes", self.limits.text))
    }

    #[cold]
    fn unclosed_list(&self, end: usize) -> Error {
        let start = self.tree.innermost_start().expect("a list is open");
        unclosed(end, b')', b'(', start)
    }
}

#[cold]
fn unclosed(end: usize, close: u8, open: u8, start: usize) -> Error {
    let (close, open) = (char::from(close), char::from(open));
    Error::new(ErrorKind::UnexpectedEnd, end..end).expected(format!("`{close}` for the `{open}` at byte {start}"))
}

/// Skips one space, which follows most values.
#[inline]
fn skip_one_space(input: &[u8], at: usize) -> usize {
    at + usize::from(input.get(at) == Some(&b' '))
}

/// Marks the bytes of a word that could end an atom, by setting their highest bits in the result.
///
/// Every byte that ends an atom is below `*`, or one of `;<>[]{}`, whose lowest five bits are 27 or more. All such bytes are
/// marked, and a few others, which the caller must look at.
#[inline]
fn may_end_atom(word: u64) -> u64 {
    const ALL: u64 = 0x0101_0101_0101_0101;
    let low = word.wrapping_sub(ALL * b'*' as u64);
    let high = (word & (ALL * 31)) + ALL * (128 - 27);
    (low | high) & (ALL * 128)
}

/// The meaning of a byte at the start of a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Class {
    Plain,
    Quote,
    EndOfTransmission,
    /// A byte outside of Python's `string.printable`. It is allowed inside an atom, but not at its start.
    Unprintable,
    // The classes from here on end an atom.
    Space,
    Open,
    Close,
    Hash,
    /// A byte that ends an atom and begins the next one (`sxp.py k_list_open` and the like).
    Separator,
}

impl Class {
    #[inline]
    fn ends_atom(self) -> bool {
        self >= Self::Space
    }
}

static BANG_SEPARATES: [Class; 256] = classes(true);
static BANG_IN_ATOMS: [Class; 256] = classes(false);

const fn classes(bang_separates: bool) -> [Class; 256] {
    let mut table = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' | b'\t' | b'\n' | 0x0B | 0x0C | b'\r' => Class::Space,
            b'(' => Class::Open,
            b')' => Class::Close,
            b'{' | b'}' | b'<' | b'>' | b'[' | b']' | b';' => Class::Separator,
            b'!' if bang_separates => Class::Separator,
            b'"' | b'\'' => Class::Quote,
            b'#' => Class::Hash,
            0x04 => Class::EndOfTransmission,
            0x00..=0x1F | 0x7F..=0xFF => Class::Unprintable,
            _ => Class::Plain,
        };
        byte += 1;
    }
    table
}

#[cfg(test)]
mod properties {
    use super::*;

    /// A byte that ends an atom is found at any place of a word, whatever the other bytes are.
    #[test]
    fn nothing_that_ends_an_atom_is_missed() {
        for byte in (0..=u8::MAX).filter(|&byte| BANG_SEPARATES[byte as usize].ends_atom()) {
            for around in [0x00, b'a', b'_', 0x7F, 0xFF] {
                for at in 0..8 {
                    let mut word = [around; 8];
                    word[at] = byte;
                    let first = may_end_atom(u64::from_le_bytes(word)).trailing_zeros() as usize / 8;
                    let marked = may_end_atom(u64::from_le_bytes(word)).to_le_bytes()[at] == 0x80;
                    assert!(marked || first < at, "{word:?}");
                }
            }
        }
    }
}
