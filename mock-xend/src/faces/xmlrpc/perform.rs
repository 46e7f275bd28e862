//! The path of a request through the face: from its bytes to the answer.

use std::sync::Arc;

use xend_wire::datum::Datum;
use xend_wire::operation::Face;
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
use crate::http::{Answer, Then};
use crate::scenario::{Decision, MatchableRequest, Scripted, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// Returns the answer to a request.
pub(crate) async fn answer(service: &Arc<Service>, routes: &'static Routes, incoming: Incoming) -> Answer {
    let doing = Arc::clone(service);
    let performed = work::run(incoming.len() > LONG_REQUEST, move || perform(&doing, routes, incoming)).await;
    match performed {
        Ok(pending) => {
            let printing = Arc::clone(service);
            work::run(pending.records() > MANY_RECORDS, move || pending.print(&printing)).await
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
    Scripted(Arc<Scripted>),
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
fn perform(service: &Service, routes: &Routes, incoming: Incoming) -> Result<PendingReply, Answer> {
    let release = service.release();
    let request = incoming.request(service)?;
    let Ok(call) = decode(&request.body, release) else {
        // 3.0.2 answers a body that is no call with an error; later the thread dies over it (§1.7).
        return Err(match release {
            Release::V3_0_2 => {
                let reply = Reply::internal_error().with_head(request.has_head);
                Answer::new(reply.encode(release, service.now()), Then::Close)
            }
            _ => Answer::closed(),
        });
    };
    let route = routes.find(call.method(), release);
    let operations = route.map_or(&[][..], |route| route.operations);
    let matchable = MatchableRequest::Call { face: Face::XmlRpc, call: &call, operations };
    let unknown = |faults| Decided::Unknown { method: call.method().to_owned(), faults };
    let decided = service.turn(|turn| match (turn.decide(&matchable), route) {
        (Decision::Scripted(scripted), _) => Decided::Scripted(scripted),
        (Decision::Refused, _) => unknown(Faults::none()),
        (Decision::World { faults }, None) => unknown(faults),
        (Decision::World { faults }, Some(route)) => {
            let params = call.params().map(Datum::from_value).collect();
            Decided::World { outcome: routes.call(route.method, &mut Invocation::new(turn, params)), faults }
        }
    });
    Ok(PendingReply { then: request.then(), has_head: request.has_head, decided })
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
            Decided::World { .. } | Decided::Scripted(_) | Decided::Unknown { .. } => 0,
        }
    }

    /// Prints the reply.
    fn print(self, service: &Service) -> Answer {
        let Self { then, has_head, decided } = self;
        let release = service.release();
        let (body, faults) = match decided {
            Decided::Scripted(scripted) => {
                let answer = scripted::answer(&scripted.reply, &WORDING, service, then);
                // Scenarios with a reply that this face lacks are refused when they are read.
                return answer.unwrap_or_else(|WrongFace| Answer::closed()).with_faults(scripted.faults.clone());
            }
            Decided::Unknown { method, faults } => ((WORDING.unknown_method)(release, &method), faults),
            Decided::World { outcome: Ok(outcome), faults } => (outcome.into_datum().response(release), faults),
            Decided::World { outcome: Err(raised), faults } => ((WORDING.failed)(release, &raised), faults),
        };
        let reply = Reply::xml(release, body).with_head(has_head);
        Answer::new(reply.encode(release, service.now()), then).with_faults(faults)
    }
}
