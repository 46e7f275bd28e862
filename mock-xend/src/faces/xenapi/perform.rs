//! Performing a call of the Xen-API, or of the XML-RPC face's methods on the same listener: from its parameters to the
//! struct of the reply.

use xend_wire::Release;
use xend_wire::datum::Datum;

use super::call::{self, Call};
use super::envelope::{ErrorDescription, envelope};
use super::method;
use crate::faces::xmlrpc;
use crate::python;
use crate::service::Turn;
use crate::world::Failure;

/// A method with its parameters, of either dialect.
pub(super) struct Method {
    pub(super) name: String,
    pub(super) params: Vec<Datum>,
}

/// The result of a call.
pub(super) enum Performed {
    /// The value of the reply, which is a struct.
    Done(Datum),
    /// The result of a method of the XML-RPC face, which is not a valid answer of this dialect.
    Legacy(Result<xmlrpc::Outcome, Failure>),
    /// No result yet, because the call waits for an event.
    Waiting,
}

impl Method {
    /// Performs the call.
    pub(super) fn perform(&self, turn: &mut Turn<'_>, legacy: &xmlrpc::Routes) -> Performed {
        let release = turn.release;
        // The name of a call that has none (capture `xml-nomethod@3.1`).
        if self.name == "None" {
            let raised = ErrorDescription::internal("'NoneType' object has no attribute 'startswith'");
            return Performed::Done(envelope(Err(raised)));
        }
        if let Some(route) = legacy.find(&self.name, release) {
            let params = self.params.clone();
            return Performed::Legacy(legacy.call(route.method, &mut xmlrpc::Invocation::new(turn, params)));
        }
        // A domain that restarts has another id from here on.
        turn.world.settle(turn.now);
        let Turn { now, world, registry, .. } = turn;
        match (Call { release, now: *now, world, registry, params: &self.params }).perform(&self.name) {
            call::Performed::Done(answer) => Performed::Done(answer),
            call::Performed::Waiting => Performed::Waiting,
        }
    }
}

impl Performed {
    /// Returns the result of `event.next` when no event has come.
    pub(super) fn no_event() -> Self {
        Self::Done(envelope(Ok(Datum::List(Vec::new()))))
    }

    /// Returns the approximate number of records to print.
    pub(super) fn records(&self) -> usize {
        match self {
            Self::Done(answer) => python::member(answer, "Value").map_or(0, |value| match value {
                Datum::Dict(members) => members.len(),
                value => value.items().len(),
            }),
            Self::Legacy(Ok(outcome)) => outcome.records(),
            Self::Legacy(Err(_)) | Self::Waiting => 0,
        }
    }

    /// Returns the struct that answers a call of a method.
    pub(super) fn into_envelope(self, name: &str, release: Release) -> Datum {
        match self {
            Self::Done(answer) => answer,
            Self::Legacy(outcome) => {
                let outcome = outcome.map(xmlrpc::Outcome::into_datum);
                envelope(Err(legacy_result(release, name, outcome)))
            }
            Self::Waiting => Self::no_event().into_envelope(name, release),
        }
    }
}

/// Returns the error for a method of the XML-RPC face. The method runs, but its result is not a valid answer of this
/// dialect (protocol reference §5.7).
fn legacy_result(release: Release, name: &str, outcome: Result<Datum, Failure>) -> ErrorDescription {
    match outcome {
        Ok(result) => {
            let result = if name == "system.listMethods" { with_own_names(result, release) } else { result };
            let text = [b"Invalid result ".as_slice(), &python::str(&result), b" handling ", name.as_bytes()].concat();
            ErrorDescription::internal(text)
        }
        Err(failure) => ErrorDescription::from_failure(&failure, release),
    }
}

fn with_own_names(legacy: Datum, release: Release) -> Datum {
    let mut names: Vec<Vec<u8>> = legacy.items().iter().map(python::str).collect();
    names.extend(method::Method::of(release).map(|method| method.name.clone().into_bytes()));
    names.sort_unstable();
    names.into_iter().map(Datum::from).collect::<Vec<_>>().into()
}
