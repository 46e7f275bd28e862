//! Whether what stands in a reply is what the operation gives.
//!
//! A value of another type is never read as an empty one: whoever sent it has not answered what was asked.

use crate::operation::{Answer, Done};
use crate::sexpr::{Document, Sexpr};
use crate::xmlrpc::{Kind, ValueRef};

/// Whether a value has the shape of an answer.
pub(super) fn fits(value: Sexpr<'_>, answer: Answer) -> bool {
    match answer {
        Answer::Nothing => false,
        Answer::Text => !value.is_list(),
        Answer::Names => value.is_list() && value.items().all(|name| !name.is_list()),
        Answer::Record(head) => is_record(value, head),
        Answer::Records(head) => value.is_list() && value.items().all(|record| is_record(record, head)),
        Answer::Devices => value.is_list() && value.items().all(|device| device.name().is_some()),
        // Where only the definition of a domain changes there is no device yet, and the daemon says `True`.
        Answer::Device => match value.as_atom() {
            Some(atom) => atom == b"True",
            None => value.name().is_some() && value.value().and_then(Sexpr::name) == Some(b"dom"),
        },
    }
}

/// `(HEAD (NAME ...) ...)`: a field at least, whatever else stands there.
fn is_record(value: Sexpr<'_>, head: &str) -> bool {
    value.name() == Some(head.as_bytes()) && value.items().skip(1).any(|field| field.name().is_some())
}

/// Whether a body on the S-expression face says that the operation was done.
pub(super) fn is_done(body: &Document<'_>, done: &[Done]) -> bool {
    let mut values = body.values();
    values.next().is_none_or(|value| done.iter().any(|done| is_printed(value, *done))) && are_empty(values)
}

/// Whether values are what may stand behind the one that counts. From 4.1 on an empty string is printed behind some bodies
/// (protocol reference §2.4).
pub(super) fn are_empty<'d>(mut values: impl Iterator<Item = Sexpr<'d>>) -> bool {
    values.all(|value| value.as_atom() == Some(b""))
}

/// Whether a value is what the daemon prints of it.
fn is_printed(value: Sexpr<'_>, done: Done) -> bool {
    match done {
        // An empty list holds no value either.
        Done::None => value.as_atom().map_or(value.items().next().is_none(), |atom| matches!(atom, b"" | b"None")),
        Done::Zero => value.as_atom() == Some(b"0"),
        Done::True => value.as_atom() == Some(b"True"),
        // On this face the daemon drops it (protocol reference §3.1, §3.5).
        Done::Text | Done::Record(_) => false,
    }
}

/// Whether a value on the XML-RPC face says that the operation was done.
pub(super) fn is_returned(value: ValueRef<'_>, done: &[Done]) -> bool {
    done.iter().any(|done| match done {
        Done::None => value.is_nil(),
        Done::Zero => value.as_i32() == Some(0),
        Done::True => value.as_bool() == Some(true),
        Done::Text => value.kind() == Kind::String,
        Done::Record(head) => value.items().next().and_then(ValueRef::as_str) == Some(*head),
    })
}

/// Whether what a method of the Xen-API gave says that the operation was done. A method that gives nothing gives an empty
/// string (protocol reference §5.1).
pub(super) fn is_void(value: ValueRef<'_>, done: &[Done]) -> bool {
    value.as_str().is_some_and(|text| text.is_empty() || done.contains(&Done::Text))
}

/// Whether a value on the XML-RPC face is of the type of an answer. What it holds is seen by [`fits`].
pub(super) fn has_type(value: ValueRef<'_>, answer: Answer) -> bool {
    let is_string = |value: ValueRef<'_>| value.kind() == Kind::String;
    match answer {
        Answer::Nothing => false,
        Answer::Text => is_string(value),
        Answer::Names => value.kind() == Kind::Array && value.items().all(is_string),
        // `sched_credit_get` gives a struct (protocol reference §4.3).
        Answer::Record(_) => matches!(value.kind(), Kind::Array | Kind::Struct) && !is_fault(value),
        Answer::Records(_) | Answer::Devices => value.kind() == Kind::Array,
        Answer::Device => matches!(value.kind(), Kind::Array | Kind::Boolean),
    }
}

/// Whether a value of the Xen-API is of the type of an answer: records stand in a struct by their references, names of
/// domains among these records, and references in an array.
pub(super) fn has_xenapi_type(value: ValueRef<'_>, answer: Answer) -> bool {
    let is_string = |value: ValueRef<'_>| value.kind() == Kind::String;
    let is_struct = |value: ValueRef<'_>| value.kind() == Kind::Struct;
    let has = |record: ValueRef<'_>, name: &str| record.get(name).is_some_and(is_string);
    let are_records = || {
        let is_vm = |record| is_struct(record) && has(record, "name_label") && has(record, "power_state");
        is_struct(value) && value.members().all(|(_, record)| is_vm(record))
    };
    match answer {
        Answer::Nothing | Answer::Devices | Answer::Device => false,
        Answer::Text => is_string(value),
        Answer::Names => value.kind() == Kind::Array && value.items().all(is_string) || are_records(),
        Answer::Record(_) => is_struct(value) && !is_fault(value),
        Answer::Records(_) => are_records(),
    }
}

/// Whether a value is the struct of a fault, which belongs elsewhere in a response.
fn is_fault(value: ValueRef<'_>) -> bool {
    value.get("faultCode").is_some() && value.get("faultString").is_some()
}

/// What a reply should hold, in words.
pub(super) fn wanted(answer: Answer) -> String {
    match answer {
        Answer::Nothing => "no value".to_owned(),
        Answer::Names => "a list of names".to_owned(),
        Answer::Record(head) => format!("`({head} ...)`"),
        Answer::Records(head) => format!("a list of `({head} ...)`"),
        Answer::Devices => "a list of devices".to_owned(),
        Answer::Device => "a device".to_owned(),
        Answer::Text => "a text".to_owned(),
    }
}
