//! The crate xmlrpc as a subject: it reads responses and writes calls. Both are reached through a transport, which this
//! adapter gives it, so that its own over reqwest is not tested.
//!
//! Install: cargo, which fetches xmlrpc 0.15.1
//! Build:   cargo build --release --manifest-path adapters/rust/Cargo.toml --bin xmlrpc
//! Run:     xend-harness test -- adapters/rust/target/release/xmlrpc
use std::error::Error;
use std::io::BufRead;

use base64::{Engine, engine::general_purpose::STANDARD};
use xmlrpc::{Request, Transport, Value};
use serde_json::{Value as Json, json};

fn hello() -> Json {
    let rules = json!({ "xmlrpc": ["spec", "extended"] });
    let features = ["nil", "i8", "datetime-typed"];
    json!({ "hello": { "name": "Rust xmlrpc", "version": "0.15.1", "decodes": rules, "encodes": rules, "features": features } })
}

/// Returns an object with one member. The macro `json` would copy the items, at each level of a deep value.
fn object(kind: &str, items: Vec<Json>) -> Json {
    Json::Object([(kind.to_owned(), Json::Array(items))].into_iter().collect())
}

fn tagged(value: &Value) -> Json {
    match value {
        Value::Int(it) => json!({ "int": it.to_string() }),
        Value::Int64(it) => json!({ "i8": it.to_string() }),
        Value::Bool(it) => json!({ "boolean": if *it { "1" } else { "0" } }),
        Value::String(it) => json!({ "string": it }),
        Value::Double(it) => json!({ "double": it.to_string().to_lowercase() }),
        Value::DateTime(it) => json!({ "dateTime": it.to_string().replace(".0+00:00", "") }),
        Value::Base64(it) => json!({ "base64": STANDARD.encode(it) }),
        Value::Struct(it) => {
            object("struct", it.iter().map(|(name, it)| Json::Array(vec![json!(name), tagged(it)])).collect())
        }
        Value::Array(it) => object("array", it.iter().map(tagged).collect()),
        Value::Nil => json!({ "nil": true }),
    }
}

/// Returns a value as the library takes it, or why it can't.
fn native(value: &Json) -> Result<Value, String> {
    let (kind, content) = value.as_object().and_then(|it| it.iter().next()).ok_or("no value")?;
    let text = content.as_str().unwrap_or_default();
    Ok(match kind.as_str() {
        "int" => Value::Int(text.parse().map_err(|_| "no i32 of Rust")?),
        "i8" => Value::Int64(text.parse().map_err(|_| "no i64 of Rust")?),
        "boolean" => Value::Bool(text == "1"),
        "string" => Value::String(text.to_owned()),
        "double" => Value::Double(text.parse().map_err(|_| "no f64 of Rust")?),
        "dateTime" => Value::DateTime(iso8601::datetime(text)?),
        "base64" => Value::Base64(STANDARD.decode(text).map_err(|error| error.to_string())?),
        "array" => Value::Array(natives(content)?),
        "struct" => {
            let members = content.as_array().into_iter().flatten();
            Value::Struct(members.map(|it| Ok((it[0].as_str().unwrap_or_default().to_owned(), native(&it[1])?))).collect::<Result<_, String>>()?)
        }
        _ => Value::Nil,
    })
}

fn natives(values: &Json) -> Result<Vec<Value>, String> {
    values.as_array().into_iter().flatten().map(native).collect()
}

/// Replies with a document, whatever the request.
struct Replies<'a>(&'a [u8]);

impl<'a> Transport for Replies<'a> {
    type Stream = &'a [u8];

    fn transmit(self, _: &Request<'_>) -> Result<&'a [u8], Box<dyn Error + Send + Sync>> {
        Ok(self.0)
    }
}

fn read(document: &[u8]) -> Json {
    match Request::new("m").call(Replies(document)) {
        Ok(value) => json!({ "values": [{ "response": tagged(&value) }] }),
        Err(error) => match error.fault() {
            None => json!({ "reject": error.to_string() }),
            Some(fault) => {
                let (code, string) = (json!({ "int": fault.fault_code.to_string() }), json!({ "string": fault.fault_string }));
                json!({ "values": [{ "fault": { "code": code, "string": string } }] })
            }
        },
    }
}

fn write(value: &Json) -> Result<Json, String> {
    let call = value.get("call").ok_or("writes only calls")?;
    let method = call["method"].as_str().unwrap_or_default();
    let request = natives(&call["params"])?.into_iter().fold(Request::new(method), Request::arg);
    let mut document = Vec::new();
    Ok(match request.write_as_xml(&mut document) {
        Ok(()) => json!({ "document": STANDARD.encode(document) }),
        Err(error) => json!({ "reject": error.to_string() }),
    })
}

fn main() {
    let answer = || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let ask: Json = serde_json::from_str(&line).expect("a question");
            let mut answer = match (ask.get("value"), ask["input"].as_str()) {
                (Some(value), _) => write(value).unwrap_or_else(|why| json!({ "unsupported": why })),
                (_, Some(input)) => read(&STANDARD.decode(input).expect("base64")),
                _ => hello(),
            };
            if let Some(id) = ask.get("id") {
                answer["id"] = id.clone();
            }
            println!("{answer}");
        }
    };
    let stack = std::thread::Builder::new().stack_size(1 << 30);
    stack.spawn(answer).expect("a thread").join().expect("no panic");
}
