//! The JSON Schema of scenario files, by which editors complete and check them.

use serde_json::{Map, Value, json};
use xend_wire::Release;

use super::check::operation_names;
use super::file::{DESCRIPTIONS, TYPES};
use super::words::{CHANGES, CRITERIA, Key, NUMBERS, REPLY, SCENARIO, Shape, WORDS};

/// Returns the JSON Schema (draft 2020-12) of scenario files, as `mock-xend schema` prints it.
pub fn schema() -> String {
    let mut root = table(&[SCENARIO], &[]);
    let members = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of mock-xend",
        "$defs": {
            "expectation": table(&[CRITERIA, NUMBERS, REPLY], &[]),
            "step": table(&[REPLY], &["reply"]),
            "reply": reply(),
            "change": change(),
            "fault": fault(),
            "place": { "anyOf": [
                { "type": "integer", "minimum": 0 },
                { "type": "string" },
                one("body", &json!({ "type": "integer", "minimum": 0 })),
            ] },
            "pattern": pattern(),
            "param": typed(&described("param")),
            "value": typed(&[one("echo", &json!({ "type": "string" }))]),
            "text": text(),
            "duration": { "type": "string", "pattern": "^[0-9.]+ ?(ms|s|m)$" },
            "states": { "type": "object", "additionalProperties": { "type": "string" } },
        },
    });
    if let (Value::Object(root), Value::Object(members)) = (&mut root, members) {
        root.extend(members);
    }
    let mut text = format!("{root:#}");
    text.push('\n');
    text
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn list_of(name: &str) -> Value {
    json!({ "type": "array", "items": reference(name) })
}

/// Returns the schema of a table with one key.
fn one(key: &str, value: &Value) -> Value {
    json!({ "type": "object", "properties": { key: value }, "required": [key], "additionalProperties": false })
}

/// Returns the schema of a table with these keys.
fn table(keys: &[&[Key]], required: &[&str]) -> Value {
    let property = |key: &Key| {
        let mut schema = shape(key.value);
        if let Value::Object(members) = &mut schema {
            members.insert("description".to_owned(), key.about.into());
        }
        (key.name.to_owned(), schema)
    };
    let properties: Map<_, _> = keys.iter().flat_map(|keys| keys.iter().map(property)).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn shape(shape: Shape) -> Value {
    match shape {
        Shape::Nothing => json!({ "const": true }),
        Shape::Plain => json!({ "type": "string" }),
        Shape::Text => reference("text"),
        Shape::Texts => list_of("text"),
        Shape::Number => json!({ "type": "integer" }),
        Shape::Times => json!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "const": "any" },
            {
                "type": "object",
                "properties": {
                    "at-least": { "type": "integer", "minimum": 0 },
                    "at-most": { "type": "integer", "minimum": 0 },
                },
                "minProperties": 1,
                "additionalProperties": false,
            },
        ] }),
        Shape::Fraction => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Duration => reference("duration"),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::Release => json!({ "enum": Release::ALL.iter().map(|release| release.as_str()).collect::<Vec<_>>() }),
        Shape::Operation => json!({ "enum": operation_names() }),
        Shape::Pattern => reference("pattern"),
        Shape::Patterns => json!({ "type": "object", "additionalProperties": reference("pattern") }),
        Shape::Params => list_of("param"),
        Shape::Value => reference("value"),
        Shape::States => reference("states"),
        Shape::Reply => reference("reply"),
        Shape::Replies => json!({ "type": "array", "items": reference("step"), "minItems": 1 }),
        Shape::Faults => list_of("fault"),
        Shape::Changes => json!({ "anyOf": [reference("change"), list_of("change")] }),
        Shape::Expectations => list_of("expectation"),
        Shape::Table(keys) => table(&[keys], &[keys[0].name]),
    }
}

fn reply() -> Value {
    let alone = WORDS.iter().filter(|word| matches!(word.value, Shape::Nothing));
    let alone = alone.map(|word| json!({ "const": word.name, "description": word.about }));
    let with_value = WORDS.iter().filter(|word| !matches!(word.value, Shape::Nothing));
    let with_value = with_value.map(|word| {
        let mut schema = one(word.name, &shape(word.value));
        schema["description"] = word.about.into();
        schema
    });
    json!({ "anyOf": alone.chain(with_value).collect::<Vec<_>>() })
}

fn change() -> Value {
    let changes = CHANGES.iter().map(|key| {
        let mut schema = one(key.name, &shape(key.value));
        schema["description"] = key.about.into();
        schema
    });
    json!({ "anyOf": changes.collect::<Vec<_>>() })
}

/// Returns the schema of [`Fault`](crate::Fault); the test of the documented faults holds it against the reader.
fn fault() -> Value {
    let size = json!({ "type": "integer", "minimum": 1 });
    let (place, duration, text) = (reference("place"), reference("duration"), json!({ "type": "string" }));
    let members = |required: &[&str], properties: Value| json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    let mut any_of =
        vec![json!({ "enum": ["bare-line-feeds", "unasked-continue", "http-0.9", "close-under-next-request"] })];
    any_of.extend(["delay", "jitter"].map(|name| one(name, &duration)));
    any_of.extend(["truncate", "close", "reset", "half-close", "stall"].map(|name| one(name, &place)));
    let wrong_lengths = [
        json!({ "enum": ["missing", "repeated", "conflicting"] }),
        one("more", &size),
        one("less", &size),
        one("text", &text),
    ];
    let broken = json!({ "enum": ["size-not-hex", "size-too-large", "no-last-chunk"] });
    let with_values = [
        ("pause", members(&["at", "time"], json!({ "at": place, "time": duration }))),
        ("drip", members(&["bytes", "every"], json!({ "bytes": size, "every": duration }))),
        ("bandwidth", size.clone()),
        ("split", json!({ "type": "array", "items": size, "minItems": 1 })),
        ("garbage", members(&["at", "length"], json!({ "at": place, "length": size }))),
        ("insert", members(&["at", "text"], json!({ "at": place, "text": text }))),
        ("content-length", json!({ "anyOf": wrong_lengths })),
        ("chunked", members(&["size"], json!({ "size": size, "broken": broken }))),
        ("refuse", json!({ "anyOf": [{ "const": "always" }, duration] })),
    ];
    any_of.extend(with_values.map(|(name, value)| one(name, &value)));
    json!({ "anyOf": any_of })
}

/// Returns the schemas of the tables that describe a value instead of giving it.
fn described(what: &str) -> Vec<Value> {
    let of = |word: &str| match word {
        "any" if what == "param" => {
            let types = TYPES.iter().map(|(name, _)| Value::from(*name));
            let all: Vec<_> = [Value::from(true)].into_iter().chain(types).collect();
            json!({ "enum": all })
        }
        "any" => json!({ "const": true }),
        "one-of" => json!({ "type": "array", "items": reference(what), "minItems": 1 }),
        "not" => reference(what),
        "exact" => json!({ "type": ["string", "number", "boolean"] }),
        _ => json!({ "type": "string" }),
    };
    DESCRIPTIONS.iter().map(|word| one(word, &of(word))).collect()
}

fn pattern() -> Value {
    let mut any_of = vec![json!({ "type": ["string", "number", "boolean"] })];
    any_of.extend(described("pattern"));
    json!({ "anyOf": any_of })
}

fn text() -> Value {
    json!({ "anyOf": [{ "type": "string" }, one("echo", &json!({ "type": "string" }))] })
}

/// Returns the schema of a typed value, in which these other tables may stand as well.
fn typed(others: &[Value]) -> Value {
    let mut any_of = vec![json!({ "type": ["string", "number", "boolean", "array"] })];
    any_of.extend(TYPES.iter().map(|(name, _)| one(name, &json!(true))));
    any_of.extend(others.iter().cloned());
    json!({ "anyOf": any_of })
}
