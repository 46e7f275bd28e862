//! From a request to an answer: the call, what the scenario wants for it, or what comes of it.

use xend_wire::Release;
use xend_wire::operation::Face;

use super::perform::perform;
use crate::faces::xmlrpc::{self, Incoming, Reply, Wording};
use crate::http::{Answer, Then};
use crate::scenario::{Decision, Question, Scripted, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// What goes out for what came in.
pub(crate) async fn answer(service: &Service, incoming: Incoming) -> Answer {
    let release = service.release();
    let request = match incoming.request(service) {
        Ok(request) => request,
        Err(answer) => return answer,
    };
    // The thread dies over a body that says nothing of a call (protocol reference §1.7).
    let Ok(call) = xmlrpc::decode(&request.body, release) else { return Answer::closed() };
    let then = request.then();
    let (body, delay) = match service.decide(&Question::Call { face: Face::XenApi, call: &call }) {
        Decision::Scripted(scripted) => {
            return scripted_answer(&scripted, service, then)
                // The reader of scenarios refuses such a word.
                .unwrap_or_else(|WrongFace| Answer::closed());
        }
        Decision::World { delay } => (perform(service, &call).await, delay),
        Decision::Refused => (unknown_method(release, call.method()), std::time::Duration::ZERO),
    };
    Answer { delay, ..Answer::new(Reply::xml(release, body).encode(release, service.now()), then) }
}

/// The answer that a scenario wants for a call on this face.
pub(crate) fn scripted_answer(scripted: &Scripted, service: &Service, then: Then) -> Result<Answer, WrongFace> {
    xmlrpc::scripted_answer_in(&Wording { unknown_method, failed }, scripted, service, then)
}

fn unknown_method(release: Release, method: &str) -> Vec<u8> {
    xmlrpc::failure(["MESSAGE_METHOD_UNKNOWN", method], release)
}

fn failed(release: Release, raised: &Failure) -> Vec<u8> {
    xmlrpc::failure(["INTERNAL_ERROR", &String::from_utf8_lossy(&raised.str(release))], release)
}
