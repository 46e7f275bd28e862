//! Texts and values of replies, which may repeat a part of the request.

use xend_wire::xmlrpc::{CompactString, Kind, Value, ValueRef};

use super::request::RecognisedRequest;

/// A text of a reply: a literal text, or a part of the request. A `&str`, a `String` or an [`Echo`] turns into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// This text.
    Literal(String),
    /// The text of a part of the request.
    Echo(Echo),
}

/// An XML-RPC value of a reply. Values within it may be copied from the request.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Template {
    /// This value.
    Value(Value),
    /// A part of the request. A parameter keeps its type; any other part is a string.
    Echo(Echo),
    /// An array.
    Array(Vec<Template>),
    /// A struct: names and values, in the order in which they are sent.
    Struct(Vec<(String, Template)>),
}

/// A part of the request, which a reply repeats. The face encodes it as it encodes any other text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Echo {
    /// An argument of the operation, by name; an empty text if the request has none.
    Arg(String),
    /// A field of the query or the form, by name.
    Field(String),
    /// A parameter of the call, counted from 0.
    Param(usize),
    /// A header, by name.
    Header(String),
    /// The HTTP method on `sxp`, and the name of the XML-RPC method elsewhere.
    Method,
    /// The path of the URL, decoded.
    Path,
}

impl Echo {
    /// Reads the notation of scenarios: `args.NAME`, `fields.NAME`, `params[0]`, `headers.NAME`, `method` or `path`.
    ///
    /// # Errors
    /// Returns what is wrong, for people.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let known = "expected args.NAME, fields.NAME, params[NUMBER], headers.NAME, method or path";
        let unknown = || format!("`{text}` is no part of a request, {known}");
        let named = |name: &str| if name.is_empty() { Err(unknown()) } else { Ok(name.to_owned()) };
        match text.split_once('.') {
            Some(("args", name)) => named(name).map(Self::Arg),
            Some(("fields", name)) => named(name).map(Self::Field),
            Some(("headers", name)) => named(name).map(Self::Header),
            _ if text == "method" => Ok(Self::Method),
            _ if text == "path" => Ok(Self::Path),
            _ => {
                let number = text.strip_prefix("params[").and_then(|rest| rest.strip_suffix(']'));
                number.and_then(|number| number.parse().ok()).map(Self::Param).ok_or_else(unknown)
            }
        }
    }

    /// Returns the text of the part. A part that is missing is empty.
    fn text(&self, asked: &RecognisedRequest<'_>) -> Vec<u8> {
        match self {
            Self::Arg(name) => asked.argument(name).unwrap_or_default().to_vec(),
            Self::Field(name) => asked.asked.field(name).first().cloned().unwrap_or_default(),
            Self::Param(at) => {
                let param = asked.asked.params().nth(*at);
                param.and_then(ValueRef::text).map(|text| text.into_owned().into_bytes()).unwrap_or_default()
            }
            Self::Header(name) => asked.asked.headers.get(name).unwrap_or_default().to_vec(),
            Self::Method => asked.asked.method().to_vec(),
            Self::Path => [b"/", asked.asked.path.joined()].concat(),
        }
    }

    fn value(&self, asked: &RecognisedRequest<'_>) -> Value {
        match self {
            Self::Param(at) => asked.asked.params().nth(*at).map_or(Value::Nil, copied),
            _ => xml_text(&self.text(asked)).into(),
        }
    }
}

/// Copies a value with all types in it: an `i8` stays one, even if it fits an `int`.
pub(crate) fn copied(value: ValueRef<'_>) -> Value {
    // The depth of a document is limited, so the recursion is limited, too.
    match value.kind() {
        Kind::I8 => value.as_i64().map_or_else(|| value.to_value(), Value::I8),
        Kind::Array => Value::Array(value.items().map(copied).collect()),
        Kind::Struct => Value::Struct(value.members().map(|(name, of)| (name.into(), copied(of))).collect()),
        _ => value.to_value(),
    }
}

/// Returns a text that XML can hold: what it can't is replaced by U+FFFD.
fn xml_text(bytes: &[u8]) -> String {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..);
    String::from_utf8_lossy(bytes).chars().map(|c| if allowed(c) { c } else { '\u{FFFD}' }).collect()
}

impl Text {
    pub(super) fn resolve(&self, asked: &RecognisedRequest<'_>) -> Vec<u8> {
        match self {
            Self::Literal(text) => text.clone().into_bytes(),
            Self::Echo(echo) => echo.text(asked),
        }
    }

    pub(super) fn echoes(&self) -> Option<&Echo> {
        match self {
            Self::Literal(_) => None,
            Self::Echo(echo) => Some(echo),
        }
    }
}

impl Template {
    pub(super) fn resolve(&self, asked: &RecognisedRequest<'_>) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Echo(echo) => echo.value(asked),
            Self::Array(items) => Value::Array(items.iter().map(|item| item.resolve(asked)).collect()),
            Self::Struct(members) => Value::Struct(
                members.iter().map(|(name, value)| (CompactString::from(name), value.resolve(asked))).collect(),
            ),
        }
    }

    pub(super) fn echoes(&self) -> Vec<&Echo> {
        match self {
            Self::Value(_) => Vec::new(),
            Self::Echo(echo) => vec![echo],
            Self::Array(items) => items.iter().flat_map(Self::echoes).collect(),
            Self::Struct(members) => members.iter().flat_map(|(_, value)| value.echoes()).collect(),
        }
    }

    /// Returns the value in which an empty text stands for each part of a request, to check what is known of it.
    pub(super) fn without_echoes(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Echo(_) => "".into(),
            Self::Array(items) => Value::Array(items.iter().map(Self::without_echoes).collect()),
            Self::Struct(members) => Value::Struct(
                members.iter().map(|(name, value)| (CompactString::from(name), value.without_echoes())).collect(),
            ),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Literal(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Literal(text)
    }
}

impl From<Echo> for Text {
    fn from(echo: Echo) -> Self {
        Self::Echo(echo)
    }
}

impl From<Value> for Template {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Echo> for Template {
    fn from(echo: Echo) -> Self {
        Self::Echo(echo)
    }
}
