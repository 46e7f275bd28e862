//! The operations that a call may stand for, by its method.

use std::collections::HashMap;

use xend_wire::operation::Operation;

/// The methods that are operations of [`operation`](xend_wire::operation), indexed by name.
#[derive(Debug, Default)]
pub(crate) struct Routes(HashMap<&'static str, &'static [Operation]>);

impl Routes {
    /// Adds the methods of a row.
    pub(crate) fn add(&mut self, operations: &'static [Operation], methods: &'static [&'static str]) {
        self.0.extend(methods.iter().map(|method| (*method, operations)));
    }

    /// Returns the operations that a call of a method may stand for.
    pub(crate) fn find(&self, method: &str) -> &'static [Operation] {
        self.0.get(method).copied().unwrap_or_default()
    }
}
