//! References of objects.

use crate::world::Identities;

/// The reference of something that has no uuid in the world, made of its class and name: the same in every run.
pub(crate) fn reference(class: &str, name: &str) -> String {
    Identities::uuid_of(&format!("{class}/{name}"))
}
