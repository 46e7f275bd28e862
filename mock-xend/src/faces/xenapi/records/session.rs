//! Records of `session` and `task`.

use xend_wire::datum::Datum;

use super::super::context::Context;
use super::super::envelope::{ErrorDescription, Outcome};
use crate::python;
use crate::registry::{Task, reference};

/// Returns the record of the session of the call; the records of other sessions are refused.
pub(in super::super) fn session(call: &Context<'_>) -> Outcome {
    let own = call.session();
    if *own != call.params[1] {
        return Err(ErrorDescription::new(["PERMISSION_DENIED"]));
    }
    let Some(session) = call.registry.sessions.get(own) else {
        return Err(ErrorDescription::of(["SESSION_INVALID".into(), own.clone()]));
    };
    Ok(python::literal([
        ("uuid", own.clone()),
        ("this_host", reference("host", "").into()),
        ("this_user", session.user.clone()),
        ("last_active", python::date_time(session.last_active)),
    ]))
}

/// Returns the record of a task (`XendTask.get_record`).
pub(super) fn task(given: &str, task: &Task) -> Datum {
    let (status, result, error) = match &task.ending {
        Ok(value) => ("success", value.clone(), Vec::new()),
        Err(words) => ("failure", Datum::None, words.clone()),
    };
    // In a task, an exception has another error code (`XendTask.run`).
    let error = error.into_iter().map(|word| match word.as_bytes() {
        Some(b"INTERNAL_ERROR") => "INTERNAL ERROR".into(),
        _ => word,
    });
    python::literal([
        ("uuid", given.into()),
        ("name_label", task.method.into()),
        ("name_description", "".into()),
        ("status", status.into()),
        ("progress", 100.into()),
        ("type", task.result_type.map_or(Datum::None, Datum::from)),
        ("result", result),
        ("error_info", error.collect::<Vec<_>>().into()),
        ("allowed_operations", Datum::Dict(Vec::new())),
        ("session", task.session.clone()),
    ])
}
