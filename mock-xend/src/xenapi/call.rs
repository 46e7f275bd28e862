//! From a name and parameters to an outcome: checks in the daemon's order, then whatever the class does.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::envelope::{ErrorDescription, Outcome, envelope, void};
use super::event::Change;
use super::lookup::list;
use super::method::{Act, Method};
use super::objects::Objects;
use super::{Simulation, State, member};
use crate::python;
use crate::world::{Command, World};

/// One call, with the world and what the face keeps.
pub(super) struct Context<'c> {
    pub(super) release: Release,
    pub(super) now: Duration,
    pub(super) world: &'c mut World,
    pub(super) state: &'c mut State,
    pub(super) params: &'c [Datum],
}

/// What has become of a call.
pub(super) enum Performed {
    /// The struct that is answered.
    Done(Datum),
    /// Nothing yet: it waits for an event.
    Waiting,
}

/// Classes whose code came later, in files of their own, with other ways to look things up (`autoplug_classes`).
const AUTOPLUGGED: [&str; 14] = [
    "network",
    "PIF",
    "VM_metrics",
    "PBD",
    "PIF_metrics",
    "PPCI",
    "DPCI",
    "PSCSI",
    "PSCSI_HBA",
    "DSCSI",
    "DSCSI_HBA",
    "XSPolicy",
    "ACMPolicy",
    "cpu_pool",
];

impl Context<'_> {
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
        if method.name == "session.login_with_password" {
            let [user, _password] = params else { return mismatch() };
            return Ok(self.state.sessions.open(user.clone(), self.now));
        }
        let Some(session) = params.first() else { return mismatch() };
        if !self.state.sessions.admit(session, self.release, self.now) {
            return Err(ErrorDescription::of(["SESSION_INVALID".into(), session.clone()]));
        }
        if method.takes_reference() {
            let Some(given) = params.get(1) else { return mismatch() };
            if !self.knows(method.class, given) {
                let again = method.name == "VM.destroy" && self.state.destroyed == Some(python::text(given));
                return if again { void() } else { Err(ErrorDescription::handle_invalid(method.class, given)) };
            }
        }
        if self.params.len() != method.arguments {
            return mismatch();
        }
        self.act(method)
    }

    /// Count and session are checked at once, all else where nobody waits for it (`XendAPIAsyncProxy`).
    fn call_asynchronously(&mut self, method: &'static Method) -> Outcome {
        if self.params.len() != method.arguments {
            return Err(mismatch(&format!("Async.{}", method.name), method, self.params));
        }
        let session = &self.params[0];
        if self.state.sessions.get(session).is_none() {
            return Err(ErrorDescription::of(["SESSION_INVALID".into(), session.clone()]));
        }
        let outcome = self.call(method);
        Ok(self.state.tasks.add(method, session.clone(), outcome))
    }

    fn act(&mut self, method: &'static Method) -> Outcome {
        let class = method.class;
        let given = self.params.get(1).map(python::text).unwrap_or_default();
        let outcome = match method.act {
            _ if method.simulation == Simulation::ScriptedOnly => None,
            Act::Get("uuid") => Some(Ok(self.params[1].clone())),
            Act::Get(field) if class == "session" => Some(self.session_attribute(field)),
            Act::Get(field) => self.record(class, &given).and_then(|record| member(&record, field).cloned()).map(Ok),
            Act::Set(field) => Some(self.set(class, &given, field)),
            Act::Method("get_record") if class == "session" => Some(self.session_record()),
            Act::Method("get_record") => self.record(class, &given).map(Ok),
            Act::Method(name) => self.method(class, name, &given),
            Act::Function(name) => self.function(class, name, &given),
        };
        let outcome = outcome.unwrap_or_else(|| {
            let text = format!("mock-xend does not simulate {}: a scenario has to answer it", method.name);
            Err(ErrorDescription::internal(text))
        });
        if let Ok(value) = &outcome {
            let (change, reference, field) = match method.act {
                Act::Set(field) => (Change::Modify, given, field),
                Act::Function("create") => (Change::Add, python::text(value), ""),
                Act::Method("destroy") => (Change::Delete, given, ""),
                _ => return outcome,
            };
            self.state.events.tell(change, class, &reference, field, self.now);
        }
        outcome
    }

    fn set(&mut self, class: &'static str, given: &str, field: &str) -> Outcome {
        let value = self.params[2].clone();
        if class == "VM" {
            return self.set_vm(given, field, value);
        }
        self.state.objects.keep(class, given, field, value);
        void()
    }

    fn method(&mut self, class: &'static str, name: &'static str, given: &str) -> Option<Outcome> {
        match (class, name) {
            ("VM", "destroy") => {
                let destroyed = self.vm_method(name, given);
                if matches!(destroyed, Some(Ok(_))) && self.release == Release::V3_1 {
                    self.state.destroyed = Some(given.to_owned());
                }
                destroyed
            }
            ("VM", _) => self.vm_method(name, given),
            ("host", _) => self.host_method(name, given),
            ("VIF" | "VBD", "destroy") => Some(self.destroy_device(class, given)),
            ("VBD", "media_change") => Some(self.change_media(given)),
            ("VBD", "set_mode") => Some(self.set(class, given, "mode")),
            ("session", "logout") => {
                self.state.sessions.close(&self.params[0]);
                self.state.events.unregister(&python::str(&self.params[0]), &[]);
                Some(void())
            }
            ("network", "destroy") => Some(self.destroy_network(given)),
            (_, "destroy") if Objects::stores(class) => {
                self.state.objects.forget(class, given);
                Some(void())
            }
            _ => self.change_members(name, class, given),
        }
    }

    fn function(&mut self, class: &'static str, name: &str, given: &str) -> Option<Outcome> {
        Some(match (class, name) {
            ("session", "get_all") => Ok(Datum::list([self.params[0].clone()])),
            // The name is looked for on the class itself, which has none.
            ("event" | "debug", "get_all_records") => {
                let text = format!("type object 'XendAPI' has no attribute '{class}_get_all'");
                Err(ErrorDescription::internal(text))
            }
            (_, "get_all") => Ok(list(self.references(class))),
            (_, "get_all_records") => Ok(self.records(class)),
            // No function has its reference checked. Those that look it up all the same raise a string, which Python
            // no longer takes (`XendBase.get_by_uuid`).
            (_, "get_by_uuid") if AUTOPLUGGED.contains(&class) && !self.knows(class, &self.params[1].clone()) => {
                Err(ErrorDescription::internal(
                    "exceptions must be old-style classes or derived from BaseException, not str",
                ))
            }
            (_, "get_by_uuid") => Ok(self.params[1].clone()),
            (_, "get_by_name_label") => self.having(class, "name_label"),
            ("PBD", "get_by_SR") => self.having(class, "SR"),
            ("VM", _) => return self.vm_function_without_reference(name),
            ("host", _) => return self.host_function(name),
            ("VIF" | "VBD", "create") => self.create_device(class),
            ("network", "create") => self.create_network(),
            ("PIF", "create_VLAN") => self.create_vlan(),
            ("console", "create") => self.create_console(),
            ("VDI", "create") => {
                let config = self.params[1].clone();
                match member(&config, "SR").cloned() {
                    None => Err(ErrorDescription::key_error("SR")),
                    Some(sr) if !self.knows("SR", &sr) => Err(ErrorDescription::handle_invalid("SR", &sr)),
                    Some(_) => Ok(self.state.objects.create(class, &config).into()),
                }
            }
            (_, "create") if Objects::stores(class) => {
                Ok(self.state.objects.create(class, &self.params[1].clone()).into())
            }
            ("host_cpu", "get_unassigned_cpus") => Ok(Datum::List(Vec::new())),
            ("task", "cancel") => Err(ErrorDescription::new(["OPERATION_NOT_ALLOWED"])),
            ("event", "register") => {
                let session = python::str(&self.params[0]);
                let State { sessions, events, .. } = &mut *self.state;
                events.keep_only(|session| sessions.get(&session.to_vec().into()).is_some());
                self.state.events.register(&session, self.params[1].items(), self.world);
                void()
            }
            ("event", "unregister") => {
                self.state.events.unregister(&python::str(&self.params[0]), self.params[1].items());
                void()
            }
            ("event", "next") => match self.state.events.take(&python::str(&self.params[0])) {
                Some(events) => Ok(events.into()),
                None => Err(ErrorDescription::of(["SESSION_NOT_REGISTERED".into(), self.params[0].clone()])),
            },
            ("debug", "return_failure") => Err(ErrorDescription::of(["DEBUG_FAIL".into(), self.params[0].clone()])),
            // What it waits for has passed at once.
            ("debug", "wait") => match python::int(given.as_bytes()) {
                Ok(_) => void(),
                Err(_) => Err(ErrorDescription::internal(format!("could not convert string to float: {given}"))),
            },
            _ => return None,
        })
    }

    /// `add_to_other_config`, `remove_from_platform` and so on: a member of an attribute that is a struct.
    pub(super) fn change_members(&mut self, name: &str, class: &'static str, given: &str) -> Option<Outcome> {
        let (field, is_added) = match (name.strip_prefix("add_to_"), name.strip_prefix("remove_from_")) {
            (Some(field), _) => (field, true),
            (_, Some(field)) => (field, false),
            _ => return None,
        };
        let record = self.record(class, given)?;
        let mut members = match member(&record, field)? {
            Datum::Dict(members) => members.clone(),
            other => {
                let text = format!("'{}' object does not support item assignment", python::type_name(other));
                return Some(Err(ErrorDescription::internal(text)));
            }
        };
        let key = python::text(&self.params[2]);
        members.retain(|(known, _)| *known != key);
        if is_added {
            members.push((key, self.params[3].clone()));
        }
        let value = Datum::Dict(members);
        if class == "VM" {
            return Some(self.set_vm(given, field, value));
        }
        self.state.objects.keep(class, given, field, value);
        Some(void())
    }

    /// Asks the world.
    pub(super) fn ask(&mut self, command: &Command) -> Outcome {
        let done = self.world.perform(self.now, command);
        done.map_err(|failure| ErrorDescription::from_failure(&failure, self.release))
    }
}

fn mismatch(name: &str, method: &Method, params: &[Datum]) -> ErrorDescription {
    let (expected, actual) = (method.arguments.to_string(), params.len().to_string());
    ErrorDescription::new(["MESSAGE_PARAMETER_COUNT_MISMATCH", name, &expected, &actual])
}
