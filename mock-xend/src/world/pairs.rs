//! Lists of named values, the form of the daemon's configurations: `(vm (name vm1) (memory 64))`.

use xend_wire::datum::Datum;

use super::failure::Failure;
use crate::python;

/// Returns the value with a name in a list of pairs: `child("(vm (name a))", "name")` is `a`. The first of several
/// counts.
pub(super) fn child<'d>(list: &'d Datum, name: &str) -> Option<&'d Datum> {
    children(list, name).next().and_then(|pair| pair.items().get(1))
}

/// Returns the members of a list that begin with a name.
pub(super) fn children<'d>(list: &'d Datum, name: &str) -> impl Iterator<Item = &'d Datum> {
    list.items().iter().filter(move |item| item.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes()))
}

/// Returns the integer with a name in a list of pairs. It may be given as text.
///
/// # Errors
/// Returns Python's exception for a value that is not a number.
pub(super) fn integer(list: &Datum, name: &str) -> Result<Option<i64>, Failure> {
    child(list, name).map(|value| python::number(value).map_err(Failure::Exception)).transpose()
}
