//! Edits that break a document, so that it must be refused.

use xend_wire::visible;

use super::super::choices::Choices;
use super::layout::{Encoding, Part, Piece};
use crate::case::Level;

/// A document that was broken by one edit.
#[derive(Debug)]
pub(super) struct Broken {
    /// What was done, as a phrase.
    pub(super) title: String,
    /// The rule that is broken.
    pub(super) rule: &'static str,
    pub(super) level: Level,
}

/// A document that is about to be broken.
#[derive(Debug)]
pub(super) struct Edited<'c, 'g> {
    pub(super) choices: &'c mut Choices<'g>,
    pub(super) pieces: Vec<Piece>,
    pub(super) encoding: Encoding,
    /// So many bytes are left of the document, if it is cut.
    pub(super) cut: Option<usize>,
}

type Edit = fn(&mut Edited<'_, '_>) -> Option<Broken>;

/// All edits; the first is possible in every document.
const EDITS: &[Edit] = &[
    |it| it.cut(),
    |it| it.end_tag_renamed(),
    |it| it.tag_dropped(),
    |it| it.tag_doubled(),
    |it| it.text_malformed(),
    |it| it.text_malformed(),
    |it| it.character(),
    |it| it.behind_the_root(),
    |it| it.before_the_root(),
    |it| it.element_renamed(),
    |it| it.element_doubled(),
    |it| it.element_dropped(),
    |it| it.scalar(),
    |it| it.scalar(),
    |it| it.scalar(),
    |it| it.attribute(),
    |it| it.text_between(),
    |it| it.element_in_a_scalar(),
    |it| it.method_name(),
    |it| it.fault(),
];

/// Texts that no XML has, each with the rule that it breaks.
const MALFORMED: &[(&str, &str)] = &[
    ("&nbsp;", "xml/entity-declared"),
    ("&x;", "xml/entity-declared"),
    ("&AMP;", "xml/entity-declared"),
    ("&", "xml/character-data"),
    ("& ", "xml/character-data"),
    ("&amp", "xml/entity-reference"),
    ("<", "xml/character-data"),
    ("< ", "xml/character-data"),
    ("]]>", "xml/character-data"),
    ("&#;", "xml/character-reference"),
    ("&#x;", "xml/character-reference"),
    ("&#6a;", "xml/character-reference"),
    ("&#65", "xml/character-reference"),
    ("&#X41;", "xml/character-reference"),
    ("&#-65;", "xml/character-reference"),
    ("&#0;", "xml/character"),
    ("&#1;", "xml/character"),
    ("&#11;", "xml/character"),
    ("&#x1F;", "xml/character"),
    ("&#xD800;", "xml/character"),
    ("&#xDFFF;", "xml/character"),
    ("&#xFFFE;", "xml/character"),
    ("&#xFFFF;", "xml/character"),
    ("&#x110000;", "xml/character"),
    ("&#4294967361;", "xml/character"),
    ("<!-- -- -->", "xml/comment"),
    ("<!-- --->", "xml/comment"),
    ("<!->", "xml/comment"),
    ("<?xml version=\"1.0\"?>", "xml/instruction"),
    ("<?XML ?>", "xml/instruction"),
    ("<??>", "xml/instruction"),
    ("<![cdata[x]]>", "xml/cdata"),
    ("<![CDATA[x", "xml/cdata"),
    ("<!DOCTYPE a>", "xml/doctype"),
];

/// Characters that no XML has.
const FORBIDDEN: &[char] =
    &['\u{1}', '\0', '\u{8}', '\u{b}', '\u{c}', '\u{e}', '\u{1b}', '\u{1f}', '\u{fffe}', '\u{ffff}'];

/// What may not stand behind the root element.
const BEHIND: &[(&str, &str)] = &[
    ("x", "xml/document-end"),
    ("<a/>", "xml/document-end"),
    ("<methodResponse></methodResponse>", "xml/document-end"),
    ("<![CDATA[]]>", "xml/document-end"),
    ("</a>", "xml/document-end"),
    ("&amp;", "xml/document-end"),
    ("<", "xml/document-end"),
    ("<!--", "xml/complete"),
    ("<?a", "xml/complete"),
    ("<?xml version=\"1.0\"?>", "xml/declaration"),
    ("\0", "xml/character"),
];

/// Texts of scalars that are none, each with the rule that it breaks.
fn wrong(scalar: &str) -> &'static [(&'static str, &'static str)] {
    const INT: &[(&str, &str)] = &[
        ("", "xmlrpc/int-form"),
        ("a", "xmlrpc/int-form"),
        ("2147483648", "xmlrpc/int-range"),
        ("-2147483649", "xmlrpc/int-range"),
        ("4294967296", "xmlrpc/int-range"),
        ("4294967295", "xmlrpc/int-range"),
        ("9223372036854775808", "xmlrpc/int-range"),
        ("18446744073709551617", "xmlrpc/int-range"),
        ("1.0", "xmlrpc/int-form"),
        ("1e1", "xmlrpc/int-form"),
        ("0x1", "xmlrpc/int-form"),
        ("1 2", "xmlrpc/int-form"),
        (" 1", "xmlrpc/int-form"),
        ("1\n", "xmlrpc/int-form"),
        ("-", "xmlrpc/int-form"),
        ("+", "xmlrpc/int-form"),
        ("--1", "xmlrpc/int-form"),
        ("+-1", "xmlrpc/int-form"),
        ("1-", "xmlrpc/int-form"),
        ("1a", "xmlrpc/int-form"),
        ("1,000", "xmlrpc/int-form"),
        ("1_000", "xmlrpc/int-form"),
    ];
    const BOOLEAN: &[(&str, &str)] = &[
        ("", "xmlrpc/boolean"),
        ("2", "xmlrpc/boolean"),
        ("true", "xmlrpc/boolean"),
        ("false", "xmlrpc/boolean"),
        ("True", "xmlrpc/boolean"),
        ("10", "xmlrpc/boolean"),
        ("01", "xmlrpc/boolean"),
        ("00", "xmlrpc/boolean"),
        ("-1", "xmlrpc/boolean"),
        ("+1", "xmlrpc/boolean"),
        ("1.0", "xmlrpc/boolean"),
        (" 1", "xmlrpc/boolean"),
        ("1\n", "xmlrpc/boolean"),
        ("yes", "xmlrpc/boolean"),
        ("t", "xmlrpc/boolean"),
    ];
    const DOUBLE: &[(&str, &str)] = &[
        ("", "xmlrpc/double-form"),
        ("a", "xmlrpc/double-form"),
        (".", "xmlrpc/double-form"),
        ("-", "xmlrpc/double-form"),
        ("-.", "xmlrpc/double-form"),
        ("1.0e1", "xmlrpc/double-form"),
        ("1.5E3", "xmlrpc/double-form"),
        ("inf", "xmlrpc/double-form"),
        ("-Infinity", "xmlrpc/double-form"),
        ("nan", "xmlrpc/double-form"),
        ("NaN", "xmlrpc/double-form"),
        ("1.0.0", "xmlrpc/double-form"),
        ("1,5", "xmlrpc/double-form"),
        (" 1.5", "xmlrpc/double-form"),
        ("1.5\n", "xmlrpc/double-form"),
        ("--1.5", "xmlrpc/double-form"),
        ("1.5f", "xmlrpc/double-form"),
        ("1.5x", "xmlrpc/double-form"),
        ("0x1.8", "xmlrpc/double-form"),
        ("1_0.5", "xmlrpc/double-form"),
    ];
    const DATE: &[(&str, &str)] = &[
        ("", "xmlrpc/date-form"),
        ("a", "xmlrpc/date-form"),
        ("20231301T10:00:00", "xmlrpc/date-exists"),
        ("20230230T10:00:00", "xmlrpc/date-exists"),
        ("20230229T10:00:00", "xmlrpc/date-exists"),
        ("20230431T10:00:00", "xmlrpc/date-exists"),
        ("20230100T10:00:00", "xmlrpc/date-exists"),
        ("20230001T10:00:00", "xmlrpc/date-exists"),
        ("20230101T25:00:00", "xmlrpc/date-exists"),
        ("20230101T10:60:00", "xmlrpc/date-exists"),
        ("20230101T10:00:99", "xmlrpc/date-exists"),
        ("2023/01/01T10:00:00", "xmlrpc/date-form"),
        ("230101T10:00:00", "xmlrpc/date-form"),
        (" 20230101T10:00:00", "xmlrpc/date-form"),
        ("20230101T10:00:00x", "xmlrpc/date-form"),
    ];
    const BASE64: &[(&str, &str)] = &[("A", "xmlrpc/base64"), ("AAAAA", "xmlrpc/base64"), ("==", "xmlrpc/base64")];
    match scalar {
        "int" | "i4" => INT,
        "boolean" => BOOLEAN,
        "double" => DOUBLE,
        "dateTime.iso8601" => DATE,
        "base64" => BASE64,
        _ => &[],
    }
}

impl Edited<'_, '_> {
    /// Breaks the document.
    pub(super) fn broken(&mut self) -> Broken {
        let first = self.choices.index(EDITS.len());
        let tried = (0..EDITS.len()).find_map(|more| EDITS[(first + more) % EDITS.len()](self));
        tried.expect("every document can be cut")
    }

    fn broken_as(title: impl Into<String>, rule: &'static str, level: Level) -> Option<Broken> {
        Some(Broken { title: title.into(), rule, level })
    }

    /// Chooses one of the pieces that are wanted.
    fn place(&mut self, is_wanted: impl Fn(&Piece) -> bool) -> Option<usize> {
        let places: Vec<_> = (0..self.pieces.len()).filter(|&at| is_wanted(&self.pieces[at])).collect();
        (!places.is_empty()).then(|| self.choices.pick(&places))
    }

    fn insert(&mut self, at: usize, text: &str) {
        self.pieces.insert(at, Piece { part: Part::Between, text: text.to_owned() });
    }

    /// Chooses an element with its content, and returns where it begins and where it ends.
    fn element(&mut self, is_wanted: impl Fn(&'static str) -> bool) -> Option<(usize, usize, &'static str)> {
        let at = self.place(|piece| matches!(piece.part, Part::Start(name) | Part::Empty(name) if is_wanted(name)))?;
        let Part::Start(name) = self.pieces[at].part else {
            let Part::Empty(name) = self.pieces[at].part else { return None };
            return Some((at, at + 1, name));
        };
        let mut open = 0_usize;
        for end in at..self.pieces.len() {
            match self.pieces[end].part {
                Part::Start(_) => open += 1,
                Part::End(_) => open -= 1,
                _ => {}
            }
            if open == 0 {
                return Some((at, end + 1, name));
            }
        }
        None
    }

    fn cut(&mut self) -> Option<Broken> {
        let bytes = |it: &Piece| self.encoding.bytes(&it.text).len();
        let end = self.pieces.iter().rposition(|it| matches!(it.part, Part::End(_) | Part::Empty(_)))?;
        let length: usize = self.pieces[..=end].iter().map(bytes).sum();
        let left = length - 1 - self.choices.index(length);
        self.cut = Some(left);
        Self::broken_as(
            format!("A document that is cut off after {left} bytes is refused"),
            "xml/complete",
            Level::Must,
        )
    }

    fn end_tag_renamed(&mut self) -> Option<Broken> {
        let at = self.place(|piece| matches!(piece.part, Part::End(_)))?;
        let Part::End(name) = self.pieces[at].part else { return None };
        let text = match self.choices.below(4) {
            0 => format!("</{name}x>"),
            1 => format!("</{}>", name.to_uppercase()),
            2 => "</>".to_owned(),
            _ => format!("</ {name}>"),
        };
        self.pieces[at].text = text;
        Self::broken_as(format!("An end tag of {name} with another name is refused"), "xml/element-match", Level::Must)
    }

    fn tag_dropped(&mut self) -> Option<Broken> {
        let at = self.place(|piece| matches!(piece.part, Part::Start(_) | Part::End(_)))?;
        let piece = self.pieces.remove(at);
        let (which, Part::Start(name) | Part::End(name)) =
            (if matches!(piece.part, Part::End(_)) { "end" } else { "start" }, piece.part)
        else {
            return None;
        };
        Self::broken_as(
            format!("An element {name} without its {which} tag is refused"),
            "xml/element-match",
            Level::Must,
        )
    }

    fn tag_doubled(&mut self) -> Option<Broken> {
        let at = self.place(|piece| matches!(piece.part, Part::Start(_) | Part::End(_)))?;
        self.pieces.insert(at, self.pieces[at].clone());
        Self::broken_as("A tag that stands twice is refused", "xml/element-match", Level::Must)
    }

    fn text_malformed(&mut self) -> Option<Broken> {
        let (text, rule) = self.choices.pick(MALFORMED);
        // A section that is not closed would end where another one does.
        if text.starts_with("<![CDATA[") && self.pieces.iter().any(|it| it.text.contains("]]>")) {
            return None;
        }
        // Right before a tag, so that no text of the document completes it.
        let is_tag = |piece: &Piece| match piece.part {
            Part::Start(name) => !matches!(name, "methodCall" | "methodResponse"),
            part => matches!(part, Part::End(_) | Part::Empty(_)),
        };
        let at = self.place(is_tag)?;
        self.insert(at, text);
        Self::broken_as(format!("Text with {} is refused", visible(text.as_bytes())), rule, Level::Must)
    }

    fn character(&mut self) -> Option<Broken> {
        let character = self.choices.pick(FORBIDDEN);
        if self.encoding != Encoding::Utf8 && !character.is_ascii() {
            return None;
        }
        let at = self.place(|piece| matches!(piece.part, Part::Text(_)))?;
        self.pieces[at].text.insert(0, character);
        Self::broken_as(
            format!("The character U+{:04X} is refused", u32::from(character)),
            "xml/character",
            Level::Must,
        )
    }

    fn behind_the_root(&mut self) -> Option<Broken> {
        let (text, rule) = self.choices.pick(BEHIND);
        self.pieces.last_mut()?.text.push_str(text);
        Self::broken_as(format!("A document with {} behind it is refused", visible(text.as_bytes())), rule, Level::Must)
    }

    fn before_the_root(&mut self) -> Option<Broken> {
        let prolog = &mut self.pieces.first_mut()?.text;
        match self.choices.below(3) {
            0 => prolog.push('x'),
            1 => prolog.push_str("<![CDATA[ ]]>"),
            _ => prolog.push_str("&#32;"),
        }
        Self::broken_as("A document with text before its root element is refused", "xml/prolog", Level::Must)
    }

    /// Both tags of an element get a name that none has there.
    fn element_renamed(&mut self) -> Option<Broken> {
        let (begin, end, name) = self.element(|_| true)?;
        let (new, rule) = match name {
            "int" | "i4" | "boolean" | "string" | "double" | "dateTime.iso8601" | "base64" | "struct" | "array" => (
                self.choices.pick(&["x", "integer", "bool", "float", "str", "dict", "list", "text", "dateTime"]),
                "xmlrpc/type-name",
            ),
            "methodResponse" | "methodCall" => (self.choices.pick(&["x", "methodresponse", "response"]), "xmlrpc/root"),
            "name" | "value" | "member" | "data" | "param" | "params" | "methodName" | "fault" => {
                (self.choices.pick(&["x", "item", "Value"]), "xmlrpc/element-name")
            }
            _ => return None,
        };
        self.pieces[begin].text = self.pieces[begin].text.replacen(name, new, 1);
        if end > begin + 1 {
            self.pieces[end - 1].text = self.pieces[end - 1].text.replacen(name, new, 1);
        }
        Self::broken_as(format!("An element {new} in the place of {name} is refused"), rule, Level::Must)
    }

    /// Doubles an element that stands once.
    fn element_doubled(&mut self) -> Option<Broken> {
        let (begin, end, name) =
            self.element(|name| matches!(name, "methodName" | "params" | "fault" | "data" | "name" | "value"))?;
        let place = self.parent(begin)?;
        let rule = match (name, place) {
            ("methodName" | "params", "methodCall") => "xmlrpc/call",
            ("params" | "fault", "methodResponse") => "xmlrpc/response",
            ("data", "array") => "xmlrpc/array",
            ("name" | "value", "member") => "xmlrpc/struct",
            ("value", "param") => "xmlrpc/param",
            ("value", "fault") => "xmlrpc/fault",
            // An array has any number of values.
            _ => return None,
        };
        let copy: Vec<_> = self.pieces[begin..end].to_vec();
        self.pieces.splice(end..end, copy);
        Self::broken_as(format!("A second {name} in {place} is refused"), rule, Level::Must)
    }

    /// Drops an element that may not be missing.
    fn element_dropped(&mut self) -> Option<Broken> {
        let (begin, end, name) = self
            .element(|name| matches!(name, "methodName" | "params" | "param" | "fault" | "data" | "name" | "value"))?;
        let place = self.parent(begin)?;
        let is_response = self.pieces.iter().any(|it| it.part == Part::Start("methodResponse"));
        let rule = match (name, place) {
            ("methodName", "methodCall") => "xmlrpc/call",
            ("params" | "fault", "methodResponse") => "xmlrpc/response",
            ("param", "params") if is_response => "xmlrpc/response",
            ("data", "array") => "xmlrpc/array",
            ("name" | "value", "member") => "xmlrpc/struct",
            ("value", "param") => "xmlrpc/param",
            ("value", "fault") => "xmlrpc/fault",
            _ => return None,
        };
        self.pieces.drain(begin..end);
        Self::broken_as(format!("{place} without {name} is refused"), rule, Level::Must)
    }

    /// Returns the name of the element that the piece stands in.
    fn parent(&self, at: usize) -> Option<&'static str> {
        let mut open = 0_usize;
        for piece in self.pieces[..at].iter().rev() {
            match piece.part {
                Part::End(_) => open += 1,
                Part::Start(name) if open == 0 => return Some(name),
                Part::Start(_) => open -= 1,
                _ => {}
            }
        }
        None
    }

    /// A scalar with a text that is none in the place of a value.
    fn scalar(&mut self) -> Option<Broken> {
        let (begin, end, _) = self.element(|name| name == "value")?;
        let name = self.choices.pick(&["int", "i4", "boolean", "double", "dateTime.iso8601", "base64"]);
        let (text, rule) = self.choices.pick(wrong(name));
        let level = if matches!(name, "dateTime.iso8601" | "base64") { Level::Should } else { Level::Must };
        let piece = |part, text: String| Piece { part, text };
        let scalar = [
            piece(Part::Start("value"), "<value>".to_owned()),
            piece(Part::Start(name), format!("<{name}>")),
            piece(Part::Text(name), text.to_owned()),
            piece(Part::End(name), format!("</{name}>")),
            piece(Part::End("value"), "</value>".to_owned()),
        ];
        self.pieces.splice(begin..end, scalar);
        let what = if text.is_empty() { "Nothing".to_owned() } else { visible(text.as_bytes()).to_string() };
        Self::broken_as(format!("{what} is refused as {name}"), rule, level)
    }

    fn attribute(&mut self) -> Option<Broken> {
        let at = self.place(|piece| matches!(piece.part, Part::Start(_)))?;
        let Part::Start(name) = self.pieces[at].part else { return None };
        let (text, rule) = self.choices.pick(&[
            (" a=1", "xml/attribute"),
            (" a", "xml/attribute"),
            (" a='<", "xml/attribute"),
            (" a='<'", "xml/attribute"),
            (" a='&'", "xml/attribute"),
            (" 1='a'", "xml/attribute"),
            (" a='1' a='2'", "xml/unique-attribute"),
            (" a='1'b='2'", "xml/start-tag"),
            (" a='&x;'", "xml/entity-declared"),
        ]);
        self.pieces[at].text = format!("<{name}{text}>");
        Self::broken_as(format!("A start tag with {} is refused", text.trim()), rule, Level::Must)
    }

    fn text_between(&mut self) -> Option<Broken> {
        let is_outside = |name| {
            matches!(
                name,
                "methodResponse" | "methodCall" | "params" | "param" | "struct" | "member" | "array" | "data"
            )
        };
        let at = self.place(|piece| matches!(piece.part, Part::Start(name) if is_outside(name)))?;
        let Part::Start(name) = self.pieces[at].part else { return None };
        let text = self.choices.pick(&["x", ",", "0", "\u{a0}"]);
        if !text.is_ascii() && self.encoding == Encoding::Ascii {
            return None;
        }
        self.insert(at + 1, text);
        Self::broken_as(format!("Text directly in {name} is refused"), "xmlrpc/text-between", Level::Should)
    }

    fn element_in_a_scalar(&mut self) -> Option<Broken> {
        let at = self.place(|piece| {
            matches!(piece.part, Part::Start(name) if matches!(name, "string" | "name" | "methodName") || !wrong(name).is_empty())
        })?;
        let element = self.choices.pick(&["<b/>", "<value/>", "<string>a</string>"]);
        self.insert(at + 1, element);
        Self::broken_as("An element in a scalar is refused", "xmlrpc/scalar-text", Level::Must)
    }

    fn method_name(&mut self) -> Option<Broken> {
        let at = self.place(|piece| piece.part == Part::End("methodName"))?;
        let character = self.choices.pick(&["-", " ", "\n", "+", "(", "$", "@", ",", "?", "*", "\\", "'"]);
        self.insert(at, character);
        Self::broken_as(
            format!("{} in a method name is refused", visible(character.as_bytes())),
            "xmlrpc/method-name",
            Level::Must,
        )
    }

    /// Another member in a fault, or one that has another name.
    fn fault(&mut self) -> Option<Broken> {
        if !self.pieces.iter().any(|it| it.part == Part::Start("fault")) {
            return None;
        }
        let at = self.pieces.iter().position(|it| it.part == Part::Start("struct"))?;
        let name = self.choices.pick(&["faultCode", "faultString", "x", "faultcode"]);
        self.insert(at + 1, &format!("<member><name>{name}</name><value><int>1</int></value></member>"));
        Self::broken_as(format!("A fault with another member {name} is refused"), "xmlrpc/fault-members", Level::Must)
    }
}
