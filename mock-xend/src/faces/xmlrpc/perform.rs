//! From a request to an answer.

use std::sync::Arc;
use std::time::Duration;

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
use crate::faces::work::{self, MUCH_TO_PRINT, MUCH_TO_READ};
use crate::http::{Answer, Then};
use crate::scenario::{Decision, Question, Scripted, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// What goes out for what came in.
pub(crate) async fn answer(service: &Arc<Service>, routes: &'static Routes, incoming: Incoming) -> Answer {
    let doing = Arc::clone(service);
    let performed = work::run(incoming.len() > MUCH_TO_READ, move || perform(&doing, routes, incoming)).await;
    match performed {
        Ok(unprinted) => {
            let printing = Arc::clone(service);
            work::run(unprinted.records() > MUCH_TO_PRINT, move || unprinted.print(&printing)).await
        }
        Err(answer) => answer,
    }
}

/// What becomes of a call, to be printed when nobody waits for the world any more.
struct Unprinted {
    then: Then,
    /// Whether the reply has a status line and headers.
    has_head: bool,
    decided: Decided,
}

enum Decided {
    Scripted(Arc<Scripted>),
    /// There is no such method, or the scenario wants the call refused.
    Unknown {
        method: String,
        delay: Duration,
    },
    World {
        outcome: Result<Outcome, Failure>,
        delay: Duration,
    },
}

/// Finds out what a request calls, and does it. The world is locked once.
fn perform(service: &Service, routes: &Routes, incoming: Incoming) -> Result<Unprinted, Answer> {
    let release = service.release();
    let request = incoming.request(service)?;
    let Ok(call) = decode(&request.body, release) else {
        // 3.0.2 reports a body that says nothing of a call; later the thread dies over it (§1.7).
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
    let question = Question::Call { face: Face::XmlRpc, call: &call, operations };
    let unknown = |delay| Decided::Unknown { method: call.method().to_owned(), delay };
    let decided = service.turn(|turn| match (turn.decide(&question), route) {
        (Decision::Scripted(scripted), _) => Decided::Scripted(scripted),
        (Decision::Refused, _) => unknown(Duration::ZERO),
        (Decision::World { delay }, None) => unknown(delay),
        (Decision::World { delay }, Some(route)) => {
            let params = call.params().map(Datum::from_value).collect();
            Decided::World { outcome: routes.call(route.method, &mut Invocation::new(turn, params)), delay }
        }
    });
    Ok(Unprinted { then: request.then(), has_head: request.has_head, decided })
}

/// The call in a body, as the daemon of a release reads it.
pub(crate) fn decode(body: &[u8], release: Release) -> Result<Call<'_>, xend_wire::Error> {
    // The daemon has no limit of depth; beyond ours its own recursion would end in a closed connection too.
    let limits = Limits { depth: Limits::HARD_DEPTH, ..Limits::default() };
    xmlrpc::decode_call(body, Rules::xend(release), &limits)
}

impl Unprinted {
    /// How many records are still to be made and printed.
    fn records(&self) -> usize {
        match &self.decided {
            Decided::World { outcome: Ok(outcome), .. } => outcome.records(),
            Decided::World { .. } | Decided::Scripted(_) | Decided::Unknown { .. } => 0,
        }
    }

    /// Makes the bytes of the reply.
    fn print(self, service: &Service) -> Answer {
        let Self { then, has_head, decided } = self;
        let release = service.release();
        let (body, delay) = match decided {
            Decided::Scripted(scripted) => {
                let answer = scripted::answer(&scripted.reply, &WORDING, service, then);
                // The reader of scenarios refuses a word that this face does not have.
                return answer.unwrap_or_else(|WrongFace| Answer::closed()).broken_as(&scripted);
            }
            Decided::Unknown { method, delay } => ((WORDING.unknown_method)(release, &method), delay),
            Decided::World { outcome: Ok(outcome), delay } => (outcome.into_datum().response(release), delay),
            Decided::World { outcome: Err(raised), delay } => ((WORDING.failed)(release, &raised), delay),
        };
        let reply = Reply::xml(release, body).with_head(has_head);
        Answer { delay, ..Answer::new(reply.encode(release, service.now()), then) }
    }
}
