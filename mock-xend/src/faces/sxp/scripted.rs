//! Scripted replies as this face sends them.

use super::{PLAIN, Reply, Request, SXP, encoded, failed_operation};
use crate::http::{Answer, Listener, Then};
use crate::scenario::{self, Scripted, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// The answer that a scenario wants for a request.
pub(crate) fn scripted_answer(
    scripted: &Scripted,
    service: &Service,
    listener: &Listener,
    request: &Request,
) -> Result<Answer, WrongFace> {
    let release = service.release();
    let plain = |status: &scenario::Status| Reply::ok().with_status(status.code, status.reason.as_str());
    let reply = match &scripted.reply {
        scenario::Reply::Close => return Ok(Answer::closed().broken_as(scripted)),
        scenario::Reply::Hang => return Ok(Answer::hung().broken_as(scripted)),
        scenario::Reply::Raw(bytes) => return Ok(Answer::new(bytes.clone(), Then::Close).broken_as(scripted)),
        scenario::Reply::BadRequest => Reply::bad_request(),
        scenario::Reply::InvalidRequest => Reply::invalid_request(release),
        scenario::Reply::TooLarge => Reply::too_large(),
        scenario::Reply::InternalError => Reply::ok().internal_error(),
        scenario::Reply::NotImplemented(operation) => Reply::not_implemented(operation.as_bytes(), release),
        scenario::Reply::NotFound(text) => Reply::not_found(text.as_str()),
        scenario::Reply::UnknownDomain(domain) => Reply::unknown_domain(domain.as_bytes(), release),
        scenario::Reply::Error(text) => {
            failed_operation(service, listener, request, Failure::Refused(text.clone().into_bytes()))
        }
        scenario::Reply::XendErr { text, status } => plain(status).with_error(text.as_bytes(), release),
        scenario::Reply::Sexpr { body, status } => plain(status).with_type(SXP).with_body(body.as_bytes()),
        scenario::Reply::Body { body, content_type, status } => {
            plain(status).with_type(content_type.as_deref().unwrap_or(PLAIN)).with_body(body)
        }
        scenario::Reply::Fault(_)
        | scenario::Reply::Value(_)
        | scenario::Reply::Failure(_)
        | scenario::Reply::UnknownMethod(_) => return Err(WrongFace),
    };
    Ok(encoded(reply, request).broken_as(scripted))
}
