//! The result of reading a document with this crate, in the form in which `loads.py` prints the result of Python.

use serde_json::{Map, Value, json};
use xend_wire::xmlrpc::{self, Kind, Message, Response, Rules, ValueRef};
use xend_wire::{Error, Limits, Release};

/// Reads the document by the rules of the release.
pub(crate) fn outcome(document: &[u8], release: Release, limits: &Limits) -> Result<Value, Error> {
    Ok(match xmlrpc::decode(document, Rules::xend(release), limits)? {
        Message::Call(call) => {
            json!({ "params": call.params().map(show).collect::<Vec<_>>(), "method": call.method() })
        }
        Message::Response(Response::Success(document)) => json!({ "value": show(document.value()) }),
        Message::Response(Response::Fault(fault)) => json!({ "fault": [show(fault.code()), show(fault.string())] }),
    })
}

/// Whether both results are errors or the same values. Python reports neither the number of values nor the root element.
pub(crate) fn agree(ours: &Result<Value, Error>, python: &Value) -> bool {
    let Ok(ours) = ours else { return python.get("error").is_some() };
    if let Some(value) = ours.get("value") {
        let one = json!([value]);
        return python["method"].is_null()
            && python.get("params").is_some_and(|params| *params == one || json!({ "array": params }) == *value);
    }
    if let Some(fault) = ours.get("fault") {
        return Some(fault) == python.get("fault");
    }
    let method = match &python["method"] {
        // Without a name, the method is `None` in Python.
        Value::Null => json!("None"),
        method => method.clone(),
    };
    python.get("params") == Some(&ours["params"]) && method == ours["method"]
}

fn show(value: ValueRef<'_>) -> Value {
    let text = || value.text().expect("a scalar");
    match value.kind() {
        Kind::Array => json!({ "array": value.items().map(show).collect::<Vec<_>>() }),
        Kind::Struct => {
            let members: Map<_, _> = value.members().map(|(name, value)| (name.to_owned(), show(value))).collect();
            json!({ "struct": members })
        }
        Kind::Nil => json!({ "nil": true }),
        // Python has one kind of integer.
        Kind::Int | Kind::I8 => json!({ "int": text() }),
        Kind::DateTime => json!({ "dateTime": text() }),
        kind => json!({ kind.name(): text() }),
    }
}
