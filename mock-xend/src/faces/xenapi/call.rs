//! From a name and parameters to an outcome: the checks in the daemon's order, and then what the method does.

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

/// One request, with the world and what is kept beside it.
pub(super) struct Call<'c> {
    pub(super) release: Release,
    pub(super) now: Duration,
    pub(super) world: &'c mut World,
    pub(super) registry: &'c mut Registry,
    pub(super) params: &'c [Datum],
}

/// What has become of a call.
pub(super) enum Performed {
    /// The struct that is answered.
    Done(Datum),
    /// Nothing yet: it waits for an event.
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

    /// Session, reference, count: each is checked by a wrapper of its own, and a count that is wrong shows when the
    /// next one can't be called (`session_required`, `_check_ref`, `catch_typeerror`).
    fn call(&mut self, method: &'static Method) -> Outcome {
        let params = self.params;
        let mismatch = || Err(mismatch(&method.name, method, params));
        if method.name == LOGIN {
            let [user, _password] = params else { return mismatch() };
            let opened = self.registry.sessions.open(user.clone(), self.now);
            return opened.map_err(|_| ErrorDescription::no_room(Sessions::LONGEST_NAME, "a user's name"));
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
        if method.is_growing() {
            context.make_room()?;
        }
        let Some(action) = actions::of(method) else {
            let text = format!("mock-xend does not simulate {}: a scenario has to answer it", method.name);
            return Err(ErrorDescription::internal(text));
        };
        let value = action(&mut context)?;
        self.tell(method, &value);
        Ok(value)
    }

    /// Tells whoever registered for the class of what a method made, changed or ended.
    fn tell(&mut self, method: &'static Method, value: &Datum) {
        let given = || self.params.get(1).map(python::text).unwrap_or_default();
        let (change, reference, field) = match method.verb() {
            _ if matches!(method.kind, Kind::Set(_)) => (Change::Modify, given(), method.field()),
            "create" => (Change::Add, python::text(value), ""),
            "destroy" => (Change::Delete, given(), ""),
            _ => return,
        };
        self.registry.events.tell(change, method.class, &reference, field, self.now);
    }

    /// Count and session are checked at once, all else where nobody waits for it (`XendAPIAsyncProxy`).
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

/// The class that a refusal names: up to 3.3 all classes that came later share the text of one (captures
/// `xenapi-network.get_record-bad`).
fn refused_class(class: &'static str, release: Release) -> &'static str {
    if release <= Release::V3_3 && Method::is_autoplugged(class) { "PIF" } else { class }
}

fn mismatch(name: &str, method: &Method, params: &[Datum]) -> ErrorDescription {
    let (expected, actual) = (method.arguments.to_string(), params.len().to_string());
    ErrorDescription::new(["MESSAGE_PARAMETER_COUNT_MISMATCH", name, &expected, &actual])
}
