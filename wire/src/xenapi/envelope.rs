//! The envelope: a struct that says how a method went.

use std::borrow::Cow;
use std::fmt;

use crate::datum::Datum;
use crate::xmlrpc::{Kind, ValueRef};
use crate::{Error, ErrorKind};

/// How a method went.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'d> {
    /// It went well. A method that gives nothing gives an empty string.
    Success(ValueRef<'d>),
    /// It failed.
    Failure(ErrorDescription),
}

/// Why a method failed: a code and its arguments, as in `HANDLE_INVALID VM nope`.
///
/// Displays as the words with a space between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDescription(Vec<String>);

impl ErrorDescription {
    /// The first word, as in `SESSION_INVALID`.
    pub fn code(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// What the code is about: for `HANDLE_INVALID`, a class and a reference.
    pub fn arguments(&self) -> &[String] {
        self.0.get(1..).unwrap_or_default()
    }
}

impl fmt::Display for ErrorDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// Whether a value is an envelope at all: a struct with a `Status`. Only on the Xen-API listeners is every reply one.
pub fn is_envelope(value: ValueRef<'_>) -> bool {
    value.get("Status").is_some_and(|status| status.kind() == Kind::String)
}

/// Looks into the envelope. Any `Status` but `Success` is a failure.
///
/// # Errors
/// [`ErrorKind::InvalidEnvelope`] for a value that is no envelope, with the place where it goes wrong.
pub fn open(value: ValueRef<'_>) -> Result<Outcome<'_>, Error> {
    let invalid = |at: ValueRef<'_>, found: String| {
        Error::new(ErrorKind::InvalidEnvelope, at.span()).found(found).expected(ENVELOPE)
    };
    let status =
        value.get("Status").ok_or_else(|| invalid(value, format!("a {} without `Status`", value.type_name())))?;
    match status.as_str() {
        Some("Success") => {
            let inside = value.get("Value").ok_or_else(|| invalid(value, "`Success` without a `Value`".to_owned()))?;
            Ok(Outcome::Success(inside))
        }
        Some(other) => {
            let description = value
                .get("ErrorDescription")
                .ok_or_else(|| invalid(value, format!("`{}` without an `ErrorDescription`", other.escape_debug())))?;
            if description.kind() != Kind::Array {
                let text = description.as_str().map(|text| format!("`{}`", text.escape_debug()));
                let found = text.unwrap_or_else(|| description.type_name().to_owned());
                return Err(invalid(description, format!("{found} in place of an array")));
            }
            let words = description.items().map(|word| {
                // 3.1 and later send strings only.
                word.text().map(Cow::into_owned).ok_or_else(|| invalid(word, word.type_name().to_owned()))
            });
            let words = words.collect::<Result<Vec<_>, _>>()?;
            if words.is_empty() {
                return Err(invalid(description, "an empty `ErrorDescription`".to_owned()));
            }
            Ok(Outcome::Failure(ErrorDescription(words)))
        }
        None => Err(invalid(status, format!("a `Status` of type {}", status.type_name()))),
    }
}

const ENVELOPE: &str = "`Success` with a `Value`, or another `Status` with an `ErrorDescription` of strings";

/// The envelope around a value: integers in it become strings, booleans and floats stay (`xmlrpclib2.py stringify`).
///
/// A method that gives nothing gives `""`.
pub fn success(value: impl Into<Datum>) -> Datum {
    envelope("Success", "Value", stringify(value.into()))
}

/// The envelope around a failure: a code and its arguments.
pub fn failure<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Datum {
    failed("Failure", words)
}

/// The answer to a method that the daemon has but does not implement.
pub fn not_implemented() -> Datum {
    failed("Error", ["ETODO", "Lazy Programmer Error"])
}

fn failed<W: Into<String>>(status: &str, words: impl IntoIterator<Item = W>) -> Datum {
    let words = words.into_iter().map(|word| Datum::Bytes(word.into().into_bytes()));
    envelope(status, "ErrorDescription", Datum::List(words.collect()))
}

fn envelope(status: &str, name: &str, value: Datum) -> Datum {
    Datum::Dict(vec![("Status".to_owned(), status.into()), (name.to_owned(), value)])
}

fn stringify(value: Datum) -> Datum {
    match value {
        Datum::Int(number) | Datum::Long(number) => number.to_string().into(),
        Datum::List(items) => Datum::List(items.into_iter().map(stringify).collect()),
        Datum::Tuple(items) => Datum::Tuple(items.into_iter().map(stringify).collect()),
        Datum::Dict(members) => {
            Datum::Dict(members.into_iter().map(|(name, value)| (name, stringify(value))).collect())
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xmlrpc::{Document, Rules, Value, decode_response, encode_response};
    use crate::{Limits, Release};

    fn document(value: &Value) -> Document<'static> {
        let body = encode_response(value).expect("a value that can be written");
        let response = decode_response(&body, Rules::extended(), &Limits::default()).expect("well-formed");
        response.into_owned().into_result().expect("no fault")
    }

    fn members(members: &[(&str, Value)]) -> Value {
        Value::Struct(members.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
    }

    /// Protocol reference §5.1.
    #[test]
    fn what_is_no_envelope_is_refused_where_it_goes_wrong() {
        let check = |value: Value, expected: &str| {
            let document = document(&value);
            let error = open(document.value()).expect_err("no envelope");
            assert_eq!(error.kind(), ErrorKind::InvalidEnvelope);
            assert!(error.to_string().starts_with(&format!("not a Xen-API envelope {expected}, expected ")), "{error}");
            assert!(document.value().span().start <= error.span().start);
        };
        let words = |words: &[Value]| Value::Array(words.to_vec());
        check("x".into(), "a string without `Status`");
        check(members(&[("Value", "".into())]), "a struct without `Status`");
        check(members(&[("Status", 1.into())]), "a `Status` of type int");
        check(members(&[("Status", "Success".into())]), "`Success` without a `Value`");
        check(members(&[("Status", "Failure".into())]), "`Failure` without an `ErrorDescription`");
        check(members(&[("Status", "Error".into()), ("ErrorDescription", words(&[]))]), "an empty `ErrorDescription`");
        check(members(&[("Status", "Failure".into()), ("ErrorDescription", "x".into())]), "`x` in place of an array");
        check(members(&[("Status", "Failure".into()), ("ErrorDescription", words(&[words(&[])]))]), "array");
    }

    #[test]
    fn any_status_but_success_is_a_failure() {
        let error = members(&[
            ("ErrorDescription", Value::Array(vec!["ETODO".into(), "Lazy Programmer Error".into()])),
            ("Status", "Error".into()),
        ]);
        let document = document(&error);
        let Ok(Outcome::Failure(description)) = open(document.value()) else { panic!("a failure") };
        assert_eq!(description.code(), "ETODO");
        assert_eq!(description.arguments(), ["Lazy Programmer Error"]);
        assert_eq!(description.to_string(), "ETODO Lazy Programmer Error");
        let written = not_implemented().response(Release::V4_1);
        assert!(String::from_utf8(written).expect("ASCII").contains("<string>ETODO</string>"));
    }
}
