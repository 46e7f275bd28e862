//! The path of a request through the face: from its bytes to the answer.

use std::sync::Arc;

use xend_wire::datum::Datum;
use xend_wire::operation::{self, Arguments, Face, Operation};
use xend_wire::xmlrpc::{self, Call, Rules};
use xend_wire::{Limits, Release};

use super::body::WORDING;
use super::invocation::Invocation;
use super::method::Routes;
use super::outcome::Outcome;
use super::reply::Reply;
use super::request::Incoming;
use super::scripted;
use crate::faces::work::{self, LONG_REQUEST, MANY_RECORDS};
use crate::fault::Faults;
use crate::http::{Answer, Connection, Then};
use crate::journal::AnsweredBy;
use crate::scenario::{Decision, Scripted, WrongFace};
use crate::service::Service;
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
            let printing = Arc::clone(service);
            let answer = work::run(pending.records() > MANY_RECORDS, move || pending.print(&printing)).await;
            Answer { answered_by, ..answer }
        }
        Err(answer) => answer,
    }
}

/// A call that was performed, but whose reply is not printed yet. It is printed after the world has been released.
struct PendingReply {
    then: Then,
    /// Whether the reply has a status line and headers.
    has_head: bool,
    decided: Decided,
}

enum Decided {
    Scripted {
        scripted: Scripted,
        /// What the call stands for.
        operation: Option<Operation>,
    },
    /// The body is not a call.
    Unreadable,
    /// There is no such method, or the scenario refuses unexpected calls.
    Unknown {
        method: String,
        faults: Faults,
    },
    World {
        outcome: Result<Outcome, Failure>,
        faults: Faults,
    },
}

/// Decodes a request and performs the call. The world is locked once.
fn perform(
    service: &Service,
    connection: Connection,
    routes: &Routes,
    incoming: Incoming,
) -> Result<(PendingReply, AnsweredBy), Answer> {
    let release = service.release();
    let request = incoming.request(service)?;
    let decoded = decode(&request.body, release);
    let route = decoded.as_ref().ok().and_then(|call| routes.find(call.method(), release));
    let asked = request.asked(Face::XmlRpc, connection, &decoded, route.map_or(&[][..], |route| route.operations));
    let (decided, answered_by) = service.turn(|turn| {
        let (decision, answered_by) = turn.decide(&asked);
        let unknown = |call: &Call<'_>, faults| Decided::Unknown { method: call.method().to_owned(), faults };
        let decided = match (decision, &decoded, route) {
            (Decision::Scripted(scripted), _, _) => {
                let operation = route.and_then(|route| route.operations.first().copied());
                Decided::Scripted { scripted, operation }
            }
            (_, Err(_), _) => Decided::Unreadable,
            (Decision::Refused, Ok(call), _) => unknown(call, Faults::none()),
            (Decision::World { faults }, Ok(call), None) => unknown(call, faults),
            (Decision::World { faults }, Ok(call), Some(route)) => {
                let params = call.params().map(Datum::from_value).collect();
                Decided::World { outcome: routes.call(route.method, &mut Invocation::new(turn, params)), faults }
            }
        };
        (decided, answered_by)
    });
    Ok((PendingReply { then: request.then(), has_head: request.has_head, decided }, answered_by))
}

/// Returns the operations that a request stands for, with their arguments. `operations` gives those that a method may
/// stand for.
pub(crate) fn recognise(
    incoming: Incoming,
    face: Face,
    release: Release,
    operations: impl FnOnce(&str) -> &'static [Operation],
) -> Vec<(Operation, Arguments)> {
    let Incoming::Request(request) = incoming else { return Vec::new() };
    let Ok(call) = decode(&request.body, release) else { return Vec::new() };
    let params: Vec<_> = call.params().map(Datum::from_value).collect();
    operation::recognise_call(operations(call.method()), face, release, call.method(), &params)
}

/// Decodes the call in a body, as the daemon of a release does.
pub(crate) fn decode(body: &[u8], release: Release) -> Result<Call<'_>, xend_wire::Error> {
    // The daemon has no limit on depth. Beyond the mock's limit, Python's recursion would end in a closed connection as
    // well.
    let limits = Limits { depth: Limits::HARD_DEPTH, ..Limits::default() };
    xmlrpc::decode_call(body, Rules::xend(release), &limits)
}

impl PendingReply {
    /// Returns the number of records that still have to be made and printed.
    fn records(&self) -> usize {
        match &self.decided {
            Decided::World { outcome: Ok(outcome), .. } => outcome.records(),
            Decided::World { .. } | Decided::Scripted { .. } | Decided::Unreadable | Decided::Unknown { .. } => 0,
        }
    }

    /// Prints the reply.
    fn print(self, service: &Service) -> Answer {
        let Self { then, has_head, decided } = self;
        let release = service.release();
        let (body, faults) = match decided {
            Decided::Scripted { scripted, operation } => {
                let answer = scripted::answer(&scripted.reply, operation, &WORDING, service, then);
                // Scenarios with a reply that this face lacks are refused when they are read.
                return answer.unwrap_or_else(|WrongFace| Answer::closed()).with_faults(scripted.faults);
            }
            // 3.0.2 answers a body that is not a call with an error; later the thread dies over it (§1.7).
            Decided::Unreadable if release == Release::V3_0_2 => {
                let reply = Reply::internal_error().with_head(has_head);
                return Answer::new(reply.encode(release, service.now()), Then::Close);
            }
            Decided::Unreadable => return Answer::closed(),
            Decided::Unknown { method, faults } => ((WORDING.unknown_method)(release, &method), faults),
            Decided::World { outcome: Ok(outcome), faults } => (outcome.into_datum().response(release), faults),
            Decided::World { outcome: Err(raised), faults } => ((WORDING.failed)(release, &raised), faults),
        };
        let reply = Reply::xml(release, body).with_head(has_head);
        Answer::new(reply.encode(release, service.now()), then).with_faults(faults)
    }
}
