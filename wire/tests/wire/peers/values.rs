//! Random values, and their representation in each of the other implementations.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use proptest::prelude::*;
use serde_json::json;
use xend_wire::xmlrpc::Value;

/// Values that every peer has a type for.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    let special = prop::sample::select("&<>\r\n\t \"']\u{85}\u{A0}\u{FFFD}é\u{1F600}".chars().collect::<Vec<_>>());
    let character = prop_oneof![3 => prop::char::range('a', 'z'), 2 => special];
    let text = prop::collection::vec(character, 0..8).prop_map(String::from_iter);
    let leaf = prop_oneof![
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::I8),
        any::<bool>().prop_map(Value::Boolean),
        text.clone().prop_map(Value::from),
        (any::<i32>(), 0..4_i32).prop_map(|(number, places)| Value::Double(f64::from(number) / 10_f64.powi(places))),
        (1..=12, 1..=28, 0..24, 0..60).prop_map(|(month, day, hour, minute)| Value::DateTime(
            format!("2006{month:02}{day:02}T{hour:02}:{minute:02}:59").into()
        )),
        prop::collection::vec(any::<u8>(), 0..70).prop_map(Value::Base64),
        Just(Value::Nil),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((text.clone().prop_map_into(), inner), 0..4).prop_map(Value::Struct),
        ]
    })
}

/// A value as an implementation with maps for structs has it: members ordered by name, and of several members with the same
/// name only the last.
pub(crate) fn as_map(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(as_map).collect()),
        Value::Struct(members) => {
            let members: BTreeMap<_, _> = members.iter().map(|(name, value)| (name.clone(), as_map(value))).collect();
            Value::Struct(members.into_iter().collect())
        }
        value => value.clone(),
    }
}

pub(crate) fn to_dxr(value: &Value) -> dxr::Value {
    match value {
        Value::Int(number) => dxr::Value::Integer(*number),
        Value::I8(number) => dxr::Value::Long(*number),
        Value::Boolean(flag) => dxr::Value::Boolean(*flag),
        Value::String(text) => dxr::Value::String(text.to_string()),
        Value::Double(number) => dxr::Value::Double(*number),
        Value::DateTime(text) => dxr::Value::DateTime(text.parse().expect("a date of the usual form")),
        Value::Base64(bytes) => dxr::Value::Base64(bytes.clone()),
        Value::Array(items) => dxr::Value::Array(items.iter().map(to_dxr).collect()),
        Value::Struct(members) => {
            dxr::Value::Struct(members.iter().map(|(name, value)| (name.to_string(), to_dxr(value))).collect())
        }
        Value::Nil => dxr::Value::Nil,
    }
}

/// The name of the known deviation of dxr 0.9 that the value would trigger, if any.
pub(crate) fn deviation_of_dxr(value: &Value) -> Option<&'static str> {
    match value {
        Value::Array(items) => items.iter().find_map(deviation_of_dxr),
        Value::Struct(members) => members.iter().find_map(|(name, value)| match name.trim() {
            "" => Some("refuses a name of white space, or none"),
            _ => deviation_of_dxr(value),
        }),
        _ => None,
    }
}

/// A value in the form that `decode.py` prints.
pub(crate) fn to_json(value: &Value) -> serde_json::Value {
    match value {
        // Python has one kind of integer.
        Value::Int(number) => json!({ "int": number.to_string() }),
        Value::I8(number) => json!({ "int": number.to_string() }),
        Value::Boolean(flag) => json!({ "boolean": flag }),
        Value::String(text) => json!({ "string": text.as_str() }),
        // Both write the shortest text that reads back.
        Value::Double(number) => json!({ "double": format!("{number:?}") }),
        Value::DateTime(text) => json!({ "dateTime": text.as_str() }),
        Value::Base64(bytes) => json!({ "base64": BASE64.encode(bytes) }),
        Value::Array(items) => json!({ "array": items.iter().map(to_json).collect::<Vec<_>>() }),
        Value::Struct(members) => {
            json!({ "struct": members.iter().map(|(name, value)| json!([name.as_str(), to_json(value)])).collect::<Vec<_>>() })
        }
        Value::Nil => json!({ "nil": true }),
    }
}
