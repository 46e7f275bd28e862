//! Methods that work in the same way for every class.

use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::method::{Access, Kind, Method};
use super::super::records::{self, list};
use crate::python;

/// Returns an attribute as the record shows it.
pub(super) fn get(call: &mut Context<'_>) -> Outcome {
    records::attribute(call, call.method.class, &call.reference(), call.method.field())
}

/// Returns the given reference.
pub(super) fn get_uuid(call: &mut Context<'_>) -> Outcome {
    Ok(call.params[1].clone())
}

/// Sets an attribute that only records show.
pub(super) fn set(call: &mut Context<'_>) -> Outcome {
    let value = call.params[2].clone();
    keep(call, value)
}

/// Sets an attribute to Python's `bool()` of the value.
pub(super) fn set_flag(call: &mut Context<'_>) -> Outcome {
    let value = call.flag(2).into();
    keep(call, value)
}

/// Stores a value for the attribute that the method is about.
pub(super) fn keep(call: &mut Context<'_>, value: Datum) -> Outcome {
    let reference = call.reference();
    call.registry.objects.keep(call.method.class, &reference, call.method.field(), value);
    void()
}

/// Fails as methods do that the daemon never implemented.
pub(super) fn todo(_: &mut Context<'_>) -> Outcome {
    Err(ErrorDescription::todo())
}

/// Fails as methods do that the daemon refuses.
pub(super) fn unsupported(_: &mut Context<'_>) -> Outcome {
    Err(ErrorDescription::unsupported())
}

/// Returns an attribute without the struct around it, which is not a valid result (protocol reference §5.1).
pub(super) fn get_bare(call: &mut Context<'_>) -> Outcome {
    let value = get(call)?;
    let text =
        [b"Invalid result ", python::str(&value).as_slice(), b" handling ", call.method.name.as_bytes()].concat();
    Err(ErrorDescription::internal(text))
}

/// Raises the exception that a mistake of the daemon raises.
pub(super) fn raise(call: &mut Context<'_>) -> Outcome {
    match call.method.kind {
        Kind::Get(Access::Raises(text)) | Kind::Set(Access::Raises(text)) => Err(ErrorDescription::internal(text)),
        _ => void(),
    }
}

/// Does nothing that is visible in the world.
pub(super) fn nothing(_: &mut Context<'_>) -> Outcome {
    void()
}

pub(super) fn get_record(call: &mut Context<'_>) -> Outcome {
    records::record(call, call.method.class, &call.reference())
}

pub(super) fn get_all(call: &mut Context<'_>) -> Outcome {
    Ok(list(records::references(call, call.method.class)))
}

pub(super) fn get_all_records(call: &mut Context<'_>) -> Outcome {
    Ok(records::records(call, call.method.class))
}

/// Returns the reference of a uuid. The reference parameter of a function is not checked, but the later classes look it
/// up all the same. They raise a string as the exception, which Python no longer permits (`XendBase.get_by_uuid`).
pub(super) fn get_by_uuid(call: &mut Context<'_>) -> Outcome {
    let given = &call.params[1];
    if Method::is_autoplugged(call.method.class) && !records::exists(call, call.method.class, given) {
        let text = "exceptions must be old-style classes or derived from BaseException, not str";
        return Err(ErrorDescription::internal(text));
    }
    Ok(given.clone())
}

pub(super) fn get_by_name_label(call: &mut Context<'_>) -> Outcome {
    Ok(list(records::with_attribute(call, call.method.class, "name_label", &call.params[1])))
}

/// Removes an object from the registry.
pub(super) fn destroy(call: &mut Context<'_>) -> Outcome {
    let reference = call.reference();
    call.registry.objects.forget(call.method.class, &reference);
    void()
}

/// Sets a member of an attribute that is a struct, as `add_to_other_config` does.
pub(super) fn add_to(call: &mut Context<'_>) -> Outcome {
    let value = with_member(call, Some(call.params[3].clone()))?;
    keep(call, value)
}

/// Removes a member of an attribute that is a struct, as `remove_from_other_config` does.
pub(super) fn remove_from(call: &mut Context<'_>) -> Outcome {
    let value = with_member(call, None)?;
    keep(call, value)
}

/// Returns the attribute that the method is about, after the member that its parameter names was set or removed.
pub(super) fn with_member(call: &Context<'_>, value: Option<Datum>) -> Outcome {
    let mut members = match records::attribute(call, call.method.class, &call.reference(), call.method.field())? {
        Datum::Dict(members) => members,
        other => {
            let text = format!("'{}' object does not support item assignment", python::type_name(&other));
            return Err(ErrorDescription::internal(text));
        }
    };
    let key = python::text(&call.params[2]);
    members.retain(|(known, _)| *known != key);
    members.extend(value.map(|value| (key, value)));
    Ok(Datum::Dict(members))
}

/// Fails because the host of the captures has no security policy (`xenapi-xspolicy`).
pub(super) fn no_policy(_: &mut Context<'_>) -> Outcome {
    Err(ErrorDescription::internal("no policy"))
}
