//! Documents of XML-RPC: what they mean is chosen first, and then how it is written.

mod edits;
mod layout;
mod value;

use super::choices::Choices;
use super::reading::Reading;
use super::writing::Writing;
use crate::Codec;
use crate::case::{Level, Outcome, WritingOutcome};
use crate::feature::Feature;
use crate::tagged::Tagged;
use edits::{Broken, Edited};
use layout::{Encoding, Has, Layout};
use value::{Kind, Message, message, reply as reply_message};

/// The most choices of one edit.
const EDIT: usize = 4;

/// The document of a reply to a call.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    /// How many of the bytes there are up to the end of the root element.
    pub(super) root: usize,
    /// What it means by construction.
    pub(super) means: Tagged,
    /// Whether a `Content-Type` may say that it is UTF-8.
    pub(super) is_utf_8: bool,
    pub(super) rule: &'static str,
    pub(super) is_should: bool,
    pub(super) needs: Vec<Feature>,
}

/// A document with the value that it has by construction.
pub(super) fn sound(choices: &mut Choices<'_>) -> Reading {
    let kind = match choices.weighted(&[20, 1, 1, 1]) {
        1 => Kind::Duplicates,
        2 => Kind::Deep,
        3 => Kind::Dates,
        _ => Kind::Plain,
    };
    let is_ordered = kind == Kind::Plain && choices.once_in(12);
    let has = Has::chosen(choices);
    let message = choices.group("message", |choices| message(choices, kind));
    let mut layout = Layout::new(choices, has);
    layout.message(&message);
    let mut needs = features(&message, layout.has.encoding);
    let mut rules = layout.rules.clone();
    match kind {
        Kind::Duplicates => {
            needs.push(Feature::StructDuplicates);
            rules.insert(0, "xmlrpc/struct-duplicates");
        }
        Kind::Deep => rules.insert(0, "xmlrpc/depth"),
        _ => {}
    }
    if is_ordered {
        needs.push(Feature::StructOrder);
    }
    let text: String = layout.pieces.iter().map(|piece| &*piece.text).collect();
    let (wanted, is_should) = (message.json(), layout.is_should || kind != Kind::Plain);
    let values = Tagged::from_json(wanted.as_bytes(), Codec::Xmlrpc).expect("the value has the tagged form");
    Reading {
        title: "A document means the value that it was made of".to_owned(),
        rule: special(&rules).unwrap_or("xmlrpc/response"),
        input: layout.has.encoding.bytes(&text),
        level: if is_should { Level::Should } else { Level::Must },
        needs,
        ordered: is_ordered,
        outcome: Outcome::Values(values),
    }
}

/// A document that was broken by one edit.
pub(super) fn broken(choices: &mut Choices<'_>) -> Reading {
    // The edit comes first, so that it stays while the rest gets smaller.
    let edit = choices.ahead(EDIT);
    let has = Has::chosen(choices);
    broken_by(choices, &edit, has, |choices| message(choices, Kind::Plain))
}

/// A response or a fault that was broken by one edit.
pub(super) fn broken_reply(choices: &mut Choices<'_>) -> Reading {
    let edit = choices.ahead(EDIT);
    let has = Has::now_and_then(choices);
    broken_by(choices, &edit, has, reply_message)
}

fn broken_by(
    choices: &mut Choices<'_>,
    edit: &[u64],
    has: Has,
    message: impl FnOnce(&mut Choices<'_>) -> Message,
) -> Reading {
    let message = choices.group("message", message);
    let mut layout = Layout::new(choices, has);
    layout.message(&message);
    let (pieces, encoding) = (std::mem::take(&mut layout.pieces), layout.has.encoding);
    let mut edited = Edited { choices: &mut Choices::spread(edit), pieces, encoding, cut: None };
    let Broken { title, rule, level } = edited.broken();
    let text: String = edited.pieces.iter().map(|piece| &*piece.text).collect();
    let mut input = encoding.bytes(&text);
    input.truncate(edited.cut.unwrap_or(input.len()));
    Reading {
        title,
        rule,
        input,
        level,
        needs: features(&message, encoding),
        ordered: false,
        outcome: Outcome::Refused,
    }
}

/// A response or a fault, most of them in the usual layout.
pub(super) fn reply(choices: &mut Choices<'_>) -> Document {
    let has = Has::now_and_then(choices);
    let message = choices.group("message", reply_message);
    document(choices, has, &message)
}

/// A response whose string repeats a text as often as it is told.
pub(super) fn long_reply(choices: &mut Choices<'_>, text: &str, times: usize) -> Document {
    document(choices, Has::default(), &Message::Response(value::Value::Text(text.repeat(times))))
}

fn document(choices: &mut Choices<'_>, has: Has, message: &Message) -> Document {
    let mut layout = Layout::new(choices, has);
    layout.message(message);
    let encoding = layout.has.encoding;
    let bytes = |pieces: &[layout::Piece]| encoding.bytes(&pieces.iter().map(|it| &*it.text).collect::<String>());
    let (whole, root) = (bytes(&layout.pieces), bytes(&layout.pieces[..layout.pieces.len() - 1]).len());
    let is_fault = matches!(message, Message::Fault(..));
    Document {
        bytes: whole,
        root,
        means: Tagged::from_json(message.json().as_bytes(), Codec::Xmlrpc).expect("the value has the tagged form"),
        is_utf_8: matches!(encoding, Encoding::Utf8),
        rule: special(&layout.rules).filter(|rule| rule.starts_with("xml/")).unwrap_or(match is_fault {
            true => "http/fault",
            false => "http/reply",
        }),
        is_should: layout.is_should,
        needs: features(message, encoding),
    }
}

/// What is special about a layout comes before what every document has.
fn special(rules: &[&'static str]) -> Option<&'static str> {
    rules.iter().find(|rule| rule.starts_with("xml/")).or(rules.first()).copied()
}

/// A value to write, or one that has a character that no document can have.
pub(super) fn written(choices: &mut Choices<'_>) -> Writing {
    let message = choices.group("message", |choices| message(choices, Kind::Plain));
    let mut json = message.json();
    // One document has one value; the form of an answer is a list of them.
    json = json[1..json.len() - 1].to_owned();
    let text = "\"string\":\"";
    let (mut title, mut rule, mut outcome) =
        ("What is written means the value", message.rule(), WritingOutcome::Written);
    if let Some(at) = json.find(text)
        && choices.once_in(6)
    {
        json.insert_str(
            at + text.len(),
            choices.pick(&["\\u0001", "\\u0000", "\\u000b", "\\u001f", "\u{fffe}", "\u{ffff}"]),
        );
        (title, rule) = ("A character that XML has no form for is refused", "xml/character");
        outcome = WritingOutcome::Refused;
    }
    let needs = features(&message, Encoding::Utf8);
    Writing { title: title.to_owned(), rule, json, level: Level::Must, needs, outcome }
}

fn features(message: &Message, encoding: Encoding) -> Vec<Feature> {
    let mut needs = Vec::new();
    if matches!(message, Message::Call(..)) {
        needs.push(Feature::Calls);
    }
    if encoding != Encoding::Utf8 {
        needs.push(Feature::Encodings);
    }
    needs
}
