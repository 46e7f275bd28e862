//! Operations that take several requests: other operations, or methods of the Xen-API (see `Operation::way`).

pub(crate) mod methods;
pub(crate) mod operations;

use std::time::Duration;

/// The maximal part of a call's time that is reserved for undoing what its requests did.
const UNDO_TIME: Duration = Duration::from_secs(30);
