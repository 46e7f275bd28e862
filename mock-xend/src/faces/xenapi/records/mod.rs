//! What objects there are, and what is told of each. Nothing here changes anything.

mod device;
mod host;
mod metrics;
mod object;
mod session;
mod vm;

use xend_wire::datum::Datum;

use super::context::Context;
use super::envelope::stringify;
use crate::python;
use crate::registry::reference;
use crate::world::Domain;

pub(super) use device::{device, image_location};
pub(super) use host::node;
pub(super) use session::session;
pub(super) use vm::{ON_CRASH, ON_NORMAL_EXIT, domain, domains, power_state};

/// Whether a value is a reference to an object of a class: a byte string that is known.
pub(super) fn knows(call: &Context<'_>, class: &str, given: &Datum) -> bool {
    match given.as_bytes().map(std::str::from_utf8) {
        Some(Ok(given)) if class == "VM" => domain(call, given).is_some(),
        Some(Ok(given)) => record(call, class, given).is_some(),
        _ => false,
    }
}

/// The references of all objects of a class.
pub(super) fn references(call: &Context<'_>, class: &str) -> Vec<String> {
    match class {
        "VM" => domains(call).into_iter().map(|domain| domain.uuid.clone()).collect(),
        "VM_metrics" => metrics::references(call),
        "VIF" | "VIF_metrics" | "VBD" | "VBD_metrics" | "console" => device::references(call, class),
        "host" | "host_metrics" => vec![reference(class, "")],
        "host_cpu" => host::cpus(call),
        "task" => python::dict_order(call.registry.tasks.references()).into_iter().map(str::to_owned).collect(),
        _ => call.registry.objects.references(class),
    }
}

/// The record of an object, if there is one.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Option<Datum> {
    match class {
        "VM" => domain(call, given).map(|domain| vm::record(call, domain)),
        "VM_metrics" => metrics::record(call, given),
        "VIF" | "VIF_metrics" | "VBD" | "VBD_metrics" | "console" => device::record(call, class, given),
        "host" => (given == reference(class, "")).then(|| host::record(call, given)),
        "host_metrics" => (given == reference(class, "")).then(|| host::metrics(call, given)),
        "host_cpu" => host::cpu(call, given),
        "task" => call.registry.tasks.get(given).map(|task| session::task(given, task)),
        _ => linked(call, class, given),
    }
}

/// The records of all objects of a class by reference. Each has been through an answer of its own, so that its numbers
/// are text already.
pub(super) fn records(call: &Context<'_>, class: &str) -> Datum {
    let records = if class == "VM" {
        let record = |domain: &Domain| (domain.uuid.clone(), stringify(vm::record(call, domain)));
        domains(call).into_iter().map(record).collect()
    } else {
        let record = |reference: String| Some((reference.clone(), stringify(record(call, class, &reference)?)));
        references(call, class).into_iter().filter_map(record).collect()
    };
    python::dict(records)
}

/// The references of the objects of a class that have a value in an attribute.
pub(super) fn having(call: &Context<'_>, class: &str, field: &str, wanted: &Datum) -> Vec<String> {
    if (class, field) == ("VM", "name_label") {
        let named = domains(call).into_iter().filter(|domain| wanted.as_bytes() == Some(domain.name.as_bytes()));
        return named.map(|domain| domain.uuid.clone()).collect();
    }
    let has = |reference: &String| attribute(call, class, reference, field).as_ref() == Some(wanted);
    references(call, class).into_iter().filter(has).collect()
}

/// One member of the record of an object.
pub(super) fn attribute(call: &Context<'_>, class: &str, given: &str, field: &str) -> Option<Datum> {
    python::member(&record(call, class, given)?, field).cloned()
}

/// A list of references as a value.
pub(super) fn list(references: Vec<String>) -> Datum {
    references.into_iter().map(Datum::from).collect::<Vec<_>>().into()
}

/// The record of an object of the registry, with what others say of it.
fn linked(call: &Context<'_>, class: &str, given: &str) -> Option<Datum> {
    let mut record = object::record(call, class, given)?;
    let (at, links) = match class {
        "SR" => ("VDIs", having(call, "VDI", "SR", &given.into())),
        "VDI" => ("VBDs", having(call, "VBD", "VDI", &given.into())),
        "network" => ("VIFs", having(call, "VIF", "network", &given.into())),
        // There is one pool, and all domains are in it.
        "cpu_pool" => ("started_VMs", references(call, "VM")),
        _ => return Some(record),
    };
    if let Datum::Dict(members) = &mut record
        && let Some((_, value)) = members.iter_mut().find(|(name, _)| name == at)
    {
        *value = list(links);
    }
    Some(record)
}
