//! The XML-RPC face: Python 2's `BaseHTTPServer` and `SimpleXMLRPCServer` with Xend's own methods behind them (protocol
//! reference §1.7, §4).
//!
//! From 3.0.3 on the daemon handles requests itself (`util/xmlrpclib2.py`): HTTP/1.1, any path, and an exception that
//! is not a method's closes the connection without a byte. 3.0.2 leaves it to Python's library.

mod call;
mod methods;
mod reply;
mod request;
mod scripted;

use tokio::io::AsyncRead;
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Call, Rules};
use xend_wire::{Limits, Release};

use crate::http::{Answer, Input, Then};
use crate::scenario::{Decision, Question, WrongFace};
use crate::service::Service;

pub(crate) use call::{failure, outcome as legacy};
#[cfg(test)]
pub(crate) use methods::METHODS;
pub(crate) use reply::Reply;
pub(crate) use request::{Incoming, Request};
pub(crate) use scripted::{Wording, answer_in as scripted_answer_in, scripted_answer};

/// Reads a request. `None` if there is none, and nothing is answered.
pub(crate) async fn read<R: AsyncRead + Unpin>(input: &mut Input<R>, release: Release) -> Option<Incoming> {
    Request::read(input, release).await
}

/// What goes out for what came in.
pub(crate) fn answer(service: &Service, incoming: Incoming) -> Answer {
    let release = service.release();
    let request = match incoming.request(service) {
        Ok(request) => request,
        Err(answer) => return answer,
    };
    let Ok(call) = decode(&request.body, release) else {
        // 3.0.2 reports a body that says nothing of a call; later the thread dies over it (§1.7).
        return match release {
            Release::V3_0_2 => Answer::new(Reply::internal_error().encode(release, service.now()), Then::Close),
            _ => Answer::closed(),
        };
    };
    let then = request.then();
    match service.decide(&Question::Call { face: Face::XmlRpc, call: &call }) {
        Decision::Scripted(scripted) => scripted_answer(&scripted, service, then)
            // The reader of scenarios refuses such a word.
            .unwrap_or_else(|WrongFace| Answer::closed()),
        Decision::World { delay } => {
            let body = call::perform(service, &call);
            Answer { delay, ..Answer::new(Reply::xml(release, body).encode(release, service.now()), then) }
        }
        Decision::Refused => {
            let body = call::unknown_method(release, call.method());
            Answer::new(Reply::xml(release, body).encode(release, service.now()), then)
        }
    }
}

/// The call in a body, as the daemon of a release reads it.
pub(crate) fn decode(body: &[u8], release: Release) -> Result<Call<'_>, xend_wire::Error> {
    // The daemon has no limit of depth; beyond ours its own recursion would end in a closed connection too.
    let limits = Limits { depth: Limits::HARD_DEPTH, ..Limits::default() };
    xmlrpc::decode_call(body, Rules::xend(release), &limits)
}
