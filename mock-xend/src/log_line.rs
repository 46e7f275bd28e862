//! The lines of the log of exchanges, as JSON. `docs/scenarios.md` has their keys.

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use crate::journal::{AnsweredBy, Exchange};

/// Returns the line for exchanges that a reader lost because it lags.
pub(crate) fn lost(count: u64) -> Value {
    json!({ "event": "lost", "count": count })
}

/// Returns the line for an exchange.
pub(crate) fn exchange(exchange: &Exchange) -> Value {
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
    put("event", "exchange".into());
    put("number", exchange.number.into());
    put("at", exchange.at.as_secs_f64().into());
    put("connection", exchange.connection.into());
    put("generation", exchange.generation.into());
    put("face", exchange.face.as_str().into());
    if let Some(operation) = exchange.operation {
        put("operation", operation.name().into());
        let arguments =
            exchange.arguments.iter().map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into()));
        put("arguments", Value::Object(arguments.collect()));
    }
    put(
        "answered_by",
        match &exchange.answered_by {
            AnsweredBy::Face => "face",
            AnsweredBy::Expectation { .. } => "expectation",
            AnsweredBy::World { .. } => "world",
            AnsweredBy::Refusal { .. } => "refusal",
            AnsweredBy::Server => "server",
            AnsweredBy::Recording { .. } => "recording",
        }
        .into(),
    );
    if let Some(place) = exchange.answered_by.expectation() {
        put("expectation", place.into());
    }
    if let Some(why) = exchange.answered_by.why_not() {
        put("why_not", why.into());
    }
    if let Some(status) = exchange.status() {
        put("status", status.into());
    }
    if !exchange.faults.is_empty() {
        let faults: Vec<_> = exchange.faults.iter().map(|fault| Value::from(fault.to_string())).collect();
        put("faults", faults.into());
    }
    if !exchange.is_whole() {
        put("request_length", exchange.request_length.into());
        put("reply_length", exchange.reply_length.into());
    }
    for (name, encoded, bytes) in
        [("request", "request_base64", &exchange.request), ("reply", "reply_base64", &exchange.reply)]
    {
        match str::from_utf8(bytes) {
            Ok(text) => put(name, text.into()),
            Err(_) => put(encoded, BASE64.encode(bytes).into()),
        };
    }
    Value::Object(line)
}
