//! Lists of named values, as the daemon's configurations are made: `(vm (name vm1) (memory 64))`.

use xend_wire::datum::Datum;

/// The value behind a name in a list of pairs: `child("(vm (name a))", "name")` is `a`. The first of several counts.
pub(super) fn child<'d>(list: &'d Datum, name: &str) -> Option<&'d Datum> {
    children(list, name).next().and_then(|pair| pair.items().get(1))
}

/// The members of a list that begin with a name.
pub(super) fn children<'d>(list: &'d Datum, name: &str) -> impl Iterator<Item = &'d Datum> {
    list.items().iter().filter(move |item| item.items().first().and_then(Datum::as_bytes) == Some(name.as_bytes()))
}
