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

use std::time::Duration;

use tokio::io::AsyncRead;

use crate::http::{Input, Then};
use crate::quirk::Quirk;
use crate::scenario::{Decision, Question};
use crate::service::{Answer, Listener, Service};
use crate::world::Failure;

pub(crate) use form::Fields;
#[cfg(test)]
pub(crate) use operations::OPERATIONS;
pub(crate) use reply::{PLAIN, Reply, SXP};
use request::Incoming;
pub(crate) use request::Request;
use resources::Handler;

/// Reads a request. There is always something to answer: even an empty connection gets a 400 (capture `mal-eof`).
pub(crate) async fn read<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Incoming {
    Request::read(input).await
}

/// What goes out for what came in.
pub(crate) fn answer(service: &Service, listener: &Listener, incoming: Incoming) -> Answer {
    let request = match incoming {
        Incoming::Request(request) => request,
        Incoming::Refused(reply) => return Answer::new(reply.encode(false, false), Then::Close),
        Incoming::Unanswerable => return Answer::new(Vec::new(), Then::Close),
    };
    let question = Question::Sxp { method: &request.method, path: &request.path, fields: &request.fields };
    let (reply, delay) = match service.decide(&question) {
        Decision::Scripted(scripted) => return scripted.over_sxp(service, listener, &request),
        Decision::World { delay } => (Handler::new(service, listener, &request).handle(), delay),
        Decision::Refused => {
            let operation = request.operation().unwrap_or(&request.method);
            (Some(Reply::not_implemented(operation, service.release())), Duration::ZERO)
        }
    };
    let answer = match reply {
        Some(reply) => {
            let then = match request.keep_alive {
                true => Then::Continue,
                false if is_late(service, &request, &reply) => Then::Hang,
                false => Then::Close,
            };
            Answer::new(reply.encode(request.method == b"HEAD", request.keep_alive), then)
        }
        None => Answer::new(Vec::new(), Then::Hang),
    };
    Answer { delay, ..answer }
}

/// Whether the close behind a reply does not come: an operation was done, or failed, and was logged.
fn is_late(service: &Service, request: &Request, reply: &Reply) -> bool {
    service.has(Quirk::LateClose) && request.method == b"POST" && matches!(reply.status, 200..=299 | 500)
}

/// The reply of the release to an operation that raises.
pub(crate) fn failed_operation(service: &Service, listener: &Listener, request: &Request, failure: Failure) -> Reply {
    Handler::new(service, listener, request).failed(failure)
}
