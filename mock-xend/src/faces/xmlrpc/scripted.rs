//! Scripted replies of the XML-RPC faces.

use xend_wire::datum;
use xend_wire::operation::Operation;
use xend_wire::xmlrpc;

use super::body::{Wording, failure};
use super::reply::Reply;
use crate::http::{Answer, Then};
use crate::scenario::{ResolvedReply, WrongFace};
use crate::service::Service;
use crate::world::Failure;

/// Returns the answer for a scripted reply, in the wording of a face. `operation` is what the call stands for, if it
/// stands for one.
pub(crate) fn answer(
    word: &ResolvedReply,
    operation: Option<Operation>,
    wording: &Wording,
    service: &Service,
    then: Then,
) -> Result<Answer, WrongFace> {
    let release = service.release();
    let xml = |body| Reply::xml(release, body);
    let reply = match word {
        ResolvedReply::Close => return Ok(Answer::closed()),
        ResolvedReply::Hang => return Ok(Answer::hung()),
        ResolvedReply::Raw(bytes) => return Ok(Answer::new(bytes.clone(), Then::Close)),
        ResolvedReply::InternalError => Reply::internal_error(),
        ResolvedReply::UnknownMethod(method) => {
            xml((wording.unknown_method)(release, &String::from_utf8_lossy(method)))
        }
        ResolvedReply::UnknownDomain(domain) => {
            let unknown = Failure::UnknownDomain { target: domain.clone().into() };
            let raised = match operation {
                Some(operation) => unknown.raised_by(operation, release),
                None => unknown,
            };
            xml((wording.failed)(release, &raised))
        }
        ResolvedReply::Error(text) => xml((wording.failed)(release, &Failure::Refused(text.clone()))),
        ResolvedReply::Fault { code, string } => xml(datum::fault(*code, string)),
        ResolvedReply::Value(value) => {
            xml(xmlrpc::encode_response_as_daemon(value).expect("checked where the scenario is read"))
        }
        ResolvedReply::Failure(description) => {
            let words: Vec<_> = description.iter().map(|word| String::from_utf8_lossy(word)).collect();
            xml(failure(words.iter().map(AsRef::as_ref), release))
        }
        ResolvedReply::Body { body, content_type, status } => {
            xml(body.clone()).with_status(status.code, &status.reason, content_type.as_deref())
        }
        ResolvedReply::BadRequest
        | ResolvedReply::InvalidRequest
        | ResolvedReply::TooLarge
        | ResolvedReply::NotImplemented(_)
        | ResolvedReply::NotFound(_)
        | ResolvedReply::XendErr { .. }
        | ResolvedReply::Sexpr { .. } => return Err(WrongFace),
    };
    Ok(Answer::new(reply.encode(release, service.now()), then))
}
