//! The table of everything that the mock can do: a row for each operation, with its form on each face.
//!
//! Operations of the S-expression face: protocol reference §3.1, §3.3 (`server/SrvNode.py`, `server/SrvDomainDir.py`,
//! `server/SrvDomain.py`). Methods of the XML-RPC face: §4.2 (`server/XMLRPCServer.py`, `XendDomain.py`). Methods of
//! the Xen-API that are no operation of [`operation`](xend_wire::operation) are rows of that face's own table, because
//! the daemon derives their names from attributes.
//!
//! Where the daemon calls a method of a domain's object, the row uses [`sxp::Invocation::object`]. Where it calls the
//! manager of all domains, it passes a number, [`sxp::Invocation::domid`], which a field `dom` overrides.

mod devices;
mod domains;
mod files;
mod life_cycle;
mod node;
mod policies;
mod resources;
mod row;
mod sessions;
mod system;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

pub(super) use row::Row;

use super::{sxp, xenapi, xmlrpc};

/// All rows, grouped by subject.
const PARTS: [&[Row]; 9] = [
    node::ROWS,
    domains::ROWS,
    life_cycle::ROWS,
    files::ROWS,
    resources::ROWS,
    devices::ROWS,
    sessions::ROWS,
    policies::ROWS,
    system::ROWS,
];

/// Returns all rows.
pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    PARTS.into_iter().flatten()
}

/// The rows, indexed for each face.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) sxp: sxp::Routes,
    pub(super) xmlrpc: xmlrpc::Routes,
    pub(super) xenapi: xenapi::Routes,
}

/// The rows, indexed for each face.
pub(super) static ROUTES: LazyLock<Routes> = LazyLock::new(|| {
    let mut routes = Routes::default();
    for row in rows() {
        routes.sxp.add(row.operations, row.sxp);
        routes.xmlrpc.add(row.operations, row.xmlrpc);
        routes.xenapi.add(row.operations, row.xenapi);
    }
    routes
});
