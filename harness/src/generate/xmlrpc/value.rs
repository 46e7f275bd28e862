//! Values of XML-RPC, made before the document that holds them.

use data_encoding::BASE64;
use serde_json::json;

use super::super::choices::Choices;
use super::super::text::{nonempty, text};

/// A value. Numbers and dates are kept as they are told in the tagged form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Int(i32),
    Boolean(bool),
    /// The digits before and behind the period, with a minus if there is one.
    Double {
        minus: bool,
        whole: String,
        fraction: String,
    },
    Date(String),
    Bytes(Vec<u8>),
    Array(Vec<Value>),
    Struct(Vec<(String, Value)>),
}

/// A whole message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Message {
    Response(Value),
    Fault(i32, String),
    Call(String, Vec<Value>),
}

/// What kind of values is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Values that every reader must read.
    Plain,
    /// Structs may have a name twice.
    Duplicates,
    /// Values that are nested up to 20 levels.
    Deep,
    /// Dates before 1971 and after 2037.
    Dates,
}

/// The numbers at which readers go wrong, the simplest first.
const INTS: &[i32] = &[
    0,
    1,
    -1,
    9,
    10,
    127,
    128,
    255,
    256,
    -128,
    -129,
    32_767,
    32_768,
    40_000,
    -32_769,
    65_536,
    16_777_217,
    i32::MAX,
    i32::MIN,
    i32::MIN + 1,
];

/// The characters of a method name, all but letters.
const METHOD: &[&str] = &["a", "m", ".", "_", ":", "/", "0", "9", "Z", "system.", "xend.domain."];

/// Makes a message.
pub(crate) fn message(choices: &mut Choices<'_>, kind: Kind) -> Message {
    match choices.weighted(&[7, 2, 2]) {
        0 => Message::Response(value(choices, kind)),
        1 => {
            let code = int(choices);
            Message::Fault(code, text(choices))
        }
        _ => {
            let name = choices.pick(METHOD);
            let more = choices.list("name", 6, (1, 2), |choices| choices.pick(METHOD)).concat();
            Message::Call(format!("{name}{more}"), choices.list("param", 4, (2, 3), |choices| value(choices, kind)))
        }
    }
}

/// Makes a response or a fault.
pub(crate) fn reply(choices: &mut Choices<'_>) -> Message {
    match choices.weighted(&[15, 5, 1]) {
        0 => Message::Response(value(choices, Kind::Plain)),
        1 => {
            let code = int(choices);
            Message::Fault(code, text(choices))
        }
        // What looks like a fault and is none.
        _ => {
            let code = ("faultCode".to_owned(), Value::Int(int(choices)));
            Message::Response(Value::Struct(vec![code, ("faultString".to_owned(), Value::Text(text(choices)))]))
        }
    }
}

/// Makes a value.
pub(crate) fn value(choices: &mut Choices<'_>, kind: Kind) -> Value {
    if kind == Kind::Deep {
        let levels = 5 + choices.below(16);
        let is_struct = choices.below(3) == 2;
        let innermost = within(choices, 0, kind);
        return (0..levels).fold(innermost, |inside, _| match is_struct {
            true => Value::Struct(vec![("a".to_owned(), inside)]),
            false => Value::Array(vec![inside]),
        });
    }
    within(choices, 3, kind)
}

fn within(choices: &mut Choices<'_>, depth: usize, kind: Kind) -> Value {
    let containers = if depth == 0 { 0 } else { 3 };
    choices.group("value", |choices| match choices.weighted(&[6, 4, 1, 2, 2, 2, containers, containers]) {
        0 => Value::Text(text(choices)),
        1 => Value::Int(int(choices)),
        2 => Value::Boolean(choices.below(2) == 1),
        3 => double(choices),
        4 => Value::Date(date(choices, kind)),
        5 => Value::Bytes(choices.list("byte", 70, (9, 10), byte)),
        6 => Value::Array(choices.list("item", 6, (3, 4), |choices| within(choices, depth - 1, kind))),
        _ => Value::Struct(members(choices, depth, kind)),
    })
}

fn members(choices: &mut Choices<'_>, depth: usize, kind: Kind) -> Vec<(String, Value)> {
    let mut members: Vec<(String, Value)> = Vec::new();
    choices.list("member", 5, (3, 4), |choices| {
        let is_again = kind == Kind::Duplicates && choices.below(3) > 0;
        let name = match members.last() {
            Some((name, _)) if is_again => name.clone(),
            _ => nonempty(choices),
        };
        let value = within(choices, depth - 1, kind);
        if kind == Kind::Duplicates || !members.iter().any(|(other, _)| *other == name) {
            members.push((name, value));
        }
    });
    members
}

fn int(choices: &mut Choices<'_>) -> i32 {
    match choices.below(3) {
        0 => choices.pick(INTS),
        1 => i32::try_from(choices.below(2_000)).unwrap_or(0) - 1_000,
        // All 32 bits.
        _ => u32::try_from(choices.below(1 << 32)).unwrap_or(0).cast_signed(),
    }
}

fn byte(choices: &mut Choices<'_>) -> u8 {
    u8::try_from(choices.below(256)).unwrap_or(0)
}

fn digits(choices: &mut Choices<'_>, most: usize) -> String {
    choices
        .list("digit", most, (3, 4), |choices| char::from(b'0' + u8::try_from(choices.below(10)).unwrap_or(0)))
        .into_iter()
        .collect()
}

fn double(choices: &mut Choices<'_>) -> Value {
    let minus = choices.below(3) == 2;
    Value::Double { minus, whole: digits(choices, 9), fraction: digits(choices, 8) }
}

fn date(choices: &mut Choices<'_>, kind: Kind) -> String {
    let year = match kind {
        Kind::Dates => 1_900 + choices.below(8_100),
        _ => 1_971 + choices.below(67),
    };
    let month = 1 + choices.below(12);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let (day, hour) = (1 + choices.below(days), choices.below(24));
    let (minute, second) = (choices.below(60), choices.below(60));
    format!("{year:04}{month:02}{day:02}T{hour:02}:{minute:02}:{second:02}")
}

impl Value {
    /// Returns the value in the tagged form.
    pub(crate) fn json(&self) -> String {
        let joined = |values: Vec<String>| values.join(",");
        match self {
            Self::Text(text) => json!({ "string": text }).to_string(),
            Self::Int(number) => json!({ "int": number.to_string() }).to_string(),
            Self::Boolean(is_true) => json!({ "boolean": u8::from(*is_true).to_string() }).to_string(),
            Self::Double { minus, whole, fraction } => {
                let sign = if *minus { "-" } else { "" };
                json!({ "double": format!("{sign}0{whole}.{fraction}0") }).to_string()
            }
            Self::Date(text) => json!({ "dateTime": text }).to_string(),
            Self::Bytes(bytes) => json!({ "base64": BASE64.encode(bytes) }).to_string(),
            Self::Array(values) => format!("{{\"array\":[{}]}}", joined(values.iter().map(Self::json).collect())),
            Self::Struct(members) => {
                let member = |(name, value): &(String, Self)| format!("[{},{}]", json!(name), value.json());
                format!("{{\"struct\":[{}]}}", joined(members.iter().map(member).collect()))
            }
        }
    }
}

impl Value {
    /// The rule that a document of this value is about: that of the first scalar in it.
    fn rule(&self) -> &'static str {
        match self {
            Self::Text(_) => "xmlrpc/string-text",
            Self::Int(_) => "xmlrpc/int-form",
            Self::Boolean(_) => "xmlrpc/boolean",
            Self::Double { .. } => "xmlrpc/double-value",
            Self::Date(_) => "xmlrpc/date-form",
            Self::Bytes(_) => "xmlrpc/base64",
            Self::Array(values) => values.first().map_or("xmlrpc/array", Self::rule),
            Self::Struct(members) => members.first().map_or("xmlrpc/struct", |(_, value)| value.rule()),
        }
    }
}

impl Message {
    /// The rule that a document of this message is about.
    pub(crate) fn rule(&self) -> &'static str {
        match self {
            Self::Response(value) => value.rule(),
            Self::Fault(..) => "xmlrpc/fault",
            Self::Call(..) => "xmlrpc/call",
        }
    }

    /// Returns the values of the document in the tagged form, as the array of an answer.
    pub(crate) fn json(&self) -> String {
        match self {
            Self::Response(value) => format!("[{{\"response\":{}}}]", value.json()),
            Self::Fault(code, text) => {
                let (code, text) = (Value::Int(*code), Value::Text(text.clone()));
                format!("[{{\"fault\":{{\"code\":{},\"string\":{}}}}}]", code.json(), text.json())
            }
            Self::Call(name, params) => {
                let params: Vec<_> = params.iter().map(Value::json).collect();
                format!("[{{\"call\":{{\"method\":{},\"params\":[{}]}}}}]", json!(name), params.join(","))
            }
        }
    }
}
