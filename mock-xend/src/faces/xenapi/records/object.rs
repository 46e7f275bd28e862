//! Objects of the registry, which are nothing but their records: networks, storage, the pool of processors.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::method::Attribute;
use super::device;
use super::references::{list, references};
use crate::python;
use crate::registry::reference;

/// The attributes of an object that the release knows: what it was given, what others say of it, and else the default.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Option<Datum> {
    let fields = call.registry.objects.fields(class, given)?;
    let stored = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let attributes = Attribute::of(class, call.release).filter(|it| is_told(call, class, it.name));
    let members = attributes.map(|attribute| {
        let value = told_by_others(call, class, attribute.name, given).or_else(|| stored(attribute.name));
        (attribute.name.to_owned(), value.unwrap_or_else(|| attribute.default()))
    });
    let mut members: Vec<_> = members.collect();
    // Only this kind of storage tells them, and did so before there was a method for it (captures
    // `xenapi-SR.get_record-qcow`).
    if class == "SR" && stored("type") == Some("qcow_file".into()) {
        members.extend(told_by_others(call, class, "PBDs", given).map(|connections| ("PBDs".to_owned(), connections)));
    }
    Some(python::dict(members))
}

/// Whether the record of an object has an attribute that there is a method for.
fn is_told(call: &Context<'_>, class: &str, name: &str) -> bool {
    match (class, name) {
        ("VDI", "security_label") => call.release >= Release::V3_3,
        ("SR", "PBDs") => false,
        _ => true,
    }
}

/// What is not kept in an object but found at others.
fn told_by_others(call: &Context<'_>, class: &str, name: &str, given: &str) -> Option<Datum> {
    let objects = |class: &str, field: &str| Some(list(call.registry.objects.having(class, field, &given.into())));
    let devices = |class: &str, field: &str| Some(list(device::having(call, class, field, &given.into())));
    match (class, name) {
        (_, "uuid") => Some(given.into()),
        ("SR", "VDIs") => objects("VDI", "SR"),
        ("SR", "PBDs") => objects("PBD", "SR"),
        ("VDI", "VBDs") => devices("VBD", "VDI"),
        ("network", "VIFs") => devices("VIF", "network"),
        ("network", "PIFs") => objects("PIF", "network"),
        ("PIF", "host") | ("cpu_pool", "resident_on") => Some(reference("host", "").into()),
        ("PIF_metrics", "last_updated") => Some(python::date_time(call.now)),
        // There is one pool: it has all processors and all domains that run.
        ("cpu_pool", "host_CPUs") => Some(list(references(call, "host_cpu"))),
        ("cpu_pool", "started_VMs") => {
            let running = call.world.domains().iter().filter(|domain| domain.id.is_some());
            Some(list(running.map(|domain| domain.uuid.clone()).collect()))
        }
        _ => None,
    }
}
