//! The envelope of the Xen-API: the struct around each result, which says whether the method succeeded.

use std::borrow::Cow;
use std::fmt;

use crate::datum::Datum;
use crate::xmlrpc::{Kind, ValueRef};
use crate::{Error, ErrorKind};

/// Whether a method succeeded.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'d> {
    /// The method succeeded and returned this value. A method without a result returns an empty string.
    Success(ValueRef<'d>),
    /// The method failed.
    Failure(ErrorDescription),
}

/// Why a method failed: a code and its arguments, such as `HANDLE_INVALID VM nope`.
///
/// `Display` writes all words with a space between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDescription(Vec<String>);

impl ErrorDescription {
    /// The code, which is the first word: `SESSION_INVALID`.
    pub fn code(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The arguments of the code: for `HANDLE_INVALID`, a class and a reference.
    pub fn arguments(&self) -> &[String] {
        self.0.get(1..).unwrap_or_default()
    }
}

impl fmt::Display for ErrorDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

/// Whether a value is an envelope: a struct with a `Status`. On the Xen-API every result is one, on the XML-RPC face only
/// some are.
pub fn is_envelope(value: ValueRef<'_>) -> bool {
    value.get("Status").is_some_and(|status| status.kind() == Kind::String)
}

/// Takes the result or the failure out of an envelope. Any `Status` except `Success` is a failure.
///
/// # Errors
/// [`ErrorKind::InvalidEnvelope`], at the wrong place, for a value that is not an envelope.
pub fn open_envelope(value: ValueRef<'_>) -> Result<Outcome<'_>, Error> {
    let invalid = |at: ValueRef<'_>, detail: String| {
        Error::new(ErrorKind::InvalidEnvelope, at.span()).detail(detail).expected(ENVELOPE)
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
                let found = text.unwrap_or_else(|| format!("a value of type {}", description.type_name()));
                return Err(invalid(description, format!("{found} instead of an array")));
            }
            let words = description.items().map(|word| {
                let not_a_string = || format!("a value of type {} instead of a string", word.type_name());
                word.text().map(Cow::into_owned).ok_or_else(|| invalid(word, not_a_string()))
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

/// Makes the envelope of a result. As in the daemon, integers become strings, and booleans and floats stay
/// (`xmlrpclib2.py stringify`).
///
/// The result of a method that returns nothing is `""`.
pub fn success(value: impl Into<Datum>) -> Datum {
    envelope("Success", "Value", stringify(value.into()))
}

/// Makes the envelope of a failure, from its code and arguments.
pub fn failure<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Datum {
    failed("Failure", words)
}

/// Makes the envelope that the daemon sends for a method that it knows but does not implement.
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
            let error = open_envelope(document.value()).expect_err("no envelope");
            assert_eq!(error.kind(), ErrorKind::InvalidEnvelope);
            let message = format!("not a Xen-API envelope: {expected}, expected ");
            assert!(error.to_string().starts_with(&message), "{error}");
            assert!(document.value().span().start <= error.span().start);
        };
        let words = |words: &[Value]| Value::Array(words.to_vec());
        check("x".into(), "a string without `Status`");
        check(members(&[("Value", "".into())]), "a struct without `Status`");
        check(members(&[("Status", 1.into())]), "a `Status` of type int");
        check(members(&[("Status", "Success".into())]), "`Success` without a `Value`");
        check(members(&[("Status", "Failure".into())]), "`Failure` without an `ErrorDescription`");
        check(members(&[("Status", "Error".into()), ("ErrorDescription", words(&[]))]), "an empty `ErrorDescription`");
        check(members(&[("Status", "Failure".into()), ("ErrorDescription", "x".into())]), "`x` instead of an array");
        check(
            members(&[("Status", "Failure".into()), ("ErrorDescription", words(&[words(&[])]))]),
            "a value of type array instead of a string",
        );
    }

    #[test]
    fn any_status_but_success_is_a_failure() {
        let error = members(&[
            ("ErrorDescription", Value::Array(vec!["ETODO".into(), "Lazy Programmer Error".into()])),
            ("Status", "Error".into()),
        ]);
        let document = document(&error);
        let Ok(Outcome::Failure(description)) = open_envelope(document.value()) else { panic!("a failure") };
        assert_eq!(description.code(), "ETODO");
        assert_eq!(description.arguments(), ["Lazy Programmer Error"]);
        assert_eq!(description.to_string(), "ETODO Lazy Programmer Error");
        let written = not_implemented().response(Release::V4_1);
        assert!(String::from_utf8(written).expect("ASCII").contains("<string>ETODO</string>"));
    }
}
