//! Operations that save, restore, dump and migrate domains.

use xend_wire::datum::Datum;
use xend_wire::operation;
use xend_wire::{Release, Releases};

use super::row::Row;
use crate::faces::sxp::{self, Execution, Resource, post};
use crate::faces::xmlrpc::{self, function, known_only, of_manager};
use crate::python;
use crate::world::{Command, Detail, Failure};

pub(super) const ROWS: &[Row] = &[
    Row {
        operations: &[operation::SAVE],
        sxp: &[post(Resource::Domain, "save", Releases::ALL, Execution::AcceptedWorker, |request| {
            let path = request.first("file")?;
            request.give(Command::Save { domain: request.own_domid(), path, checkpoint: false })
        })],
        xmlrpc: &[
            of_manager("xend.domain.save", Releases::until(Release::V3_0_3), "domain_save", (2, 0), save),
            of_manager("xend.domain.save", Releases::since(Release::V3_1), "domain_save", (2, 1), save),
        ],
        xenapi: &["VM.save"],
    },
    Row {
        operations: &[operation::RESTORE],
        sxp: &[post(Resource::Domains, "restore", Releases::ALL, Execution::Worker, |request| {
            let path = request.text("file")?;
            let record = request.perform(Command::Restore { path, paused: false, detail: Detail::Whole })?;
            Ok(sxp::Outcome::Restored { record })
        })],
        xmlrpc: &[
            function("xend.domain.restore", Releases::until(Release::V3_0_3), "domain_restore", (1, 0), restore),
            function("xend.domain.restore", Releases::since(Release::V3_1), "domain_restore", (1, 1), restore),
            known_only("xend.domain.restore_fd", Releases::ALL, "domain_restore_fd", (1, 0)),
        ],
        xenapi: &["VM.restore"],
    },
    Row {
        operations: &[operation::DUMP],
        sxp: &[
            post(
                Resource::Domain,
                "dump",
                Releases::between(Release::V3_1, Release::V3_3),
                Execution::AcceptedWorker,
                |request| post_dump(request, &["live", "crash"]),
            ),
            post(Resource::Domain, "dump", Releases::since(Release::V3_4), Execution::AcceptedWorker, |request| {
                post_dump(request, &["live", "crash", "reset"])
            }),
        ],
        xmlrpc: &[
            of_manager(
                "xend.domain.dump",
                Releases::between(Release::V3_0_3, Release::V3_3),
                "domain_dump",
                (4, 0),
                dump,
            ),
            of_manager("xend.domain.dump", Releases::since(Release::V3_4), "domain_dump", (1, 4), dump),
        ],
        ..Row::NONE
    },
    // The parameters are `live`, `resource`, `port` at first; from 3.3 on `resource` is missing.
    Row {
        operations: &[operation::MIGRATE],
        sxp: &[
            post(Resource::Domain, "migrate", Releases::until(Release::V3_2), Execution::Worker, |request| {
                post_migrate(request, &["live", "resource", "port"], 2)
            }),
            post(Resource::Domain, "migrate", Releases::since(Release::V3_3), Execution::Worker, |request| {
                post_migrate(request, &["live", "port", "node", "ssl"], 1)
            }),
        ],
        xmlrpc: &[
            of_manager("xend.domain.migrate", Releases::until(Release::V3_2), "domain_migrate", (2, 3), |call| {
                migrate(call, 4)
            }),
            of_manager(
                "xend.domain.migrate",
                Releases::between(Release::V3_3, Release::V3_4),
                "domain_migrate",
                (2, 4),
                |call| migrate(call, 3),
            ),
            of_manager("xend.domain.migrate", Releases::since(Release::V4_1), "domain_migrate", (2, 5), |call| {
                migrate(call, 3)
            }),
        ],
        xenapi: &["VM.migrate"],
    },
];

/// Converts a value to a path, as `os.open` does.
fn path(value: &Datum) -> Result<Vec<u8>, Failure> {
    python::name(value).map_err(Failure::Exception)
}

fn save(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let (path, checkpoint) = (path(&call.param(1))?, python::truth(&call.param(2)));
    call.give(Command::Save { domain: call.domain(), path, checkpoint })
}

fn restore(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let (path, paused) = (path(&call.param(0))?, python::truth(&call.param(1)));
    call.give(Command::Restore { path, paused, detail: Detail::WithoutAvailability })
}

fn post_dump(request: &mut sxp::Invocation<'_, '_>, flags: &[&str]) -> Result<sxp::Outcome, Failure> {
    let (domain, path, flags) = (request.domid()?, request.text("file")?, request.ints(flags)?);
    let is_set = |at: usize| flags.get(at).is_some_and(python::truth);
    request.give(Command::Dump { domain, path: Some(path), crash: is_set(1), reset: is_set(2) })
}

fn dump(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let path = match call.param(1) {
        Datum::None => None,
        path => Some(python::str(&path)),
    };
    let (crash, reset) = (python::truth(&call.param(3)), python::truth(&call.param(4)));
    call.give(Command::Dump { domain: call.domain(), path, crash, reset })
}

fn post_migrate(request: &mut sxp::Invocation<'_, '_>, numbers: &[&str], port: usize) -> Result<sxp::Outcome, Failure> {
    let (domain, destination, numbers) = (request.domid()?, request.text("destination")?, request.ints(numbers)?);
    if request.release() >= Release::V4_1 {
        request.boolean("change_home_server")?;
    }
    request.give(Command::Migrate { domain, destination: destination.into(), port: numbers[port].clone() })
}

fn migrate(call: &mut xmlrpc::Invocation<'_, '_>, port: usize) -> Result<xmlrpc::Outcome, Failure> {
    let (destination, port) = (call.param(1), call.param_or(port, 0));
    call.give(Command::Migrate { domain: call.domain(), destination, port })
}
