//! What Python's own server tells of itself.

use xend_wire::Releases;
use xend_wire::datum::Datum;

use super::row::Row;
use crate::faces::xmlrpc::{list_methods, of_manager};

pub(super) const ROWS: &[Row] = &[Row {
    xmlrpc: &[
        list_methods("system.listMethods", "system_listMethods"),
        of_manager("system.methodHelp", Releases::ALL, "system_methodHelp", (1, 0), |_| Ok(Datum::from("").into())),
        of_manager("system.methodSignature", Releases::ALL, "system_methodSignature", (1, 0), |_| {
            Ok(Datum::from("signatures not supported").into())
        }),
    ],
    ..Row::NONE
}];
