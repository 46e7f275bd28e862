//! Why a request is not the one that an expectation describes.

use std::fmt::Write;

use xend_wire::operation::{self, Face};
use xend_wire::xmlrpc::Kind;
use xend_wire::{Release, visible};

use super::criteria::{Criterion, CriterionReport};
use super::expectation::Expectation;
use super::request::{Asked, RecognisedRequest, RequestKind};
use super::shown;

/// How near a request is to an expectation: more is nearer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nearness {
    met: u32,
    /// The weight that is missing, counted down so that less is nearer.
    missing: std::cmp::Reverse<u32>,
}

impl Nearness {
    /// `hindrances` is the number of things besides the request that keep the expectation from answering: it is used up, or
    /// waits for another state.
    pub(super) fn of(expectation: &Expectation, request: &RecognisedRequest<'_>, hindrances: usize) -> Self {
        let (mut met, mut missing) = (0, u32::try_from(hindrances).unwrap_or(u32::MAX));
        for criterion in expectation.criteria() {
            let weight = criterion.weight(expectation.face);
            *(if criterion.is_met(request) { &mut met } else { &mut missing }) += weight;
            // What is sent to the resource or the method of the operation is closer than anything else.
            met += u32::from(matches!(criterion, Criterion::Operation(it) if request.asked.operations.contains(&it)));
        }
        Self { met, missing: std::cmp::Reverse(missing) }
    }

    /// Returns whether the request is about what the expectation is about: the operation, the method or the path.
    pub(super) fn is_near(self) -> bool {
        self.met >= 4
    }

    pub(super) fn is_any(self) -> bool {
        self.met > 0
    }
}

/// Returns each criterion of an expectation with a tick or a cross, one line each. `others` are the criteria that do
/// not depend on the request: how often, and in which state.
pub(super) fn explain(
    expectation: &Expectation,
    request: &RecognisedRequest<'_>,
    others: Vec<CriterionReport>,
) -> String {
    let mut text = String::new();
    for CriterionReport { criterion, differences } in expectation.criteria().map(|one| one.tell(request)).chain(others)
    {
        if differences.is_empty() {
            let _ = writeln!(text, "✓ {}", shown::line(&criterion));
        }
        for difference in differences {
            let _ = writeln!(text, "✗ {}", shown::line(&difference));
        }
    }
    text
}

/// Returns what the client may have done wrong, one line each.
pub(super) fn hints(expectation: Option<&Expectation>, request: &RecognisedRequest<'_>) -> String {
    let asked = request.asked;
    let wrong_port = wrong_port(asked, request.release);
    let hints = [
        // What a request on the wrong port says is not looked at.
        content_type(asked).filter(|_| wrong_port.is_none()),
        unreadable(asked).filter(|_| wrong_port.is_none()),
        wrong_port,
        expectation.and_then(|expectation| unencoded_plus(expectation, request)),
        expectation.and_then(|expectation| wide_integer(expectation, asked)),
        other_release(request),
    ];
    hints.into_iter().flatten().map(|hint| format!("hint: {hint}\n")).collect()
}

fn begins_with(body: &[u8], what: &str) -> bool {
    body.trim_ascii_start().get(..what.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(what.as_bytes()))
}

fn wrong_port(asked: &Asked<'_>, release: Release) -> Option<String> {
    let is_xml = begins_with(asked.body, "<?xml") || begins_with(asked.body, "<methodCall");
    match (&asked.kind, asked.face) {
        (RequestKind::Resource { .. }, _) if is_xml => Some(
            "this is XML-RPC, sent to the face for S-expressions: the face xmlrpc has a port of its own".to_owned(),
        ),
        (RequestKind::NoCall(_), face) if !is_xml => Some(format!(
            "the body is no XML, but {face} speaks XML-RPC: the face for S-expressions has a port of its own"
        )),
        (RequestKind::Call(call), Face::XmlRpc) if is_xenapi_method(call.method()) => Some(format!(
            "`{}` is a method of the Xen-API, sent to the face xmlrpc: {}",
            visible(call.method().as_bytes()),
            match Face::XenApi.is_served_by(release) {
                true => "the face xenapi has a port of its own".to_owned(),
                false => format!("release {release} has no face xenapi, releases from 3.1 on have"),
            }
        )),
        _ => None,
    }
}

fn is_xenapi_method(method: &str) -> bool {
    let classes =
        ["session.", "VM.", "host.", "VBD.", "VIF.", "VDI.", "SR.", "network.", "task.", "event.", "console."];
    classes.iter().any(|class| method.trim_start_matches("Async.").starts_with(class))
}

fn content_type(asked: &Asked<'_>) -> Option<String> {
    let RequestKind::Resource { method: b"POST", .. } = asked.kind else { return None };
    let kind = asked.headers.get("content-type");
    let is_form = kind.is_some_and(|kind| {
        begins_with(kind, "application/x-www-form-urlencoded") || begins_with(kind, "multipart/form-data")
    });
    if asked.body.is_empty() || is_form {
        return None;
    }
    let given = kind.map_or("no Content-Type".to_owned(), |kind| format!("the Content-Type {}", shown::text(kind)));
    Some(format!("the request has {given}, so the daemon reads no form: send application/x-www-form-urlencoded"))
}

fn unreadable(asked: &Asked<'_>) -> Option<String> {
    let RequestKind::NoCall(why) = &asked.kind else { return None };
    Some(format!("the daemon can't read the body: {}", shown::line(why)))
}

fn unencoded_plus(expectation: &Expectation, request: &RecognisedRequest<'_>) -> Option<String> {
    expectation.criteria().find_map(|criterion| {
        let (name, wanted, given) = match criterion {
            Criterion::Field(name, value) => (name, value.text()?, request.asked.field(name).first()?.as_slice()),
            Criterion::Arg(operation, name, value) => {
                (name, value.text()?, request.arguments(operation, name).next()??)
            }
            _ => return None,
        };
        let as_sent: Vec<u8> = given.iter().map(|&byte| if byte == b' ' { b'+' } else { byte }).collect();
        (wanted.contains(&b'+')
            && wanted != given
            && as_sent == wanted.iter().map(|&byte| if byte == b' ' { b'+' } else { byte }).collect::<Vec<_>>())
        .then(|| format!("a `+` in a form is a space: encode the one in `{name}` as %2B"))
    })
}

fn wide_integer(expectation: &Expectation, asked: &Asked<'_>) -> Option<String> {
    let params = expectation.params.as_deref()?;
    let wrong =
        params.iter().zip(asked.params()).position(|(param, given)| !param.is(given) && given.kind() == Kind::I8)?;
    Some(format!(
        "params[{wrong}] was sent as an i8, an extension: Xend's own clients send int, and the daemon replies with int"
    ))
}

/// Whether another release has what this one lacks.
fn other_release(request: &RecognisedRequest<'_>) -> Option<String> {
    let asked = request.asked;
    if !asked.operations.is_empty() {
        return None;
    }
    let having: Vec<_> = Release::ALL
        .iter()
        .filter(|release| **release != request.release && !asked.recognise_any(**release).is_empty())
        .collect();
    let (first, last) = (having.first()?, having.last()?);
    let releases =
        if first == last { format!("release {first} has") } else { format!("releases {first} to {last} have") };
    Some(format!(
        "{releases} this request, release {} does not: start the mock with --release, or with the scenario's `release`",
        request.release
    ))
}

impl Asked<'_> {
    /// Returns the names of the operations that the request would stand for in a release.
    fn recognise_any(&self, release: Release) -> Vec<&'static str> {
        let asked = Asked { operations: operation::ALL, kind: self.kind.clone(), ..*self };
        asked.recognise(release).into_iter().map(|(operation, _)| operation.name()).collect()
    }
}
