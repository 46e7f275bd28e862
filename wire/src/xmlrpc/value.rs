//! Values to be written.

use std::fmt;

use compact_str::CompactString;

/// A value of its own, for building what is to be written.
///
/// Text and names are [`CompactString`]s, which need no allocation for up to 24 bytes: most of what Xend sends is
/// shorter. They are made with `into()` from a `&str` or a `String`, and used as a `&str`.
///
/// ```
/// use xend_wire::xmlrpc::Value;
///
/// let value = Value::Array(vec![5.into(), "vm1".into(), true.into()]);
/// assert_eq!(value, Value::Array(vec![Value::Int(5), Value::String("vm1".into()), Value::Boolean(true)]));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `int`, 32 bits.
    Int(i32),
    /// `i8`, 64 bits; an extension.
    I8(i64),
    /// `boolean`
    Boolean(bool),
    /// `string`
    String(CompactString),
    /// `double`
    Double(f64),
    /// `dateTime.iso8601`, as its text: `19980717T14:08:55`.
    DateTime(CompactString),
    /// `base64`, as the bytes that it stands for.
    Base64(Vec<u8>),
    /// `array`
    Array(Vec<Value>),
    /// `struct`: names and values, in the order in which they are written.
    Struct(Vec<(CompactString, Value)>),
    /// `nil`, an extension that Xend uses.
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

/// A fault: why a method failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `faultCode`. Xend's are 1 for an exception, 2 for its own errors and 3 for an unknown domain.
    pub code: i32,
    /// `faultString`
    pub string: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {}: {}", self.code, self.string)
    }
}

impl std::error::Error for Fault {}
