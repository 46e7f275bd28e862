//! The configuration of a device, such as `(vif (bridge xenbr0))`, before a device is created from it.

use xend_wire::datum::Datum;

use super::dict::put;
use crate::python;
use crate::world::pairs::child;

/// Returns the class that a configuration names; `None` if the configuration is empty.
pub(in crate::world) fn class_of(config: &Datum) -> Option<Vec<u8>> {
    match config {
        Datum::List(items) => items.first().map(python::str),
        atom => Some(python::str(atom)),
    }
}

/// Returns the settings of a configuration, which are its lists of exactly two items. If a name is repeated, the last
/// value counts, at the place of the first, as in a Python dict.
pub(in crate::world) fn pairs_of(config: &Datum) -> Vec<(String, Datum)> {
    let mut pairs: Vec<(String, Datum)> = Vec::new();
    for item in config.items().iter().skip(1) {
        if let [Datum::Bytes(name), value] = item.items() {
            put(&mut pairs, &String::from_utf8_lossy(name), value.clone());
        }
    }
    pairs
}

/// Returns the setting with a name, if the configuration has one.
pub(super) fn setting(config: &Datum, name: &str) -> Option<(String, Datum)> {
    child(config, name).map(|value| (name.to_owned(), value.clone()))
}

/// The mark that a world file puts on a device that was unplugged from its domain: `(unplugged true)`.
pub(super) const UNPLUGGED: &str = "unplugged";

/// Removes the [`UNPLUGGED`] mark from a configuration. Returns whether it was there.
pub(super) fn remove_mark(config: &mut Datum) -> bool {
    let Datum::List(items) = config else { return false };
    let before = items.len();
    items.retain(|item| item.items().first().and_then(Datum::as_bytes) != Some(UNPLUGGED.as_bytes()));
    items.len() < before
}
