//! Lists of named values, as the daemon's configurations are made: `(vm (name vm1) (memory 64))`.

use xend_wire::datum::Datum;

use super::failure::Failure;
use crate::python;

/// The value behind a name in a list of pairs: `child("(vm (name a))", "name")` is `a`. The first of several counts.
pub(super) fn child<'d>(list: &'d Datum, name: &str) -> Option<&'d Datum> {
    children(list, name).next().and_then(|pair| pair.items().get(1))
}

/// The members of a list that begin with a name.
pub(super) fn children<'d>(list: &'d Datum, name: &str) -> impl Iterator<Item = &'d Datum> {
    list.items().iter().filter(move |item| item.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes()))
}

/// The whole number behind a name in a list of pairs, which may be given as text.
///
/// # Errors
/// What Python says of a value that is no number.
pub(super) fn integer(list: &Datum, name: &str) -> Result<Option<i64>, Failure> {
    child(list, name).map(|value| python::number(value).map_err(Failure::Exception)).transpose()
}
