//! What objects there are, and what is told of each. Nothing here changes anything.

mod device;
mod host;
mod metrics;
mod object;
mod session;
mod vm;

use xend_wire::datum::Datum;

use super::context::Context;
use super::envelope::{ErrorDescription, Outcome, stringify};
use crate::python;
use crate::registry::reference;

pub(super) use device::{device, image_location, is_running, vbd_is_readable};
pub(super) use host::node;
pub(super) use session::session;
pub(super) use vm::{Memory, ON_CRASH, ON_NORMAL_EXIT, domain, domains, memory, power_state};

/// Whether a value is a reference to an object of a class: a byte string that is known.
pub(super) fn exists(call: &Context<'_>, class: &str, given: &Datum) -> bool {
    let Some(Ok(given)) = given.as_bytes().map(std::str::from_utf8) else { return false };
    match class {
        "VM" => domain(call, given).is_some(),
        "VIF" | "VIF_metrics" | "VBD" | "VBD_metrics" | "VTPM" | "console" => device(call, class, given).is_some(),
        "task" => call.registry.tasks.get(given).is_some(),
        _ => references(call, class).iter().any(|known| known == given),
    }
}

/// The references of all objects of a class.
pub(super) fn references(call: &Context<'_>, class: &str) -> Vec<String> {
    match class {
        "VM" => domains(call).into_iter().map(|domain| domain.uuid.clone()).collect(),
        "VM_metrics" => metrics::references(call),
        "VIF" | "VIF_metrics" | "VBD" | "VBD_metrics" | "VTPM" | "console" => device::references(call, class),
        "host" | "host_metrics" => vec![reference(class, "")],
        "host_cpu" => host::cpus(call),
        "task" => python::dict_order(call.registry.tasks.references()).into_iter().map(str::to_owned).collect(),
        _ => call.registry.objects.references(class),
    }
}

/// The record of an object.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Outcome {
    let record = match class {
        "VM" => domain(call, given).map(|domain| vm::record(call, domain)),
        "VM_metrics" => metrics::record(call, given),
        "VIF" | "VIF_metrics" | "VBD" | "VBD_metrics" | "VTPM" | "console" => {
            return device::record(call, class, given);
        }
        "host" => (given == reference(class, "")).then(|| host::record(call, given)),
        "host_metrics" => (given == reference(class, "")).then(|| host::metrics(call, given)),
        "host_cpu" => host::cpu(call, given),
        "task" => call.registry.tasks.get(given).map(|task| session::task(given, task)),
        _ => object::record(call, class, given),
    };
    record.ok_or_else(|| ErrorDescription::handle_invalid(class, &given.into()))
}

/// The records of all objects of a class by reference. Each has been through an answer of its own, so that its numbers
/// are text already.
pub(super) fn records(call: &Context<'_>, class: &str) -> Datum {
    let record = |reference: String| {
        // One that can't be told is an answer without a value.
        let record = record(call, class, &reference).unwrap_or(Datum::None);
        (reference, stringify(record))
    };
    python::dict(references(call, class).into_iter().map(record).collect())
}

/// The references of the objects of a class that have a value in an attribute.
pub(super) fn having(call: &Context<'_>, class: &str, field: &str, wanted: &Datum) -> Vec<String> {
    if (class, field) == ("VM", "name_label") {
        let named = domains(call).into_iter().filter(|domain| wanted.as_bytes() == Some(domain.name.as_bytes()));
        return named.map(|domain| domain.uuid.clone()).collect();
    }
    let is_it = |reference: &String| match device::setting_of(call, class, reference, field) {
        Some(value) => value == *wanted,
        None => attribute(call, class, reference, field).as_ref() == Ok(wanted),
    };
    references(call, class).into_iter().filter(is_it).collect()
}

/// One member of the record of an object.
pub(super) fn attribute(call: &Context<'_>, class: &str, given: &str, field: &str) -> Outcome {
    match class {
        "VIF" | "VBD" | "VTPM" | "console" | "VIF_metrics" | "VBD_metrics" => {
            device::attribute(call, class, given, field)
        }
        _ => {
            let record = record(call, class, given)?;
            python::member(&record, field).cloned().ok_or_else(|| ErrorDescription::key_error(field))
        }
    }
}

/// A list of references as a value.
pub(super) fn list(references: Vec<String>) -> Datum {
    references.into_iter().map(Datum::from).collect::<Vec<_>>().into()
}
