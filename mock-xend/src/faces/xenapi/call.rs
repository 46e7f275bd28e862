//! Calling a method: the checks in the daemon's order, and then the method's function.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::context::Context;
use super::envelope::{ErrorDescription, Outcome, envelope};
use super::method::{Kind, LOGIN, Method};
use super::{actions, records};
use crate::python;
use crate::registry::{Change, Registry, Sessions};
use crate::world::World;

/// A call of a method, with access to the world and the registry.
pub(super) struct Call<'c> {
    pub(super) release: Release,
    pub(super) now: Duration,
    pub(super) world: &'c mut World,
    pub(super) registry: &'c mut Registry,
    pub(super) params: &'c [Datum],
}

/// The result of a call.
pub(super) enum Performed {
    /// The value of the reply, which is a struct.
    Done(Datum),
    /// No result yet, because the call waits for an event.
    Waiting,
}

impl Call<'_> {
    pub(super) fn perform(&mut self, name: &str) -> Performed {
        let unknown = || ErrorDescription::new(["MESSAGE_METHOD_UNKNOWN", name]);
        let outcome = match (Method::find(name, self.release), name.strip_prefix("Async.")) {
            (Some(method), _) => match self.call(method) {
                Ok(Datum::List(events)) if events.is_empty() && name == "event.next" => return Performed::Waiting,
                outcome => outcome,
            },
            (None, Some(method)) => match Method::find(method, self.release) {
                Some(method) if method.is_asynchronous() => self.call_asynchronously(method),
                _ => Err(unknown()),
            },
            (None, None) => Err(unknown()),
        };
        Performed::Done(envelope(outcome))
    }

    /// Checks session, reference and number of parameters, and calls the method. Each check is made by a wrapper, and a
    /// wrong number of parameters shows when the next wrapper can't be called (`session_required`, `_check_ref`,
    /// `catch_typeerror`).
    fn call(&mut self, method: &'static Method) -> Outcome {
        let params = self.params;
        let mismatch = || Err(mismatch(&method.name, method, params));
        if method.name == LOGIN {
            let [user, _password] = params else { return mismatch() };
            let opened = self.registry.sessions.open(user.clone(), self.now);
            return opened.map_err(|_| ErrorDescription::over_limit(Sessions::LONGEST_NAME, "a user's name"));
        }
        let Some(session) = params.first() else { return mismatch() };
        if !self.registry.sessions.admit(session, self.release, self.now) {
            return Err(ErrorDescription::of(["SESSION_INVALID".into(), session.clone()]));
        }
        let mut context = Context {
            release: self.release,
            now: self.now,
            world: self.world,
            registry: self.registry,
            method,
            params,
        };
        if method.takes_reference() {
            let Some(given) = params.get(1) else { return mismatch() };
            if !records::exists(&context, method.class, given) {
                return Err(ErrorDescription::handle_invalid(refused_class(method.class, self.release), given));
            }
        }
        if params.len() != method.arguments {
            return mismatch();
        }
        if method.may_grow_registry() {
            context.check_room_for_params()?;
        }
        let Some(action) = actions::of(method) else {
            let text = format!("mock-xend does not simulate {}: a scenario has to answer it", method.name);
            return Err(ErrorDescription::internal(text));
        };
        let value = action(&mut context)?;
        self.queue_event(method, &value);
        Ok(value)
    }

    /// Queues an event if the method created, changed or destroyed an object.
    fn queue_event(&mut self, method: &'static Method, value: &Datum) {
        let given = || self.params.get(1).map(python::text).unwrap_or_default();
        let (change, reference, field) = match method.verb() {
            _ if matches!(method.kind, Kind::Set(_)) => (Change::Modify, given(), method.field()),
            "create" => (Change::Add, python::text(value), ""),
            "destroy" => (Change::Delete, given(), ""),
            _ => return,
        };
        self.registry.events.queue_event(change, method.class, &reference, field, self.now);
    }

    /// Calls a method asynchronously. Only the number of parameters and the session are checked at once; all other
    /// errors become those of the task (`XendAPIAsyncProxy`).
    fn call_asynchronously(&mut self, method: &'static Method) -> Outcome {
        if self.params.len() != method.arguments {
            return Err(mismatch(&format!("Async.{}", method.name), method, self.params));
        }
        let session = &self.params[0];
        if self.registry.sessions.get(session).is_none() {
            return Err(ErrorDescription::of(["SESSION_INVALID".into(), session.clone()]));
        }
        let ending = self.call(method).map_err(|raised| raised.words);
        Ok(self.registry.tasks.add(&method.name, method.result_type, session.clone(), ending).into())
    }
}

/// Returns the class that an error names. Up to 3.3 all later classes share the text of one (captures
/// `xenapi-network.get_record-bad`).
fn refused_class(class: &'static str, release: Release) -> &'static str {
    if release <= Release::V3_3 && Method::is_autoplugged(class) { "PIF" } else { class }
}

fn mismatch(name: &str, method: &Method, params: &[Datum]) -> ErrorDescription {
    let (expected, actual) = (method.arguments.to_string(), params.len().to_string());
    ErrorDescription::new(["MESSAGE_PARAMETER_COUNT_MISMATCH", name, &expected, &actual])
}
