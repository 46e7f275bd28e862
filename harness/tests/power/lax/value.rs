//! Values of XML-RPC, and what faulty readers do to lists of them.

use super::Faults;

/// A value as it is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Scalar(&'static str, String),
    Array(Vec<Value>),
    Struct(Vec<(String, Value)>),
    Nil,
}

impl Value {
    /// Its type.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(kind, _) => kind,
            Self::Array(_) => "array",
            Self::Struct(_) => "struct",
            Self::Nil => "nil",
        }
    }
}

/// A list of values as a faulty reader has it.
pub(crate) fn alter(how: &str, mut values: Vec<Value>) -> Vec<Value> {
    match how {
        "reversed" => values.reverse(),
        "last-lost" => drop(values.pop()),
        "first-lost" if !values.is_empty() => drop(values.remove(0)),
        "unique" => values.dedup(),
        "without-empty" => values.retain(|value| *value != Value::Scalar("string", String::new())),
        "without-nil" => values.retain(|value| *value != Value::Nil),
        "flat" => {
            let inside = |value| if let Value::Array(inside) = value { inside } else { vec![value] };
            values = values.into_iter().flat_map(inside).collect();
        }
        "one-type" => {
            if let Some(Value::Scalar("int", _)) = values.first() {
                values.retain(|value| value.kind() == "int");
            }
        }
        "strings" => {
            for value in &mut values {
                if let Value::Scalar(kind, _) = value {
                    *kind = "string";
                }
            }
        }
        _ => {
            if let Some(length) = how.strip_prefix("cut-").and_then(|length| length.parse().ok()) {
                values.truncate(length);
            }
        }
    }
    values
}

/// Adds the JSON of an answer.
pub(crate) fn json(value: &Value, answer: &mut String) {
    let text = |text: &str| serde_json::to_string(text).expect("text is JSON");
    match value {
        Value::Nil => *answer += "{\"nil\":true}",
        Value::Scalar(kind, scalar) => {
            *answer += "{\"";
            *answer += kind;
            *answer += "\":";
            *answer += &text(scalar);
            answer.push('}');
        }
        Value::Array(values) => {
            let is_params = answer.ends_with("\"params\":");
            *answer += if is_params { "[" } else { "{\"array\":[" };
            for (at, value) in values.iter().enumerate() {
                *answer += if at > 0 { "," } else { "" };
                json(value, answer);
            }
            *answer += if is_params { "]" } else { "]}" };
        }
        Value::Struct(members) => {
            *answer += "{\"struct\":[";
            for (at, (name, value)) in members.iter().enumerate() {
                *answer += if at > 0 { ",[" } else { "[" };
                *answer += &text(name);
                answer.push(',');
                json(value, answer);
                answer.push(']');
            }
            *answer += "]}";
        }
    }
}

/// A string, or what a faulty reader takes it for, perhaps only within arrays, say.
pub(crate) fn string(faults: Faults<'_>, within: &str, text: String) -> Value {
    let mut kinds = faults.changes("strings").chain(faults.change_in("strings-in-", within));
    let kind = kinds.find(|kind| match *kind {
        "int" => text.parse::<i32>().is_ok(),
        "double" => text.contains(['.', 'e']) && text.parse::<f64>().is_ok_and(f64::is_finite),
        "boolean" => matches!(&*text, "true" | "false"),
        "nil" => matches!(&*text, "null" | "None" | "nil"),
        "empty-nil" => text.is_empty(),
        "dateTime" => text.len() == 17 && text.as_bytes()[8] == b'T',
        "base64" => text.len() > 4 && text.ends_with('='),
        "nan" => text == "NaN",
        _ => false,
    });
    match kind {
        Some("int") => Value::Scalar("int", text),
        Some("double" | "nan") => Value::Scalar("double", text),
        Some("boolean") => Value::Scalar("boolean", if text == "true" { "1" } else { "0" }.to_owned()),
        Some("nil" | "empty-nil") => Value::Nil,
        Some("dateTime") => Value::Scalar("dateTime", text),
        Some("base64") => Value::Scalar("base64", text),
        _ => Value::Scalar("string", text),
    }
}
