//! The bodies of calls, as they are read, and answers as they are made.

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Deserialize;

use super::lines::AnswerBody;
use super::problem::Problem;
use crate::error::Error;

/// The type of most answers.
pub(super) const JSON: &str = "application/json";

/// Returns the text of a body.
pub(super) fn text<'b>(body: &'b Bytes, what: &str) -> Result<&'b str, Problem> {
    str::from_utf8(body).map_err(|error| {
        let detail = format!("{what} must be UTF-8, and byte {} is not", error.valid_up_to());
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

/// Reads a body of JSON.
pub(super) fn read<'b, T: Deserialize<'b>>(body: &'b Bytes, expected: &str) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        let status = if error.is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
        Problem::new(status, format!("{error}; expected {expected}"))
    })
}

/// Returns the problem of a body that is well-formed, and says what can't be.
pub(super) fn mistaken(error: &Error) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

pub(super) fn made(status: StatusCode, content_type: &'static str, body: AnswerBody) -> Response<AnswerBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if !content_type.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}
