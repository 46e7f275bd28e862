//! The XML-RPC face: Python 2's `BaseHTTPServer` and `SimpleXMLRPCServer` with Xend's own methods behind them (protocol
//! reference §1.7, §4).
//!
//! From 3.0.3 on the daemon handles requests itself (`util/xmlrpclib2.py`): HTTP/1.1, any path, and an exception that
//! is not a method's closes the connection without a byte. 3.0.2 leaves it to Python's library.

mod call;
mod methods;
mod reply;
mod request;

use std::time::Duration;

use tokio::io::AsyncRead;
use xend_wire::operation::Face;
use xend_wire::xmlrpc::{self, Rules};
use xend_wire::{Limits, Release};

use crate::http::{Input, Then};
use crate::scenario::{Decision, Question};
use crate::service::{Answer, Listener, Service};
use crate::xenapi;

pub(crate) use call::{failed, failure, outcome as legacy, unknown_method};
#[cfg(test)]
pub(crate) use methods::METHODS;
pub(crate) use reply::Reply;
use request::{Incoming, Request};

/// Reads a request. `None` if there is none, and nothing is answered.
pub(crate) async fn read<R: AsyncRead + Unpin>(input: &mut Input<R>, release: Release) -> Option<Incoming> {
    Request::read(input, release).await
}

/// What goes out for what came in.
pub(crate) async fn answer(service: &Service, listener: &Listener, incoming: Incoming) -> Answer {
    let release = service.release();
    let request = match incoming {
        Incoming::Request(request) => request,
        Incoming::Refused(reply) => return Answer::new(reply.encode(release, service.now()), Then::Close),
        Incoming::Unanswerable => return Answer::new(Vec::new(), Then::Close),
    };
    let then = if request.keep_alive { Then::Continue } else { Then::Close };
    // The daemon has no limit of depth; beyond ours its own recursion would end in a closed connection too.
    let limits = Limits { depth: Limits::HARD_DEPTH, ..Limits::default() };
    let mut delay = Duration::ZERO;
    let body = match xmlrpc::decode_call(&request.body, Rules::xend(release), &limits) {
        Ok(call) => {
            let question = Question::Call { face: listener.face, call: &call };
            match service.decide(&question) {
                Decision::Scripted(scripted) => return scripted.over_xmlrpc(service, listener.face, then),
                Decision::World { delay: wait } => {
                    delay = wait;
                    match listener.face {
                        Face::XenApi => xenapi::perform(service, &call).await,
                        _ => call::perform(service, &call),
                    }
                }
                Decision::Refused => unknown_method(listener.face, release, call.method()),
            }
        }
        // A body that says nothing of a call: 3.0.2 reports it, later the thread dies over it (§1.7).
        Err(_) if listener.face == Face::XmlRpc && release == Release::V3_0_2 => {
            return Answer::new(Reply::internal_error().encode(release, service.now()), Then::Close);
        }
        Err(_) => return Answer::new(Vec::new(), Then::Close),
    };
    Answer { delay, ..Answer::new(Reply::xml(release, body).encode(release, service.now()), then) }
}
