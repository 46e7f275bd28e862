//! A document of a message, in any layout that the specification and XML 1.0 allow.

use data_encoding::BASE64;

use super::super::choices::Choices;
use super::value::{Message, Value};

/// A piece of a document.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) part: Part,
    pub(super) text: String,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All before the root element.
    Prolog,
    /// A start tag.
    Start(&'static str),
    /// An end tag.
    End(&'static str),
    /// An empty-element tag.
    Empty(&'static str),
    /// The text in an element. That of a value without a type is in `value`.
    Text(&'static str),
    /// What may stand between elements.
    Between,
    /// All behind the root element.
    Epilog,
}

/// The bytes that characters become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Encoding {
    #[default]
    Utf8,
    Utf16 {
        is_big: bool,
    },
    Latin1,
    Ascii,
}

/// What the layout of one document has, beside what it must have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Has {
    white_space: bool,
    comments: bool,
    instructions: bool,
    sections: bool,
    references: bool,
    spaces_in_tags: bool,
    line_ends: bool,
    spellings: bool,
    broken_base64: bool,
    pub(super) encoding: Encoding,
}

/// A document while it is laid out.
#[derive(Debug)]
pub(super) struct Layout<'c, 'g> {
    choices: &'c mut Choices<'g>,
    pub(super) has: Has,
    pub(super) pieces: Vec<Piece>,
    /// The rules that the layout is about, in the order in which the document came by them.
    pub(super) rules: Vec<&'static str>,
    /// Whether anything in it is only recommended.
    pub(super) is_should: bool,
}

/// What stands in comments and instructions, all of it without a meaning.
const REMARKS: &[&str] =
    &["", " ", "a", " <int>1</int> ", "&amp;", "&", "<", "]]>", "'\"", "é", "\n", "</value>", " - "];

impl Has {
    /// Chooses what a document has. It comes before the message, so that it stays while that gets smaller.
    pub(super) fn chosen(choices: &mut Choices<'_>) -> Self {
        let mut once_in = |times| choices.once_in(times);
        Self {
            white_space: once_in(3),
            comments: once_in(4),
            instructions: once_in(6),
            sections: once_in(4),
            references: once_in(4),
            spaces_in_tags: once_in(5),
            line_ends: once_in(5),
            spellings: once_in(2),
            broken_base64: once_in(4),
            encoding: match choices.weighted(&[16, 1, 1, 1, 1]) {
                1 => Encoding::Utf16 { is_big: false },
                2 => Encoding::Utf16 { is_big: true },
                3 => Encoding::Latin1,
                4 => Encoding::Ascii,
                _ => Encoding::Utf8,
            },
        }
    }

    /// Chooses what a document has for which the layout is not all: most of them have the usual one.
    pub(super) fn now_and_then(choices: &mut Choices<'_>) -> Self {
        if choices.once_in(3) { Self::chosen(choices) } else { Self::default() }
    }
}

impl<'c, 'g> Layout<'c, 'g> {
    pub(super) fn new(choices: &'c mut Choices<'g>, has: Has) -> Self {
        Self { choices, has, pieces: Vec::new(), rules: Vec::new(), is_should: false }
    }

    /// Lays out a message.
    pub(super) fn message(&mut self, message: &Message) {
        self.prolog();
        match message {
            Message::Response(value) => self.element("methodResponse", |it| {
                it.element("params", |it| it.element("param", |it| it.value(value)));
            }),
            Message::Fault(code, text) => {
                let mut members = [("faultCode", Value::Int(*code)), ("faultString", Value::Text(text.clone()))];
                if self.choices.once_in(3) {
                    members.reverse();
                }
                self.note("xmlrpc/fault");
                self.element("methodResponse", |it| {
                    it.element("fault", |it| {
                        it.element("value", |it| {
                            it.element("struct", |it| {
                                members.iter().for_each(|(name, value)| it.member(name, value));
                            });
                        });
                    });
                });
            }
            Message::Call(name, params) => self.element("methodCall", |it| {
                it.note("xmlrpc/call");
                it.texts("methodName", name);
                it.between();
                // Without parameters the element may be missing.
                if !params.is_empty() || it.choices.below(2) == 1 {
                    it.element("params", |it| {
                        params.iter().for_each(|value| it.element("param", |it| it.value(value)));
                    });
                }
            }),
        }
        let epilog = self.misc();
        self.push(Part::Epilog, epilog);
    }

    fn push(&mut self, part: Part, text: impl Into<String>) {
        self.pieces.push(Piece { part, text: text.into() });
    }

    fn note(&mut self, rule: &'static str) {
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    fn prolog(&mut self) {
        let encoding = self.has.encoding;
        let label = match encoding {
            Encoding::Utf8 => self.choices.pick(&["", "UTF-8", "utf-8"]),
            Encoding::Utf16 { .. } => self.choices.pick(&["", "UTF-16"]),
            Encoding::Latin1 => self.choices.pick(&["ISO-8859-1", "iso-8859-1"]),
            Encoding::Ascii => self.choices.pick(&["US-ASCII", "us-ascii"]),
        };
        match encoding {
            Encoding::Utf8 => {}
            Encoding::Utf16 { .. } => self.note("xml/encoding-utf16"),
            Encoding::Latin1 | Encoding::Ascii => self.note("xml/encoding-8-bit"),
        }
        // White space, references and sections in other encodings than UTF-8 are recommended only.
        self.is_should |= encoding != Encoding::Utf8;
        let mut prolog = String::new();
        if matches!(encoding, Encoding::Utf16 { .. }) || encoding == Encoding::Utf8 && self.choices.once_in(12) {
            prolog.push('\u{feff}');
            if encoding == Encoding::Utf8 {
                self.note("xml/byte-order-mark");
            }
        }
        if !label.is_empty() || self.choices.once_in(2) {
            let quote = if self.choices.once_in(4) { '\'' } else { '"' };
            let space = if self.has.spaces_in_tags { self.choices.pick(&[" ", "\n", "  "]) } else { " " };
            prolog += &format!("<?xml{space}version={quote}1.0{quote}");
            if !label.is_empty() {
                prolog += &format!("{space}encoding={quote}{label}{quote}");
            }
            if self.has.spaces_in_tags && self.choices.once_in(3) {
                prolog += &format!("{space}standalone={quote}{}{quote}", self.choices.pick(&["yes", "no"]));
                self.note("xml/standalone");
            }
            prolog += "?>";
        }
        prolog += &self.misc();
        self.push(Part::Prolog, prolog);
    }

    /// What may stand between elements, and before and behind the root element.
    fn misc(&mut self) -> String {
        let has = self.has;
        if !(has.white_space || has.comments || has.instructions) {
            return String::new();
        }
        let kinds = [u64::from(has.white_space) * 4, u64::from(has.comments), u64::from(has.instructions)];
        let pieces = self.choices.list("misc", 3, (1, 3), |choices| match choices.weighted(&kinds) {
            0 => (choices.pick(&[" ", "\n", "\t", "\r\n", "\r", "\n\t  "])).to_owned(),
            1 => comment(choices),
            _ => instruction(choices),
        });
        for piece in &pieces {
            match &piece[..piece.len().min(2)] {
                "<!" => self.note("xml/comment"),
                "<?" => self.note("xml/instruction"),
                _ => self.note("xmlrpc/white-space"),
            }
        }
        self.encodable(&pieces.concat())
    }

    /// Leaves out what the encoding lacks.
    fn encodable(&self, text: &str) -> String {
        text.chars().filter(|&it| is_raw(self.has.encoding, it)).collect()
    }

    fn between(&mut self) {
        let misc = self.misc();
        if !misc.is_empty() {
            self.push(Part::Between, misc);
        }
    }

    fn space(&mut self) -> &'static str {
        if !self.has.spaces_in_tags {
            return "";
        }
        let space = self.choices.pick(&["", " ", "\n", "\t ", "\r\n"]);
        if !space.is_empty() {
            self.note("xml/start-tag");
        }
        space
    }

    fn start(&mut self, name: &'static str) {
        let space = self.space();
        self.push(Part::Start(name), format!("<{name}{space}>"));
    }

    fn end(&mut self, name: &'static str) {
        let space = self.space();
        self.push(Part::End(name), format!("</{name}{space}>"));
    }

    fn empty(&mut self, name: &'static str) {
        self.note("xml/empty-element");
        let space = self.space();
        self.push(Part::Empty(name), format!("<{name}{space}/>"));
    }

    /// An element that holds elements, with what may stand between them.
    fn element(&mut self, name: &'static str, inside: impl FnOnce(&mut Self)) {
        self.start(name);
        let begin = self.pieces.len();
        self.between();
        inside(self);
        let is_bare = self.pieces.len() == begin;
        if is_bare && matches!(name, "params" | "data" | "struct") && self.has.spellings && self.choices.below(2) == 1 {
            self.pieces.pop();
            self.empty(name);
        } else {
            self.end(name);
        }
        // Behind the root element stands the epilog.
        if !matches!(name, "methodCall" | "methodResponse") {
            self.between();
        }
    }

    /// An element that holds text. What follows it is the caller's.
    fn texts(&mut self, name: &'static str, text: &str) {
        if text.is_empty() && self.has.spellings && self.choices.below(2) == 1 {
            return self.empty(name);
        }
        self.start(name);
        self.text(name, text);
        self.end(name);
    }

    fn member(&mut self, name: &str, value: &Value) {
        self.element("member", |it| {
            it.texts("name", name);
            it.between();
            it.value(value);
        });
    }

    fn value(&mut self, value: &Value) {
        if let Value::Text(text) = value {
            let is_blank = !text.is_empty() && text.bytes().all(|it| matches!(it, b' ' | b'\t' | b'\r' | b'\n'));
            // White space alone without a type is a string by recommendation only.
            if !is_blank && self.choices.below(2) == 0 {
                self.note("xmlrpc/untyped");
                self.texts("value", text);
                return self.between();
            }
        }
        self.element("value", |it| it.typed(value));
    }

    fn typed(&mut self, value: &Value) {
        match value {
            Value::Text(text) => {
                self.note("xmlrpc/string-text");
                self.texts("string", text);
            }
            Value::Int(number) => {
                self.note(if number.unsigned_abs() > 40_000 { "xmlrpc/int-range" } else { "xmlrpc/int-form" });
                let name = if self.choices.below(2) == 0 { "int" } else { "i4" };
                let text = self.number(*number < 0, &number.unsigned_abs().to_string());
                self.texts(name, &text);
            }
            Value::Boolean(is_true) => {
                self.note("xmlrpc/boolean");
                self.texts("boolean", if *is_true { "1" } else { "0" });
            }
            Value::Double { minus, whole, fraction } => {
                self.note("xmlrpc/double-value");
                let mut digits = format!("{whole}.{fraction}");
                if digits == "." || !self.has.spellings {
                    digits = format!("0{whole}.{fraction}0");
                }
                let text = self.number(*minus, &digits);
                self.texts("double", &text);
            }
            Value::Date(text) => {
                self.note("xmlrpc/date-form");
                self.texts("dateTime.iso8601", text);
            }
            Value::Bytes(bytes) => {
                self.note("xmlrpc/base64");
                let text = self.base64(bytes);
                self.texts("base64", &text);
            }
            Value::Array(values) => {
                self.note("xmlrpc/array");
                return self.element("array", |it| {
                    it.element("data", |it| values.iter().for_each(|value| it.value(value)));
                });
            }
            Value::Struct(members) => {
                self.note("xmlrpc/struct");
                return self.element("struct", |it| members.iter().for_each(|(name, value)| it.member(name, value)));
            }
        }
        self.between();
    }

    /// A sign and digits, with leading zeros perhaps.
    fn number(&mut self, is_negative: bool, digits: &str) -> String {
        let mut sign = if is_negative { "-" } else { "" };
        let mut zeros = "";
        if self.has.spellings {
            if !is_negative && self.choices.once_in(6) {
                sign = "+";
            }
            zeros = if digits.starts_with('.') { "" } else { self.choices.pick(&["", "", "", "0", "000"]) };
        }
        format!("{sign}{zeros}{digits}")
    }

    fn base64(&mut self, bytes: &[u8]) -> String {
        let text = BASE64.encode(bytes);
        if !self.has.broken_base64 || text.is_empty() {
            return text;
        }
        self.note("xmlrpc/base64-space");
        self.is_should = true;
        let length = self.choices.pick(&[76, 64, 4, 3, 1]);
        let end = self.choices.pick(&["\n", " ", "\t", "\n    "]);
        let lines: Vec<_> = text.as_bytes().chunks(length).map(String::from_utf8_lossy).collect();
        lines.join(end) + self.choices.pick(&["", "\n"])
    }

    /// Lays out the text of an element.
    fn text(&mut self, place: &'static str, text: &str) {
        let has = self.has;
        let mut laid_out = String::new();
        let mut is_in_section = false;
        let characters: Vec<char> = text.chars().collect();
        for at in 0..=characters.len() {
            let next = characters.get(at).copied();
            let ends_a_section = characters[at..].starts_with(&[']', ']', '>']);
            let is_plain = next.is_some_and(|it| it != '\r' && is_raw(has.encoding, it)) && !ends_a_section;
            // Where the characters before it end with brackets, this one would end the section.
            let may_begin = is_plain && next != Some('>') && next != Some(']');
            if is_in_section && (!is_plain || self.choices.once_in(4)) {
                laid_out += "]]>";
                is_in_section = false;
            }
            if !is_in_section && (has.comments || has.instructions) && self.choices.once_in(10) {
                let is_comment = has.comments && (!has.instructions || self.choices.below(2) == 0);
                self.note(if is_comment { "xml/comment" } else { "xml/instruction" });
                let remark = if is_comment { comment(self.choices) } else { instruction(self.choices) };
                laid_out += &self.encodable(&remark);
            }
            if !is_in_section && has.sections && self.choices.once_in(8) && (next.is_none() || may_begin) {
                self.note("xml/cdata");
                laid_out += "<![CDATA[";
                is_in_section = true;
                if next.is_none() {
                    laid_out += "]]>";
                }
            }
            let Some(next) = next else { break };
            if is_in_section {
                self.raw(next, characters.get(at + 1).copied(), &mut laid_out);
            } else {
                self.character(next, characters.get(at + 1).copied(), &mut laid_out);
            }
        }
        if !laid_out.is_empty() {
            self.push(Part::Text(place), laid_out);
        }
    }

    /// A character as it is, but for line ends.
    fn raw(&mut self, character: char, following: Option<char>, text: &mut String) {
        if character == '\n' && self.has.line_ends {
            self.note("xml/line-ends");
            // A lone CR before another line end would be one with it.
            let ends: &[&str] = if following == Some('\n') { &["\n", "\r\n"] } else { &["\n", "\r\n", "\r"] };
            return text.push_str(self.choices.pick(ends));
        }
        text.push(character);
    }

    /// A character of text, as it is or as a reference.
    fn character(&mut self, character: char, following: Option<char>, text: &mut String) {
        let entity = match character {
            '<' => "&lt;",
            '&' => "&amp;",
            '>' => "&gt;",
            '"' => "&quot;",
            '\'' => "&apos;",
            _ => "",
        };
        let must = matches!(character, '<' | '&' | '\r') || character == '>' && text.ends_with(']');
        let must = must || !is_raw(self.has.encoding, character);
        let may = self.has.references && self.choices.once_in(6);
        if !must && !may {
            return self.raw(character, following, text);
        }
        let code = u32::from(character);
        let is_named = !entity.is_empty() && (!self.has.references || self.choices.below(3) == 0);
        self.note(if is_named { "xml/entity-reference" } else { "xml/character-reference" });
        if is_named {
            return text.push_str(entity);
        }
        let form = if self.has.references { self.choices.below(4) } else { 0 };
        *text += &match form {
            0 => format!("&#{code};"),
            1 => format!("&#x{code:x};"),
            2 => format!("&#x{code:X};"),
            _ => format!("&#000{code};"),
        };
    }
}

/// Whether a character may stand as it is in a document of that encoding.
fn is_raw(encoding: Encoding, character: char) -> bool {
    match encoding {
        Encoding::Utf8 | Encoding::Utf16 { .. } => true,
        Encoding::Latin1 => u32::from(character) < 256,
        Encoding::Ascii => character.is_ascii(),
    }
}

fn comment(choices: &mut Choices<'_>) -> String {
    format!("<!--{}-->", choices.pick(REMARKS))
}

fn instruction(choices: &mut Choices<'_>) -> String {
    let name = choices.pick(&["a", "php", "xml-stylesheet", "x-1"]);
    match choices.pick(REMARKS) {
        "" => format!("<?{name}?>"),
        remark => format!("<?{name} {remark}?>"),
    }
}

impl Encoding {
    /// Returns the bytes of a document. A character that the encoding lacks is a question mark.
    pub(super) fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16 { is_big } => text
                .encode_utf16()
                .flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect(),
            Self::Latin1 | Self::Ascii => text.chars().map(|it| u8::try_from(u32::from(it)).unwrap_or(b'?')).collect(),
        }
    }
}
