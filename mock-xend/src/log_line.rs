//! The lines of the log of exchanges, as JSON. `docs/scenarios.md` has their keys.

use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};
use xend_wire::operation;

use crate::journal::{AnsweredBy, Exchange};
use crate::redact::{self, REDACTED, Sessions};

/// Returns the line for exchanges that a reader lost because it lags.
pub(crate) fn lost(count: u64) -> Value {
    json!({ "event": "lost", "count": count })
}

/// Makes the lines of one log, whose secrets are redacted unless they are kept.
pub(crate) struct LogLines {
    /// The sessions that were seen; `None` if secrets are kept.
    sessions: Option<Sessions>,
}

impl LogLines {
    pub(crate) fn new(keeps_secrets: bool) -> Self {
        Self { sessions: (!keeps_secrets).then(Sessions::of_log) }
    }

    /// Returns the line for an exchange.
    pub(crate) fn exchange(&mut self, exchange: &Exchange) -> Value {
        match &mut self.sessions {
            Some(sessions) => line(&redacted(exchange, sessions)),
            None => line(exchange),
        }
    }
}

/// Replaces the secrets of an exchange: in its bytes, its arguments, and why no expectation answered.
fn redacted(exchange: &Exchange, sessions: &mut Sessions) -> Exchange {
    let (request, reply, _) =
        redact::exchange(exchange.face, &exchange.request, Some(exchange.reply.as_slice()), sessions);
    let reply = reply.unwrap_or_default();
    let is_login = exchange.operation == Some(operation::SESSION_LOGIN);
    let argument = |(name, value): (&str, &[u8])| -> (String, Vec<u8>) {
        let is_secret = is_login || name.contains("passw");
        let value = if is_secret { REDACTED.into() } else { sessions.replace(&redact::body(value), REDACTED) };
        (name.to_owned(), value)
    };
    let why_not =
        |text: &Arc<str>| -> Arc<str> { String::from_utf8_lossy(&sessions.replace(text.as_bytes(), REDACTED)).into() };
    let mut answered_by = exchange.answered_by.clone();
    if let AnsweredBy::World { why_not: Some(text) } | AnsweredBy::Refusal { why_not: Some(text) } = &mut answered_by {
        *text = why_not(text);
    }
    // A text that stands for a secret has another length.
    let length = |whole: usize, kept: &[u8], now: &[u8]| whole - kept.len() + now.len();
    Exchange {
        arguments: exchange.arguments.iter().map(argument).collect(),
        request_length: length(exchange.request_length, &exchange.request, &request),
        request,
        reply_length: length(exchange.reply_length, &exchange.reply, &reply),
        reply,
        answered_by,
        ..exchange.clone()
    }
}

fn line(exchange: &Exchange) -> Value {
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
            AnsweredBy::Nothing { .. } => "nothing",
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
