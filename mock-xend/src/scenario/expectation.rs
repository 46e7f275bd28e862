//! The requests that an expectation answers.

use std::fmt;
use std::ops::Range;

use xend_wire::Release;
use xend_wire::operation::{Arguments, Face, Implementation, Operation};
use xend_wire::xenapi;
use xend_wire::xmlrpc::Value;

use super::reply::Decision;
use super::request::{MatchableRequest, RecognisedRequest};
use super::shown;
use super::value;
use crate::path::UrlPath;

/// An `[[expect]]` table of a scenario.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    /// The line of the file where the table begins.
    pub(super) line: usize,
    pub(super) requests: RequestPattern,
    /// How many requests the expectation answers; `None` for any number.
    pub(super) times: Option<u64>,
    /// How such a request is answered.
    pub(super) decision: Decision,
}

/// The requests that an expectation answers. A condition that is `None` matches anything.
#[derive(Clone, Debug)]
pub(super) enum RequestPattern {
    Operation { face: Option<Face>, operation: Operation, arguments: Arguments, span: Range<usize> },
    Http { method: Option<String>, path: Option<UrlPath>, fields: Vec<(String, Vec<u8>)> },
    Call { face: Face, method: Option<String>, params: Option<Vec<Value>>, span: Range<usize> },
}

/// Explains why no single request stands for an operation, on any of the faces and in any of the releases. Returns
/// `None` if one does.
pub(super) fn why_impossible(operation: Operation, face: Option<Face>, releases: &[Release]) -> Option<String> {
    let all = Face::ALL;
    let faces = face.as_ref().map_or(&all[..], std::slice::from_ref);
    let pairs = || faces.iter().flat_map(|&face| releases.iter().map(move |&release| (face, release)));
    if pairs().any(|(face, release)| operation.takes_one_request(face, release)) {
        return None;
    }
    let name = operation.name();
    if let Some((of, way)) =
        pairs().find_map(|(face, release)| Some((face, operation.implementation(face, release).ok()?)))
    {
        let steps = way.steps();
        let key = match way {
            Implementation::Request | Implementation::Operations { .. } => "operation",
            Implementation::Methods { .. } => "method",
        };
        // A step that changes something is a better example than one that only reads.
        let one = steps.iter().find(|step| !xenapi::is_getter(step)).unwrap_or(&steps[0]);
        let whose = if face.is_some() { format!("the {of} face") } else { "every face that has it".to_owned() };
        let steps = if face.is_some() { format!(": {}", steps.join(", ")) } else { String::new() };
        let message = format!("`{name}` takes several requests on {whose}{steps}; script one of them");
        return Some(format!("{message}, such as `{key} = \"{one}\"`"));
    }
    let whose = match face {
        Some(face) => format!("the {face} face"),
        None => "any face".to_owned(),
    };
    let of = match releases {
        [release] => format!("release {release}"),
        _ => "any release".to_owned(),
    };
    Some(format!("there is no operation `{name}` on {whose} of {of}: choose another `operation`, `face` or `release`"))
}

pub(super) fn no_xenapi(release: Release) -> String {
    format!("release {release} has no face `xenapi`, expected 3.1 or later")
}

impl RequestPattern {
    pub(super) fn match_request(&self, asked: &RecognisedRequest<'_>) -> bool {
        let matchable = asked.matchable;
        match self {
            Self::Operation { face, operation, arguments, .. } => {
                face.is_none_or(|face| face == matchable.face()) && asked.is(*operation, arguments)
            }
            Self::Http { method, path, fields } => {
                let MatchableRequest::Sxp { method: asked, path: given_path, fields: given, .. } = matchable else {
                    return false;
                };
                method.as_ref().is_none_or(|method| method.as_bytes() == *asked)
                    && path.as_ref().is_none_or(|path| path.names().eq(given_path.names()))
                    && fields.iter().all(|(name, value)| given.get(name) == Some(std::slice::from_ref(value)))
            }
            Self::Call { face, method, params, .. } => {
                let MatchableRequest::Call { face: asked, call, .. } = matchable else { return false };
                face == asked
                    && method.as_ref().is_none_or(|method| method == call.method())
                    && params.as_ref().is_none_or(|params| {
                        let mut given = call.params();
                        params.iter().all(|param| given.next().is_some_and(|given| value::is(given, param)))
                            && given.next().is_none()
                    })
            }
        }
    }
}

/// The requests in the form that reports show: `sxp domain.pause domain=vm1`.
impl fmt::Display for RequestPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation { face, operation, arguments, .. } => {
                if let Some(face) = face {
                    write!(f, "{face} ")?;
                }
                f.write_str(operation.name())?;
                arguments.iter().try_for_each(|(name, value)| f.write_str(&shown::field(name.as_bytes(), value)))
            }
            Self::Http { method, path, fields } => {
                write!(f, "sxp {}", shown::text(method.as_deref().unwrap_or("*").as_bytes()))?;
                match path {
                    Some(path) => write!(f, " /{}", shown::text(&path.names().collect::<Vec<_>>().join(&b'/')))?,
                    None => f.write_str(" *")?,
                }
                fields.iter().try_for_each(|(name, value)| f.write_str(&shown::field(name.as_bytes(), value)))
            }
            Self::Call { face, method, params, .. } => {
                write!(f, "{face} {}", shown::text(method.as_deref().unwrap_or("*").as_bytes()))?;
                match params {
                    Some(params) => write!(f, " with {} parameters", params.len()),
                    None => Ok(()),
                }
            }
        }
    }
}
