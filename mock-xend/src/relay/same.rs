//! Whether two requests ask for the same.

use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Rules, Value};
use xend_wire::{Limits, Release};

use crate::faces;
use crate::fault::{Parts, header};
use crate::redact::matches;
use crate::scenario::copied;

/// Returns whether a request asks for what a recorded one asked: the same method with the same parameters or fields, or
/// else the same bytes. The headers don't count.
pub(super) fn is_same(face: Face, recorded: &[u8], given: &[u8]) -> bool {
    let [one, other] = [recorded, given].map(Parts::of_message);
    match face {
        Face::Sxp => is_same_form(one, other),
        Face::XmlRpc | Face::XenApi => match (decode(one.body), decode(other.body)) {
            (Some((method, params)), Some((asked, given))) => {
                method == asked
                    && params.len() == given.len()
                    && params.iter().zip(&given).all(|(param, given)| is_same_value(param, given))
            }
            _ => matches(first_line(one.head), first_line(other.head)) && matches(one.body, other.body),
        },
    }
}

/// Returns the method and the parameters of a call.
pub(super) fn decode(body: &[u8]) -> Option<(String, Vec<Value>)> {
    let call = xmlrpc::decode_call(body, Rules::xend(Release::V4_1), &Limits::default()).ok()?;
    Some((call.method().to_owned(), call.params().map(copied).collect()))
}

pub(super) fn is_same_value(recorded: &Value, given: &Value) -> bool {
    match (recorded, given) {
        (Value::String(text), _) if matches!(text.as_str(), crate::redact::REDACTED | crate::redact::SESSION) => true,
        (Value::String(text), Value::String(given)) => matches(text.as_bytes(), given.as_bytes()),
        (Value::Array(items), Value::Array(given)) => {
            items.len() == given.len() && items.iter().zip(given).all(|(item, given)| is_same_value(item, given))
        }
        (Value::Struct(members), Value::Struct(given)) => {
            members.len() == given.len()
                && members.iter().all(|(name, value)| {
                    given.iter().any(|(other, given)| name == other && is_same_value(value, given))
                })
        }
        _ => recorded == given,
    }
}

pub(super) fn first_line(head: &[u8]) -> &[u8] {
    head.split(|&byte| byte == b'\r' || byte == b'\n').next().unwrap_or_default()
}

/// A request of the S-expression face: its method, path and fields.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) method: Vec<u8>,
    pub(super) path: Vec<u8>,
    /// The fields of the query and of the form, sorted.
    pub(super) fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body, if it is not a form.
    pub(super) body: Vec<u8>,
}

impl Form {
    pub(super) fn of(request: Parts<'_>) -> Self {
        let mut words = first_line(request.head).split(|&byte| byte == b' ');
        let method = words.next().unwrap_or_default().to_vec();
        let target = words.next().unwrap_or_default();
        let (path, query) = match memchr::memchr(b'?', target) {
            Some(at) => (&target[..at], &target[at + 1..]),
            None => (target, &b""[..]),
        };
        let kind = header(request.head, b"content-type").map(|line| &request.head[line]);
        let kind = kind.and_then(|line| Some(line[memchr::memchr(b':', line)? + 1..].trim_ascii()));
        let form = faces::form(kind, request.body).unwrap_or_default();
        let body = if form.iter().next().is_some() { b"" } else { request.body };
        let query = faces::urlencoded(query, false);
        let both = query.iter().chain(form.iter());
        let mut fields: Vec<_> =
            both.flat_map(|(name, values)| values.iter().map(|value| (name.to_vec(), value.clone()))).collect();
        fields.sort();
        Self { method, path: path.to_vec(), fields, body: body.to_vec() }
    }
}

fn is_same_form(recorded: Parts<'_>, given: Parts<'_>) -> bool {
    let [one, other] = [recorded, given].map(Form::of);
    let names = |path: &[u8]| {
        path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    one.method == other.method
        && names(&one.path) == names(&other.path)
        && one.fields.len() == other.fields.len()
        && one
            .fields
            .iter()
            .zip(&other.fields)
            .all(|((name, value), (asked, given))| name == asked && matches(value, given))
        && matches(&one.body, &other.body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_counts_and_not_how() {
        let form = |form: &str| {
            format!("POST /xend/domain/vm1 HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n{form}")
        };
        let multipart = |boundary: &str, op: &str| {
            format!(
                "POST /xend/domain/vm1 HTTP/1.1\r\nContent-Type: multipart/form-data; boundary={boundary}\r\n\r\n--{boundary}\r\nContent-Disposition: form-data; name=\"op\"\r\n\r\n{op}\r\n--{boundary}--\r\n"
            )
        };
        let call = |param: &str| {
            format!(
                "POST /RPC2 HTTP/1.0\r\n\r\n<methodCall><methodName>m</methodName><params><param>{param}</param></params></methodCall>"
            )
        };
        for (face, recorded, given, is_one) in [
            (Face::Sxp, form("op=pause&a=b"), form("a=b&op=pause").replace("/xend", "//xend"), true),
            (Face::Sxp, form("op=a+b"), form("op=a%20b"), true),
            // The boundary is another one each time.
            (Face::Sxp, multipart("a", "pause"), multipart("b", "pause"), true),
            (Face::Sxp, multipart("a", "pause"), multipart("a", "unpause"), false),
            (Face::Sxp, multipart("a", "pause"), form("op=pause"), true),
            (Face::Sxp, form("op=pause"), form("op=unpause"), false),
            (Face::Sxp, form("op=pause"), form("op=pause").replace("vm1", "vm2"), false),
            (Face::Sxp, form("op=pause&password={redacted}"), form("op=pause&password=x"), true),
            (
                Face::XmlRpc,
                call("<value>a</value>"),
                call("<value> <string>a</string></value>").replace("/RPC2", "/"),
                true,
            ),
            (Face::XmlRpc, call("<value><int>5</int></value>"), call("<value><string>5</string></value>"), false),
            (Face::XmlRpc, call("<value>{redacted}</value>"), call("<value><int>5</int></value>"), true),
            (
                Face::XmlRpc,
                "POST / HTTP/1.0\r\n\r\nno call".to_owned(),
                "POST / HTTP/1.1\r\n\r\nno call".to_owned(),
                false,
            ),
        ] {
            assert_eq!(is_same(face, recorded.as_bytes(), given.as_bytes()), is_one, "{recorded}\n{given}");
        }
    }
}
