//! Values of XML-RPC as types of Rust, by serde: a type that derives `Deserialize` is read from a document, and one that
//! derives `Serialize` is written as one.
//!
//! | Rust | XML-RPC |
//! | --- | --- |
//! | `bool` | `boolean` |
//! | integers | `int` if the number has 32 bits, else `i8`, an extension |
//! | `f32`, `f64` | `double` |
//! | `char`, `str`, `String` | `string` |
//! | bytes, such as those of the crate `serde_bytes` | `base64` |
//! | [`DateTime`] | `dateTime.iso8601` |
//! | sequences and tuples | `array` |
//! | structs, and maps whose keys are texts or numbers | `struct` |
//! | `None` and `()` | `nil`, an extension; a type without it leaves such a member out by `skip_serializing_if` |
//! | an enum's variant without a value | `string`, with the name of the variant |
//! | an enum's variant with a value | `struct` with one member, which has the name of the variant |
//!
//! Reading is as strict as the document: an `int` is not a text, and a text is not a number.
//! A `dateTime.iso8601` is read as a [`DateTime`] or as its text.

mod date_time;
mod de;
mod ser;

pub use date_time::DateTime;
#[cfg(feature = "jiff")]
pub use date_time::civil;
pub use de::{from_call, from_response, from_value};
pub use ser::{to_call, to_response, to_value};

use crate::{Error, ErrorKind};

/// By this name of a newtype struct, serializer and deserializer recognise a [`DateTime`].
const DATE_TIME: &str = "$xend_wire::xmlrpc::DateTime";

/// The place of an error that serde made, which does not know where the value stood. Whoever reads the value says it.
const NOWHERE: std::ops::Range<usize> = usize::MAX..usize::MAX;

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(ErrorKind::TypeMismatch, NOWHERE).detail(message.to_string())
    }

    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(found).expected(expected.to_string())
    }

    fn invalid_value(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(found).expected(expected.to_string())
    }

    fn invalid_length(length: usize, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(format_args!("{length} values")).expected(expected.to_string())
    }

    fn missing_field(name: &'static str) -> Self {
        Self::custom(format_args!("it has no member `{name}`"))
    }

    fn unknown_field(name: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("a member `{name}`")).expected(one_of(expected))
    }

    fn unknown_variant(name: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("`{name}`")).expected(one_of(expected))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::custom(format_args!("two members `{name}`"))
    }
}

impl serde::ser::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(ErrorKind::NotRepresentable, 0..0).detail(message.to_string())
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests;
