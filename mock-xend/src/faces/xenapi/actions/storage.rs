//! Methods that create and destroy `VDI` and `PBD`, and those of `SR` (`XendStorageRepository.py`, `XendVDI.py`).

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome};
use super::super::records::{self, list};
use super::generic;
use crate::python::{self, member};

/// Creates an image from a struct. Local storage keeps only the attributes; the other kind of storage creates a file.
pub(super) fn create_image(call: &mut Context<'_>) -> Outcome {
    let config = &call.params[1];
    let sr = member(config, "SR").cloned().unwrap_or(Datum::None);
    if !records::exists(call, "SR", &sr) {
        return Err(ErrorDescription::handle_invalid("SR", &sr));
    }
    let given = |name: &str| member(config, name).cloned();
    let text = |name: &str| (name.to_owned(), given(name).unwrap_or("".into()));
    let flag = |name: &str| (name.to_owned(), given(name).unwrap_or(false.into()));
    let reference = call.registry.objects.new_reference("VDI");
    let mut fields = vec![text("name_label"), text("name_description"), ("SR".to_owned(), sr.clone())];
    if is_local(call, &sr) {
        fields.extend([text("type"), flag("sharable"), flag("read_only")]);
        fields.extend(given("other_config").map(|config| ("other_config".to_owned(), config)));
    } else {
        let location = format!("tap:qcow:/var/lib/xend/storage/{reference}.qcow");
        fields.push(("type".to_owned(), "system".into()));
        fields.push(("other_config".to_owned(), python::literal([("location", location.into())])));
        let size = given("virtual_size").map_or(Ok(0), |size| python::int(&python::str(&size)));
        fields.push(("virtual_size".to_owned(), size.map_err(ErrorDescription::internal)?.into()));
    }
    call.registry.objects.add("VDI", reference.clone(), fields);
    Ok(reference.into())
}

fn is_local(call: &Context<'_>, sr: &Datum) -> bool {
    records::attribute(call, "SR", &python::text(sr), "type") == Ok("local".into())
}

/// Destroys an image. From 4.1 on it stays as long as a disk uses it.
pub(super) fn destroy_image(call: &mut Context<'_>) -> Outcome {
    let vdi = call.reference();
    if call.release >= Release::V4_1 && python::truth(&records::attribute(call, "VDI", &vdi, "VBDs")?) {
        let label = records::attribute(call, "VDI", &vdi, "name_label")?;
        let text = "Cannot destroy VDI with VBDs attached";
        return Err(ErrorDescription::of(["VDI_ERROR".into(), text.into(), label]));
    }
    generic::destroy(call)
}

/// Returns a single reference, not a list (`get_vdi_by_name_label`).
pub(super) fn get_image_by_name_label(call: &mut Context<'_>) -> Outcome {
    let named = records::with_attribute(call, "VDI", "name_label", &call.params[1]);
    Ok(named.into_iter().next().map_or(Datum::None, Datum::from))
}

/// Fails as the daemon does, which calls a method that no image has (capture `xenapi-VDI.get_physical_utilisation`).
pub(super) fn get_utilisation(call: &mut Context<'_>) -> Outcome {
    let sr = records::attribute(call, "VDI", &call.reference(), "SR")?;
    let class = if is_local(call, &sr) { "XendLocalVDI" } else { "XendQCoWVDI" };
    Err(ErrorDescription::internal(format!("'{class}' object has no attribute 'get_physical_utilisation'")))
}

/// Returns an attribute of a storage repository. The daemon does not check that the repository exists, and fails on
/// `None`.
pub(super) fn get_of_storage(call: &mut Context<'_>) -> Outcome {
    let (field, given) = (call.method.field(), call.params[1].clone());
    let is_known = records::exists(call, "SR", &given);
    match field {
        "PBDs" => Ok(list(records::with_attribute(call, "PBD", "SR", &given))),
        "VDIs" if is_known && call.release <= Release::V3_4 => {
            let class = if is_local(call, &given) { "XendLocalStorageRepo" } else { "XendQCoWStorageRepo" };
            Err(ErrorDescription::internal(format!("{class} instance has no attribute 'list_images'")))
        }
        _ if is_known => generic::get(call),
        _ => {
            let asked = if field == "VDIs" { "list_images" } else { field };
            Err(ErrorDescription::internal(format!("'NoneType' object has no attribute '{asked}'")))
        }
    }
}

/// Creates a connection between a host and a storage repository.
pub(super) fn create_connection(call: &mut Context<'_>) -> Outcome {
    let members = match &call.params[1] {
        Datum::Dict(members) => members.clone(),
        _ => return Err(ErrorDescription::new(["CREATE_UNSPECIFIED_ATTRIBUTE", "record", "PBD"])),
    };
    for attribute in ["host", "SR", "device_config"] {
        if members.iter().all(|(name, _)| name != attribute) {
            return Err(ErrorDescription::new(["CREATE_UNSPECIFIED_ATTRIBUTE", attribute, "PBD"]));
        }
    }
    let reference = call.registry.objects.new_reference("PBD");
    call.registry.objects.add("PBD", reference.clone(), members);
    Ok(reference.into())
}

pub(super) fn get_by_storage(call: &mut Context<'_>) -> Outcome {
    Ok(list(records::with_attribute(call, "PBD", "SR", &call.params[1])))
}
