//! The domains of the host, which the Xen-API identifies by their uuids.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::context::Context;
use crate::python;
use crate::world::Domain;

/// Returns all domains: the active ones by id, then the others in the order of a Python dict of their uuids
/// (`XendDomain.list`).
pub(in super::super) fn domains<'w>(call: &'w Context<'_>) -> Vec<&'w Domain> {
    let (mut domains, inactive): (Vec<_>, Vec<_>) =
        call.world.domains().iter().map(Arc::as_ref).partition(|domain| domain.id.is_some());
    let by_uuid: HashMap<_, _> = inactive.iter().map(|domain| (domain.uuid.as_str(), *domain)).collect();
    let order = python::dict_order(inactive.iter().map(|domain| domain.uuid.as_str()));
    domains.extend(order.into_iter().map(|uuid| by_uuid[uuid]));
    domains
}

/// Returns the domain with a reference.
pub(in super::super) fn domain<'w>(call: &'w Context<'_>, vm: &str) -> Option<&'w Domain> {
    call.world.of_uuid(vm).next()
}
