//! The crate dxr as a subject: it reads and writes. Its client is a crate of its own, over reqwest.
//!
//! Install: cargo, which fetches dxr 0.9.0
//! Build:   cargo build --release --manifest-path adapters/rust/Cargo.toml --bin dxr
//! Run:     xend-harness test -- adapters/rust/target/release/dxr
use std::io::BufRead;

use base64::{Engine, engine::general_purpose::STANDARD};
use dxr::{Fault, FaultResponse, MethodCall, MethodResponse, Value};
use serde_json::{Value as Json, json};

fn hello() -> Json {
    let rules = json!({ "xmlrpc": ["spec", "extended"] });
    let features = ["nil", "i8", "calls", "datetime-typed"];
    json!({ "hello": { "name": "Rust dxr", "version": "0.9.0", "decodes": rules, "encodes": rules, "features": features } })
}

/// Returns an object with one member. The macro `json` would copy the items, at each level of a deep value.
fn object(kind: &str, items: Vec<Json>) -> Json {
    Json::Object([(kind.to_owned(), Json::Array(items))].into_iter().collect())
}

fn tagged(value: &Value) -> Json {
    match value {
        Value::Integer(it) => json!({ "int": it.to_string() }),
        Value::Long(it) => json!({ "i8": it.to_string() }),
        Value::Boolean(it) => json!({ "boolean": if *it { "1" } else { "0" } }),
        Value::String(it) => json!({ "string": it }),
        Value::Double(it) => json!({ "double": it.to_string().to_lowercase() }),
        Value::DateTime(it) => json!({ "dateTime": it.to_string() }),
        Value::Base64(it) => json!({ "base64": STANDARD.encode(it) }),
        Value::Struct(it) => {
            object("struct", it.iter().map(|(name, it)| Json::Array(vec![json!(name), tagged(it)])).collect())
        }
        Value::Array(it) => object("array", it.iter().map(tagged).collect()),
        Value::Nil => json!({ "nil": true }),
        other => json!({ "odd": format!("{other:?}") }),
    }
}

/// Returns a value as the library takes it, or why it can't.
fn native(value: &Json) -> Result<Value, String> {
    let (kind, content) = value.as_object().and_then(|it| it.iter().next()).ok_or("no value")?;
    let text = content.as_str().unwrap_or_default();
    Ok(match kind.as_str() {
        "int" => Value::Integer(text.parse().map_err(|_| "no i32 of Rust")?),
        "i8" => Value::Long(text.parse().map_err(|_| "no i64 of Rust")?),
        "boolean" => Value::Boolean(text == "1"),
        "string" => Value::String(text.to_owned()),
        "double" => Value::Double(text.parse().map_err(|_| "no f64 of Rust")?),
        "dateTime" => Value::DateTime(text.parse().map_err(|_| "no date of dxr")?),
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

fn read(document: &[u8]) -> Json {
    let Ok(document) = str::from_utf8(document) else { return json!({ "reject": "no UTF-8, and it reads only str" }) };
    if let Ok(fault) = FaultResponse::from_xml(document) {
        let (code, string) = (json!({ "int": fault.fault.code().to_string() }), json!({ "string": fault.fault.string() }));
        return json!({ "values": [{ "fault": { "code": code, "string": string } }] });
    }
    if let Ok(call) = MethodCall::from_xml(document) {
        return json!({ "values": [{ "call": { "method": call.name, "params": call.params.iter().map(tagged).collect::<Vec<_>>() } }] });
    }
    match MethodResponse::from_xml(document) {
        Ok(response) => json!({ "values": [{ "response": tagged(&response.value) }] }),
        Err(error) => json!({ "reject": error.to_string().chars().take(200).collect::<String>() }),
    }
}

fn write(value: &Json) -> Result<Json, String> {
    let written = if let Some(call) = value.get("call") {
        MethodCall { name: call["method"].as_str().unwrap_or_default().into(), params: natives(&call["params"])? }.to_xml()
    } else if let Some(fault) = value.get("fault") {
        let code = fault["code"]["int"].as_str().unwrap_or_default().parse().map_err(|_| "no i32 of Rust")?;
        FaultResponse { fault: Fault::new(code, fault["string"]["string"].as_str().unwrap_or_default().to_owned()) }.to_xml()
    } else {
        MethodResponse { value: native(&value["response"])? }.to_xml()
    };
    Ok(written.map_or_else(|error| json!({ "reject": error.to_string() }), |it| json!({ "document": STANDARD.encode(it) })))
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
