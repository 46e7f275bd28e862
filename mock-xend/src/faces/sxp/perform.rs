//! The path of a request through the face: from its bytes to the answer.

use std::sync::Arc;

use xend_wire::Release;
use xend_wire::operation::{self, Arguments, Face, Operation};

use super::invocation::{Invocation, Target};
use super::outcome::Outcome;
use super::page::{Origin, Page};
use super::reply::Reply;
use super::request::{Incoming, Request, ThreadDied};
use super::resource::{Action, Place, Resource, Routes};
use super::scripted;
use crate::faces::work::{self, LONG_REQUEST, MANY_RECORDS};
use crate::fault::Faults;
use crate::http::{Answer, Connection, Then};
use crate::journal::AnsweredBy;
use crate::quirk::Quirk;
use crate::scenario::{Asked, Decision, RequestKind, Scripted, WrongFace};
use crate::service::{Service, Turn};
use crate::world::Failure;

/// Returns the answer to a request.
pub(crate) async fn answer(
    service: &Arc<Service>,
    connection: Connection,
    routes: &'static Routes,
    incoming: Incoming,
) -> Answer {
    let doing = Arc::clone(service);
    let performed =
        work::run(incoming.len() > LONG_REQUEST, move || perform(&doing, connection, routes, incoming)).await;
    match performed {
        Ok((pending, answered_by)) => {
            let answer = work::run(pending.records() > MANY_RECORDS, || pending.print()).await;
            Answer { answered_by, ..answer }
        }
        Err(answer) => answer,
    }
}

/// A request that was performed, but whose reply is not printed yet. It is printed after the world has been released.
struct PendingReply {
    request: Request,
    release: Release,
    origin: Origin,
    /// The action that was requested, if the resource has it.
    action: Option<&'static Action>,
    decided: Decided,
    /// Whether the connection stays open after the reply to an operation (the quirk `late-close`).
    is_late: bool,
}

enum Decided {
    Scripted(Scripted),
    Refused,
    World { performed: Performed, faults: Faults },
}

/// The result of performing a request.
enum Performed {
    /// The lookup of the domain in the path failed. Holds the name and the failure.
    NoDomain(Vec<u8>, Failure),
    NotFound(Vec<u8>),
    /// The resource exists, but does not have what was requested.
    Unknown(Resource),
    Done(&'static Action, Result<Outcome, Failure>),
}

/// Routes a request and performs it. The world is locked once.
fn perform(
    service: &Service,
    connection: Connection,
    routes: &Routes,
    incoming: Incoming,
) -> Result<(PendingReply, AnsweredBy), Answer> {
    let request = match incoming {
        Incoming::Unparsed(unparsed) => unparsed.parse().map_err(|ThreadDied| Answer::closed())?,
        Incoming::Refused(reply) => return Err(Answer::new(reply.encode(false, false), Then::Close)),
    };
    let release = service.release();
    let place = Place::of(&request.path);
    let route = place.resource.as_ref().ok().and_then(|resource| routes.find(&request, *resource, release));
    let asked = Asked {
        face: Face::Sxp,
        connection: connection.number,
        path: &request.path,
        headers: &request.headers,
        body: &request.body,
        kind: RequestKind::Resource { method: &request.method, fields: &request.fields },
        operations: route.map_or(&[], |route| route.operations),
    };
    let action = route.map(|route| route.action);
    let (decided, answered_by, host) = service.turn(|turn| {
        let (decision, answered_by) = turn.decide(&asked);
        let decided = match decision {
            Decision::Scripted(scripted) => Decided::Scripted(scripted),
            Decision::Refused => Decided::Refused,
            Decision::World { faults } => Decided::World { performed: done(turn, &request, place, action), faults },
        };
        // If the client names no host, links contain the daemon's own name.
        let host = request.headers.get("host").is_none().then(|| turn.world.node.host.clone());
        (decided, answered_by, host)
    });
    let is_late = service.has(Quirk::LateClose);
    let origin = Origin { port: connection.port, host };
    Ok((PendingReply { request, release, origin, action, decided, is_late }, answered_by))
}

/// Performs a request on the world.
fn done(turn: &mut Turn<'_>, request: &Request, place: Place<'_>, action: Option<&'static Action>) -> Performed {
    let find = |name: &[u8]| Target::find(turn, name).map_err(|failure| Performed::NoDomain(name.to_vec(), failure));
    let target = match place.domain.map(find).transpose() {
        Ok(target) => target,
        Err(performed) => return performed,
    };
    match (place.resource, action) {
        (Err(text), _) => Performed::NotFound(text),
        (Ok(resource), None) => Performed::Unknown(resource),
        (Ok(_), Some(action)) => Performed::Done(action, (action.run)(&mut Invocation::new(request, turn, target))),
    }
}

/// Returns the operations that a request stands for, with their arguments.
pub(crate) fn recognise(incoming: Incoming, routes: &Routes, release: Release) -> Vec<(Operation, Arguments)> {
    let Incoming::Unparsed(unparsed) = incoming else { return Vec::new() };
    let Ok(request) = unparsed.parse() else { return Vec::new() };
    let resource = Place::of(&request.path).resource;
    let Some(route) = resource.ok().and_then(|resource| routes.find(&request, resource, release)) else {
        return Vec::new();
    };
    let field = |name: &str| Some(request.fields.get(name)?.first()?.as_slice());
    let path: Vec<_> = request.path.elements().collect();
    operation::recognise_resource(route.operations, release, &request.method, &path, field)
}

impl PendingReply {
    /// Returns the number of records that still have to be made and printed.
    fn records(&self) -> usize {
        match &self.decided {
            Decided::World { performed: Performed::Done(_, Ok(outcome)), .. } => outcome.records(),
            Decided::World { .. } | Decided::Scripted(_) | Decided::Refused => 0,
        }
    }

    /// Prints the reply.
    fn print(self) -> Answer {
        let Self { request, release, origin, action, decided, is_late } = self;
        let page = Page::new(&request, release, &origin);
        let (reply, faults) = match decided {
            Decided::Scripted(scripted) => {
                let reply = scripted::answer(&scripted.reply, page, action);
                // Scenarios with a reply that this face lacks are refused when they are read.
                return reply.unwrap_or_else(|WrongFace| Answer::closed()).with_faults(scripted.faults);
            }
            Decided::Refused => {
                let operation = request.operation().unwrap_or(&request.method);
                (Some(Reply::not_implemented(operation, release)), Faults::none())
            }
            Decided::World { performed, faults } => {
                let reply = match performed {
                    Performed::NoDomain(_, Failure::Configuration(text)) => {
                        Some(Reply::not_found(Failure::Configuration(text).str(release)))
                    }
                    Performed::NoDomain(name, _) => Some(Reply::unknown_domain(&name, release)),
                    Performed::NotFound(text) => Some(Reply::not_found(text)),
                    Performed::Unknown(resource) => Some(page.of_unknown(resource)),
                    Performed::Done(action, outcome) => page.of(action, outcome),
                };
                (reply, faults)
            }
        };
        let Some(reply) = reply else { return Answer::hung().with_faults(faults) };
        // The daemon logs an operation whether it succeeds or fails.
        let is_logged = request.method == b"POST" && matches!(reply.status(), 200..=299 | 500);
        let answer = request.answered(reply).with_faults(faults);
        match answer.then {
            Then::Close if is_late && is_logged => Answer { then: Then::Hang, ..answer },
            _ => answer,
        }
    }
}
