//! What takes several requests (`Operation::way`): calls of other operations, or methods of the Xen-API.

pub(crate) mod methods;
pub(crate) mod operations;

use std::time::Duration;

/// How long unmaking may take, beyond the time of the operation.
const UNMAKING: Duration = Duration::from_secs(30);
