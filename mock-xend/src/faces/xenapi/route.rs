//! Which operations a call may be, by its method.

use std::collections::HashMap;

use xend_wire::operation::Operation;

/// The methods that are operations of the table of [`operation`](xend_wire::operation), found by name.
#[derive(Debug, Default)]
pub(crate) struct Routes(HashMap<&'static str, &'static [Operation]>);

impl Routes {
    /// Adds the methods of a row.
    pub(crate) fn add(&mut self, operations: &'static [Operation], methods: &'static [&'static str]) {
        self.0.extend(methods.iter().map(|method| (*method, operations)));
    }

    /// The operations that a call of a method may be.
    pub(crate) fn find(&self, method: &str) -> &'static [Operation] {
        self.0.get(method).copied().unwrap_or_default()
    }
}
