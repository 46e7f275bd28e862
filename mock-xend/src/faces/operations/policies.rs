//! Operations on security labels, of which the host has none, and on CPU pools, of which it has one.

use xend_wire::datum::Datum;
use xend_wire::{Release, Releases};

use super::row::Row;
use crate::faces::xenapi;
use crate::faces::xmlrpc::{self, Method, function, known_only};
use crate::python;
use crate::world::{Command, Failure};

const SECURITY: Releases = Releases::since(Release::V3_2);
/// The releases that have CPU pools.
const POOLS: Releases = Releases::since(Release::V4_1);

pub(super) const ROWS: &[Row] = &[
    Row {
        xmlrpc: &[
            function("xend.security.get_xstype", SECURITY, "get_xstype", (0, 0), |_| Ok(Datum::from(0).into())),
            function("xend.security.list_labels", SECURITY, "list_labels", (2, 0), |_| Ok(Datum::List(vec![]).into())),
            function("xend.security.get_domain_label", SECURITY, "get_domain_label", (1, 0), |call| {
                call.perform(Command::Find { domain: call.domain() }).map(|_| Datum::from("").into())
            }),
            known_only("xend.security.set_domain_label", SECURITY, "set_domain_label", (3, 0)),
            known_only("xend.security.get_resource_label", SECURITY, "get_resource_label", (1, 0)),
            known_only("xend.security.get_labeled_resources", SECURITY, "get_labeled_resources", (0, 0)),
            known_only("xend.security.set_resource_label", SECURITY, "set_resource_label", (4, 0)),
            // The result stands for no policy and no flags.
            function("xend.security.get_policy", SECURITY, "get_policy", (0, 0), |_| {
                Ok(Datum::Tuple(vec!["".into(), 0.into()]).into())
            }),
            known_only("xend.security.set_policy", SECURITY, "set_policy", (4, 0)),
            known_only("xend.security.reset_policy", SECURITY, "reset_policy", (0, 0)),
            known_only("xend.security.activate_policy", SECURITY, "activate_policy", (1, 0)),
            known_only("xend.security.rm_bootpolicy", SECURITY, "rm_bootpolicy", (0, 0)),
        ],
        ..Row::NONE
    },
    Row {
        xmlrpc: &[
            function("xend.cpu_pool.list", POOLS, "pool_list", (1, 0), pools),
            change("xend.cpu_pool.create", "pool_create", 1),
            change("xend.cpu_pool.new", "pool_new", 1),
            change("xend.cpu_pool.start", "pool_start", 1),
            change("xend.cpu_pool.destroy", "pool_destroy", 1),
            change("xend.cpu_pool.delete", "pool_delete", 1),
            change("xend.cpu_pool.cpu_add", "pool_cpu_add", 2),
            change("xend.cpu_pool.cpu_remove", "pool_cpu_remove", 2),
            change("xend.cpu_pool.migrate", "pool_migrate", 2),
        ],
        ..Row::NONE
    },
];

/// Creates a method that changes CPU pools, which only a scenario can answer.
const fn change(name: &'static str, function: &'static str, params: usize) -> Method {
    known_only(name, POOLS, function, (params, 0))
}

/// Returns the CPU pools with the given names, or all of them if no name is given.
fn pools(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let names = call.param(0);
    let mut wanted = Vec::new();
    for (name, pool) in xenapi::pools(call.turn()) {
        let is_named = python::contains(&names, &name).map_err(Failure::Exception)?;
        if is_named || !python::truth(&names) {
            wanted.push(pool);
        }
    }
    Ok(Datum::List(wanted).into())
}
