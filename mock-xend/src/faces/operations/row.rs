//! What a row says.

use xend_wire::operation::Operation;

use crate::faces::{sxp, xmlrpc};

/// One thing that can be asked.
#[derive(Debug)]
pub(crate) struct Row {
    /// The operations of the table of [`operation`](xend_wire::operation) that such a request may be: none if it is
    /// something that no client asks by that table, several where one request stands for them all.
    pub(crate) operations: &'static [Operation],
    /// What it is on the S-expression face.
    pub(crate) sxp: &'static [sxp::Action],
    /// What it is on the XML-RPC face: one method for each set of parameters.
    pub(crate) xmlrpc: &'static [xmlrpc::Method],
    /// The methods of the Xen-API that do it.
    pub(crate) xenapi: &'static [&'static str],
}

impl Row {
    /// Something that no face has.
    pub(super) const NONE: Self = Self { operations: &[], sxp: &[], xmlrpc: &[], xenapi: &[] };
}
