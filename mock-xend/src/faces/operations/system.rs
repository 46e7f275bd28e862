//! Methods of Python's own server, which describe its methods.

use xend_wire::Releases;
use xend_wire::datum::Datum;

use super::row::Row;
use crate::faces::xmlrpc::{list_methods, of_manager};
use crate::python;
use crate::world::Failure;

pub(super) const ROWS: &[Row] = &[Row {
    xmlrpc: &[
        list_methods("system.listMethods", "system_listMethods"),
        of_manager("system.methodHelp", Releases::ALL, "system_methodHelp", (1, 0), |call| {
            // The daemon looks the method up in a dict.
            python::hashable(&call.param(0)).map_err(Failure::Exception)?;
            Ok(Datum::from("").into())
        }),
        of_manager("system.methodSignature", Releases::ALL, "system_methodSignature", (1, 0), |_| {
            Ok(Datum::from("signatures not supported").into())
        }),
    ],
    ..Row::NONE
}];
