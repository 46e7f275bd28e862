//! Which requests an expectation is for.

use std::cell::OnceCell;
use std::fmt;
use std::ops::Range;

use xend_wire::Release;
use xend_wire::datum::Datum;
use xend_wire::operation::{self, Arguments, Face, Operation, Way};
use xend_wire::xenapi;
use xend_wire::xmlrpc::{Call, Value};

use super::reply::Decision;
use super::value;
use crate::fields::Fields;
use crate::path::UrlPath;

/// One `[[expect]]`.
#[derive(Clone, Debug)]
pub(super) struct Expectation {
    /// The line of the file in which it begins.
    pub(super) line: usize,
    pub(super) requests: Requests,
    /// How many requests it is good for; `None` for any number.
    pub(super) times: Option<u64>,
    /// What becomes of such a request.
    pub(super) decision: Decision,
}

/// The requests that an expectation is for. What is `None` matches anything.
#[derive(Clone, Debug)]
pub(super) enum Requests {
    Operation { face: Option<Face>, operation: Operation, arguments: Arguments, span: Range<usize> },
    Http { method: Option<String>, path: Option<UrlPath>, fields: Vec<(String, Vec<u8>)> },
    Call { face: Face, method: Option<String>, params: Option<Vec<Value>>, span: Range<usize> },
}

/// Why no request can be an operation, whichever of the releases it is sent to.
pub(super) fn impossible(operation: Operation, face: Option<Face>, releases: &[Release]) -> Option<String> {
    let all = Face::ALL;
    let faces = face.as_ref().map_or(&all[..], std::slice::from_ref);
    let pairs = || faces.iter().flat_map(|&face| releases.iter().map(move |&release| (face, release)));
    if pairs().any(|(face, release)| operation.takes_one_request(face, release)) {
        return None;
    }
    let name = operation.name();
    if let Some((of, way)) = pairs().find_map(|(face, release)| Some((face, operation.way(face, release).ok()?))) {
        let steps = way.steps();
        let key = match way {
            Way::Request | Way::Operations { .. } => "operation",
            Way::Methods { .. } => "method",
        };
        // What only looks is seldom what is to be scripted.
        let one = steps.iter().find(|step| !xenapi::is_getter(step)).unwrap_or(&steps[0]);
        let whose = if face.is_some() { format!("the {of} face") } else { "every face that has it".to_owned() };
        let steps = if face.is_some() { format!(": {}", steps.join(", ")) } else { String::new() };
        let message = format!("`{name}` takes several requests on {whose}{steps}; expected one of them");
        return Some(format!("{message}, such as `{key} = \"{one}\"`"));
    }
    let whose = match face {
        Some(face) => format!("the {face} face"),
        None => "any face".to_owned(),
    };
    let of = match releases {
        [release] => release.to_string(),
        _ => "any release".to_owned(),
    };
    Some(format!("no such operation `{name}` on {whose} of {of}, expected another `face` or `release`"))
}

pub(super) fn no_xenapi(release: Release) -> String {
    format!("{release} has no `xenapi`, expected release 3.1 or later")
}

/// A request, as far as expectations look at it.
pub(crate) enum Question<'r> {
    /// A request for a resource.
    Sxp {
        /// The HTTP method.
        method: &'r [u8],
        /// The path.
        path: &'r UrlPath,
        /// The fields of query and form together.
        fields: &'r Fields,
        /// The operations that the request may be.
        operations: &'r [Operation],
    },
    /// An XML-RPC call.
    Call {
        /// `xmlrpc` or `xenapi`.
        face: Face,
        /// The call.
        call: &'r Call<'r>,
        /// The operations that the call may be.
        operations: &'r [Operation],
    },
}

impl Question<'_> {
    pub(super) fn face(&self) -> Face {
        match self {
            Self::Sxp { .. } => Face::Sxp,
            Self::Call { face, .. } => *face,
        }
    }

    /// What the request asks for, out of the operations that it may be.
    fn recognise(&self, release: Release) -> Vec<(Operation, Arguments)> {
        match self {
            Self::Sxp { method, path, fields, operations } => {
                let field = |name: &str| Some(fields.get(name)?.first()?.as_slice());
                let path: Vec<_> = path.elements().collect();
                operation::recognise_resource(operations, release, method, &path, field)
            }
            Self::Call { face, call, operations } => {
                let params: Vec<_> = call.params().map(Datum::from_value).collect();
                operation::recognise_call(operations, *face, release, call.method(), &params)
            }
        }
    }
}

/// A request that expectations are held against.
pub(super) struct Asked<'q> {
    pub(super) question: &'q Question<'q>,
    release: Release,
    /// The operations with their arguments, from when an expectation first wants to know them.
    recognised: OnceCell<Vec<(Operation, Arguments)>>,
}

impl<'q> Asked<'q> {
    pub(super) fn new(question: &'q Question<'q>, release: Release) -> Self {
        Self { question, release, recognised: OnceCell::new() }
    }

    /// Whether the request is for an operation, with these arguments among its own.
    fn is(&self, operation: Operation, arguments: &Arguments) -> bool {
        let (Question::Sxp { operations, .. } | Question::Call { operations, .. }) = self.question;
        operations.contains(&operation)
            && self.recognised.get_or_init(|| self.question.recognise(self.release)).iter().any(|(asked, given)| {
                *asked == operation && arguments.iter().all(|(name, value)| given.get(name) == Some(value))
            })
    }
}

/// The request on one line, for reports.
impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sxp { method, path, fields, .. } => {
                write!(f, "sxp {} /{}", xend_wire::visible(method), xend_wire::visible(&path.joined()))?;
                for (name, values) in fields.iter() {
                    for value in values {
                        write!(f, " {}={}", xend_wire::visible(name), shortened(&xend_wire::visible(value)))?;
                    }
                }
                Ok(())
            }
            Self::Call { face, call, .. } => {
                let params: Vec<_> = call
                    .params()
                    .map(|param| shortened(&xend_wire::visible(&Datum::from_value(param).repr())))
                    .collect();
                write!(f, "{face} {}({})", call.method(), params.join(", "))
            }
        }
    }
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

impl Requests {
    pub(super) fn match_request(&self, asked: &Asked<'_>) -> bool {
        let question = asked.question;
        match self {
            Self::Operation { face, operation, arguments, .. } => {
                face.is_none_or(|face| face == question.face()) && asked.is(*operation, arguments)
            }
            Self::Http { method, path, fields } => {
                let Question::Sxp { method: asked, path: given_path, fields: given, .. } = question else {
                    return false;
                };
                method.as_ref().is_none_or(|method| method.as_bytes() == *asked)
                    && path.as_ref().is_none_or(|path| path.names().eq(given_path.names()))
                    && fields.iter().all(|(name, value)| given.get(name) == Some(std::slice::from_ref(value)))
            }
            Self::Call { face, method, params, .. } => {
                let Question::Call { face: asked, call, .. } = question else { return false };
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

/// As it stands in reports: `sxp domain.pause domain=vm1`.
impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operation { face, operation, arguments, .. } => {
                if let Some(face) = face {
                    write!(f, "{face} ")?;
                }
                f.write_str(operation.name())?;
                arguments.iter().try_for_each(|(name, value)| write!(f, " {name}={}", xend_wire::visible(value)))
            }
            Self::Http { method, path, fields } => {
                write!(f, "sxp {}", method.as_deref().unwrap_or("*"))?;
                match path {
                    Some(path) => write!(f, " /{}", xend_wire::visible(&path.names().collect::<Vec<_>>().join(&b'/')))?,
                    None => f.write_str(" *")?,
                }
                fields.iter().try_for_each(|(name, value)| write!(f, " {name}={}", xend_wire::visible(value)))
            }
            Self::Call { face, method, params, .. } => {
                write!(f, "{face} {}", method.as_deref().unwrap_or("*"))?;
                match params {
                    Some(params) => write!(f, " with {} parameters", params.len()),
                    None => Ok(()),
                }
            }
        }
    }
}
