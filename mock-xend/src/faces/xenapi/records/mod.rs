//! The objects of the Xen-API and their records. Nothing in this module changes anything.

mod device;
mod domains;
mod host;
mod metrics;
mod node;
mod object;
mod references;
mod session;
mod vm;

use xend_wire::datum::Datum;

use super::context::Context;
use super::envelope::{ErrorDescription, Outcome, stringify};
use crate::python;
use crate::registry::reference;

pub(super) use device::{device, image_location, is_running, vbd_is_readable};
pub(super) use domains::{domain, domains};
pub(super) use node::node;
pub(super) use references::{exists, list, references};
pub(super) use session::session;
pub(super) use vm::{Memory, ON_CRASH, ON_NORMAL_EXIT, memory, power_state};

/// Returns the record of an object.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Outcome {
    let record = match class {
        "VM" => domain(call, given).map(|domain| vm::record(call, domain)),
        "VM_metrics" => metrics::record(call, given),
        class if device::is_class(class) => return device::record(call, class, given),
        "host" => (given == reference(class, "")).then(|| host::record(call, given)),
        "host_metrics" => (given == reference(class, "")).then(|| host::metrics(call, given)),
        "host_cpu" => host::cpu(call, given),
        "task" => call.registry.tasks.get(given).map(|task| session::task(given, task)),
        _ => object::record(call, class, given),
    };
    record.ok_or_else(|| ErrorDescription::handle_invalid(class, &given.into()))
}

/// Returns the records of all objects of a class, by reference. Their numbers are texts already, because the daemon
/// takes each record from an answer of its own.
pub(super) fn records(call: &Context<'_>, class: &str) -> Datum {
    let record = |reference: String| {
        // An error for one object is an answer without a value.
        let record = record(call, class, &reference).unwrap_or(Datum::None);
        (reference, stringify(record))
    };
    python::dict(references(call, class).into_iter().map(record).collect())
}

/// Returns the references of the objects of a class whose attribute has a value.
pub(super) fn with_attribute(call: &Context<'_>, class: &str, field: &str, wanted: &Datum) -> Vec<String> {
    match (class, field) {
        ("VM", "name_label") => {
            let named = domains(call).into_iter().filter(|domain| wanted.as_bytes() == Some(domain.name.as_bytes()));
            named.map(|domain| domain.uuid.clone()).collect()
        }
        _ if device::is_class(class) => device::with_attribute(call, class, field, wanted),
        _ => {
            let is_it = |reference: &String| attribute(call, class, reference, field).as_ref() == Ok(wanted);
            references(call, class).into_iter().filter(is_it).collect()
        }
    }
}

/// Returns one member of the record of an object.
pub(super) fn attribute(call: &Context<'_>, class: &str, given: &str, field: &str) -> Outcome {
    if device::is_class(class) {
        return device::attribute(call, class, given, field);
    }
    let record = record(call, class, given)?;
    python::member(&record, field).cloned().ok_or_else(|| ErrorDescription::key_error(field))
}
