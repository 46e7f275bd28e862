//! The rows of the table of operations.

use xend_wire::operation::Operation;

use crate::faces::{sxp, xmlrpc};

/// Something that a client can ask for, with its form on each face.
#[derive(Debug)]
pub(crate) struct Row {
    /// The operations of [`operation`](xend_wire::operation) that such a request may stand for. There are none if no
    /// operation is asked for in this way, and several if one request stands for all of them.
    pub(crate) operations: &'static [Operation],
    /// The form on the S-expression face.
    pub(crate) sxp: &'static [sxp::Action],
    /// The form on the XML-RPC face: a method for each set of parameters.
    pub(crate) xmlrpc: &'static [xmlrpc::Method],
    /// The names of the Xen-API's methods.
    pub(crate) xenapi: &'static [&'static str],
}

impl Row {
    /// A row that no face has, used as the default of the fields.
    pub(super) const NONE: Self = Self { operations: &[], sxp: &[], xmlrpc: &[], xenapi: &[] };
}
