//! The type of a `dateTime.iso8601`.

use std::fmt;

use compact_str::CompactString;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::DATE_TIME;

/// A `dateTime.iso8601`, as its text: `19980717T14:08:55`. It has no time zone.
///
/// ```
/// use xend_wire::xmlrpc::{self, DateTime, Value};
///
/// let start = DateTime::from("19980717T14:08:55");
/// assert_eq!(xmlrpc::to_value(&start)?, Value::DateTime("19980717T14:08:55".into()));
/// # Ok::<_, xend_wire::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DateTime(CompactString);

impl DateTime {
    /// The text, as it stands in the document.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for DateTime {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(DATE_TIME, self.as_str())
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = DateTime;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a dateTime.iso8601")
            }

            fn visit_str<E>(self, text: &str) -> Result<DateTime, E> {
                Ok(text.into())
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<DateTime, D::Error> {
                deserializer.deserialize_str(self)
            }
        }

        deserializer.deserialize_newtype_struct(DATE_TIME, Text)
    }
}

/// For fields of the type `jiff::civil::DateTime`: `#[serde(with = "xend_wire::xmlrpc::civil")]`.
///
/// ```
/// use jiff::civil;
/// use serde::{Deserialize, Serialize};
/// use xend_wire::xmlrpc::{self, Value};
///
/// #[derive(Serialize, Deserialize)]
/// struct Started {
///     #[serde(with = "xmlrpc::civil")]
///     at: civil::DateTime,
/// }
///
/// let value = xmlrpc::to_value(&Started { at: civil::date(1998, 7, 17).at(14, 8, 55, 0) })?;
/// assert_eq!(value, Value::Struct(vec![("at".into(), Value::DateTime("19980717T14:08:55".into()))]));
/// # Ok::<_, xend_wire::Error>(())
/// ```
#[cfg(feature = "jiff")]
pub mod civil {
    use jiff::civil;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::DateTime;

    const FORMAT: &str = "%Y%m%dT%H:%M:%S";

    /// Writes a date and time as a `dateTime.iso8601`, without fractions of a second, which it can't hold.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(at: &civil::DateTime, serializer: S) -> Result<S::Ok, S::Error> {
        DateTime::from(&*at.strftime(FORMAT).to_string()).serialize(serializer)
    }

    /// Reads a date and time from a `dateTime.iso8601` of the form that the specification shows.
    ///
    /// # Errors
    /// If the value is no `dateTime.iso8601`, or no date that exists.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<civil::DateTime, D::Error> {
        let text = DateTime::deserialize(deserializer)?;
        civil::DateTime::strptime(FORMAT, text.as_str())
            .map_err(|error| D::Error::custom(format_args!("`{text}` is no date and time: {error}")))
    }
}
