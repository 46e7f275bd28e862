//! Scripted replies of the S-expression face.

use super::page::Page;
use super::reply::{PLAIN, Reply, SXP};
use super::resource::Action;
use crate::http::{Answer, Then};
use crate::scenario::{self, WrongFace};
use crate::world::Failure;

/// Returns the answer for a scripted reply.
pub(super) fn answer(word: &scenario::Reply, page: Page<'_>, action: Option<&Action>) -> Result<Answer, WrongFace> {
    let (request, release) = (page.request, page.release);
    let plain = |status: &scenario::Status| Reply::ok().with_status(status.code, status.reason.clone().into_bytes());
    let reply = match word {
        scenario::Reply::Close => return Ok(Answer::closed()),
        scenario::Reply::Hang => return Ok(Answer::hung()),
        scenario::Reply::Raw(bytes) => return Ok(Answer::new(bytes.clone(), Then::Close)),
        scenario::Reply::BadRequest => Reply::bad_request(),
        scenario::Reply::InvalidRequest => Reply::invalid_request(release),
        scenario::Reply::TooLarge => Reply::too_large(),
        scenario::Reply::InternalError => Reply::internal_error(),
        scenario::Reply::NotImplemented(operation) => Reply::not_implemented(operation.as_bytes(), release),
        scenario::Reply::NotFound(text) => Reply::not_found(text.as_str()),
        scenario::Reply::UnknownDomain(domain) => Reply::unknown_domain(domain.as_bytes(), release),
        scenario::Reply::Error(text) => page.of_failure(action, &Failure::Refused(text.clone().into_bytes())),
        scenario::Reply::XendErr { text, status } => {
            let mut reply = plain(status);
            reply.show_error(text.as_bytes(), release);
            reply
        }
        scenario::Reply::Sexpr { body, status } => plain(status).with_type(SXP).with_body(body.as_bytes()),
        scenario::Reply::Body { body, content_type, status } => {
            let reply = match content_type {
                Some(content_type) => plain(status).with_type(content_type.clone().into_bytes()),
                None => plain(status).with_type(PLAIN),
            };
            reply.with_body(body)
        }
        scenario::Reply::Fault(_)
        | scenario::Reply::Value(_)
        | scenario::Reply::Failure(_)
        | scenario::Reply::UnknownMethod(_) => return Err(WrongFace),
    };
    Ok(request.answered(reply))
}

/// Returns the answer for a scripted reply to a request for the list of domains.
#[cfg(test)]
pub(crate) fn answer_to_list(word: &scenario::Reply, release: xend_wire::Release) -> Result<Answer, WrongFace> {
    let request = super::request::Request::get(b"xend/domain");
    let origin = super::page::Origin { port: 8000, host: None };
    answer(word, Page::new(&request, release, &origin), None)
}
