//! Requests that a recording lacks, as people are told of them.

use std::collections::BTreeSet;

use xend_wire::datum::Datum;
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Call, CompactString, Rules, Value};
use xend_wire::{Limits, Release, visible};

use super::recording::{Recorded, Recording};
use super::same::{Form, decode, first_line, is_same_value};
use crate::fault::Parts;
use crate::redact::{REDACTED, SESSION, matches};
use crate::scenario::shown::{self, is_secret, is_secret_param};
use crate::scenario::{Param, copied};

/// Formats a request on one line: `sxp POST /xend/domain/vm1 op=pause`, `xmlrpc xend.domain.pause('vm1')`.
pub(super) fn request(face: Face, request: &[u8]) -> String {
    let parts = Parts::of_message(request);
    match face {
        Face::Sxp => {
            let Form { method, path, fields, .. } = Form::of(parts);
            let fields = fields.iter().map(|(name, value)| shown::field(name, value)).collect::<String>();
            format!("sxp {} {}{fields}", shown::text(&method), shown::text(&path))
        }
        Face::XmlRpc | Face::XenApi => match called(parts.body) {
            Some(call) => {
                format!("{face} {}", shown::call(face, call.method(), call.params().map(Datum::from_value)))
            }
            None => format!("{face} {}", visible(first_line(parts.head))),
        },
    }
}

fn called(body: &[u8]) -> Option<Call<'_>> {
    xmlrpc::decode_call(body, Rules::xend(Release::V4_1), &Limits::default()).ok()
}

/// One thing that is compared, and what differs in it; nothing if it is the same.
struct Criterion {
    name: String,
    differences: Vec<String>,
}

/// Tells why a request is not the one of an exchange, a line each with a tick or a cross.
pub(super) fn why(face: Face, exchange: &Recorded, request: &[u8]) -> String {
    let mut text = format!("closest: {}\n", visible(exchange.case.as_bytes()));
    for Criterion { name, differences } in criteria(face, &exchange.request, request) {
        if differences.is_empty() {
            text.push_str(&format!("  ✓ {name}\n"));
        }
        text.extend(differences.iter().map(|difference| format!("  ✗ {difference}\n")));
    }
    text
}

/// Returns the exchange that a request comes closest to: one of the same method or path at least.
pub(super) fn nearest(recording: &Recording, request: &[u8]) -> Option<usize> {
    let near = |at: usize| {
        let criteria = criteria(recording.face, &recording.exchanges[at].request, request);
        let is_near = criteria.iter().any(|one| one.differences.is_empty() && NAMES.contains(&one.name.as_str()));
        is_near.then(|| (criteria.iter().map(|one| one.differences.len()).sum::<usize>(), at))
    };
    (0..recording.exchanges.len()).filter_map(near).min().map(|(_, at)| at)
}

/// What says most of what a request is about.
const NAMES: [&str; 3] = ["path", "field op", "method of the call"];

fn criteria(face: Face, recorded: &[u8], given: &[u8]) -> Vec<Criterion> {
    let [recorded, given] = [recorded, given].map(Parts::of_message);
    let text = |name: &str, recorded: Option<&[u8]>, given: Option<&[u8]>| {
        let is_same = match (recorded, given) {
            (Some(recorded), Some(given)) => matches(recorded, given),
            (None, None) => true,
            _ => false,
        };
        let show = |text: Option<&[u8]>, none: &str| match text {
            Some(_) if is_secret(name.as_bytes()) => REDACTED.to_owned(),
            Some(text) => format!("\"{}\"", shown::text(text)),
            None => none.to_owned(),
        };
        let difference = || format!("{name}: {}, expected {}", show(given, "missing"), show(recorded, "nothing"));
        Criterion { name: name.to_owned(), differences: if is_same { Vec::new() } else { vec![difference()] } }
    };
    if face == Face::Sxp {
        let [recorded, given] = [recorded, given].map(Form::of);
        let mut criteria = vec![
            text("method of HTTP", Some(&recorded.method), Some(&given.method)),
            text("path", Some(&recorded.path), Some(&given.path)),
        ];
        let names: BTreeSet<_> = recorded.fields.iter().chain(&given.fields).map(|(name, _)| name).collect();
        let value = |form: &Form, wanted: &[u8]| {
            form.fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone())
        };
        criteria.extend(names.into_iter().map(|name| {
            let (recorded, given) = (value(&recorded, name), value(&given, name));
            text(&format!("field {}", shown::text(name)), recorded.as_deref(), given.as_deref())
        }));
        criteria.push(text("body", Some(&recorded.body), Some(&given.body)));
        return criteria;
    }
    let (Some((method, params)), Some(call)) = (decode(recorded.body), called(given.body)) else {
        return vec![text("body", Some(recorded.body), Some(given.body))];
    };
    let mut criteria = vec![text(NAMES[2], Some(method.as_bytes()), Some(call.method().as_bytes()))];
    for at in 0..params.len().max(call.params().count()) {
        let name = format!("params[{at}]");
        let mut differences = Vec::new();
        match (params.get(at), call.params().nth(at)) {
            (Some(recorded), given) => {
                let is_same = given.is_some_and(|given| is_same_value(recorded, &copied(given)));
                if !is_same && is_secret_param(face, call.method().as_bytes(), at) {
                    differences.push(format!("{name}: not as expected"));
                } else if !is_same {
                    expected(recorded).differences(&name, given, &mut differences);
                }
            }
            (None, _) => differences.push(format!("{name}: not expected")),
        }
        criteria.push(Criterion { name, differences });
    }
    criteria
}

/// Returns what a recorded value stands for: a mark for any.
fn expected(value: &Value) -> Param {
    match value {
        Value::String(text) if text.contains(REDACTED) || text.contains(SESSION) => Param::Any,
        Value::Array(items) => Param::Array(items.iter().map(expected).collect()),
        Value::Struct(members) => {
            let member = |(name, value): &(CompactString, Value)| (name.to_string(), expected(value));
            Param::Struct(members.iter().map(member).collect())
        }
        value => Param::Value(value.clone()),
    }
}
