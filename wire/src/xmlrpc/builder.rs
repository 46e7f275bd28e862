//! Builds the nodes of a document, and enforces the limits.

use std::ops::Range;

use super::rules::Rules;
use super::scalar::{self, Form};
use super::tree::{Kind, NONE, Node, NodeKind, Rewritten};
use crate::{Error, ErrorKind, Limits};

/// The nodes of a document that is being read, and the text that has been collected for the next node.
pub(super) struct Builder<'i> {
    pub(super) input: &'i str,
    pub(super) rules: Rules,
    pub(super) nodes: Vec<Node>,
    pub(super) rewritten: Rewritten,
    limits: Limits,
    values: usize,
    depth: usize,
    run: Run,
    /// The number of bytes that were used again for another element; see [`Builder::read_again`].
    again: usize,
}

/// The text that was collected since it was last cleared, from text, CDATA sections and references.
struct Run {
    /// The start of the first piece in the input.
    start: usize,
    /// The end of the last piece in the input.
    end: usize,
    place: Place,
}

/// Where the text of a run is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the input.
    Input,
    /// At the end of the rewritten texts, where it can still grow.
    Tail,
    /// It is the rewritten text of this number, and a value uses it.
    Rewritten(u32),
}

impl<'i> Builder<'i> {
    pub(super) fn new(input: &'i str, rules: Rules, limits: &Limits) -> Self {
        Self {
            input,
            rules,
            // Few values are written with fewer bytes.
            nodes: Vec::with_capacity(input.len() / 48 + 4),
            rewritten: Rewritten::default(),
            limits: Limits { depth: limits.depth.min(Limits::HARD_DEPTH), ..*limits },
            values: 0,
            depth: 0,
            run: Run { start: 0, end: 0, place: Place::Input },
            again: 0,
        }
    }

    /// Clears the text. The next text begins at `at`.
    #[inline]
    pub(super) fn clear_text(&mut self, at: usize) {
        self.set_text(at..at);
    }

    /// Makes a piece of the input the whole text. It must not contain line ends that have to be rewritten.
    #[inline]
    pub(super) fn set_text(&mut self, piece: Range<usize>) {
        if self.run.place == Place::Tail {
            self.rewritten.text.truncate(self.run_start());
        }
        self.run = Run { start: piece.start, end: piece.end, place: Place::Input };
    }

    /// Adds a piece of the input to the text. Line ends become LF (XML 1.0, section 2.11).
    pub(super) fn push_text(&mut self, piece: Range<usize>) {
        let text = &self.input[piece.clone()];
        let has_cr = memchr::memchr(b'\r', text.as_bytes()).is_some();
        if self.run.start == self.run.end && self.run.place == Place::Input && !has_cr {
            (self.run.start, self.run.end) = (piece.start, piece.end);
            return;
        }
        self.rewrite(piece.clone());
        if has_cr {
            let mut lines = text.split('\r');
            self.rewritten.text.extend(lines.next());
            for line in lines {
                self.rewritten.text.push('\n');
                self.rewritten.text.push_str(line.strip_prefix('\n').unwrap_or(line));
            }
        } else {
            self.rewritten.text.push_str(text);
        }
    }

    /// Adds a character that a reference stands for to the text.
    pub(super) fn push_char(&mut self, c: char, piece: Range<usize>) {
        self.rewrite(piece);
        self.rewritten.text.push(c);
    }

    #[inline]
    pub(super) fn text(&self) -> &str {
        match self.run.place {
            Place::Input => &self.input[self.run.start..self.run.end],
            Place::Tail => &self.rewritten.text[self.run_start()..],
            Place::Rewritten(number) => self.rewritten.get(number),
        }
    }

    /// Uses the text of the element before again, as Python does.
    ///
    /// Many elements that each add a little to the same text would need memory that grows with the square of their number.
    /// So all text that is used again together may not be longer than the limit for one text.
    pub(super) fn read_again(&mut self) -> Result<(), Error> {
        self.again += self.text().len();
        if self.again > self.limits.text { Err(self.text_too_long()) } else { Ok(()) }
    }

    /// The place of the collected text in the input.
    pub(super) fn text_span(&self) -> Range<usize> {
        self.run.start..self.run.end
    }

    /// Adds a node for the name of a member or a method, with the collected text.
    #[inline]
    pub(super) fn name(&mut self) -> Result<(), Error> {
        self.check_text_length()?;
        self.push_run(NodeKind::Name);
        Ok(())
    }

    /// Adds a node for a scalar, with the collected text.
    #[inline]
    pub(super) fn scalar(&mut self, kind: Kind, form: Form) -> Result<(), Error> {
        self.check_text_length()?;
        if kind != Kind::String
            && let Some(text) = scalar::check(kind, form, self.text(), self.rules).map_err(|why| self.refuse(why))?
        {
            self.count_value()?;
            self.push_text_of(kind, &text);
            return Ok(());
        }
        self.count_value()?;
        self.push_run(NodeKind::Value(kind));
        Ok(())
    }

    /// Begins an array or a struct, and returns the index of its node.
    #[inline]
    pub(super) fn open(&mut self, kind: Kind, tag: Range<usize>) -> Result<u32, Error> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.too_deep(tag));
        }
        self.run.end = tag.end;
        self.count_value()?;
        let index = self.nodes.len() as u32;
        self.push(NodeKind::Value(kind), tag, NONE);
        Ok(index)
    }

    /// Ends the array or struct of this index.
    #[inline]
    pub(super) fn close(&mut self, index: u32, tag: Range<usize>) {
        self.depth -= 1;
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[index as usize];
        node.end = tag.end as u32;
        node.link = next;
    }

    #[cold]
    pub(super) fn refuse(&self, (kind, expected): scalar::Refusal) -> Error {
        let span = match self.text_span() {
            empty if empty.is_empty() => empty.start..empty.start,
            span => span,
        };
        let error = Error::new(kind, span).expected(expected);
        match self.text() {
            "" => error.found("(empty)"),
            text => error.found(format!("`{}`", text.escape_debug())),
        }
    }

    /// Adds a node with another text than the collected one, which stays.
    fn push_text_of(&mut self, kind: Kind, text: &str) {
        self.keep_tail();
        let number = self.rewritten.push(text);
        self.push(NodeKind::Value(kind), self.text_span(), number);
    }

    #[inline]
    fn push_run(&mut self, kind: NodeKind) {
        self.keep_tail();
        let link = match self.run.place {
            Place::Rewritten(number) => number,
            _ => NONE,
        };
        self.push(kind, self.text_span(), link);
    }

    /// Ends the text that has been collected at the end of the rewritten ones.
    #[inline]
    fn keep_tail(&mut self) {
        if self.run.place == Place::Tail {
            self.run.place = Place::Rewritten(self.rewritten.push(""));
        }
    }

    #[inline]
    fn push(&mut self, kind: NodeKind, span: Range<usize>, link: u32) {
        self.nodes.push(Node { start: span.start as u32, end: span.end as u32, link, kind });
    }

    #[inline]
    fn count_value(&mut self) -> Result<(), Error> {
        self.values += 1;
        if self.values > self.limits.values { Err(self.too_many_values()) } else { Ok(()) }
    }

    #[inline]
    fn check_text_length(&self) -> Result<(), Error> {
        let len = match self.run.place {
            Place::Input => self.run.end - self.run.start,
            _ => self.text().len(),
        };
        if len > self.limits.text { Err(self.text_too_long()) } else { Ok(()) }
    }

    #[cold]
    fn too_many_values(&self) -> Error {
        Error::new(ErrorKind::TooManyValues, self.text_span()).expected(format!("at most {}", self.limits.values))
    }

    #[cold]
    fn text_too_long(&self) -> Error {
        Error::new(ErrorKind::TextTooLong, self.text_span()).expected(format!("at most {} bytes", self.limits.text))
    }

    #[cold]
    fn too_deep(&self, tag: Range<usize>) -> Error {
        Error::new(ErrorKind::TooDeep, tag)
            .expected(format!("at most {} levels of arrays and structs", self.limits.depth))
    }

    /// Moves the collected text to the end of the rewritten ones, so that the piece can be added to it.
    fn rewrite(&mut self, piece: Range<usize>) {
        if let Place::Rewritten(number) = self.run.place {
            let text = self.rewritten.range(number);
            self.rewritten.text.extend_from_within(text);
        } else if self.run.place == Place::Input {
            if self.rewritten.text.capacity() == 0 {
                // Most documents have few such texts.
                self.rewritten.text.reserve(self.input.len() / 256 + 64);
                self.rewritten.ends.reserve(self.input.len() / 4096 + 4);
            }
            let text = &self.input[self.run.start..self.run.end];
            if text.is_empty() {
                self.run.start = piece.start;
            }
            self.rewritten.text.push_str(text);
        }
        self.run.place = Place::Tail;
        self.run.end = piece.end;
    }

    fn run_start(&self) -> usize {
        self.rewritten.ends.last().map_or(0, |&end| end as usize)
    }
}
