//! Operations that list domains and return their records and properties.

use xend_wire::datum::Datum;
use xend_wire::operation;
use xend_wire::{Release, Releases};

use super::row::Row;
use crate::faces::sxp::{self, Execution, Resource, get, get_with, post};
use crate::faces::xmlrpc::{self, function, known_only, of_domain, of_manager};
use crate::python;
use crate::world::{Command, Detail, Failure, States};

pub(super) const ROWS: &[Row] = &[
    Row {
        operations: &[
            operation::LIST,
            operation::LIST_ALL,
            operation::LIST_INACTIVE,
            operation::RECORDS,
            operation::RECORDS_IN_STATE,
        ],
        sxp: &[get(Resource::Domains, list)],
        xmlrpc: &[
            function("xend.domains", Releases::until(Release::V3_0_3), "domains", (0, 1), domains),
            function("xend.domains", Releases::since(Release::V3_1), "domains", (0, 2), domains),
            function("xend.domains_with_state", Releases::since(Release::V3_1), "domains_with_state", (3, 0), |call| {
                let states = States::from_word(&python::str(&call.param(1)));
                let (detail, full) = (call.param(0), call.param(2));
                listed(call, states, &detail, &full)
            }),
        ],
        xenapi: &["VM.get_all_records"],
    },
    Row {
        sxp: &[post(Resource::Domains, "list", Releases::ALL, Execution::AtOnce, |request| {
            if request.wants_sxp() {
                return request.listing();
            }
            request.domains()
        })],
        ..Row::NONE
    },
    Row {
        operations: &[operation::INFO],
        sxp: &[get(Resource::Domain, |request| {
            if request.wants_sxp() {
                return request.record().map(sxp::Outcome::Record);
            }
            request.domain().map(|domain| sxp::Outcome::Domain(Box::new(domain)))
        })],
        xmlrpc: &[
            function("xend.domain", Releases::until(Release::V3_0_3), "domain", (1, 0), |call| {
                call.record(Detail::WithoutDevices)
            }),
            function("xend.domain", Releases::since(Release::V3_1), "domain", (1, 1), |call| {
                let detail = detail_of(&call.param(1));
                call.record(detail)
            }),
        ],
        xenapi: &["VM.get_record"],
    },
    Row {
        operations: &[operation::VCPUS],
        sxp: &[
            get_with(Resource::Domain, "vcpuinfo", vcpus),
            post(Resource::Domain, "vcpuinfo", Releases::ALL, Execution::AtOnce, vcpus),
        ],
        xmlrpc: &[of_domain("xend.domain.getVCPUInfo", Releases::ALL, "getVCPUInfo", (1, 0), |call| {
            call.give(Command::Vcpus { domain: call.domain() })
        })],
        ..Row::NONE
    },
    Row {
        operations: &[operation::RESTART_COUNT],
        xmlrpc: &[of_domain(
            "xend.domain.getRestartCount",
            Releases::since(Release::V3_0_3),
            "getRestartCount",
            (1, 0),
            |call| call.give(Command::RestartCount { domain: call.domain() }),
        )],
        ..Row::NONE
    },
    Row {
        operations: &[operation::WAIT_FOR_DEVICES],
        sxp: &[post(Resource::Domain, "wait_for_devices", Releases::ALL, Execution::Accepted, |request| {
            request.give(Command::WaitForDevices { domain: request.object() })
        })],
        xmlrpc: &[of_domain("xend.domain.waitForDevices", Releases::ALL, "waitForDevices", (1, 0), |call| {
            call.give(Command::WaitForDevices { domain: call.domain() })
        })],
        ..Row::NONE
    },
    // Methods that the daemon exposes by accident: they take or return its internal objects.
    Row {
        xmlrpc: &[
            of_manager("xend.domain.lookup", Releases::ALL, "domain_lookup", (1, 0), |call| match call.domain() {
                // Up to 3.0.3 the keys of the table are numbers.
                Datum::Bytes(_) | Datum::Text(_) if call.release() < Release::V3_1 => Ok(xmlrpc::Outcome::NOTHING),
                _ if call.release() < Release::V3_1 => call.object().or(Ok(xmlrpc::Outcome::NOTHING)),
                _ => call.object(),
            }),
            of_manager("xend.domain.lookup_nr", Releases::ALL, "domain_lookup_nr", (1, 0), object_or_none),
            of_manager(
                "xend.domain.lookup_by_name_nr",
                Releases::until(Release::V3_0_3),
                "domain_lookup_by_name_nr",
                (1, 0),
                object_or_none,
            ),
            of_manager(
                "xend.domain.lookup_by_name_or_id",
                Releases::until(Release::V3_0_3),
                "domain_lookup_by_name_or_id",
                (1, 0),
                object_or_none,
            ),
            of_manager(
                "xend.domain.lookup_by_name_or_id_nr",
                Releases::until(Release::V3_0_3),
                "domain_lookup_by_name_or_id_nr",
                (1, 0),
                object_or_none,
            ),
            known_only(
                "xend.domain.delete_by_dominfo",
                Releases::since(Release::V3_1),
                "domain_delete_by_dominfo",
                (1, 0),
            ),
        ],
        ..Row::NONE
    },
];

fn list(request: &mut sxp::Invocation<'_, '_>) -> Result<sxp::Outcome, Failure> {
    if !request.wants_sxp() {
        return request.domains();
    }
    if matches!(request.values("detail"), Some([one]) if one == b"1") {
        return request.listing();
    }
    // Up to 3.0.3 the parameter `state` is ignored.
    let state = request.values("state").and_then(<[_]>::first).filter(|_| request.release() >= Release::V3_1);
    let states = state.map_or(States::Usual, |word| States::from_word(word));
    request.give(Command::Names(states))
}

fn vcpus(request: &mut sxp::Invocation<'_, '_>) -> Result<sxp::Outcome, Failure> {
    request.give(Command::Vcpus { domain: request.object() })
}

/// Lists domains. Up to 3.0.3 the first parameter is a number that is compared with 1; later it is a flag.
fn domains(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let (detail, full) = (call.param_or(0, true), call.param(1));
    listed(call, States::Usual, &detail, &full)
}

/// Lists domains, as names or as records, by two flags of the caller.
fn listed(
    call: &mut xmlrpc::Invocation<'_, '_>,
    states: States,
    detail: &Datum,
    full: &Datum,
) -> Result<xmlrpc::Outcome, Failure> {
    if python::truth(detail) { call.records(states, detail_of(full)) } else { call.give(Command::Names(states)) }
}

fn detail_of(full: &Datum) -> Detail {
    if python::truth(full) { Detail::WithoutAvailability } else { Detail::WithoutDevices }
}

fn object_or_none(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    match call.object() {
        Err(Failure::UnknownDomain { .. }) => Ok(xmlrpc::Outcome::NOTHING),
        other => other,
    }
}
