//! Broken writers: the built-in writer, given another value than it is asked for, or with another document than it wrote.

use serde_json::{Value, json};
use xend_harness::Rules;
use xend_harness::subject::{Answer, Ask, BuiltIn};

use crate::lax::change;
use crate::mutants::WriterMutant;

/// Characters that stand for control characters until the document is written.
const PRIVATE: u32 = 0xF000;

/// What the broken writer does with a value.
pub(crate) fn write(mutant: &WriterMutant, rules: Rules, value: &str) -> Answer {
    let special = mutant.special.as_deref().unwrap_or_default();
    if special == "nothing" {
        return refused();
    }
    let value = if special == "surrogates" {
        value.replace("\\ud83d", "\u{FFFD}").replace("\\ude00", "\u{FFFD}")
    } else {
        value.to_owned()
    };
    let Ok(mut value) = serde_json::from_str::<Value>(&value) else { return refused() };
    for (kind, how) in mutant.change.iter().flatten() {
        on_texts(&mut value, kind, &|text| change::text(how, text));
    }
    alter(special, &mut value);
    let mut document = match BuiltIn::answer(&Ask::Write { rules, value: &value.to_string() }) {
        Answer::Document(document) => document,
        _ => match forgiven(special, rules, &value) {
            Some(document) => document,
            None => return refused(),
        },
    };
    for [from, to] in [&mutant.replace, &mutant.also].into_iter().flatten() {
        document = replaced(&document, from.as_bytes(), to.as_bytes());
    }
    if mutant.unescape {
        for (from, to) in [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&#13;", "\r")] {
            document = replaced(&document, from.as_bytes(), to.as_bytes());
        }
    }
    Answer::Document(altered(special, document))
}

fn refused() -> Answer {
    Answer::Reject { message: "no".to_owned(), kind: None }
}

/// Changes the texts of one type: of scalars by their type, of members by `name`, of calls by `method`.
fn on_texts(value: &mut Value, kind: &str, how: &dyn Fn(&str) -> String) {
    match value {
        Value::Object(object) => {
            for (key, inside) in object {
                match inside {
                    Value::String(text) if key == kind => *text = how(text),
                    _ => on_texts(inside, kind, how),
                }
            }
        }
        Value::Array(items) => {
            if let [Value::String(name), Value::Object(_)] = &mut items[..]
                && kind == "name"
            {
                *name = how(name);
            }
            items.iter_mut().for_each(|item| on_texts(item, kind, how));
        }
        _ => {}
    }
}

/// Changes the structure of a value.
fn alter(special: &str, value: &mut Value) {
    match special {
        "empty-array" if *value == json!({ "array": [] }) => *value = json!({ "string": "" }),
        "empty-struct" if *value == json!({ "struct": [] }) => *value = json!({ "array": [] }),
        "nil-empty" if *value == json!({ "nil": true }) => *value = json!({ "string": "" }),
        "unwrap" if value["array"].as_array().is_some_and(|items| items.len() == 1) => {
            *value = value["array"][0].take();
        }
        "nil-left-out" if value["struct"].is_array() => {
            if let Some(members) = value["struct"].as_array_mut() {
                members.retain(|member| member[1] != json!({ "nil": true }));
            }
        }
        "reversed" if value["call"]["params"].is_array() => {
            if let Some(params) = value["call"]["params"].as_array_mut() {
                params.reverse();
            }
        }
        _ => {}
    }
    match value {
        Value::Object(object) => object.values_mut().for_each(|inside| alter(special, inside)),
        Value::Array(items) => items.iter_mut().for_each(|inside| alter(special, inside)),
        _ => {}
    }
}

/// Writes a value that the built-in writer refuses, in the way of some libraries.
fn forgiven(special: &str, rules: Rules, value: &Value) -> Option<Vec<u8>> {
    let written = |value: &Value| match BuiltIn::answer(&Ask::Write { rules, value: &value.to_string() }) {
        Answer::Document(document) => Some(document),
        _ => None,
    };
    let mut value = value.clone();
    let on_all = |value: &mut Value, how: &dyn Fn(&str) -> String| {
        ["string", "name"].iter().for_each(|kind| on_texts(value, kind, how));
    };
    match special {
        "controls-dropped" => {
            on_all(&mut value, &|text| text.chars().filter(|&c| !is_forbidden(c)).collect());
            written(&value)
        }
        "controls-raw" | "controls-as-references" => {
            let hidden =
                |c: char| if is_forbidden(c) { char::from_u32(PRIVATE + u32::from(c) % 0x100).unwrap_or(c) } else { c };
            on_all(&mut value, &|text| text.chars().map(hidden).collect());
            let text = String::from_utf8(written(&value)?).ok()?;
            let mut out = String::new();
            for c in text.chars() {
                match u32::from(c).checked_sub(PRIVATE).filter(|code| *code < 0x100) {
                    Some(code) if special == "controls-raw" => out.extend(char::from_u32(code)),
                    Some(code) => out += &format!("&#{code};"),
                    None => out.push(c),
                }
            }
            Some(out.into_bytes())
        }
        "nan" => {
            on_texts(&mut value, "double", &|_| "1.25".to_owned());
            Some(replaced(&written(&value)?, b"1.25", b"nan"))
        }
        "wrap" => {
            on_texts(&mut value, "int", &|text| change::text("wrap-32", text));
            written(&value)
        }
        "big-int" => {
            let text = value["response"]["int"].as_str()?.to_owned();
            Some(replaced(&written(&json!({ "response": { "int": "77" } }))?, b"77", text.as_bytes()))
        }
        "any-method" => {
            let method = value["call"]["method"].as_str()?.to_owned();
            value["call"]["method"] = json!("m");
            Some(replaced(&written(&value)?, b"<methodName>m<", format!("<methodName>{method}<").as_bytes()))
        }
        "nil" => {
            let text = value.to_string().replace(r#"{"nil":true}"#, r#"{"string":"nil here"}"#);
            let value = serde_json::from_str(&text).ok()?;
            Some(replaced(&written(&value)?, b"<string>nil here</string>", b"<nil/>"))
        }
        _ => None,
    }
}

fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}')
}

/// Changes a document that was written.
fn altered(special: &str, document: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&document).into_owned();
    let altered = match special {
        "exponent" => inside(&text, "<double>", "</double>", |number| match number.parse::<f64>() {
            Ok(number) if number != 0.0 && !(1e-4..1e16).contains(&number.abs()) => format!("{number:e}"),
            _ => number.to_owned(),
        }),
        "no-period" => inside(&text, "<double>", "</double>", |number| number.trim_end_matches(".0").to_owned()),
        "dashes" => inside(&text, "<dateTime.iso8601>", "</dateTime.iso8601>", |date| {
            if date.len() < 8 { date.to_owned() } else { format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]) }
        }),
        "fault-code" => match text.split_once("<fault>") {
            Some((before, rest)) => format!("{before}<fault>{}", rest.replace("int>", "string>")),
            None => return document,
        },
        "no-method" => {
            inside(&text, "<methodName>", "</methodName>", |_| String::new()).replace("<methodName></methodName>\n", "")
        }
        "bare" => text.replace(['\'', '"'], ""),
        "unclosed" => text.strip_suffix(')').unwrap_or(&text).to_owned(),
        _ => return document,
    };
    altered.into_bytes()
}

/// Changes what stands between two texts, each time.
fn inside(text: &str, open: &str, close: &str, how: impl Fn(&str) -> String) -> String {
    let mut pieces = text.split(open);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(close) {
            Some((content, rest)) => out += &format!("{open}{}{close}{rest}", how(content)),
            None => out += &format!("{open}{piece}"),
        }
    }
    out
}

/// Replaces a piece of a document each time that it comes.
pub(crate) fn replaced(document: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = document;
    while let Some(at) = find(rest, from) {
        out.extend(&rest[..at]);
        out.extend(to);
        rest = &rest[at + from.len()..];
    }
    out.extend(rest);
    out
}

/// Returns where a piece first stands in a document.
pub(crate) fn find(document: &[u8], piece: &[u8]) -> Option<usize> {
    document.windows(piece.len()).position(|window| window == piece)
}
