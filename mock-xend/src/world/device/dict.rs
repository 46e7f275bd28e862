//! The Python dicts in which the daemon keeps settings.

use xend_wire::datum::Datum;

use crate::python;

/// Sets a member of a dict: `dict[name] = value`.
pub(super) fn put(pairs: &mut Vec<(String, Datum)>, name: &str, value: Datum) {
    match pairs.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => pairs.push((name.to_owned(), value)),
    }
}

/// Sorts fields into the order of a Python dict with these keys.
pub(super) fn sort_as_dict(fields: &mut [(&str, Datum)]) {
    let order = python::dict_order(fields.iter().map(|(name, _)| *name));
    fields.sort_by_key(|(name, _)| order.iter().position(|known| known == name));
}
