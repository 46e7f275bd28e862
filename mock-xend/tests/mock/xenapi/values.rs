//! A client in memory: calls in, values out.

use mock_xend::{Daemon, Face, Release};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use xend_wire::Limits;
use xend_wire::xmlrpc::{self, Kind, Rules, ValueRef};

use crate::peer::builder;

pub(crate) fn daemon(release: Release) -> Daemon {
    builder(release).build().expect("nothing conflicts")
}

/// The value that a call is answered with, or the fault as `{"fault": [code, text]}`.
pub(crate) async fn call(daemon: &Daemon, face: Face, method: &str, params: &[Value]) -> Value {
    let params: Vec<_> = params.iter().map(to_xmlrpc).collect();
    let body = xmlrpc::encode_call(method, &params).expect("what the tests send can be sent");
    let head = format!("POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len());
    let reply = exchange(daemon, face, &[head.as_bytes(), &body].concat()).await;
    let at = reply.windows(4).position(|window| window == b"\r\n\r\n").expect("there is a head") + 4;
    let body = &reply[at..];
    let response = xmlrpc::decode_response(body, Rules::xend(daemon.release()), &Limits::default());
    match response.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(body))).into_result() {
        Ok(document) => from_xmlrpc(document.value()),
        Err(fault) => serde_json::json!({ "fault": [fault.code, fault.string] }),
    }
}

/// All that comes back for a request, until the daemon closes.
pub(crate) async fn exchange(daemon: &Daemon, face: Face, request: &[u8]) -> Vec<u8> {
    let (near, far) = duplex(1 << 16);
    let serving = tokio::spawn(daemon.serve(far, face));
    let (mut read, mut write) = tokio::io::split(near);
    write.write_all(request).await.expect("the daemon reads");
    let mut reply = Vec::new();
    read.read_to_end(&mut reply).await.expect("the daemon closes");
    serving.abort();
    reply
}

fn to_xmlrpc(value: &Value) -> xmlrpc::Value {
    match value {
        Value::Null => xmlrpc::Value::Nil,
        Value::Bool(flag) => xmlrpc::Value::Boolean(*flag),
        Value::Number(number) => {
            let number = number.as_i64().and_then(|number| i32::try_from(number).ok());
            xmlrpc::Value::Int(number.expect("the tests send whole numbers of 32 bits"))
        }
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => xmlrpc::Value::Array(items.iter().map(to_xmlrpc).collect()),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.into(), to_xmlrpc(value)));
            xmlrpc::Value::Struct(members.collect())
        }
    }
}

fn from_xmlrpc(value: ValueRef<'_>) -> Value {
    match value.kind() {
        Kind::Nil => Value::Null,
        Kind::Boolean => value.as_bool().into(),
        Kind::Int | Kind::I8 => value.as_i64().into(),
        Kind::Double => value.as_f64().into(),
        Kind::Array => value.items().map(from_xmlrpc).collect(),
        Kind::Struct => value.members().map(|(name, value)| (name.to_owned(), from_xmlrpc(value))).collect(),
        Kind::DateTime => format!("dateTime {}", value.text().unwrap_or_default()).into(),
        Kind::String | Kind::Base64 => value.text().unwrap_or_default().into(),
    }
}
