//! XML-RPC: a call or a response, from bytes and to bytes.
//!
//! Nothing here needs Xend: the codec reads and writes XML-RPC bodies for anyone, strictly by the specification or by
//! other [`Rules`], and leaves HTTP to others.
//!
//! ```
//! use xend_wire::Limits;
//! use xend_wire::xmlrpc::{self, Response, Rules, Value};
//!
//! // What goes out.
//! let call = xmlrpc::encode_call("sample.sum", &[2.into(), 3.into()])?;
//!
//! // What the other side makes of it.
//! let call = xmlrpc::decode_call(&call, Rules::spec(), &Limits::default())?;
//! assert_eq!(call.method(), "sample.sum");
//! let sum = call.params().filter_map(|param| param.as_i32()).sum::<i32>();
//! let reply = xmlrpc::encode_response(&Value::Struct(vec![("sum".into(), sum.into())]))?;
//!
//! // What comes back.
//! match xmlrpc::decode_response(&reply, Rules::spec(), &Limits::default())?.into_result() {
//!     Ok(document) => assert_eq!(document.value().get("sum").and_then(|sum| sum.as_i32()), Some(5)),
//!     Err(fault) => panic!("{fault}"),
//! }
//! # Ok::<_, xend_wire::Error>(())
//! ```
//!
//! A [`Document`] borrows its text from the bytes, keeps the order and the duplicates of members and the text of dates,
//! and knows where each value stood ([`ValueRef::span`]).
//! What is refused has an [`Error`](crate::Error) that says where, and what was expected.
//!
//! A span is in bytes of the document as it was given, whatever its encoding.
//!
//! No entity is ever expanded and no DOCTYPE is obeyed, nothing recurses, and [`Limits`](crate::Limits) bound what a
//! document may ask for.

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
pub use encode::{encode_call, encode_fault, encode_response};
pub(crate) use marshal::Marshaller;
pub use rules::{Rules, UnknownRules};
pub use tree::Kind;
pub use value::{Fault, Value};
