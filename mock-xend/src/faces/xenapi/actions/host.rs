//! Methods of `host`.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::method::Method;
use super::super::records;
use crate::world::Command;

/// Returns the connections between the host and storage, which the host's record has only from 3.2 on.
pub(super) fn get_connections(call: &mut Context<'_>) -> Outcome {
    Ok(records::list(records::references(call, "PBD")))
}

pub(super) fn disable(call: &mut Context<'_>) -> Outcome {
    set_enabled(call, false)
}

pub(super) fn enable(call: &mut Context<'_>) -> Outcome {
    set_enabled(call, true)
}

fn set_enabled(call: &mut Context<'_>, enabled: bool) -> Outcome {
    let host = call.reference();
    call.registry.objects.keep("host", &host, "enabled", enabled.into());
    void()
}

/// Fails as `reboot` and `shutdown` do: the daemon never does either, and says of a disabled host that it is running.
pub(super) fn reboot(call: &mut Context<'_>) -> Outcome {
    match call.registry.objects.kept("host", &call.reference(), "enabled") {
        Some(Datum::Bool(false)) => Err(ErrorDescription::new(["EHOSTRUNNING", "Host is still Running"])),
        _ => Err(ErrorDescription::unsupported()),
    }
}

pub(in super::super) fn dmesg(call: &mut Context<'_>) -> Outcome {
    call.ask(&Command::Messages)
}

pub(in super::super) fn dmesg_clear(call: &mut Context<'_>) -> Outcome {
    call.ask(&Command::ClearMessages)
}

pub(in super::super) fn get_log(call: &mut Context<'_>) -> Outcome {
    call.ask(&Command::Log)
}

pub(in super::super) fn send_debug_keys(call: &mut Context<'_>) -> Outcome {
    let keys = call.text(2);
    call.ask(&Command::DebugKeys { keys }).and_then(|_| void())
}

/// Returns the names of the Xen-API's methods. `system.listMethods` returns the others as well.
pub(super) fn list_methods(call: &mut Context<'_>) -> Outcome {
    Ok(Method::of(call.release).map(|method| Datum::from(method.name.as_str())).collect::<Vec<_>>().into())
}

/// Returns the processors that belong to no pool. There are none, because the only pool has them all.
pub(super) fn unassigned_cpus(_: &mut Context<'_>) -> Outcome {
    Ok(Datum::List(Vec::new()))
}

/// Returns the description of the host, which does not exist in 3.1 until it is set (capture
/// `xenapi-host.get_name_description@3.1`).
pub(super) fn get_name_description(call: &mut Context<'_>) -> Outcome {
    match call.registry.objects.kept("host", &call.reference(), "name_description") {
        Some(description) => Ok(description),
        None if call.release <= Release::V3_1 => {
            Err(ErrorDescription::internal("XendNode instance has no attribute 'description'"))
        }
        None => void(),
    }
}
