//! What a parameter of a call must be: a typed value, or a description of one.

use std::fmt;

use xend_wire::visible;
use xend_wire::xmlrpc::{Kind, Value, ValueRef};

use super::matching::Match;

/// What a parameter of an XML-RPC call must be. Types count: an `int` is no `string`.
///
/// An `i32`, `bool`, `f64`, `&str` or [`Value`] turns into a parameter that is this very value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Param {
    /// This value. The order of the members of a struct does not matter.
    Value(Value),
    /// Any value.
    Any,
    /// Any value of this type.
    AnyOf(Kind),
    /// A string that matches.
    Matches(Match),
    /// What any of these describes.
    OneOf(Vec<Param>),
    /// What the other does not describe.
    Not(Box<Param>),
    /// An array of these items.
    Array(Vec<Param>),
    /// A struct of these members, in any order.
    Struct(Vec<(String, Param)>),
}

/// The most differences that are told.
const MOST_DIFFERENCES: usize = 10;

impl Param {
    /// Returns whether a value is as described.
    pub(super) fn is(&self, given: ValueRef<'_>) -> bool {
        match self {
            Self::Value(wanted) => is(given, wanted),
            Self::Any => true,
            Self::AnyOf(kind) => given.kind() == *kind,
            Self::Matches(text) => given.as_str().is_some_and(|given| text.is(Some(given.as_bytes()))),
            Self::OneOf(params) => params.iter().any(|param| param.is(given)),
            Self::Not(other) => !other.is(given),
            Self::Array(items) => {
                given.kind() == Kind::Array
                    && given.items().count() == items.len()
                    && items.iter().zip(given.items()).all(|(item, given)| item.is(given))
            }
            Self::Struct(members) => {
                given.kind() == Kind::Struct
                    && given.members().count() == members.len()
                    && members.iter().all(|(name, wanted)| given.get(name).is_some_and(|given| wanted.is(given)))
            }
        }
    }

    /// Checks the texts and patterns in it.
    ///
    /// # Errors
    /// Returns what is wrong, for people.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Matches(text) => text.check(true, &|_| Ok(())),
            Self::OneOf(params) if params.is_empty() => {
                Err("`one-of` needs at least one value, or nothing matches".to_owned())
            }
            Self::OneOf(params) | Self::Array(params) => params.iter().try_for_each(Self::check),
            Self::Struct(members) => members.iter().try_for_each(|(_, param)| param.check()),
            Self::Not(other) => other.check(),
            Self::Value(_) | Self::Any | Self::AnyOf(_) => Ok(()),
        }
    }

    /// Turns arrays and structs of the value into descriptions of their items and members.
    fn parts(&self) -> Option<Parts<'_>> {
        let value = |value: &Value| Self::Value(value.clone());
        Some(match self {
            Self::Array(items) => Parts::Items(items.clone()),
            Self::Value(Value::Array(items)) => Parts::Items(items.iter().map(value).collect()),
            Self::Struct(members) => {
                Parts::Members(members.iter().map(|(name, param)| (name.as_str(), param.clone())).collect())
            }
            Self::Value(Value::Struct(members)) => {
                Parts::Members(members.iter().map(|(name, member)| (name.as_str(), value(member))).collect())
            }
            _ => return None,
        })
    }

    /// The name of a list that is an S-expression at heart, such as `["memory", 512]`.
    fn name(&self) -> Option<&str> {
        match self {
            Self::Value(Value::Array(items)) => match items.first() {
                Some(Value::String(name)) => Some(name),
                _ => None,
            },
            Self::Array(items) => match items.first() {
                Some(Self::Value(Value::String(name))) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// Adds the places where a value is not as described: `params[0]/memory: int 512, expected string "512"`.
    pub(crate) fn differences(&self, path: &str, given: Option<ValueRef<'_>>, found: &mut Vec<String>) {
        if found.len() >= MOST_DIFFERENCES || given.is_some_and(|given| self.is(given)) {
            return;
        }
        let Some(value) = given else {
            found.push(format!("{path}: missing, expected {self}"));
            return;
        };
        match self.parts() {
            Some(Parts::Items(items)) if value.kind() == Kind::Array => {
                for (at, item) in items.iter().enumerate() {
                    let of = value.items().nth(at);
                    match item.name() {
                        Some(name) if at > 0 => {
                            let named = value
                                .items()
                                .find(|given| given.items().next().and_then(ValueRef::as_str) == Some(name));
                            let path = format!("{path}/{}", visible(name.as_bytes()));
                            match (item.parts(), named.or(of)) {
                                (Some(Parts::Items(pair)), Some(given))
                                    if pair.len() == 2 && given.items().count() == 2 =>
                                {
                                    pair[0].differences(&path, given.items().next(), found);
                                    pair[1].differences(&path, given.items().nth(1), found);
                                }
                                (_, given) => item.differences(&path, given, found),
                            }
                        }
                        _ => item.differences(&format!("{path}[{at}]"), of, found),
                    }
                }
                let surplus = value.items().enumerate().skip(items.len());
                for (at, extra) in surplus.take(MOST_DIFFERENCES) {
                    found.push(format!("{path}[{at}]: {}, expected nothing", shown(extra, path)));
                }
            }
            Some(Parts::Members(members)) if value.kind() == Kind::Struct => {
                for (name, member) in &members {
                    member.differences(&format!("{path}/{}", visible(name.as_bytes())), value.get(name), found);
                }
                let is_known = |name: &str| members.iter().any(|(known, _)| *known == name);
                for (name, extra) in value.members().filter(|(name, _)| !is_known(name)).take(MOST_DIFFERENCES) {
                    let path = format!("{path}/{}", visible(name.as_bytes()));
                    found.push(format!("{path}: {}, expected nothing", shown(extra, &path)));
                }
            }
            _ => found.push(format!("{path}: {}, expected {self}", shown(value, path))),
        }
        found.truncate(MOST_DIFFERENCES);
    }
}

enum Parts<'p> {
    Items(Vec<Param>),
    Members(Vec<(&'p str, Param)>),
}

/// Formats a given value with its type: `int 512`, `string "512"`, `array of 3 items`.
fn shown(value: ValueRef<'_>, path: &str) -> String {
    let kind = value.type_name();
    match value.kind() {
        Kind::Array => format!("array of {} items", value.items().count()),
        Kind::Struct => format!("struct of {} members", value.members().count()),
        Kind::Nil => kind.to_owned(),
        _ if super::shown::is_secret(path.as_bytes()) => format!("{kind} {}", super::shown::REDACTED),
        Kind::String => format!("{kind} \"{}\"", super::shown::text(value.as_str().unwrap_or_default().as_bytes())),
        _ => format!("{kind} {}", super::shown::text(value.text().unwrap_or_default().as_bytes())),
    }
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => match value {
                Value::Int(number) => write!(f, "int {number}"),
                Value::I8(number) => write!(f, "i8 {number}"),
                Value::Boolean(flag) => write!(f, "boolean {}", u8::from(*flag)),
                Value::String(text) => write!(f, "string \"{}\"", super::shown::text(text.as_bytes())),
                Value::Double(number) => write!(f, "double {number}"),
                Value::DateTime(text) => write!(f, "dateTime.iso8601 {}", super::shown::text(text.as_bytes())),
                Value::Base64(bytes) => write!(f, "base64 of {} bytes", bytes.len()),
                Value::Array(items) => write!(f, "array of {} items", items.len()),
                Value::Struct(members) => write!(f, "struct of {} members", members.len()),
                Value::Nil => f.write_str("nil"),
            },
            Self::Any => f.write_str("anything"),
            Self::AnyOf(kind) => write!(f, "any {}", kind.name()),
            Self::Matches(text) => write!(f, "a string {text}"),
            Self::OneOf(params) => {
                let shown: Vec<_> = params.iter().map(ToString::to_string).collect();
                write!(f, "one of {}", shown.join(", "))
            }
            Self::Not(other) => write!(f, "not {other}"),
            Self::Array(items) => write!(f, "array of {} items", items.len()),
            Self::Struct(members) => write!(f, "struct of {} members", members.len()),
        }
    }
}

impl From<Value> for Param {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Value(text.into())
    }
}

impl From<i32> for Param {
    fn from(number: i32) -> Self {
        Self::Value(number.into())
    }
}

impl From<bool> for Param {
    fn from(flag: bool) -> Self {
        Self::Value(flag.into())
    }
}

impl From<f64> for Param {
    fn from(number: f64) -> Self {
        Self::Value(number.into())
    }
}

/// Returns whether a parameter equals the one that a scenario expects. The order of the members of a struct does not
/// matter.
fn is(given: ValueRef<'_>, wanted: &Value) -> bool {
    match wanted {
        Value::Int(number) => given.kind() == Kind::Int && given.as_i64() == Some((*number).into()),
        Value::I8(number) => given.kind() == Kind::I8 && given.as_i64() == Some(*number),
        Value::Boolean(flag) => given.as_bool() == Some(*flag),
        Value::String(text) => given.as_str() == Some(text),
        Value::Double(number) => given.as_f64() == Some(*number),
        Value::DateTime(text) => given.as_date_time() == Some(text),
        Value::Base64(bytes) => given.as_bytes().as_ref() == Some(bytes),
        Value::Array(items) => {
            given.kind() == Kind::Array
                && given.items().count() == items.len()
                && given.items().zip(items).all(|(given, wanted)| is(given, wanted))
        }
        Value::Struct(members) => {
            given.kind() == Kind::Struct
                && given.members().count() == members.len()
                && members.iter().all(|(name, wanted)| given.get(name).is_some_and(|given| is(given, wanted)))
        }
        Value::Nil => given.is_nil(),
    }
}
