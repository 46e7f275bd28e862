//! Typed XML-RPC values in a scenario: those that are expected, and those that are sent.

use data_encoding::BASE64;
use toml::de::DeValue;
use xend_wire::Diagnostic;
use xend_wire::xmlrpc::{self, CompactString, Kind};

use super::table::{Value, entries, integer};
use crate::nearest;
use crate::scenario::contents::Source;
use crate::scenario::matching::{Match, no_pattern};
use crate::scenario::param::Param;
use crate::scenario::template::{Echo, Template};

/// The types of values, as tables name them.
pub(in crate::scenario) const TYPES: [(&str, Kind); 10] = [
    ("int", Kind::Int),
    ("i8", Kind::I8),
    ("boolean", Kind::Boolean),
    ("string", Kind::String),
    ("double", Kind::Double),
    ("dateTime", Kind::DateTime),
    ("base64", Kind::Base64),
    ("array", Kind::Array),
    ("struct", Kind::Struct),
    ("nil", Kind::Nil),
];

/// The words that describe a value instead of giving it.
pub(in crate::scenario) const DESCRIPTIONS: [&str; 5] = ["any", "exact", "matches", "one-of", "not"];

/// Whether a value is one that a request must have, or one that a reply sends.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Expected,
    Sent,
}

/// A value of a file, with everything that may stand for one.
enum Typed {
    Value(xmlrpc::Value),
    Described(Param),
    Echo(Echo),
    Array(Vec<Typed>),
    Struct(Vec<(String, Typed)>),
}

impl Source {
    /// Returns what a parameter must be.
    pub(super) fn param(&self, value: Value<'_>) -> Result<Param, Diagnostic> {
        self.typed(value, Use::Expected).map(Typed::into_param)
    }

    /// Returns a value that a reply sends.
    pub(super) fn template(&self, value: Value<'_>) -> Result<Template, Diagnostic> {
        self.typed(value, Use::Sent).map(Typed::into_template)
    }

    /// Reads a value.
    ///
    /// A string, integer, float, boolean, array or date stands for the same type of XML-RPC. A table names a type, as in
    /// `{ i8 = 5 }`, `{ base64 = "aGVsbG8=" }`, `{ struct = [["name", 5]] }` or `{ nil = true }`, or describes a value.
    fn typed(&self, value: Value<'_>, purpose: Use) -> Result<Typed, Diagnostic> {
        let span = value.span();
        let wrong = |message: String| self.wrong(span.clone(), message);
        Ok(Typed::Value(match value.into_inner() {
            DeValue::String(text) => {
                match purpose {
                    Use::Expected => no_pattern(text.as_bytes(), true),
                    Use::Sent => no_template(&text),
                }
                .map_err(wrong)?;
                text.as_ref().into()
            }
            ref number @ DeValue::Integer(_) => {
                int(integer(number).ok_or_else(|| wrong("a number has at most 64 bits".to_owned()))?).map_err(wrong)?
            }
            DeValue::Float(number) => double(number.as_str().parse().unwrap_or(f64::NAN), purpose).map_err(wrong)?,
            DeValue::Boolean(flag) => xmlrpc::Value::Boolean(flag),
            DeValue::Datetime(date) => xmlrpc::Value::DateTime(date.to_string().replace('-', "").into()),
            DeValue::Array(items) => {
                let items = items.into_iter().map(|item| self.typed(item, purpose)).collect::<Result<_, _>>()?;
                return Ok(Typed::Array(items).simplified());
            }
            DeValue::Table(table) => {
                let mut entries = entries(table);
                let (Some(entry), true) = (entries.pop(), entries.is_empty()) else {
                    return Err(wrong(format!("a table names one type with its value, {}", expected(purpose))));
                };
                return match entry.name.as_str() {
                    "echo" if purpose == Use::Sent => self.echo(&entry.value).map(Typed::Echo),
                    "echo" => {
                        Err(self
                            .wrong(entry.key, "`echo` repeats a part of the request in a reply: it can't be expected"))
                    }
                    name if DESCRIPTIONS.contains(&name) && purpose == Use::Sent => {
                        let message = format!("`{name}` describes a request and can't be sent: write the value itself");
                        Err(self.wrong(entry.key, message))
                    }
                    name if DESCRIPTIONS.contains(&name) => self.described(name, entry.value).map(Typed::Described),
                    name if TYPES.iter().any(|(known, _)| *known == name) => self.of_type(name, entry.value, purpose),
                    name => {
                        let mut known: Vec<_> = TYPES.iter().map(|(name, _)| *name).collect();
                        known.extend(match purpose {
                            Use::Expected => &DESCRIPTIONS[..],
                            Use::Sent => &["echo"],
                        });
                        Err(self.wrong(entry.key, nearest::unknown("type", name, &known)))
                    }
                };
            }
        }))
    }

    fn described(&self, word: &str, value: Value<'_>) -> Result<Param, Diagnostic> {
        match word {
            "any" => match value.get_ref() {
                DeValue::Boolean(true) => Ok(Param::Any),
                DeValue::String(name) => match TYPES.iter().find(|(known, _)| known == name) {
                    Some((_, kind)) => Ok(Param::AnyOf(*kind)),
                    None => {
                        let known: Vec<_> = TYPES.iter().map(|(name, _)| *name).collect();
                        Err(self.wrong(value.span(), nearest::unknown("type", name, &known)))
                    }
                },
                _ => Err(self
                    .wrong(value.span(), "any value is written `{ any = true }`, one of a type `{ any = \"int\" }`")),
            },
            "exact" => Ok(Param::Value(self.text("`exact`", &value)?.into())),
            "matches" => self.regex(&value).map(Param::Matches),
            "one-of" => {
                let items = self.list("`one-of`", value)?;
                items.into_iter().map(|item| self.param(item)).collect::<Result<_, _>>().map(Param::OneOf)
            }
            _ => Ok(Param::Not(Box::new(self.param(value)?))),
        }
    }

    /// Returns a pattern, which is checked with the place of its text.
    pub(super) fn regex(&self, value: &Value<'_>) -> Result<Match, Diagnostic> {
        let pattern = Match::regex(&self.text("a pattern", value)?);
        pattern.check(false, &|_| Ok(())).map_err(|message| self.wrong(value.span(), message))?;
        Ok(pattern)
    }

    /// Returns a part of the request.
    pub(super) fn echo(&self, value: &Value<'_>) -> Result<Echo, Diagnostic> {
        Echo::parse(&self.text("`echo`", value)?).map_err(|message| self.wrong(value.span(), message))
    }

    fn of_type(&self, kind: &str, value: Value<'_>, purpose: Use) -> Result<Typed, Diagnostic> {
        let span = value.span();
        let shown = self.text.get(span.clone()).unwrap_or_default().to_owned();
        let wrong = |message: String| self.wrong(span.clone(), message);
        let unfit = || wrong(format!("`{shown}` is not a value of the type `{kind}`"));
        let text = || value.get_ref().as_str().ok_or_else(unfit);
        let number = || match value.get_ref() {
            DeValue::String(text) => text.parse().map_err(|_| unfit()),
            value => integer(value).ok_or_else(unfit),
        };
        Ok(Typed::Value(match kind {
            "int" => int(number()?).map_err(wrong)?,
            "i8" => xmlrpc::Value::I8(number()?),
            "boolean" => match value.get_ref() {
                DeValue::Boolean(flag) => xmlrpc::Value::Boolean(*flag),
                DeValue::String(text) if text == "0" || text == "1" => xmlrpc::Value::Boolean(text == "1"),
                _ => return Err(unfit()),
            },
            "string" => text()?.into(),
            "double" => double(
                match value.get_ref() {
                    DeValue::Float(number) => number.as_str().parse().map_err(|_| unfit())?,
                    _ => text()?.parse().map_err(|_| unfit())?,
                },
                purpose,
            )
            .map_err(wrong)?,
            "dateTime" => xmlrpc::Value::DateTime(text()?.into()),
            "base64" => xmlrpc::Value::Base64(BASE64.decode(text()?.as_bytes()).map_err(|_| unfit())?),
            "array" if value.get_ref().is_array() => return self.typed(value, purpose),
            "struct" => {
                let pairs = "a struct, written as pairs such as `[[\"name\", \"vm1\"]]`,";
                let mut members = Vec::new();
                for pair in self.list(pairs, value)? {
                    let at = pair.span();
                    let pair: [Value<'_>; 2] = match self.list(pairs, pair)?.try_into() {
                        Ok(pair) => pair,
                        Err(_) => {
                            return Err(self.wrong(
                                at,
                                "a member of a struct is a name and a value, such as `[\"name\", \"vm1\"]`",
                            ));
                        }
                    };
                    let [name, member] = pair;
                    members.push((self.text("the name of a member", &name)?, self.typed(member, purpose)?));
                }
                return Ok(Typed::Struct(members).simplified());
            }
            "nil" if value.get_ref().as_bool() == Some(true) => xmlrpc::Value::Nil,
            "nil" => return Err(wrong("a nil is written `{ nil = true }`".to_owned())),
            _ => return Err(unfit()),
        }))
    }
}

/// Refuses a text of a reply that reads like a template, which would be sent as it stands.
pub(super) fn no_template(text: &str) -> Result<(), String> {
    match text.contains("{{") || text.contains("${") {
        true => Err(format!(
            "`{text}` reads like a template, but would be sent as it stands: write `{{ echo = \"args.domain\" }}` to \
             repeat a part of the request"
        )),
        false => Ok(()),
    }
}

fn expected(purpose: Use) -> String {
    let types = TYPES.iter().map(|(name, _)| *name);
    let others: &[&str] = match purpose {
        Use::Expected => &DESCRIPTIONS,
        Use::Sent => &["echo"],
    };
    let known: Vec<_> = types.chain(others.iter().copied()).collect();
    format!("expected one of {}", known.join(", "))
}

impl Typed {
    /// Returns an array or a struct that has only values in it as a value.
    fn simplified(self) -> Self {
        let is_value = |typed: &Self| matches!(typed, Self::Value(_));
        let value = |typed| match typed {
            Self::Value(value) => Some(value),
            _ => None,
        };
        match self {
            Self::Array(items) if items.iter().all(is_value) => {
                Self::Value(xmlrpc::Value::Array(items.into_iter().filter_map(value).collect()))
            }
            Self::Struct(members) if members.iter().all(|(_, member)| is_value(member)) => {
                let members =
                    members.into_iter().filter_map(|(name, member)| Some((CompactString::from(name), value(member)?)));
                Self::Value(xmlrpc::Value::Struct(members.collect()))
            }
            other => other,
        }
    }

    fn into_param(self) -> Param {
        match self {
            Self::Value(value) => Param::Value(value),
            Self::Described(param) => param,
            // Refused where it is read.
            Self::Echo(_) => Param::Any,
            Self::Array(items) => Param::Array(items.into_iter().map(Self::into_param).collect()),
            Self::Struct(members) => {
                Param::Struct(members.into_iter().map(|(name, member)| (name, member.into_param())).collect())
            }
        }
    }

    fn into_template(self) -> Template {
        match self {
            Self::Value(value) => Template::Value(value),
            Self::Echo(echo) => Template::Echo(echo),
            // Refused where it is read.
            Self::Described(_) => Template::Value(xmlrpc::Value::Nil),
            Self::Array(items) => Template::Array(items.into_iter().map(Self::into_template).collect()),
            Self::Struct(members) => {
                Template::Struct(members.into_iter().map(|(name, member)| (name, member.into_template())).collect())
            }
        }
    }
}

fn int(number: i64) -> Result<xmlrpc::Value, String> {
    i32::try_from(number)
        .map(xmlrpc::Value::Int)
        .map_err(|_| format!("{number} has more than 32 bits, use `{{ i8 = ... }}`"))
}

/// Returns a double. XML-RPC has only finite ones, but clients send others, which Python reads.
fn double(number: f64, purpose: Use) -> Result<xmlrpc::Value, String> {
    match purpose {
        Use::Expected if number.is_nan() => {
            Err("no double equals nan: write `{ any = \"double\" }` for any double".to_owned())
        }
        Use::Sent if !number.is_finite() => {
            Err(format!("{number} can't be sent as an XML-RPC double, which must be finite"))
        }
        _ => Ok(xmlrpc::Value::Double(number)),
    }
}
