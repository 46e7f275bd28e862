//! The references of the objects of each class.

use xend_wire::datum::Datum;

use super::super::context::Context;
use super::domains::{domain, domains};
use super::node::cpus;
use super::{device, metrics};
use crate::python;
use crate::registry::reference;

/// Returns whether a value is the reference of an object of a class. It must be a byte string.
pub(in super::super) fn exists(call: &Context<'_>, class: &str, given: &Datum) -> bool {
    let Some(Ok(given)) = given.as_bytes().map(std::str::from_utf8) else { return false };
    match class {
        "VM" => domain(call, given).is_some(),
        class if device::is_class(class) => device(call, class, given).is_some(),
        "task" => call.registry.tasks.get(given).is_some(),
        _ => references(call, class).iter().any(|known| known == given),
    }
}

/// Returns the references of all objects of a class.
pub(in super::super) fn references(call: &Context<'_>, class: &str) -> Vec<String> {
    match class {
        "VM" => domains(call).into_iter().map(|domain| domain.uuid.clone()).collect(),
        "VM_metrics" => metrics::references(call),
        class if device::is_class(class) => device::references(call, class),
        "host" | "host_metrics" => vec![reference(class, "")],
        "host_cpu" => cpus(call),
        "task" => python::dict_order(call.registry.tasks.references()).into_iter().map(str::to_owned).collect(),
        _ => call.registry.objects.references(class),
    }
}

/// Returns references as a list.
pub(in super::super) fn list(references: Vec<String>) -> Datum {
    references.into_iter().map(Datum::from).collect::<Vec<_>>().into()
}
