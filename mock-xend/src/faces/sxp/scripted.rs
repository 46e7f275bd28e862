//! Scripted replies of the S-expression face.

use super::page::Page;
use super::reply::{PLAIN, Reply, SXP};
use super::resource::Action;
use crate::http::{Answer, Then};
use crate::scenario::{ResolvedReply, Status, WrongFace};
use crate::world::Failure;

/// Returns the answer for a scripted reply.
pub(super) fn answer(word: &ResolvedReply, page: Page<'_>, action: Option<&Action>) -> Result<Answer, WrongFace> {
    let (request, release) = (page.request, page.release);
    let plain = |status: &Status| Reply::ok().with_status(status.code, status.reason.clone().into_bytes());
    let reply = match word {
        ResolvedReply::Close => return Ok(Answer::closed()),
        ResolvedReply::Hang => return Ok(Answer::hung()),
        ResolvedReply::Raw(bytes) => return Ok(Answer::new(bytes.clone(), Then::Close)),
        ResolvedReply::BadRequest => Reply::bad_request(),
        ResolvedReply::InvalidRequest => Reply::invalid_request(release),
        ResolvedReply::TooLarge => Reply::too_large(),
        ResolvedReply::InternalError => Reply::internal_error(),
        ResolvedReply::NotImplemented(operation) => Reply::not_implemented(operation, release),
        ResolvedReply::NotFound(text) => Reply::not_found(text.as_slice()),
        ResolvedReply::UnknownDomain(domain) => Reply::unknown_domain(domain, release),
        ResolvedReply::Error(text) => page.of_failure(action, &Failure::Refused(text.clone())),
        ResolvedReply::XendErr { text, status } => {
            let mut reply = plain(status);
            reply.show_error(text, release);
            reply
        }
        ResolvedReply::Sexpr { body, status } => plain(status).with_type(SXP).with_body(body.as_bytes()),
        ResolvedReply::Body { body, content_type, status } => {
            let reply = match content_type {
                Some(content_type) => plain(status).with_type(content_type.clone().into_bytes()),
                None => plain(status).with_type(PLAIN),
            };
            reply.with_body(body)
        }
        ResolvedReply::Fault { .. }
        | ResolvedReply::Value(_)
        | ResolvedReply::Failure(_)
        | ResolvedReply::UnknownMethod(_) => return Err(WrongFace),
    };
    Ok(request.answered(reply))
}

/// Returns the answer for a scripted reply to a request for the list of domains.
#[cfg(test)]
pub(crate) fn answer_to_list(word: &ResolvedReply, release: xend_wire::Release) -> Result<Answer, WrongFace> {
    let request = super::request::Request::get(b"xend/domain");
    let origin = super::page::Origin { port: 8000, host: None };
    answer(word, Page::new(&request, release, &origin), None)
}
