//! Operations on devices of domains and on I/O ports of the host.

use xend_wire::datum::Datum;
use xend_wire::operation;
use xend_wire::{Release, Releases};

use super::row::Row;
use crate::faces::sxp::{self, Execution, Resource, post};
use crate::faces::xmlrpc::{self, known_only, of_domain, of_manager};
use crate::python;
use crate::world::{Command, Failure};

pub(super) const ROWS: &[Row] = &[
    Row {
        operations: &[operation::DEVICE_LIST],
        sxp: &[post(Resource::Domain, "devices", Releases::ALL, Execution::AtOnce, |request| {
            let class = request.text("type")?;
            request.give(Command::Devices { domain: request.object(), class })
        })],
        xmlrpc: &[of_domain("xend.domain.getDeviceSxprs", Releases::ALL, "getDeviceSxprs", (2, 0), |call| {
            let class = class(call)?;
            call.give(Command::Devices { domain: call.domain(), class })
        })],
        ..Row::NONE
    },
    Row {
        operations: &[operation::DEVICE_ATTACH],
        sxp: &[post(Resource::Domain, "device_create", Releases::ALL, Execution::AtOnce, |request| {
            let config = request.sxpr("config")?;
            request.give(Command::CreateDevice { domain: request.object(), config })
        })],
        xmlrpc: &[of_domain("xend.domain.device_create", Releases::ALL, "device_create", (2, 0), |call| {
            call.give(Command::CreateDevice { domain: call.domain(), config: call.param(1) })
        })],
        ..Row::NONE
    },
    Row {
        operations: &[operation::DEVICE_CONFIGURE],
        sxp: &[
            post(
                Resource::Domain,
                "device_configure",
                Releases::only(Release::V3_0_2),
                Execution::AtOnce,
                post_configuration,
            ),
            post(Resource::Domain, "device_configure", Releases::only(Release::V3_0_3), Execution::AtOnce, |request| {
                request.sxpr("config").and(request.text("dev"))?;
                Err(Failure::exception("device_configure() takes exactly 2 arguments (3 given)"))
            }),
            post(
                Resource::Domain,
                "device_configure",
                Releases::since(Release::V3_1),
                Execution::AtOnce,
                post_configuration,
            ),
        ],
        xmlrpc: &[
            of_domain(
                "xend.domain.device_configure",
                Releases::only(Release::V3_0_3),
                "device_configure",
                (2, 0),
                configure,
            ),
            of_domain(
                "xend.domain.device_configure",
                Releases::since(Release::V3_1),
                "device_configure",
                (2, 1),
                configure,
            ),
        ],
        ..Row::NONE
    },
    Row {
        operations: &[operation::DEVICE_DETACH],
        sxp: &[
            post(Resource::Domain, "device_destroy", Releases::until(Release::V3_2), Execution::AtOnce, |request| {
                let (class, device) = (request.text("type")?, request.text("dev")?);
                request.give(Command::DestroyDevice { domain: request.object(), class, device, forget: false })
            }),
            post(Resource::Domain, "device_destroy", Releases::since(Release::V3_3), Execution::AtOnce, |request| {
                let (class, device) = (request.text("type")?, request.text("dev")?);
                let numbers = request.ints(&["force", "rm_cfg"])?;
                let forget = python::truth(&numbers[1]);
                request.give(Command::DestroyDevice { domain: request.object(), class, device, forget })
            }),
        ],
        xmlrpc: &[
            of_domain("xend.domain.destroyDevice", Releases::until(Release::V3_0_3), "destroyDevice", (3, 0), destroy),
            of_domain(
                "xend.domain.destroyDevice",
                Releases::between(Release::V3_1, Release::V3_2),
                "destroyDevice",
                (3, 1),
                destroy,
            ),
            of_domain("xend.domain.destroyDevice", Releases::since(Release::V3_3), "destroyDevice", (3, 2), destroy),
        ],
        ..Row::NONE
    },
    Row {
        xmlrpc: &[of_domain(
            "xend.domain.getBlockDeviceClass",
            Releases::since(Release::V3_2),
            "getBlockDeviceClass",
            (2, 0),
            |call| {
                let device = device(call, 1)?;
                call.give(Command::BlockDeviceClass { domain: call.domain(), device })
            },
        )],
        ..Row::NONE
    },
    // This operation never works: the manager of all domains lacks the method (protocol reference §3.3).
    Row {
        sxp: &[post(Resource::Domain, "vif_limit_set", Releases::ALL, Execution::AtOnce, |_| {
            Err(Failure::exception("XendDomain instance has no attribute 'domain_vif_limit_set'"))
        })],
        ..Row::NONE
    },
    // These operations came with 4.0. Over HTTP the daemon passes the request itself as the argument, and the thread
    // dies.
    Row {
        sxp: &[
            post(Resource::Domain, "usb_add", Releases::since(Release::V4_1), Execution::AcceptedWorker, |_| {
                Err(Failure::Unanswered)
            }),
            post(Resource::Domain, "usb_del", Releases::since(Release::V4_1), Execution::AcceptedWorker, |_| {
                Err(Failure::Unanswered)
            }),
        ],
        xmlrpc: &[
            known_only("xend.domain.usb_add", Releases::since(Release::V4_1), "domain_usb_add", (2, 0)),
            known_only("xend.domain.usb_del", Releases::since(Release::V4_1), "domain_usb_del", (2, 0)),
        ],
        ..Row::NONE
    },
    Row {
        xmlrpc: &[
            of_manager(
                "xend.domain.ioport_range_enable",
                Releases::ALL,
                "domain_ioport_range_enable",
                (3, 0),
                set_ports,
            ),
            of_manager(
                "xend.domain.ioport_range_disable",
                Releases::ALL,
                "domain_ioport_range_disable",
                (3, 0),
                set_ports,
            ),
        ],
        ..Row::NONE
    },
];

fn post_configuration(request: &mut sxp::Invocation<'_, '_>) -> Result<sxp::Outcome, Failure> {
    let (config, device) = (request.sxpr("config")?, request.text("dev")?.into());
    request.give(Command::ConfigureDevice { domain: request.object(), config, device })
}

fn configure(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    call.give(Command::ConfigureDevice { domain: call.domain(), config: call.param(1), device: call.param(2) })
}

fn destroy(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let (class, device) = (class(call)?, device(call, 2)?);
    let forget = python::truth(&call.param(4));
    call.give(Command::DestroyDevice { domain: call.domain(), class, device, forget })
}

/// The class that the second parameter names: a key of the controllers that the domain has.
fn class(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<Vec<u8>, Failure> {
    let class = call.param(1);
    let hashed = python::hashable(&class);
    hashed.map(|()| python::str(&class)).or_else(|raised| call.raise_of_domain(raised))
}

/// The device that a parameter names: `int()` of it, or the text itself, which may be a name.
fn device(call: &mut xmlrpc::Invocation<'_, '_>, at: usize) -> Result<Vec<u8>, Failure> {
    let device = call.param(at);
    match python::number(&device) {
        Ok(number) => Ok(number.to_string().into_bytes()),
        Err(_) if matches!(device, Datum::Bytes(_) | Datum::Text(_)) => Ok(python::str(&device)),
        Err(raised) => call.raise_of_domain(raised),
    }
}

fn set_ports(call: &mut xmlrpc::Invocation<'_, '_>) -> Result<xmlrpc::Outcome, Failure> {
    let (first, last) = (call.param(1), call.param(2));
    call.give(Command::SetIoPorts { domain: call.domain(), first, last })
}
