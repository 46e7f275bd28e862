//! Checks that the value in a reply has the shape that the operation's [`Answer`] promises.
//!
//! A value of another type is never read as an empty value, because the server that sent it did not answer the request.

use crate::operation::{Acknowledgement, Answer};
use crate::sexpr::{Document, Sexpr};
use crate::xenapi;
use crate::xmlrpc::{Kind, ValueRef};

/// Whether an S-expression has the shape of an answer.
pub(super) fn has_shape(value: Sexpr<'_>, answer: Answer) -> bool {
    match answer {
        Answer::Nothing => false,
        Answer::Text => !value.is_list(),
        Answer::Names | Answer::References => value.is_list() && value.items().all(|name| !name.is_list()),
        Answer::Record(head) => is_record(value, head),
        Answer::Records(head) => value.is_list() && value.items().all(|record| is_record(record, head)),
        Answer::Devices => value.is_list() && value.items().all(|device| device.name().is_some()),
        // If only the definition of a domain changes, no device exists yet and the daemon replies `True`.
        Answer::Device => match value.as_atom() {
            Some(atom) => atom == b"True",
            None => value.name().is_some() && value.value().and_then(Sexpr::name) == Some(b"dom"),
        },
    }
}

/// Whether a list is a record, `(HEAD (NAME ...) ...)`: it begins with the head and has at least one field.
fn is_record(value: Sexpr<'_>, head: &str) -> bool {
    value.name() == Some(head.as_bytes()) && value.items().skip(1).any(|field| field.name().is_some())
}

/// Whether a body on the S-expression face confirms that the operation was done. A body of white space or comments
/// alone has no value, and confirms nothing.
pub(super) fn confirms_sxp(body: &Document<'_>, acknowledgements: &[Acknowledgement]) -> bool {
    let mut values = body.values();
    let confirms = |value| acknowledgements.iter().any(|acknowledgement| is_printed_as(value, *acknowledgement));
    values.next().is_some_and(confirms) && are_empty_strings(values)
}

/// Whether all values are empty strings. From 4.1 on, the daemon prints an empty string after some bodies (protocol
/// reference §2.4), so such values may follow the answer.
pub(super) fn are_empty_strings<'d>(mut values: impl Iterator<Item = Sexpr<'d>>) -> bool {
    values.all(|value| value.as_atom() == Some(b""))
}

/// Whether a value is the text that the daemon prints for the acknowledgement.
fn is_printed_as(value: Sexpr<'_>, acknowledgement: Acknowledgement) -> bool {
    match acknowledgement {
        // An empty list means the same as no value.
        Acknowledgement::None => {
            value.as_atom().map_or(value.items().next().is_none(), |atom| matches!(atom, b"" | b"None"))
        }
        Acknowledgement::Zero => value.as_atom() == Some(b"0"),
        Acknowledgement::True => value.as_atom() == Some(b"True"),
        // The daemon drops these values on the S-expression face (protocol reference §3.1, §3.5).
        Acknowledgement::Text | Acknowledgement::Record(_) => false,
    }
}

/// Whether a value on the XML-RPC face confirms that the operation was done.
pub(super) fn confirms_xmlrpc(value: ValueRef<'_>, acknowledgements: &[Acknowledgement]) -> bool {
    acknowledgements.iter().any(|acknowledgement| match acknowledgement {
        Acknowledgement::None => value.is_nil(),
        Acknowledgement::Zero => value.as_i32() == Some(0),
        Acknowledgement::True => value.as_bool() == Some(true),
        Acknowledgement::Text => value.kind() == Kind::String,
        Acknowledgement::Record(head) => value.items().next().and_then(ValueRef::as_str) == Some(*head),
    })
}

/// Whether the result of a Xen-API method confirms that the operation was done. A method without a result returns an
/// empty string (protocol reference §5.1).
pub(super) fn confirms_xenapi(value: ValueRef<'_>, acknowledgements: &[Acknowledgement]) -> bool {
    value.as_str().is_some_and(|text| text.is_empty() || acknowledgements.contains(&Acknowledgement::Text))
}

/// Whether a value on the XML-RPC face has the type of an answer. [`has_shape`] checks its contents afterwards.
pub(super) fn has_type(value: ValueRef<'_>, answer: Answer) -> bool {
    let is_string = |value: ValueRef<'_>| value.kind() == Kind::String;
    match answer {
        Answer::Nothing | Answer::References => false,
        Answer::Text => is_string(value),
        Answer::Names => value.kind() == Kind::Array && value.items().all(is_string),
        // `sched_credit_get` returns a struct (protocol reference §4.3).
        Answer::Record("credit") if value.kind() == Kind::Struct => {
            ["weight", "cap"].iter().any(|name| value.get(name).is_some())
        }
        Answer::Record(_) => value.kind() == Kind::Array,
        Answer::Records(_) | Answer::Devices => value.kind() == Kind::Array,
        Answer::Device => matches!(value.kind(), Kind::Array | Kind::Boolean),
    }
}

/// Whether a value on the Xen-API has the type of an answer.
///
/// Several records come as a struct whose member names are references. The names of domains are fields of such
/// records. Lists of references come as an array.
pub(super) fn has_xenapi_type(value: ValueRef<'_>, answer: Answer) -> bool {
    let is_string = |value: ValueRef<'_>| value.kind() == Kind::String;
    match answer {
        Answer::Nothing | Answer::Devices | Answer::Device => false,
        Answer::Text => is_string(value),
        Answer::References => {
            let is_reference = |item: ValueRef<'_>| item.as_str().is_some_and(|reference| !reference.is_empty());
            value.kind() == Kind::Array && value.items().all(is_reference)
        }
        Answer::Record("domain") => xenapi::has_name(value),
        // The parameters of a scheduler and the metrics of a host have no member that all releases give.
        Answer::Record(_) => {
            value.kind() == Kind::Struct && !xenapi::is_envelope(value) && value.get("faultCode").is_none()
        }
        Answer::Names | Answer::Records(_) => xenapi::are_records(value, xenapi::is_vm_record),
    }
}

/// What the reply to an operation must contain, as a phrase for error messages.
pub(super) fn expectation(answer: Answer) -> String {
    match answer {
        Answer::Nothing => "no value".to_owned(),
        Answer::Names => "a list of names".to_owned(),
        Answer::References => "a list of references".to_owned(),
        Answer::Record(head) => format!("`({head} ...)`"),
        Answer::Records(head) => format!("a list of `({head} ...)`"),
        Answer::Devices => "a list of devices".to_owned(),
        Answer::Device => "a device".to_owned(),
        Answer::Text => "a text".to_owned(),
    }
}
