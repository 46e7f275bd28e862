//! Checks that values are written and arguments read as the daemon does (`tables/xmlrpc-values.jsonl`,
//! `tables/xmlrpc-arguments.jsonl`), and the envelopes of the Xen-API (`tables/xenapi-envelopes.jsonl`). For the first two
//! tables, methods that return values or print their arguments were added to a real daemon.

use serde_json::Value;
use xend_wire::datum::{self, Datum};
use xend_wire::xenapi::{self, Outcome};
use xend_wire::xmlrpc::{Rules, decode_call, decode_response};
use xend_wire::{Limits, Release};

use crate::{bytes, rows};

pub(crate) fn trials() -> impl Iterator<Item = (String, Box<dyn Fn() -> Result<(), String> + Send>)> {
    let values = rows("tables/xmlrpc-values.jsonl")
        .map(|row| (name("value", &row), Box::new(move || written(&row)) as Box<dyn Fn() -> _ + Send>));
    let arguments = rows("tables/xmlrpc-arguments.jsonl")
        .map(|row| (name("argument", &row), Box::new(move || read(&row)) as Box<dyn Fn() -> _ + Send>));
    let envelopes = rows("tables/xenapi-envelopes.jsonl")
        .map(|row| (name("envelope", &row), Box::new(move || envelope(&row)) as Box<dyn Fn() -> _ + Send>));
    values.chain(arguments).chain(envelopes)
}

fn name(kind: &str, row: &Value) -> String {
    let first = row["releases"][0].as_str().expect("a release");
    format!("{kind}/{}@{first}", row["case"].as_str().expect("a name"))
}

fn releases(row: &Value) -> impl Iterator<Item = Release> {
    row["releases"].as_array().expect("releases").iter().map(|name| name.as_str().unwrap().parse().expect("a release"))
}

/// Checks the reply to a method that returns a value or raises an exception.
fn written(row: &Value) -> Result<(), String> {
    for release in releases(row) {
        let got = match row["value"].get("fault") {
            Some(fault) => datum::fault(fault[0].as_i64().expect("a code") as i32, &bytes(&fault[1])),
            None => datum(&row["value"]).response(release),
        };
        same(release, &got, &row["body"])?;
    }
    Ok(())
}

/// Checks the arguments of a call. The method replied with the `repr` of each argument; no reply means that the daemon could
/// not read the request.
fn read(row: &Value) -> Result<(), String> {
    for release in releases(row) {
        let request = bytes(&row["request"]);
        let call = decode_call(&request, Rules::xend(release), &Limits::default());
        match (call, &row["body"]) {
            (Err(_), Value::Null) => {}
            (Ok(call), Value::String(_)) => {
                let shown = call.params().map(|param| Datum::Bytes(Datum::from_value(param).repr())).collect();
                same(release, &Datum::List(shown).response(release), &row["body"])?;
            }
            (Ok(call), _) => return Err(format!("{release}: got {call:?}, but the daemon refused it")),
            (Err(error), _) => return Err(format!("{release}: {}", error.render(&request))),
        }
    }
    Ok(())
}

fn datum(value: &Value) -> Datum {
    let (kind, value) = value.as_object().and_then(|object| object.iter().next()).expect("one kind");
    let items = || value.as_array().expect("items").iter().map(datum).collect();
    match kind.as_str() {
        "none" => Datum::None,
        "bool" => Datum::Bool(value.as_bool().expect("a boolean")),
        "int" => Datum::Int(value.as_i64().expect("a number")),
        "long" => Datum::Long(value.as_i64().expect("a number")),
        "float" => Datum::Float(value.as_f64().expect("a number")),
        "bytes" => Datum::Bytes(bytes(value)),
        "text" => Datum::Text(value.as_str().expect("text").to_owned()),
        "list" => Datum::List(items()),
        "tuple" => Datum::Tuple(items()),
        kind => panic!("unknown kind {kind}"),
    }
}

fn same(release: Release, got: &[u8], body: &Value) -> Result<(), String> {
    if got == bytes(body) {
        return Ok(());
    }
    Err(format!("{release}: got {}, the daemon {body}", got.escape_ascii()))
}

/// Checks that a captured envelope can be opened, and that the envelope of the same contents has the same bytes.
fn envelope(row: &Value) -> Result<(), String> {
    for release in releases(row) {
        let body = bytes(&row["body"]);
        let reply = decode_response(&body, Rules::xend(release), &Limits::default());
        let document = reply.map_err(|error| error.render(&body))?.into_result().map_err(|fault| fault.to_string())?;
        let again = match xenapi::open_envelope(document.value()).map_err(|error| error.render(&body))? {
            Outcome::Success(value) => xenapi::success(Datum::from_value(value)),
            Outcome::Failure(description) => {
                let words = std::iter::once(description.code());
                xenapi::failure(words.chain(description.arguments().iter().map(String::as_str)))
            }
        };
        same(release, &again.response(release), &row["body"])?;
    }
    Ok(())
}
