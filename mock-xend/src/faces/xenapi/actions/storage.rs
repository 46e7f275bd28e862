//! What makes `VDI` and the other objects of storage (`XendStorageRepository.py`).

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome};
use super::super::records;
use crate::python::member;

pub(super) fn create_image(call: &mut Context<'_>) -> Outcome {
    let config = call.params[1].clone();
    match member(&config, "SR") {
        None => Err(ErrorDescription::key_error("SR")),
        Some(sr) if !records::knows(call, "SR", sr) => Err(ErrorDescription::handle_invalid("SR", sr)),
        Some(_) => create(call),
    }
}

/// Makes an object of the registry from a struct.
pub(super) fn create(call: &mut Context<'_>) -> Outcome {
    Ok(call.registry.objects.create(call.method.class, &call.params[1]).into())
}

pub(super) fn get_by_storage(call: &mut Context<'_>) -> Outcome {
    Ok(records::list(records::having(call, "PBD", "SR", &call.params[1])))
}
