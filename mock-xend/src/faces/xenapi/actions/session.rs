//! Methods of `session`, `task`, `event` and `debug`.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome, void};
use super::super::records;
use crate::python;
use crate::registry::{Events, Registry};

/// Returns an attribute of a session.
pub(super) fn get(call: &mut Context<'_>) -> Outcome {
    let record = records::session(call)?;
    Ok(python::member(&record, call.method.field()).cloned().unwrap_or(Datum::None))
}

pub(super) fn get_record(call: &mut Context<'_>) -> Outcome {
    records::session(call)
}

pub(super) fn get_all(call: &mut Context<'_>) -> Outcome {
    Ok(Datum::list([call.session().clone()]))
}

pub(super) fn logout(call: &mut Context<'_>) -> Outcome {
    let session = call.session().clone();
    call.registry.sessions.close(&session);
    call.registry.events.unregister(&python::str(&session), &[]);
    void()
}

/// Fails as the daemon does, because of a mistake in it (capture `xenapi-task.get_by_name_label`).
pub(super) fn no_task_by_name(_: &mut Context<'_>) -> Outcome {
    Err(ErrorDescription::internal("'module' object has no attribute 'get_task_by_name'"))
}

pub(super) fn cancel_task(_: &mut Context<'_>) -> Outcome {
    Err(ErrorDescription::new(["OPERATION_NOT_ALLOWED"]))
}

pub(super) fn register(call: &mut Context<'_>) -> Outcome {
    let session = python::str(call.session());
    let Registry { sessions, events, .. } = call.registry;
    let classes = call.params[1].items();
    let registered = events.register(&session, classes, call.world).or_else(|_| {
        // A session may have ended without a logout, if there were too many.
        events.keep_only(|session| sessions.get(&session.to_vec().into()).is_some());
        events.register(&session, classes, call.world)
    });
    registered.map_err(|_| ErrorDescription::over_limit(Events::BUDGET, "registrations for events"))?;
    void()
}

pub(super) fn unregister(call: &mut Context<'_>) -> Outcome {
    let session = python::str(call.session());
    let classes = call.params[1].items();
    // Up to 3.3 the daemon uses a name that it does not define (capture `xenapi-event.unregister@3.3`).
    if call.release <= Release::V3_3 && !classes.is_empty() && call.registry.events.knows(&session) {
        return Err(ErrorDescription::internal("global name 'reg_classes' is not defined"));
    }
    call.registry.events.unregister(&session, classes);
    void()
}

/// Returns the events since the last call. After an empty list the call waits.
pub(super) fn next_event(call: &mut Context<'_>) -> Outcome {
    let session = call.session().clone();
    match call.registry.events.take(&python::str(&session)) {
        Some(events) => Ok(events.into()),
        None => Err(ErrorDescription::of(["SESSION_NOT_REGISTERED".into(), session])),
    }
}

/// Fails as the daemon does for `event` and `debug`, whose classes lack the list of objects that it looks for.
pub(super) fn no_get_all(call: &mut Context<'_>) -> Outcome {
    let text = format!("type object 'XendAPI' has no attribute '{}_get_all'", call.method.class);
    Err(ErrorDescription::internal(text))
}

pub(super) fn debug_failure(call: &mut Context<'_>) -> Outcome {
    Err(ErrorDescription::of(["DEBUG_FAIL".into(), call.session().clone()]))
}

/// Does nothing: the simulated wait is over at once.
pub(super) fn debug_wait(call: &mut Context<'_>) -> Outcome {
    let given = call.reference();
    match given.trim().parse::<f64>() {
        Ok(0.0) => Err(ErrorDescription::internal("float division by zero")),
        Ok(_) => match python::int(given.as_bytes()) {
            Ok(_) => void(),
            Err(text) => Err(ErrorDescription::internal(text)),
        },
        Err(_) => Err(ErrorDescription::internal(format!("could not convert string to float: {given}"))),
    }
}
