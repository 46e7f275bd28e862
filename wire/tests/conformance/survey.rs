//! Checks that the rules of a release read each document of the survey as Python 2.7's `xmlrpclib` did (column `py2.7` of
//! `tables/xmlrpc-survey.jsonl`).

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use xend_wire::xmlrpc::{self, Kind, Response, Rules, ValueRef};
use xend_wire::{Limits, Release};

use crate::case::Case;
use crate::{bytes, rows};

/// The documents that this crate intentionally reads differently from Python.
const DEVIATIONS: [(&str, &str); 4] = [
    ("entity-internal", "no entity is ever expanded"),
    ("xxe-file", "no entity is ever expanded"),
    ("deep-5000", "depth has a hard limit"),
    ("deep-100000", "depth has a hard limit"),
];

pub(crate) fn trials() -> impl Iterator<Item = (String, impl Fn() -> Result<(), String>)> {
    rows("tables/xmlrpc-survey.jsonl").map(|row| {
        let name = row["case"].as_str().expect("a name").to_owned();
        (format!("python2/{name}"), move || check(&name, &row))
    })
}

fn check(name: &str, row: &Value) -> Result<(), String> {
    let case = case_of(name)?;
    let document = case.input();
    if !row["document_latin1"].is_null() && bytes(&row["document_latin1"]) != document {
        return Err(format!("{} has another document", case.id));
    }
    for libraries in case.libraries() {
        for (at, (library, accepts)) in libraries.iter().enumerate() {
            if row["outcomes"][library].is_string() != *accepts {
                return Err(format!("{}: {library} is listed with another outcome than was recorded", case.id));
            }
            if libraries[..at].iter().any(|(other, _)| other == library) {
                return Err(format!("{}: {library} is listed twice", case.id));
            }
        }
    }
    let expected = &row["outcomes"]["py2.7"];
    for &release in Release::ALL {
        let got = match xmlrpc::decode_response(&document, Rules::xend(release), &Limits::default()) {
            Ok(Response::Success(document)) => Ok(show(document.value())),
            Ok(Response::Fault(fault)) => Ok(json!({ "fault": [show(fault.code()), show(fault.string())] })),
            Err(error) => Err(error.to_string()),
        };
        let agrees = agrees(&got, expected);
        let deviation = DEVIATIONS.iter().find(|(known, _)| *known == name);
        match (agrees, deviation) {
            (false, None) => return Err(format!("{release}: got {got:?}, Python {expected}")),
            (true, Some((_, reason))) => return Err(format!("{release}: agrees, although: {reason}")),
            _ => {}
        }
    }
    Ok(())
}

/// The case with the document of this name.
fn case_of(name: &str) -> Result<Case, String> {
    let wanted = format!("survey `{name}`");
    let mut found = xend_fixtures::files("cases/xmlrpc/").filter(|file| {
        let source = file.bytes().split(|&byte| byte == b'\n').find(|line| line.starts_with(b"source = "));
        source.is_some_and(|line| String::from_utf8_lossy(line).contains(&wanted))
    });
    Case::parse(found.next().ok_or(format!("no case for {wanted}"))?)
}

fn agrees(got: &Result<Value, String>, expected: &Value) -> bool {
    match (got, expected.as_str()) {
        // Python refused the document, or was killed while it expanded entities.
        (Err(_), None) => true,
        (Ok(got), Some(text)) => match text.strip_prefix("LEN").and_then(|rest| rest.split_once(':')) {
            // The survey has only the beginning of the value.
            Some((length, start)) => {
                let got = python_json(got);
                got.starts_with(start) && got.len() == length.parse::<usize>().expect("a length")
            }
            None => match serde_json::from_str::<Value>(text).expect("JSON") {
                // The value is too deep for the survey.
                Value::Object(mark) if mark.get("t") == Some(&json!("parsed")) => true,
                expected => *got == expected,
            },
        },
        _ => false,
    }
}

/// JSON as Python's `json.dumps` writes it, with a space after `:` and `,`.
fn python_json(value: &Value) -> String {
    value.to_string().replace("\":", "\": ").replace(",", ", ")
}

/// A value in the form of the survey: of several members with the same name only the last, and bytes in hexadecimal.
fn show(value: ValueRef<'_>) -> Value {
    let text = || value.text().expect("a scalar");
    match value.kind() {
        Kind::Array => value.items().map(show).collect(),
        Kind::Struct => {
            let members: serde_json::Map<_, _> =
                value.members().map(|(name, value)| (name.to_owned(), show(value))).collect();
            json!({ "t": "struct", "m": members })
        }
        Kind::Nil => json!({ "t": "nil" }),
        // Python has one kind of integer.
        Kind::Int | Kind::I8 => json!({ "t": "int", "v": text() }),
        Kind::DateTime => json!({ "t": "dateTime", "v": text() }),
        Kind::Base64 => json!({ "t": "base64", "v": HEXLOWER.encode(&value.as_bytes().expect("checked")) }),
        kind => json!({ "t": kind.name(), "v": text() }),
    }
}
