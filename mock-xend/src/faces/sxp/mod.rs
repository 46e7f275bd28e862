//! The S-expression face: Xend's own web server and its resources (protocol reference §1.2 to §1.6, §3).
//!
//! Resources: `/`, `/xend`, `/xend/node` with `dmesg` and `log`, `/xend/domain`, `/xend/domain/ID`, `/xend/vnet`.
//! Where the daemon would answer in HTML (`User-Agent` and an `Accept` without `application/sxp`, which is what curl
//! sends by itself), so does the mock.

mod arguments;
mod form;
mod html;
mod operations;
mod reply;
mod request;
mod resources;
mod scripted;

use tokio::io::AsyncRead;

use crate::http::{Answer, Input, Listener, Then};
use crate::quirk::Quirk;
use crate::scenario::{Decision, Question, WrongFace};
use crate::service::Service;
use crate::world::Failure;

#[cfg(test)]
pub(crate) use operations::OPERATIONS;
use reply::{PLAIN, Reply, SXP};
pub(crate) use request::{Incoming, Request};
use resources::Handler;
pub(crate) use scripted::scripted_answer;

/// Reads a request. There is always something to answer: even an empty connection gets a 400 (capture `mal-eof`).
pub(crate) async fn read<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Incoming {
    Request::read(input).await
}

/// What goes out for what came in.
pub(crate) fn answer(service: &Service, listener: &Listener, incoming: Incoming) -> Answer {
    let request = match incoming {
        Incoming::Request(request) => request,
        Incoming::Refused(reply) => return Answer::new(reply.encode(false, false), Then::Close),
        Incoming::Unanswerable => return Answer::closed(),
    };
    let question = Question::Sxp { method: &request.method, path: &request.path, fields: &request.fields };
    match service.decide(&question) {
        Decision::Scripted(scripted) => scripted_answer(&scripted, service, listener, &request)
            // The reader of scenarios refuses such a word.
            .unwrap_or_else(|WrongFace| Answer::closed()),
        Decision::World { delay } => {
            let Some(reply) = Handler::new(service, listener, &request).handle() else {
                return Answer { delay, ..Answer::hung() };
            };
            let is_late = !request.keep_alive && is_late(service, &request, &reply);
            let answer = encoded(reply, &request);
            Answer { delay, then: if is_late { Then::Hang } else { answer.then }, ..answer }
        }
        Decision::Refused => {
            let operation = request.operation().unwrap_or(&request.method);
            encoded(Reply::not_implemented(operation, service.release()), &request)
        }
    }
}

/// A reply as it goes out for a request.
fn encoded(reply: Reply, request: &Request) -> Answer {
    let then = if request.keep_alive { Then::Continue } else { Then::Close };
    Answer::new(reply.encode(request.method == b"HEAD", request.keep_alive), then)
}

/// Whether the close behind a reply does not come: an operation was done, or failed, and was logged.
fn is_late(service: &Service, request: &Request, reply: &Reply) -> bool {
    service.has(Quirk::LateClose) && request.method == b"POST" && matches!(reply.status, 200..=299 | 500)
}

/// The reply of the release to an operation that raises.
fn failed_operation(service: &Service, listener: &Listener, request: &Request, failure: Failure) -> Reply {
    Handler::new(service, listener, request).failed(failure)
}
