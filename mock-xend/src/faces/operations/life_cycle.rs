//! Operations that create and end domains and change their state.

use xend_wire::datum::Datum;
use xend_wire::operation;
use xend_wire::{Release, Releases};

use super::row::Row;
use crate::faces::sxp::{self, Execution, Resource, post};
use crate::faces::xmlrpc::{self, function, known_only, of_domain, of_manager};
use crate::python;
use crate::world::{Command, Detail, Failure};

pub(super) const ROWS: &[Row] = &[
    Row {
        operations: &[operation::CREATE],
        sxp: &[post(Resource::Domains, "create", Releases::ALL, Execution::AtOnce, |request| {
            let (config, text) = request.config()?;
            let created = request.perform(Command::Create { config, detail: Detail::Whole });
            let record = created.map_err(|failure| error_creating(&failure, request.release()))?;
            Ok(sxp::Outcome::Created { record, config: text })
        })],
        xmlrpc: &[function("xend.domain.create", Releases::ALL, "domain_create", (1, 0), |call| {
            call.give(Command::Create { config: call.param(0), detail: Detail::WithoutAvailability })
        })],
        ..Row::NONE
    },
    Row {
        operations: &[operation::DEFINE],
        sxp: &[post(Resource::Domains, "new", Releases::since(Release::V3_1), Execution::AtOnce, |request| {
            let (config, _) = request.config()?;
            let defined = request.give(Command::New { config });
            defined.map_err(|failure| error_creating(&failure, request.release()))
        })],
        xmlrpc: &[of_manager("xend.domain.new", Releases::since(Release::V3_1), "domain_new", (1, 0), |call| {
            call.give(Command::New { config: call.param(0) })
        })],
        ..Row::NONE
    },
    Row {
        operations: &[operation::START],
        // The values of a form are texts, which never equal the number 1 that the daemon compares them with.
        sxp: &[post(Resource::Domain, "start", Releases::since(Release::V3_1), Execution::Accepted, |request| {
            request.give(Command::Start { domain: request.object(), paused: false })
        })],
        xmlrpc: &[of_manager("xend.domain.start", Releases::since(Release::V3_1), "domain_start", (1, 1), |call| {
            let paused = python::truth(&call.param_or(1, true));
            call.give(Command::Start { domain: call.domain(), paused })
        })],
        xenapi: &["VM.start"],
    },
    Row {
        operations: &[operation::UNDEFINE],
        sxp: &[post(Resource::Domain, "delete", Releases::since(Release::V3_1), Execution::Accepted, |request| {
            request.give(Command::Delete { domain: request.object() })
        })],
        xmlrpc: &[of_manager("xend.domain.delete", Releases::since(Release::V3_1), "domain_delete", (1, 0), |call| {
            call.give(Command::Delete { domain: call.domain() })
        })],
        xenapi: &["VM.destroy"],
    },
    Row { operations: &[operation::SET_AUTOSTART], xenapi: &["VM.set_auto_power_on"], ..Row::NONE },
    Row {
        operations: &[operation::PAUSE],
        sxp: &[post(Resource::Domain, "pause", Releases::ALL, Execution::AtOnce, |request| {
            request.perform(Command::Pause { domain: request.own_domid() }).map(|_| sxp::Outcome::NOTHING)
        })],
        xmlrpc: &[
            of_manager("xend.domain.pause", Releases::until(Release::V3_1), "domain_pause", (1, 0), pause),
            of_manager("xend.domain.pause", Releases::since(Release::V3_2), "domain_pause", (1, 1), pause),
        ],
        xenapi: &["VM.pause"],
    },
    Row {
        operations: &[operation::UNPAUSE],
        sxp: &[post(Resource::Domain, "unpause", Releases::ALL, Execution::AtOnce, |request| {
            request.give(Command::Unpause { domain: request.own_domid() })
        })],
        xmlrpc: &[of_manager("xend.domain.unpause", Releases::ALL, "domain_unpause", (1, 0), |call| {
            call.give(Command::Unpause { domain: call.domain() })
        })],
        xenapi: &["VM.unpause"],
    },
    Row {
        operations: &[operation::SUSPEND],
        xmlrpc: &[of_manager(
            "xend.domain.suspend",
            Releases::since(Release::V3_1),
            "domain_suspend",
            (1, 0),
            |call| call.give(Command::Suspend { domain: call.domain() }),
        )],
        xenapi: &["VM.suspend"],
        ..Row::NONE
    },
    Row {
        operations: &[operation::RESUME],
        xmlrpc: &[of_manager("xend.domain.resume", Releases::since(Release::V3_1), "domain_resume", (1, 1), |call| {
            let paused = python::truth(&call.param(1));
            call.give(Command::Resume { domain: call.domain(), paused })
        })],
        xenapi: &["VM.resume"],
        ..Row::NONE
    },
    Row {
        operations: &[operation::SHUTDOWN, operation::REBOOT],
        sxp: &[post(Resource::Domain, "shutdown", Releases::ALL, Execution::Accepted, |request| {
            let reason = request.first("reason")?;
            request.give(Command::Shutdown { domain: request.object(), reason })
        })],
        xmlrpc: &[of_domain("xend.domain.shutdown", Releases::ALL, "shutdown", (2, 0), |call| {
            call.give(Command::Shutdown { domain: call.domain(), reason: python::str(&call.param(1)) })
        })],
        xenapi: &["VM.clean_shutdown", "VM.clean_reboot"],
    },
    Row {
        operations: &[operation::DESTROY],
        sxp: &[post(Resource::Domain, "destroy", Releases::ALL, Execution::Accepted, |request| {
            request.give(Command::Destroy { domain: request.own_domid() })
        })],
        xmlrpc: &[of_manager("xend.domain.destroy", Releases::ALL, "domain_destroy", (1, 0), |call| {
            call.give(Command::Destroy { domain: call.domain() })
        })],
        xenapi: &["VM.hard_shutdown"],
    },
    Row {
        operations: &[operation::RESET],
        sxp: &[post(Resource::Domain, "reset", Releases::since(Release::V3_3), Execution::Accepted, |request| {
            request.give(Command::Reset { domain: request.own_domid() })
        })],
        xmlrpc: &[of_manager("xend.domain.reset", Releases::since(Release::V3_3), "domain_reset", (1, 0), |call| {
            call.give(Command::Reset { domain: call.domain() })
        })],
        xenapi: &["VM.hard_reboot"],
    },
    Row {
        operations: &[operation::RENAME],
        sxp: &[post(Resource::Domain, "rename", Releases::ALL, Execution::Accepted, |request| {
            let name = request.first("name")?;
            request.give(Command::Rename { domain: request.object(), name })
        })],
        xmlrpc: &[
            of_domain("xend.domain.setName", Releases::until(Release::V3_4), "setName", (2, 0), rename),
            of_domain("xend.domain.setName", Releases::since(Release::V4_1), "setName", (2, 1), rename),
        ],
        xenapi: &["VM.set_name_label"],
    },
    Row {
        operations: &[operation::SYSRQ],
        sxp: &[post(Resource::Domain, "sysrq", Releases::ALL, Execution::Accepted, |request| {
            let key = python::int(&request.first("key")?).map(Datum::Int).map_err(Failure::Exception)?;
            request.give(Command::SysRq { domain: request.object(), key })
        })],
        xmlrpc: &[of_domain("xend.domain.send_sysrq", Releases::ALL, "send_sysrq", (2, 0), |call| {
            call.give(Command::SysRq { domain: call.domain(), key: call.param(1) })
        })],
        xenapi: &["VM.send_sysrq"],
    },
    Row {
        operations: &[operation::TRIGGER],
        xmlrpc: &[of_manager(
            "xend.domain.send_trigger",
            Releases::since(Release::V3_1),
            "domain_send_trigger",
            (2, 1),
            |call| match call.param(1) {
                trigger @ (Datum::Bytes(_) | Datum::Text(_)) => {
                    call.give(Command::Trigger { domain: call.domain(), trigger: python::str(&trigger) })
                }
                // `trigger_name.lower()`
                other => call.raise_of_domain(python::no_attribute(&other, "lower")),
            },
        )],
        xenapi: &["VM.send_trigger"],
        ..Row::NONE
    },
    // Over HTTP the daemon passes the request itself as the argument, and the thread dies.
    Row {
        sxp: &[
            post(
                Resource::Domain,
                "do_get_pauseflag",
                Releases::since(Release::V4_1),
                Execution::AcceptedWorker,
                |_| Err(Failure::Unanswered),
            ),
            post(
                Resource::Domain,
                "do_set_pauseflag",
                Releases::since(Release::V4_1),
                Execution::AcceptedWorker,
                |_| Err(Failure::Unanswered),
            ),
        ],
        xmlrpc: &[
            of_manager(
                "xend.domain.getpauseflag",
                Releases::since(Release::V4_1),
                "domain_getpauseflag",
                (1, 0),
                |call| call.give(Command::PauseFlag { domain: call.domain() }),
            ),
            of_manager(
                "xend.domain.setpauseflag",
                Releases::since(Release::V4_1),
                "domain_setpauseflag",
                (1, 1),
                |call| {
                    let flag = python::truth(&call.param(1));
                    call.give(Command::SetPauseFlag { domain: call.domain(), flag })
                },
            ),
        ],
        ..Row::NONE
    },
    // This operation has never worked (protocol reference §3.3).
    Row {
        sxp: &[post(Resource::Domain, "configure", Releases::ALL, Execution::AtOnce, |request| {
            request.domid()?;
            request.sxpr("config")?;
            Err(Failure::exception("domain_configure() takes exactly 2 arguments (3 given)"))
        })],
        xmlrpc: &[
            of_manager("xend.domain.configure", Releases::ALL, "domain_configure", (1, 0), |_| {
                Err(Failure::refused("Unsupported"))
            }),
            known_only(
                "xend.domain.create_from_dict",
                Releases::since(Release::V3_1),
                "domain_create_from_dict",
                (1, 0),
            ),
        ],
        ..Row::NONE
    },
];

fn error_creating(failure: &Failure, release: Release) -> Failure {
    Failure::refused([b"Error creating domain: ".as_slice(), &failure.str(release)].concat())
}

/// Pauses a domain. From 3.2 on the number of its state before is returned if the caller asks for it.
fn pause(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let before = call.perform(Command::Pause { domain: call.domain() })?;
    Ok(if python::truth(&call.param(1)) { before.into() } else { xmlrpc::Outcome::NOTHING })
}

fn rename(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let name = match call.param(1) {
        Datum::None => Vec::new(),
        name @ (Datum::Bytes(_) | Datum::Text(_)) => python::str(&name),
        // Up to 3.0.3 the daemon checks each character of the name; later it matches a regular expression.
        name if call.release() < Release::V3_1 => {
            let characters = python::items(&name).map_err(Failure::Exception)?;
            characters.iter().map(python::str).collect::<Vec<_>>().concat()
        }
        _ => return Err(Failure::exception("expected string or buffer")),
    };
    call.give(Command::Rename { domain: call.domain(), name })
}
