//! What a step was answered, and the fields in it.

use std::borrow::Cow;

use xend_client::Domain;
use xend_wire::answer::MethodResult;
use xend_wire::operation::{Answer, Operation};
use xend_wire::sexpr::{Document, Sexpr};
use xend_wire::xmlrpc::{Kind, ValueRef};

/// The answer to a step.
pub(super) enum Answered {
    /// The answer to an operation.
    Operation(Operation, Document<'static>),
    /// The value that a method of the Xen-API returned.
    Method(MethodResult),
}

impl Answered {
    /// Returns a field: of a record, of the record of the domain `of` among several, or `text` or `count` of what is no
    /// record. A field in a field is given by its path, such as `image/linux/kernel`.
    pub(super) fn field(&self, field: &str, of: Option<&str>) -> Option<String> {
        match self {
            Self::Operation(operation, answer) => match operation.answer() {
                Answer::Record(head) => field_of(head, answer, field),
                Answer::Records(_) if of.is_none() => (field == "count").then(|| self.count().to_string()),
                Answer::Records(head) => {
                    let mut records = answer.first()?.items();
                    let record = records.find(|record| record.text(&format!("{head}/name")) == of)?;
                    field_of(head, &record.to_document(), field)
                }
                Answer::Text => {
                    let text = answer.first()?.as_atom()?;
                    (field == "text").then(|| String::from_utf8_lossy(text).into_owned())
                }
                Answer::Names | Answer::References | Answer::Devices => {
                    (field == "count").then(|| self.count().to_string())
                }
                Answer::Nothing | Answer::Device => None,
            },
            Self::Method(result) => match (result.value().kind(), field) {
                (Kind::Array, "count") => Some(self.count().to_string()),
                (Kind::Array, "text") => Some(self.names().join(" ")),
                (Kind::Struct, _) => {
                    let member = field.split('/').try_fold(result.value(), ValueRef::get)?;
                    text_of(member)
                }
                (_, "text") => text_of(result.value()),
                _ => None,
            },
        }
    }

    /// Returns the names in a list, or the references that a method returned.
    pub(super) fn names(&self) -> Vec<String> {
        match self {
            Self::Operation(_, answer) => {
                answer.values().flat_map(Sexpr::items).filter_map(Sexpr::as_str).map(str::to_owned).collect()
            }
            Self::Method(result) => result.value().items().filter_map(ValueRef::text).map(Cow::into_owned).collect(),
        }
    }

    fn count(&self) -> usize {
        match self {
            Self::Operation(_, answer) => answer.values().flat_map(Sexpr::items).count(),
            Self::Method(result) => result.value().items().count(),
        }
    }
}

/// A field that is a list is told as its items, with spaces between them.
fn field_of(head: &str, answer: &Document<'static>, field: &str) -> Option<String> {
    match (head, field) {
        ("domain", "power_state") => Domain::read(answer)?.power_state().map(|state| state.to_string()),
        _ => {
            let value = answer.first()?.lookup(&format!("{head}/{field}"))?.value()?;
            let items: Vec<_> =
                if value.is_list() { value.items().filter_map(Sexpr::as_str).collect() } else { vec![value.as_str()?] };
            Some(items.join(" "))
        }
    }
}

/// An array is told by its number of items, and nothing by an empty text.
fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value.kind() {
        Kind::Array => Some(value.items().count().to_string()),
        Kind::Struct => None,
        Kind::Nil => Some(String::new()),
        Kind::Boolean => value.as_bool().map(|flag| flag.to_string()),
        _ => value.text().map(Cow::into_owned),
    }
}
