//! References of objects in the Xen-API.

use crate::world::Identities;

/// Returns the reference of an object that has no uuid in the world. It is derived from the class and the name, so it
/// is the same in every run.
pub(crate) fn reference(class: &str, name: &str) -> String {
    Identities::uuid_of(&format!("{class}/{name}"))
}
