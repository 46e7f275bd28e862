//! Scripted replies of the XML-RPC faces.

use xend_wire::datum;
use xend_wire::xmlrpc::{self, Fault};

use super::body::{Wording, failure};
use super::reply::Reply;
use crate::http::{Answer, Then};
use crate::scenario::{self, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// Returns the answer for a scripted reply, in the wording of a face.
pub(crate) fn answer(
    word: &scenario::Reply,
    wording: &Wording,
    service: &Service,
    then: Then,
) -> Result<Answer, WrongFace> {
    let release = service.release();
    let xml = |body| Reply::xml(release, body);
    let reply = match word {
        scenario::Reply::Close => return Ok(Answer::closed()),
        scenario::Reply::Hang => return Ok(Answer::hung()),
        scenario::Reply::Raw(bytes) => return Ok(Answer::new(bytes.clone(), Then::Close)),
        scenario::Reply::InternalError => Reply::internal_error(),
        scenario::Reply::UnknownMethod(method) => xml((wording.unknown_method)(release, method)),
        scenario::Reply::UnknownDomain(domain) => {
            xml((wording.failed)(release, &Failure::UnknownDomain { target: domain.as_str().into() }))
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
    Ok(Answer::new(reply.encode(release, service.now()), then))
}
