//! What is done in the same way for every class.

use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::records::{self, list};
use crate::python;

/// Classes whose code came later, in files of their own, with other ways to look things up (`autoplug_classes`).
const AUTOPLUGGED: [&str; 14] = [
    "network",
    "PIF",
    "VM_metrics",
    "PBD",
    "PIF_metrics",
    "PPCI",
    "DPCI",
    "PSCSI",
    "PSCSI_HBA",
    "DSCSI",
    "DSCSI_HBA",
    "XSPolicy",
    "ACMPolicy",
    "cpu_pool",
];

/// Tells an attribute, as it stands in the record.
pub(super) fn get(call: &mut Context<'_>) -> Outcome {
    let (class, field) = (call.method.class, call.method.field());
    records::attribute(call, class, &call.reference(), field).ok_or_else(|| ErrorDescription::key_error(field))
}

/// Tells the reference that was given.
pub(super) fn get_uuid(call: &mut Context<'_>) -> Outcome {
    Ok(call.params[1].clone())
}

/// Sets an attribute that nothing but the record shows.
pub(super) fn set(call: &mut Context<'_>) -> Outcome {
    let reference = call.reference();
    call.registry.objects.keep(call.method.class, &reference, call.method.field(), call.params[2].clone());
    void()
}

pub(super) fn get_record(call: &mut Context<'_>) -> Outcome {
    let class = call.method.class;
    records::record(call, class, &call.reference())
        .ok_or_else(|| ErrorDescription::handle_invalid(class, &call.params[1]))
}

pub(super) fn get_all(call: &mut Context<'_>) -> Outcome {
    Ok(list(records::references(call, call.method.class)))
}

pub(super) fn get_all_records(call: &mut Context<'_>) -> Outcome {
    Ok(records::records(call, call.method.class))
}

/// No function has its reference checked. Those that look it up all the same raise a string, which Python no longer takes
/// (`XendBase.get_by_uuid`).
pub(super) fn get_by_uuid(call: &mut Context<'_>) -> Outcome {
    let given = &call.params[1];
    if AUTOPLUGGED.contains(&call.method.class) && !records::knows(call, call.method.class, given) {
        let text = "exceptions must be old-style classes or derived from BaseException, not str";
        return Err(ErrorDescription::internal(text));
    }
    Ok(given.clone())
}

pub(super) fn get_by_name_label(call: &mut Context<'_>) -> Outcome {
    Ok(list(records::having(call, call.method.class, "name_label", &call.params[1])))
}

/// Forgets an object of the registry.
pub(super) fn destroy(call: &mut Context<'_>) -> Outcome {
    let reference = call.reference();
    call.registry.objects.forget(call.method.class, &reference);
    void()
}

/// `add_to_other_config` and the like: gives a member of an attribute that is a struct a value.
pub(super) fn add_to(call: &mut Context<'_>) -> Outcome {
    let value = call.params[3].clone();
    change_member(call, Some(value))
}

/// `remove_from_other_config` and the like: removes a member of an attribute that is a struct.
pub(super) fn remove_from(call: &mut Context<'_>) -> Outcome {
    change_member(call, None)
}

fn change_member(call: &mut Context<'_>, value: Option<Datum>) -> Outcome {
    let value = with_member(call, value)?;
    let reference = call.reference();
    call.registry.objects.keep(call.method.class, &reference, call.method.field(), value);
    void()
}

/// The attribute that the method is about, with the member that its parameter names set or removed.
pub(super) fn with_member(call: &Context<'_>, value: Option<Datum>) -> Outcome {
    let (class, field) = (call.method.class, call.method.field());
    let attribute = records::attribute(call, class, &call.reference(), field);
    let mut members = match attribute {
        Some(Datum::Dict(members)) => members,
        other => {
            let other = other.unwrap_or(Datum::None);
            let text = format!("'{}' object does not support item assignment", python::type_name(&other));
            return Err(ErrorDescription::internal(text));
        }
    };
    let key = python::text(&call.params[2]);
    members.retain(|(known, _)| *known != key);
    members.extend(value.map(|value| (key, value)));
    Ok(Datum::Dict(members))
}
