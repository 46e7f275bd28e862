//! Objects of the registry, which are nothing but their records.

use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::method::Method;
use crate::python;

/// The attributes of an object that the release knows.
pub(super) fn record(call: &Context<'_>, class: &str, given: &str) -> Option<Datum> {
    let fields = call.registry.objects.fields(class, given)?;
    let is_known = |name: &str| Method::find(&format!("{class}.get_{name}"), call.release).is_some();
    let mut fields: Vec<(&str, Datum)> = [("uuid", given.into())]
        .into_iter()
        .chain(fields.iter().filter(|(name, _)| is_known(name)).map(|(name, value)| (name.as_str(), value.clone())))
        .collect();
    if class == "PIF_metrics" {
        fields.push(("last_updated", python::date_time(call.now)));
    }
    Some(python::literal(fields))
}
