//! Decodes and encodes the calls and responses of XML-RPC.
//!
//! This module needs nothing of Xend. It reads and writes the bodies of XML-RPC messages, strictly by the specification or
//! by other [`Rules`], and does not deal with HTTP.
//!
//! ```
//! use xend_wire::Limits;
//! use xend_wire::xmlrpc::{self, Response, Rules, Value};
//!
//! // The client encodes a call.
//! let call = xmlrpc::encode_call("sample.sum", &[2.into(), 3.into()])?;
//!
//! // The server decodes it and encodes its response.
//! let call = xmlrpc::decode_call(&call, Rules::spec(), &Limits::default())?;
//! assert_eq!(call.method(), "sample.sum");
//! let sum = call.params().filter_map(|param| param.as_i32()).sum::<i32>();
//! let reply = xmlrpc::encode_response(&Value::Struct(vec![("sum".into(), sum.into())]))?;
//!
//! // The client decodes the response.
//! match xmlrpc::decode_response(&reply, Rules::spec(), &Limits::default())?.into_result() {
//!     Ok(document) => assert_eq!(document.value().get("sum").and_then(|sum| sum.as_i32()), Some(5)),
//!     Err(fault) => panic!("{fault}"),
//! }
//! # Ok::<_, xend_wire::Error>(())
//! ```
//!
//! A [`Document`] borrows its text from the input. It keeps the order and the duplicates of members and the text of dates,
//! and knows the place of each value ([`ValueRef::span`]).
//! If a document is refused, the [`Error`](crate::Error) says where, and what was expected.
//! All places are byte offsets into the input, whatever its encoding is.
//!
//! With the feature `serde`, types that derive `Deserialize` or `Serialize` are read from documents and written as
//! documents (`from_response`, `to_call`); with the feature `jiff`, their fields can be dates of jiff.
//!
//! No entity is ever expanded, no DOCTYPE changes how a document is read, and the decoder does not recurse.
//! [`Limits`](crate::Limits) bound the size of a document.

mod builder;
mod characters;
mod content;
mod cursor;
mod declaration;
mod decode;
mod doctype;
mod document;
mod element_name;
mod encode;
mod encoding;
mod marshal;
mod model;
mod names;
mod namespaces;
mod reader;
mod reading;
mod references;
mod rules;
mod scalar;
mod shortcuts;
mod source;
mod tokens;
mod tree;
#[cfg(feature = "serde")]
mod typed;
mod unmarshaller;
mod value;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use compact_str::CompactString;
pub use cursor::ValueRef;
pub use decode::{decode, decode_call, decode_reply, decode_response};
pub use document::{Call, Document, FaultDocument, Message, Response};
pub use encode::{
    encode_call, encode_call_into, encode_fault, encode_fault_into, encode_response, encode_response_as_daemon,
    encode_response_into,
};
pub(crate) use marshal::Marshaller;
pub use rules::{Rules, UnknownRules};
pub use tree::Kind;
#[cfg(feature = "jiff")]
pub use typed::civil;
#[cfg(feature = "serde")]
pub use typed::{DateTime, from_call, from_response, from_value, to_call, to_response, to_value};
pub use value::{Fault, Value};
