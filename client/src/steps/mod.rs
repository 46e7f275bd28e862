//! What takes several requests (`Operation::way`): calls of other operations, or methods of the Xen-API.

pub(crate) mod methods;
pub(crate) mod operations;

use std::time::Duration;

/// How much of a call's time is kept for unmaking, at most.
const UNMAKING: Duration = Duration::from_secs(30);
