//! Calls of the Xen-API.
//!
//! References to objects differ in each run, so a call's request is built from its parameters and the references that
//! the server has given, and replies are compared by their values.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Deserialize;
use serde_json::{Map, Value};
use xend_wire::xmlrpc::{self, Kind, Rules, ValueRef};
use xend_wire::{Limits, Release};

/// The references that a server has given, by the name that the sequence gives them: `vm` is a uuid from an earlier
/// reply.
pub(super) type References = BTreeMap<String, String>;

/// A call of a method of the Xen-API, with the answer of the real daemon.
#[derive(Clone, Debug)]
pub struct Call {
    /// The name of the method, such as `VM.get_record`.
    pub method: String,
    /// The parameters, as JSON. A string such as `"$vm"` stands for the reference with the name `vm`.
    pub params: Vec<Value>,
    /// The references that the reply gives to later calls: for each name, which uuid of the reply it is, counted from
    /// 0.
    pub given_references: BTreeMap<String, usize>,
    /// The daemon's answer, or `None` if it is not known. It has the form in which replies are compared: made-up uuids,
    /// MAC addresses and times are masked, and arrays of strings are sorted.
    pub answer: Option<Value>,
}

/// What the daemon answered in some releases, or in all if no release is listed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) releases: Vec<String>,
    #[serde(flatten)]
    answer: Map<String, Value>,
}

impl Answer {
    /// Returns the answer as one object: `{"Success": VALUE}`, `{"Failure": [...]}` or `{"Error": [...]}`.
    pub(super) fn value(&self) -> Value {
        Value::Object(self.answer.clone())
    }
}

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

pattern!(UUID, "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
pattern!(MAC, "00:16:3e:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}");

impl Call {
    /// Returns the HTTP request for the call, as Python's `xmlrpclib` writes it, with the references that the server
    /// has given.
    pub(super) fn request(&self, references: &References) -> Vec<u8> {
        let params: Vec<_> = self.params.iter().map(|param| filled(param, references)).collect();
        let body = xmlrpc::encode_call(&self.method, &params).unwrap_or_default();
        let head = format!(
            "POST /RPC2 HTTP/1.0\r\nHost: localhost\r\nUser-Agent: xmlrpclib.py/1.0.1 (by www.pythonware.com)\r\n\
             Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        [head.as_bytes(), &body].concat()
    }

    /// Stores the references that a reply gives. A reference that the reply lacks is removed.
    pub(super) fn store_references(&self, reply: &[u8], references: &mut References) {
        let body = String::from_utf8_lossy(body(reply));
        let uuids: Vec<_> = UUID.find_iter(&body).map(|uuid| uuid.as_str().to_owned()).collect();
        for (name, at) in &self.given_references {
            references.remove(name);
            references.extend(uuids.get(*at).map(|uuid| (name.clone(), uuid.clone())));
        }
    }

    /// Returns where the value of a reply differs from the daemon's answer; empty if the daemon's answer is not known.
    pub(super) fn differences(&self, reply: &[u8], release: Release) -> Vec<String> {
        let Some(wanted) = &self.answer else { return Vec::new() };
        match canonical(body(reply), release) {
            Ok(got) => difference("", &got, wanted).into_iter().collect(),
            Err(why) => vec![format!("body: {why}")],
        }
    }
}

fn body(reply: &[u8]) -> &[u8] {
    reply.windows(4).position(|window| window == b"\r\n\r\n").map_or(b"", |at| &reply[at + 4..])
}

/// Converts a parameter to an XML-RPC value, with each reference replaced by the uuid that the server gave.
fn filled(param: &Value, references: &References) -> xmlrpc::Value {
    match param {
        Value::Null => xmlrpc::Value::Nil,
        Value::Bool(flag) => xmlrpc::Value::Boolean(*flag),
        Value::Number(number) => match number.as_i64().and_then(|number| i32::try_from(number).ok()) {
            Some(number) => xmlrpc::Value::Int(number),
            None => xmlrpc::Value::Double(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => references.get(name).cloned().unwrap_or_else(|| format!("OpaqueRef-missing-{name}")).into(),
            None => text.as_str().into(),
        },
        Value::Array(items) => xmlrpc::Value::Array(items.iter().map(|item| filled(item, references)).collect()),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.into(), filled(value, references)));
            xmlrpc::Value::Struct(members.collect())
        }
    }
}

/// Converts the body of a response to the form in which answers are compared: `{"Success": VALUE}` or `{STATUS:
/// [WORDS]}`.
///
/// Values that no two runs share are masked: a made-up uuid is `_uuid_`, a made-up MAC address `_mac_`, and a time
/// `{"dateTime": "_time_"}`. Members of structs and strings in arrays are sorted, so that their order does not count. A
/// struct in which a masked name comes twice is `{"members": [[NAME, VALUE], ...]}`.
fn canonical(body: &[u8], release: Release) -> Result<Value, String> {
    let response = xmlrpc::decode_response(body, Rules::xend(release), &Limits::default());
    let document = response.map_err(|error| error.to_string())?.into_result().map_err(|fault| fault.to_string())?;
    let envelope = document.value();
    let status = envelope.get("Status").and_then(ValueRef::as_str).ok_or("the answer has no `Status`")?;
    let member = if status == "Success" { "Value" } else { "ErrorDescription" };
    let value = envelope.get(member).ok_or_else(|| format!("the answer has no `{member}`"))?;
    Ok(Value::Object(Map::from_iter([(status.to_owned(), plain(value))])))
}

fn plain(value: ValueRef<'_>) -> Value {
    match value.kind() {
        Kind::Nil => Value::Null,
        Kind::Boolean => value.as_bool().into(),
        Kind::Int | Kind::I8 => value.as_i64().into(),
        Kind::Double => value.as_f64().into(),
        Kind::String | Kind::Base64 => masked(&value.text().unwrap_or_default()).into(),
        Kind::DateTime => Value::Object(Map::from_iter([("dateTime".to_owned(), "_time_".into())])),
        Kind::Array => {
            let mut items: Vec<_> = value.items().map(plain).collect();
            if items.iter().all(Value::is_string) {
                items.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            }
            items.into()
        }
        Kind::Struct => {
            let members: Vec<_> = value.members().map(|(name, value)| (masked(name), plain(value))).collect();
            let unique: Map<_, _> = members.iter().cloned().collect();
            if unique.len() == members.len() {
                return Value::Object(unique);
            }
            let mut members: Vec<_> =
                members.into_iter().map(|(name, value)| Value::from(vec![name.into(), value])).collect();
            members.sort_by_key(ToString::to_string);
            Value::Object(Map::from_iter([("members".to_owned(), members.into())]))
        }
    }
}

fn masked(text: &str) -> String {
    let is_made_up = |uuid: &str| uuid.chars().any(|c| c != '-' && !uuid.starts_with(c));
    let text = UUID.replace_all(text, |uuid: &Captures<'_>| match is_made_up(&uuid[0]) {
        true => "_uuid_".to_owned(),
        false => uuid[0].to_owned(),
    });
    let text = MAC.replace_all(&text, |mac: &Captures<'_>| match mac[0].starts_with("00:16:3e:00:00:") {
        true => mac[0].to_owned(),
        false => "_mac_".to_owned(),
    });
    text.into_owned()
}

/// Converts a wanted value from a sequence's file to the form that [`canonical`] returns.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(sorted).collect();
            if items.iter().all(Value::is_string) {
                items.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
            }
            items.into()
        }
        Value::Object(members) => {
            let mut members: Map<_, _> = members.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            if let (1, Some(Value::Array(pairs))) = (members.len(), members.get_mut("members")) {
                pairs.sort_by_key(ToString::to_string);
            }
            if members.len() == 1 && members.contains_key("dateTime") {
                members.insert("dateTime".to_owned(), "_time_".into());
            }
            Value::Object(members)
        }
        other => other,
    }
}

/// Returns the first place where two values differ, as a sentence.
fn difference(place: &str, got: &Value, wanted: &Value) -> Option<String> {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => {
            let missing = wanted.keys().find(|name| !got.contains_key(*name));
            let surplus = got.keys().find(|name| !wanted.contains_key(*name));
            match (missing, surplus) {
                (None, None) => {
                    wanted.iter().find_map(|(name, wanted)| difference(&format!("{place}.{name}"), &got[name], wanted))
                }
                (Some(missing), None) => Some(format!("{}: it has no `{missing}`", placed(place))),
                (None, Some(surplus)) => Some(format!("{}: it has `{surplus}`, which is not wanted", placed(place))),
                (Some(_), Some(_)) => Some(format!(
                    "{}: got {}, wanted {}",
                    placed(place),
                    Value::Object(got.clone()),
                    Value::Object(wanted.clone())
                )),
            }
        }
        (Value::Array(got), Value::Array(wanted)) if got.len() == wanted.len() => {
            let mut pairs = got.iter().zip(wanted).enumerate();
            pairs.find_map(|(at, (got, wanted))| difference(&format!("{place}[{at}]"), got, wanted))
        }
        _ if got == wanted => None,
        _ => Some(format!("{}: got {got}, wanted {wanted}", placed(place))),
    }
}

fn placed(place: &str) -> &str {
    match place.strip_prefix('.') {
        Some(place) => place,
        None if place.is_empty() => "answer",
        None => place,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each kind of difference is described with its place.
    #[test]
    fn a_difference_names_its_place() {
        let check = |got: Value, wanted: Value, expected: &[&str]| {
            assert_eq!(difference("", &got, &wanted).into_iter().collect::<Vec<_>>(), expected);
        };
        let success = |value: Value| serde_json::json!({ "Success": value });
        check(success(1.into()), success(1.into()), &[]);
        check(success("a".into()), success("b".into()), &[r#"Success: got "a", wanted "b""#]);
        check(
            success(serde_json::json!({ "uuid": "_uuid_", "VM": [1, 2] })),
            success(serde_json::json!({ "uuid": "_uuid_", "VM": [1, 3] })),
            &["Success.VM[1]: got 2, wanted 3"],
        );
        check(success(serde_json::json!({})), success(serde_json::json!({ "a": 1 })), &["Success: it has no `a`"]);
        check(
            serde_json::json!({ "Failure": ["X"] }),
            success(1.into()),
            &[r#"answer: got {"Failure":["X"]}, wanted {"Success":1}"#],
        );
    }

    #[test]
    fn only_what_is_made_up_is_masked() {
        let check = |text: &str, expected: &str| assert_eq!(masked(text), expected);
        check("77777777-7777-7777-7777-777777777777", "77777777-7777-7777-7777-777777777777");
        check("5f0a8b1c-1111-2222-3333-444444444444", "_uuid_");
        check("00:16:3e:00:00:77 00:16:3e:12:34:56", "00:16:3e:00:00:77 _mac_");
    }
}
