//! From a call to its answer.

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use xend_wire::operation::Face;
use xend_wire::{Release, visible};

use super::body::{JSON, made, mistaken, read};
use super::calls::{Action, CALLS, methods};
use super::guard;
use super::lines::{AnswerBody, journal, whole};
use super::page::page;
use super::problem::Problem;
use super::simulate::simulate;
use crate::address::Address;
use crate::fault::{self, Faults};
use crate::host::Served;
use crate::nearest::nearest;
use crate::text_file;

/// What the calls are about.
pub(super) struct Controlled {
    pub(super) served: Served,
    pub(super) admin: Address,
    pub(super) keeps_secrets: bool,
}

/// Answers a call.
pub(super) async fn answer(controlled: &Controlled, request: Request<Incoming>) -> Response<AnswerBody> {
    let mut response = match perform(controlled, request).await {
        Ok(response) => response,
        Err(problem) => {
            let mut response = made(problem.status, "application/problem+json", whole(problem.body()));
            if let Some(allow) = problem.allow.and_then(|allow| HeaderValue::from_str(&allow).ok()) {
                response.headers_mut().insert(ALLOW, allow);
            }
            response
        }
    };
    // A page of another origin must not load an answer as a script, a style or an image either.
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

async fn perform(controlled: &Controlled, request: Request<Incoming>) -> Result<Response<AnswerBody>, Problem> {
    guard::check(request.headers())?;
    let (action, follows) = called(&request)?;
    let too_long = || {
        let detail = format!("the body is longer than {} MiB", text_file::LONGEST >> 20);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    // A client that says how much it will send is answered before it does.
    if request.body().size_hint().lower() > text_file::LONGEST {
        return Err(too_long());
    }
    let body = Limited::new(request.into_body(), text_file::LONGEST as usize).collect().await;
    let body = body.map_err(|error| match error.is::<LengthLimitError>() {
        true => too_long(),
        false => Problem::new(StatusCode::BAD_REQUEST, format!("the body can't be read: {error}")),
    })?;
    act(controlled, action, follows, &body.to_bytes())
}

/// Returns what a request calls for, and whether it asks to follow.
fn called(request: &Request<Incoming>) -> Result<(Action, bool), Problem> {
    let path = request.uri().path();
    // The connection leaves out the body of an answer to HEAD.
    let method = if request.method() == "HEAD" { "GET" } else { request.method().as_str() };
    let Some(call) = CALLS.iter().find(|call| call.path == path && call.method == method) else {
        let shown = visible(path.as_bytes());
        let allow = methods(path).join(", ");
        if !allow.is_empty() {
            let detail = format!("{shown} has no method {}, only {allow}", visible(method.as_bytes()));
            return Err(Problem { allow: Some(allow), ..Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail) });
        }
        let hint = match nearest(path, CALLS.iter().map(|call| call.path).filter(|path| path.len() > 1)) {
            Some(path) => format!("did you mean {path}?"),
            None => "GET /calls lists the calls".to_owned(),
        };
        return Err(Problem::new(StatusCode::NOT_FOUND, format!("there is no {shown}; {hint}")));
    };
    let follows = match (request.uri().query().filter(|query| !query.is_empty()), call.action) {
        (None | Some("follow=0"), Action::Journal) | (None, _) => false,
        (Some("follow=1"), Action::Journal) => true,
        (Some(query), _) => {
            let query = visible(query.as_bytes());
            let detail = format!("{path} does not take `{query}`; only /journal takes a query, follow=1");
            return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        }
    };
    Ok((call.action, follows))
}

fn act(controlled: &Controlled, action: Action, follows: bool, body: &Bytes) -> Result<Response<AnswerBody>, Problem> {
    let behind = &controlled.served.behind;
    let ok = StatusCode::OK;
    let shown = |value: &serde_json::Value| Ok(made(ok, JSON, whole(format!("{value}\n"))));
    let done = Ok(made(StatusCode::NO_CONTENT, "", whole("")));
    match action {
        Action::Page => Ok(page()),
        Action::Calls => {
            let call = |call: &super::calls::Call| json!({ "method": call.method, "path": call.path, "command": call.command });
            let is_there =
                |call: &&super::calls::Call| behind.daemon().is_some() || !matches!(call.action, Action::OfMock(_));
            shown(&json!({ "calls": CALLS.iter().filter(is_there).map(call).collect::<Vec<_>>() }))
        }
        Action::Health => {
            let (total, kept) = behind.journal_size();
            let bound = |(face, address): &(Face, Address)| json!({ "face": face.as_str(), "address": address.to_string(), "url": address.url(*face) });
            shown(&json!({
                "status": "ok",
                "release": behind.release().map(Release::as_str),
                "now": behind.now().as_secs_f64(),
                "generation": behind.generation(),
                "listening": controlled.served.listening.iter().map(bound).collect::<Vec<_>>(),
                "admin": { "address": controlled.admin.to_string() },
                "journal": { "total": total, "kept": kept },
            }))
        }
        Action::Journal => Ok(made(ok, "application/jsonl", journal(behind, follows, controlled.keeps_secrets))),
        Action::Verify => {
            let report = behind.report();
            let findings = report.findings().iter();
            let findings: Vec<_> = findings
                .map(|found| json!({ "kind": found.kind.as_str(), "what": found.what, "why": found.why }))
                .collect();
            let status = if report.is_empty() { ok } else { StatusCode::CONFLICT };
            let body = json!({
                "as_expected": report.is_empty(),
                "findings": findings,
                "left_out": report.left_out(),
            });
            Ok(made(status, JSON, whole(format!("{body}\n"))))
        }
        Action::Reset => {
            if !body.is_empty() {
                let detail = "/reset takes no body: what it starts over is what was loaded last".to_owned();
                return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
            }
            behind.reset();
            done
        }
        Action::ShowFaults => shown(&json!(behind.faults())),
        Action::SetFaults => {
            let expected = "a list of faults such as [{\"delay\": \"250ms\"}]";
            // Read as JSON first: what is wrong with a fault is told without the place in the body.
            let given: serde_json::Value = read(body, expected)?;
            let faults = Faults::deserialize(given).map_err(|error| {
                let why = fault::reworded(&error.to_string());
                let detail = match why.ends_with('?') {
                    true => why,
                    false => format!("{why}; expected {expected}"),
                };
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
            })?;
            behind.set_faults(faults).map_err(|error| mistaken(&error))?;
            done
        }
        Action::OfMock(action) => match behind.daemon() {
            Some(daemon) => simulate(daemon, action, body),
            None => {
                let detail =
                    "a proxy and a replay have neither a simulated host nor a scenario; GET /calls lists the calls";
                Err(Problem::new(StatusCode::NOT_FOUND, detail))
            }
        },
    }
}
