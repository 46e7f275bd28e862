//! A call of the Xen-API, or of the legacy dialect on the same listener, from its parameters to the body of the response.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::xmlrpc::Call as Request;

use super::call::{Call, Performed};
use super::envelope::{ErrorDescription, envelope};
use super::method::Method;
use crate::faces::xmlrpc;
use crate::python;
use crate::service::Service;

/// The longest that `event.next` waits for an event before it gives an empty list. The daemon waits for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How often the world is given the occasion to let happen what is due by time alone.
const TICK: Duration = Duration::from_secs(1);

/// Does what is called, and gives the body of the response. `event.next` waits here for its event.
pub(super) async fn perform(service: &Service, call: &Request<'_>) -> Vec<u8> {
    let release = service.release();
    let name = call.method();
    // A call without a name (capture `xml-nomethod@3.1`).
    if name == "None" {
        let raised = ErrorDescription::internal("'NoneType' object has no attribute 'startswith'");
        return envelope(Err(raised)).response(release);
    }
    if let Some(outcome) = xmlrpc::legacy(service, call) {
        return envelope(Err(legacy_result(release, name, outcome))).response(release);
    }
    let params: Vec<Datum> = call.params().map(Datum::from_value).collect();
    let attempt = || {
        service.with_registry(|world, registry, now| {
            // A domain that restarts has another id from here on.
            world.settle(now);
            Call { release, now, world, registry, params: &params }.perform(name)
        })
    };
    let give_up = tokio::time::Instant::now() + LONGEST_WAIT;
    let answer = loop {
        let mut event = std::pin::pin!(service.next_event());
        event.as_mut().enable();
        match attempt() {
            Performed::Done(answer) => break answer,
            Performed::Waiting if tokio::time::Instant::now() >= give_up => {
                break envelope(Ok(Datum::List(Vec::new())));
            }
            Performed::Waiting => {}
        }
        // Woken or not, it looks again.
        let _ = tokio::time::timeout(TICK, event).await;
    };
    answer.response(release)
}

/// A legacy method runs, and then its result is no answer of this dialect (protocol reference §5.7).
fn legacy_result(release: Release, name: &str, outcome: Result<Datum, crate::world::Failure>) -> ErrorDescription {
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
    names.extend(Method::of(release).map(|method| method.name.clone().into_bytes()));
    names.sort_unstable();
    names.into_iter().map(Datum::from).collect::<Vec<_>>().into()
}
