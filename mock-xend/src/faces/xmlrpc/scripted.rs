//! Scripted replies as the XML-RPC faces send them.

use xend_wire::xmlrpc::{self, Fault};
use xend_wire::{Release, datum};

use super::Reply;
use super::call::{failed, failure, unknown_method};
use crate::http::{Answer, Then};
use crate::scenario::{self, Scripted, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// The bodies of the replies that the two XML-RPC faces word differently.
pub(crate) struct Wording {
    /// The body that says that there is no such method.
    pub(crate) unknown_method: fn(Release, &str) -> Vec<u8>,
    /// The body that says that a method has failed.
    pub(crate) failed: fn(Release, &Failure) -> Vec<u8>,
}

/// The answer that a scenario wants for a call on this face.
pub(crate) fn scripted_answer(scripted: &Scripted, service: &Service, then: Then) -> Result<Answer, WrongFace> {
    answer_in(&Wording { unknown_method, failed }, scripted, service, then)
}

/// The answer that a scenario wants for a call on a face of that wording.
pub(crate) fn answer_in(
    wording: &Wording,
    scripted: &Scripted,
    service: &Service,
    then: Then,
) -> Result<Answer, WrongFace> {
    let release = service.release();
    let xml = |body| Reply::xml(release, body);
    let reply = match &scripted.reply {
        scenario::Reply::Close => return Ok(Answer::closed().broken_as(scripted)),
        scenario::Reply::Hang => return Ok(Answer::hung().broken_as(scripted)),
        scenario::Reply::Raw(bytes) => return Ok(Answer::new(bytes.clone(), Then::Close).broken_as(scripted)),
        scenario::Reply::InternalError => Reply::internal_error(),
        scenario::Reply::UnknownMethod(method) => xml((wording.unknown_method)(release, method)),
        scenario::Reply::UnknownDomain(domain) => {
            xml((wording.failed)(release, &Failure::UnknownDomain { target: domain.clone().into_bytes() }))
        }
        scenario::Reply::Error(text) => xml((wording.failed)(release, &Failure::Refused(text.clone().into_bytes()))),
        scenario::Reply::Fault(Fault { code, string }) => xml(datum::fault(*code, string.as_bytes())),
        scenario::Reply::Value(value) => {
            xml(xmlrpc::encode_response(value).expect("checked where the scenario is read"))
        }
        scenario::Reply::Failure(description) => xml(failure(description.iter().map(String::as_str), release)),
        scenario::Reply::Body { body, content_type, status } => {
            xml(body.clone()).with_status(status.code, &status.reason, content_type.as_deref())
        }
        scenario::Reply::BadRequest
        | scenario::Reply::InvalidRequest
        | scenario::Reply::TooLarge
        | scenario::Reply::NotImplemented(_)
        | scenario::Reply::NotFound(_)
        | scenario::Reply::XendErr { .. }
        | scenario::Reply::Sexpr { .. } => return Err(WrongFace),
    };
    Ok(Answer::new(reply.encode(release, service.now()), then).broken_as(scripted))
}
