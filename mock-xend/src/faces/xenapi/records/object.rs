//! Records of the registry's objects: networks, storage, and the CPU pool.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::method::Attribute;
use super::device;
use super::references::{list, references};
use crate::python;
use crate::registry::reference;

/// Returns the record of an object, with the attributes that the release has. A value is the one that was set, or is
/// derived from other objects, or else is the default.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Option<Datum> {
    let fields = call.registry.objects.fields(class, given)?;
    let stored = |name: &str| fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let attributes = Attribute::of(class, call.release).filter(|it| is_in_record(call, class, it.name));
    let members = attributes.map(|attribute| {
        let value = derived(call, class, attribute.name, given).or_else(|| stored(attribute.name));
        (attribute.name.to_owned(), value.unwrap_or_else(|| attribute.default()))
    });
    let mut members: Vec<_> = members.collect();
    // Only this kind of storage shows them, and did so before there was a method for it (captures
    // `xenapi-SR.get_record-qcow`).
    if class == "SR" && stored("type") == Some("qcow_file".into()) {
        members.extend(derived(call, class, "PBDs", given).map(|connections| ("PBDs".to_owned(), connections)));
    }
    Some(python::dict(members))
}

/// Returns whether a record shows an attribute for which there is a method.
fn is_in_record(call: &Context<'_>, class: &str, name: &str) -> bool {
    match (class, name) {
        ("VDI", "security_label") => call.release >= Release::V3_3,
        ("SR", "PBDs") => false,
        _ => true,
    }
}

/// Returns an attribute that is not stored but derived from other objects.
fn derived(call: &Context<'_>, class: &str, name: &str, given: &str) -> Option<Datum> {
    let objects =
        |class: &str, field: &str| Some(list(call.registry.objects.with_attribute(class, field, &given.into())));
    let devices = |class: &str, field: &str| Some(list(device::with_attribute(call, class, field, &given.into())));
    match (class, name) {
        (_, "uuid") => Some(given.into()),
        ("SR", "VDIs") => objects("VDI", "SR"),
        ("SR", "PBDs") => objects("PBD", "SR"),
        ("VDI", "VBDs") => devices("VBD", "VDI"),
        ("network", "VIFs") => devices("VIF", "network"),
        ("network", "PIFs") => objects("PIF", "network"),
        ("PIF", "host") | ("cpu_pool", "resident_on") => Some(reference("host", "").into()),
        ("PIF_metrics", "last_updated") => Some(python::date_time(call.now)),
        // The only pool has all processors and all running domains.
        ("cpu_pool", "host_CPUs") => Some(list(references(call, "host_cpu"))),
        ("cpu_pool", "started_VMs") => {
            let running = call.world.domains().iter().filter(|domain| domain.id.is_some());
            Some(list(running.map(|domain| domain.uuid.clone()).collect()))
        }
        _ => None,
    }
}
