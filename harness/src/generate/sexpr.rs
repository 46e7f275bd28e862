//! S-expressions: what they mean is chosen first, and then how it is written.

use data_encoding::BASE64;
use serde_json::json;

use super::choices::Choices;
use super::reading::Reading;
use super::writing::Writing;
use crate::Codec;
use crate::case::{Level, Outcome, WritingOutcome};
use crate::feature::Feature;
use crate::tagged::Tagged;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Atom(Vec<u8>),
    List(Vec<Value>),
}

/// Pieces of atoms, the simplest first.
const PIECES: &[&[u8]] = &[
    b"a",
    b" ",
    b"(",
    b")",
    b"'",
    b"\"",
    b"\\",
    b"\n",
    b"#",
    b";",
    b"0",
    b"B",
    b".",
    b"\t",
    b"\r\n",
    b"\r",
    b"{",
    b"<",
    b"]",
    b"%41",
    b"\\n",
    b"\\x41",
    b"''",
    b"@",
    b",",
    b"`",
    b"|",
    b"None",
    b"007",
    b"-1",
    b"\x00",
    b"\x04",
    b"\x1b",
    b"\x1f",
    b"\x7f",
    b"\x0b",
    b"\x0c",
    "é".as_bytes(),
    "\u{a0}".as_bytes(),
    "😀".as_bytes(),
    b"\xff",
    b"\x80",
    b"$x",
    b":",
    b"/dev/xvda",
    b"  ",
    b"\x07",
    b"\x08",
];

/// Pieces of ordinary words.
const WORDS: &[&[u8]] = &[b"a", b"b", b"vm1", b"name", b"domain", b"0.5", b"-", b"_", b"9", b"Z", b"xen/store", b"c:d"];

/// The bytes that may begin an atom without quotes, beside letters and digits.
const BEGIN: &[u8] = b"_-+*/.:,=@$%&?^|~`\\";

const WHITE_SPACE: &[&str] = &[" ", "\n", "\t", "\r\n", "\r", "  ", "\x0b", "\x0c", "\n    "];

/// The most choices of one edit.
const EDIT: usize = 3;

/// A document while it is written.
#[derive(Debug)]
struct Layout<'c, 'g> {
    choices: &'c mut Choices<'g>,
    white_space: bool,
    comments: bool,
    quotes: bool,
    escapes: bool,
    pieces: Vec<Piece>,
    rules: Vec<&'static str>,
    is_should: bool,
}

/// A piece of a document.
#[derive(Clone, Debug, PartialEq)]
struct Piece {
    part: Part,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Open,
    Close,
    Bare,
    Quoted,
    Between,
}

/// A document with the values that it has by construction.
pub(super) fn sound(choices: &mut Choices<'_>) -> Reading {
    let is_deep = choices.once_in(20);
    let values = values(choices, is_deep);
    let layout = laid_out(choices, &values);
    let rule = match (is_deep, layout.rules.first()) {
        (true, _) => "sexpr/depth",
        (false, Some(rule)) => rule,
        (false, None) => "sexpr/list",
    };
    let level = if layout.is_should || is_deep { Level::Should } else { Level::Must };
    let json: Vec<_> = values.iter().map(Value::json).collect();
    let wanted = Tagged::from_json(format!("[{}]", json.join(",")).as_bytes(), Codec::Sexpr);
    Reading {
        title: "A document means the values that it was made of".to_owned(),
        rule,
        input: bytes(&layout.pieces),
        level,
        needs: features(&values),
        ordered: false,
        outcome: Outcome::Values(wanted.expect("the values have the tagged form")),
    }
}

/// A document that was broken by one edit.
pub(super) fn broken(choices: &mut Choices<'_>) -> Reading {
    // The edit comes first, so that it stays while the rest gets smaller.
    let edit = choices.ahead(EDIT);
    let values = values(choices, false);
    let layout = laid_out(choices, &values);
    let mut pieces = layout.pieces;
    let mut needs = features(&values);
    let (title, rule, level) = edited(&mut Choices::spread(&edit), &mut pieces, &mut needs);
    let title = title.to_owned();
    Reading { title, rule, input: bytes(&pieces), level, needs, ordered: false, outcome: Outcome::Refused }
}

/// A value to write.
pub(super) fn written(choices: &mut Choices<'_>) -> Writing {
    let value = value(choices, 4);
    let rule = if matches!(value, Value::Atom(_)) { "sexpr/string" } else { "sexpr/list" };
    Writing {
        title: "What is written means the value".to_owned(),
        rule,
        json: value.json(),
        level: Level::Must,
        needs: features(&[value]),
        outcome: WritingOutcome::Written,
    }
}

fn bytes(pieces: &[Piece]) -> Vec<u8> {
    pieces.iter().flat_map(|piece| piece.bytes.iter().copied()).collect()
}

/// Makes the values of a document.
pub(super) fn values(choices: &mut Choices<'_>, is_deep: bool) -> Vec<Value> {
    if is_deep {
        let levels = 10 + choices.below(55);
        return vec![(0..levels).fold(Value::Atom(b"a".to_vec()), |inside, _| Value::List(vec![inside]))];
    }
    choices.list("value", 4, (2, 3), |choices| value(choices, 4))
}

fn value(choices: &mut Choices<'_>, depth: usize) -> Value {
    choices.group("value", |choices| match choices.weighted(&[3, if depth > 0 { 2 } else { 0 }]) {
        0 => Value::Atom(atom(choices)),
        _ => Value::List(choices.list("value", 5, (3, 4), |choices| value(choices, depth - 1))),
    })
}

fn atom(choices: &mut Choices<'_>) -> Vec<u8> {
    let pieces = if choices.below(2) == 0 { WORDS } else { PIECES };
    choices.list("piece", 8, (4, 5), |choices| choices.pick(pieces)).concat()
}

fn features(values: &[Value]) -> Vec<Feature> {
    if values.iter().all(Value::is_utf8) { Vec::new() } else { vec![Feature::AtomBytes] }
}

impl Value {
    pub(super) fn json(&self) -> String {
        match self {
            Self::Atom(bytes) => match str::from_utf8(bytes) {
                Ok(text) => json!({ "atom": text }).to_string(),
                Err(_) => json!({ "atom_base64": BASE64.encode(bytes) }).to_string(),
            },
            Self::List(values) => {
                let values: Vec<_> = values.iter().map(Self::json).collect();
                format!("{{\"list\":[{}]}}", values.join(","))
            }
        }
    }

    fn is_utf8(&self) -> bool {
        match self {
            Self::Atom(bytes) => str::from_utf8(bytes).is_ok(),
            Self::List(values) => values.iter().all(Self::is_utf8),
        }
    }
}

fn laid_out(choices: &mut Choices<'_>, values: &[Value]) -> Written {
    let mut layout = Layout {
        white_space: choices.once_in(3),
        comments: choices.once_in(5),
        quotes: choices.once_in(3),
        escapes: choices.once_in(3),
        choices,
        pieces: Vec::new(),
        rules: Vec::new(),
        is_should: false,
    };
    layout.values(values);
    layout.between(false);
    Written { pieces: layout.pieces, rules: layout.rules, is_should: layout.is_should }
}

struct Written {
    pieces: Vec<Piece>,
    rules: Vec<&'static str>,
    is_should: bool,
}

impl Layout<'_, '_> {
    fn push(&mut self, part: Part, bytes: impl Into<Vec<u8>>) {
        self.pieces.push(Piece { part, bytes: bytes.into() });
    }

    fn note(&mut self, rule: &'static str) {
        if !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    fn values(&mut self, values: &[Value]) {
        for value in values {
            match value {
                Value::Atom(bytes) => self.atom(bytes),
                Value::List(values) => {
                    self.between(false);
                    self.push(Part::Open, "(");
                    self.values(values);
                    self.between(false);
                    self.push(Part::Close, ")");
                }
            }
        }
    }

    /// White space and comments; `is_needed` if at least some must stand here.
    fn between(&mut self, is_needed: bool) {
        let mut between = String::new();
        if self.white_space || self.comments {
            let (white_space, comments) = (self.white_space, self.comments);
            let pieces = self.choices.list("between", 3, (1, 3), |choices| {
                match choices.weighted(&[u64::from(white_space) * 3, u64::from(comments)]) {
                    0 => (choices.pick(WHITE_SPACE)).to_owned(),
                    _ => format!("#{}\n", choices.pick(&["", " a", ")", "(", "'", "\"", "\\", "#", "\t;", "\r"])),
                }
            });
            between = pieces.concat();
            if between.contains('#') {
                self.note("sexpr/comment");
            } else if !between.is_empty() {
                self.note("sexpr/white-space");
            }
        }
        if between.is_empty() && is_needed {
            between.push(' ');
        }
        if !between.is_empty() {
            self.push(Part::Between, between);
        }
    }

    fn atom(&mut self, bytes: &[u8]) {
        let is_bare = may_be_bare(bytes) && !(self.quotes && self.choices.below(2) == 1);
        // A quote and a parenthesis end the atom before them; a quote right behind an atom would be part of it.
        let is_behind_an_atom = self.pieces.last().is_some_and(|piece| piece.part == Part::Bare);
        self.between(is_behind_an_atom);
        if is_bare {
            return self.push(Part::Bare, bytes);
        }
        let has = |byte: u8| bytes.contains(&byte);
        let is_double = (has(b'\'') && !has(b'"')) != (self.quotes && self.choices.once_in(2));
        let quote = if is_double { b'"' } else { b'\'' };
        self.note("sexpr/string");
        let mut text = vec![quote];
        for (at, &byte) in bytes.iter().enumerate() {
            self.byte(byte, bytes.get(at + 1).copied(), quote, &mut text);
        }
        text.push(quote);
        self.push(Part::Quoted, text);
    }

    /// A byte in a string, as it is or as an escape.
    fn byte(&mut self, byte: u8, following: Option<u8>, quote: u8, text: &mut Vec<u8>) {
        let must = byte == quote || byte == b'\\';
        if !(must || self.escapes && self.choices.once_in(3)) {
            return text.push(byte);
        }
        let letter = match byte {
            7 => b'a',
            8 => b'b',
            9 => b't',
            10 => b'n',
            11 => b'v',
            12 => b'f',
            13 => b'r',
            b'\\' | b'\'' | b'"' => byte,
            _ => 0,
        };
        let form = if self.escapes { self.choices.below(4) } else { 0 };
        let is_short = form == 2 && byte < 0o100 && !following.is_some_and(|it| it.is_ascii_digit());
        if letter != 0 && form == 0 {
            self.note("sexpr/escape-letter");
            return text.extend([b'\\', letter]);
        }
        if form == 3 || form == 1 {
            self.note("sexpr/escape-hex");
            let escape = if form == 3 { format!("\\x{byte:02x}") } else { format!("\\x{byte:02X}") };
            self.is_should |= escape[2..].contains(|it: char| it.is_ascii_alphabetic());
            return text.extend(escape.as_bytes());
        }
        self.note("sexpr/escape-octal");
        // One or two digits are read by all but 3.0.2, so they are recommended only.
        self.is_should |= is_short;
        let escape = if is_short { format!("\\{byte:o}") } else { format!("\\{byte:03o}") };
        text.extend(escape.as_bytes());
    }
}

fn may_be_bare(bytes: &[u8]) -> bool {
    let begins = |byte: u8| byte.is_ascii_alphanumeric() || BEGIN.contains(&byte);
    let goes_on = |byte: &u8| {
        !matches!(byte, b' ' | 9..=13 | b'#' | b'!' | b'{' | b'}' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b';')
    };
    bytes.first().is_some_and(|&first| begins(first)) && bytes.iter().all(goes_on)
}

/// Breaks a document, and returns what was done, which rule it breaks and how binding that is.
fn edited(
    choices: &mut Choices<'_>,
    pieces: &mut Vec<Piece>,
    needs: &mut Vec<Feature>,
) -> (&'static str, &'static str, Level) {
    let depths: Vec<usize> = {
        let mut depth = 0;
        let after = pieces.iter().map(|piece| {
            match piece.part {
                Part::Open => depth += 1,
                Part::Close => depth -= 1,
                _ => {}
            }
            depth
        });
        after.collect()
    };
    let at_top: Vec<_> = (0..pieces.len()).filter(|&at| depths[at] == 0).map(|at| at + 1).chain([0]).collect();
    let insert = |pieces: &mut Vec<Piece>, at: usize, bytes: &[u8]| {
        // White space before it, so that it is no part of an atom or of a comment.
        let bytes = [b"\n", bytes].concat();
        pieces.insert(at, Piece { part: Part::Between, bytes });
    };
    match choices.below(5) {
        0 => {
            // Where a bare atom or a comment stands last, some releases of the daemon give up the list and no more.
            let places: Vec<_> = (0..pieces.len()).filter(|&at| depths[at] > 0).collect();
            if let Some(at) = (!places.is_empty()).then(|| choices.pick(&places)) {
                let is_settled = matches!(pieces[at].part, Part::Open | Part::Close | Part::Quoted);
                pieces.truncate(at + 1);
                return (
                    "A list that the end of the input cuts off is refused",
                    "sexpr/list-end",
                    if is_settled { Level::Must } else { Level::Should },
                );
            }
        }
        1 => {
            let at = choices.pick(&at_top);
            insert(pieces, at, choices.pick(&[b"'".as_slice(), b"\"", b"'a", b"'\\'", b"\"\\"]));
            pieces.truncate(at + 1);
            return ("A string that the end of the input cuts off is refused", "sexpr/string-end", Level::Must);
        }
        2 => {
            let at = choices.index(pieces.len() + 1);
            let byte = choices.pick(&[1, 0, 8, 14, 27, 31, 127, 128, 0xc3, 255]);
            if byte > 127 {
                needs.push(Feature::AtomBytes);
                needs.dedup();
            }
            insert(pieces, at, &[byte]);
            return ("A byte that begins no value is refused", "sexpr/unprintable", Level::Must);
        }
        3 => {
            let at = choices.index(pieces.len() + 1);
            let (text, rule, level) = choices.pick(&[
                (b"'\\xg' ".as_slice(), "sexpr/escape-hex", Level::Must),
                (b"'\\x' ", "sexpr/escape-hex", Level::Must),
                (b"'\\x4' ", "sexpr/escape-hex", Level::Must),
                (b"'\\400' ", "sexpr/escape-octal", Level::Must),
                (b"\"\\777\" ", "sexpr/escape-octal", Level::Must),
                (b"'\\q' ", "sexpr/escape-unknown", Level::Should),
                (b"'\\e' ", "sexpr/escape-unknown", Level::Should),
                (b"'\\8' ", "sexpr/escape-unknown", Level::Should),
                (b"'\\\n' ", "sexpr/escape-unknown", Level::Should),
                (b"'\\ ' ", "sexpr/escape-unknown", Level::Should),
            ]);
            insert(pieces, at, text);
            return ("An escape that is none is refused", rule, level);
        }
        _ => {}
    }
    let at = choices.pick(&at_top);
    insert(pieces, at, b")");
    ("A closing parenthesis with nothing open is refused", "sexpr/unmatched-close", Level::Must)
}
