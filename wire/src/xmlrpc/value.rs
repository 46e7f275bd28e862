//! Owned values.

use std::fmt;

use compact_str::CompactString;

/// An owned value, from which a call or a response is encoded. See [`ValueRef`](super::ValueRef) for values that are read.
///
/// Texts and names are [`CompactString`]s, which need no allocation for up to 24 bytes. Most texts of Xend are shorter.
/// Make one with `into()` from a `&str` or a `String`, and use it like a `&str`.
///
/// ```
/// use xend_wire::xmlrpc::Value;
///
/// let value = Value::Array(vec![5.into(), "vm1".into(), true.into()]);
/// assert_eq!(value, Value::Array(vec![Value::Int(5), Value::String("vm1".into()), Value::Boolean(true)]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// An `int`, which has 32 bits.
    Int(i32),
    /// An `i8`, which has 64 bits. It is an extension.
    I8(i64),
    /// A `boolean`.
    Boolean(bool),
    /// A `string`.
    String(CompactString),
    /// A `double`.
    Double(f64),
    /// A `dateTime.iso8601`, as text such as `19980717T14:08:55`.
    DateTime(CompactString),
    /// A `base64`, as decoded bytes.
    Base64(Vec<u8>),
    /// An `array`.
    Array(Vec<Value>),
    /// A `struct`: names and values, in the order in which they are written.
    Struct(Vec<(CompactString, Value)>),
    /// A `nil`, an extension that Xend uses.
    Nil,
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(items)
    }
}

/// A fault, which is the response to a call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The `faultCode`. Xend uses 1 for an exception, 2 for its own errors and 3 for an unknown domain.
    pub code: i32,
    /// The `faultString`, which says what went wrong.
    pub string: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {}: {}", self.code, self.string)
    }
}

impl std::error::Error for Fault {}
