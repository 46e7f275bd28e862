//! Compares the parser and printer with those of the daemon on tricky inputs, for each release (`tables/sxp-grammar.jsonl`).

use serde_json::Value;
use xend_wire::sexpr::{Document, Parser, Rules, Sexpr, parse_with, print_value};
use xend_wire::{Error, ErrorKind, Limits, Release};

use crate::{bytes, rows};

/// Rows to whose input nothing can be appended, because it ends inside a token, inside a list, or with an EOT.
const OPEN_ENDED: [&str; 4] = ["unclosed-atom", "comment-eof-in-list", "hash-mid", "ctrl-d-top"];

pub(crate) fn trials() -> impl Iterator<Item = (String, impl Fn() -> Result<(), String>)> {
    rows("tables/sxp-grammar.jsonl").map(|row| {
        let name = row["case"].as_str().expect("a name").to_owned();
        (format!("grammar/{name}"), move || check(&row))
    })
}

fn check(row: &Value) -> Result<(), String> {
    let input = bytes(&row["input"]);
    for &release in Release::ALL {
        let rules = Rules::xend(release);
        let expected = &row["results"][recorded(release).as_str()];
        let whole = parse_with(&input, rules, &Limits::default());
        all(&whole, &expected["all"], rules).map_err(|why| format!("{release}, all: {why}"))?;
        one(&whole, &input, &expected["one"], rules).map_err(|why| format!("{release}, one: {why}"))?;

        let pieces = byte_by_byte(&input, rules);
        if pieces != whole {
            return Err(format!("{release}, byte by byte: got {pieces:?}, whole {whole:?}"));
        }
        let is_open_ended = OPEN_ENDED.iter().any(|name| row["case"] == *name);
        if let (Ok(whole), false) = (&whole, is_open_ended) {
            let mut followed = input.clone();
            followed.extend_from_slice(b"\n(next)");
            let followed =
                byte_by_byte(&followed, rules).map_err(|error| format!("{release}, with a next: {error}"))?;
            let before: Vec<_> = followed.values().take(whole.values().count()).collect();
            if before != whole.values().collect::<Vec<_>>() || followed.values().count() != before.len() + 1 {
                return Err(format!("{release}, with a next value behind: got {followed:?}, alone {whole:?}"));
            }
        }
    }
    Ok(())
}

/// The recorded release that has the same `sxp.py` as this release: 3.1 for 3.2 and 3.3, and 4.1 for 4.4 (protocol reference
/// §2).
fn recorded(release: Release) -> Release {
    let recorded = [Release::V3_0_2, Release::V3_0_3, Release::V3_1, Release::V3_4, Release::V4_1];
    release.pick(&recorded.map(|since| (since, since)))
}

/// Checks all values of the document, and that each is printed as the daemon prints it.
fn all(got: &Result<Document<'_>, Error>, expected: &Value, rules: Rules) -> Result<(), String> {
    match (got, expected["error"].as_str()) {
        (Err(error), Some(message)) => same_error(error, message),
        (Ok(document), None) => {
            // The daemon returns `None` if there is no value.
            let values = expected["values"].as_array().map_or(&[][..], Vec::as_slice);
            let shown = expected["show"].as_array().ok_or("no `show`")?;
            let got: Vec<_> = document.values().collect();
            if got.len() != values.len() || got.len() != shown.len() {
                return Err(format!("got {} values, expected {}", got.len(), values.len()));
            }
            for ((got, value), shown) in got.into_iter().zip(values).zip(shown) {
                same(got, value, shown, rules)?;
            }
            Ok(())
        }
        (got, expected) => Err(format!("got {got:?}, expected the error {expected:?}")),
    }
}

/// Checks the first value, which `sxp.from_string` returns.
fn one(got: &Result<Document<'_>, Error>, input: &[u8], expected: &Value, rules: Rules) -> Result<(), String> {
    match (got, expected["error"].as_str()) {
        // `from_string` fails if there is no value.
        (Ok(document), Some(message)) if message.starts_with("TypeError: ") => match document.first() {
            None => Ok(()),
            Some(value) => Err(format!("got {value:?}, expected none")),
        },
        (Err(error), Some(message)) => same_error(error, message),
        // `if s == '': return []`
        (Ok(document), None) if input.is_empty() => {
            if document.first().is_none() && expected["value"] == serde_json::json!([]) {
                Ok(())
            } else {
                Err(format!("got {document:?}"))
            }
        }
        (Ok(document), None) => {
            same(document.first().ok_or("no value")?, &expected["value"], &expected["show"][0], rules)
        }
        (got, expected) => Err(format!("got {got:?}, expected the error {expected:?}")),
    }
}

fn same(got: Sexpr<'_>, value: &Value, shown: &Value, rules: Rules) -> Result<(), String> {
    if to_json(got) != *value {
        return Err(format!("got {}, expected {value}", to_json(got)));
    }
    let printed = print_value(got, rules);
    if printed != bytes(shown) {
        return Err(format!("printed {}, expected {shown}", printed.escape_ascii()));
    }
    Ok(())
}

fn to_json(value: Sexpr<'_>) -> Value {
    match value.as_atom() {
        Some(atom) => atom.iter().map(|&byte| char::from(byte)).collect::<String>().into(),
        None => value.items().map(to_json).collect(),
    }
}

fn same_error(error: &Error, message: &str) -> Result<(), String> {
    let kind = match message {
        "ParseError: syntax error: )" => ErrorKind::UnmatchedClose,
        "ParseError: unexpected EOF" => ErrorKind::UnexpectedEnd,
        _ if message.starts_with("ParseError: invalid character: code ") => ErrorKind::InvalidCharacter,
        _ if message.starts_with("ParseError: invalid octal escape: out of range ") => ErrorKind::OctalOutOfRange,
        _ if message.starts_with("NameError: ") => ErrorKind::DaemonNameError,
        _ if message.starts_with("AttributeError: ") => ErrorKind::DaemonAttributeError,
        _ => return Err(format!("the error has no kind: {message}")),
    };
    if error.kind() == kind { Ok(()) } else { Err(format!("got {}, expected {message}", error.kind().name())) }
}

fn byte_by_byte(input: &[u8], rules: Rules) -> Result<Document<'static>, Error> {
    let mut parser = Parser::new(rules, Limits::default());
    for byte in input {
        parser.feed(&[*byte])?;
    }
    parser.finish()
}
