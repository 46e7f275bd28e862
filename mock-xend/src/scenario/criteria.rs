//! The criteria of an expectation, each held against a request on its own.

use std::fmt;

use xend_wire::operation::{ArgumentKind, Face, Operation};
use xend_wire::sexpr;

use super::expectation::Expectation;
use super::matching::Match;
use super::param::Param;
use super::request::{RecognisedRequest, RequestKind};
use super::{difference, shown};

/// One criterion of an expectation.
#[derive(Clone, Copy, Debug)]
pub(super) enum Criterion<'e> {
    Face(Face),
    Operation(Operation),
    Arg(Operation, &'e str, &'e Match),
    Method(&'e Match),
    Path(&'e Match),
    Field(&'e str, &'e Match),
    Params(&'e [Param]),
    Header(&'e str, &'e Match),
    Body(&'e Match),
    Connection(&'e Match),
}

/// A criterion in words, with the reasons why a request does not meet it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CriterionReport {
    pub(crate) criterion: String,
    /// What differs, one line each; empty if the criterion is met.
    pub(crate) differences: Vec<String>,
}

impl Expectation {
    /// Returns the criteria, the most telling first.
    pub(super) fn criteria(&self) -> impl Iterator<Item = Criterion<'_>> {
        let args = self
            .operation
            .into_iter()
            .flat_map(|operation| self.args.iter().map(move |(name, value)| Criterion::Arg(operation, name, value)));
        (self.face.into_iter().map(Criterion::Face))
            .chain(self.operation.map(Criterion::Operation))
            .chain(self.method.as_ref().map(Criterion::Method))
            .chain(self.path.as_ref().map(Criterion::Path))
            .chain(args)
            .chain(self.fields.iter().map(|(name, value)| Criterion::Field(name, value)))
            .chain(self.params.as_deref().map(Criterion::Params))
            .chain(self.headers.iter().map(|(name, value)| Criterion::Header(name, value)))
            .chain(self.body.as_ref().map(Criterion::Body))
            .chain(self.connection.as_ref().map(Criterion::Connection))
    }

    /// Returns whether a request meets all criteria, without regard to states and numbers.
    pub(super) fn matches(&self, request: &RecognisedRequest<'_>) -> bool {
        self.criteria().all(|criterion| criterion.is_met(request))
    }
}

impl Criterion<'_> {
    /// How much a criterion says of what a request is about: an expectation of another operation is not close. On `sxp`
    /// the field `op` says it, and the method of HTTP next to nothing: most requests that change something are a POST.
    pub(super) fn weight(&self, face: Option<Face>) -> u32 {
        match self {
            Self::Method(_) if face == Some(Face::Sxp) => 1,
            Self::Operation(_) | Self::Method(_) | Self::Path(_) | Self::Field("op", _) => 4,
            Self::Arg(..) | Self::Field(..) | Self::Params(_) | Self::Body(_) => 2,
            Self::Face(_) | Self::Header(..) | Self::Connection(_) => 1,
        }
    }

    pub(super) fn is_met(&self, request: &RecognisedRequest<'_>) -> bool {
        let asked = request.asked;
        match self {
            Self::Face(face) => *face == asked.face,
            Self::Operation(operation) => request.is(*operation),
            Self::Arg(operation, name, value) => request.arguments(*operation, name).any(|given| value.is(given)),
            Self::Method(method) => method.is(Some(asked.method())),
            Self::Path(path) => path.is(Some(&asked.path.comparable())),
            Self::Field(name, value) => match asked.field(name) {
                [] => value.is(None),
                [given] => value.is(Some(given)),
                _ => false,
            },
            Self::Params(params) => {
                matches!(asked.kind, RequestKind::Call(_))
                    && asked.params().count() == params.len()
                    && params.iter().zip(asked.params()).all(|(param, given)| param.is(given))
            }
            Self::Header(name, value) => value.is(asked.headers.get(name)),
            Self::Body(body) => body.is(Some(asked.body)),
            Self::Connection(number) => number.is(Some(asked.connection.to_string().as_bytes())),
        }
    }

    /// Tells the criterion, and what differs in the request.
    pub(super) fn tell(&self, request: &RecognisedRequest<'_>) -> CriterionReport {
        let differences = if self.is_met(request) { Vec::new() } else { self.differences(request) };
        let criterion = match self {
            Self::Params(params) => {
                let is_secret = |at| shown::is_secret_param(request.asked.face, request.asked.method(), at);
                let show = |(at, param): (usize, &Param)| match is_secret(at) {
                    true => shown::REDACTED.to_owned(),
                    false => param.to_string(),
                };
                format!("params: [{}]", params.iter().enumerate().map(show).collect::<Vec<_>>().join(", "))
            }
            other => other.to_string(),
        };
        CriterionReport { criterion, differences }
    }

    fn differences(&self, request: &RecognisedRequest<'_>) -> Vec<String> {
        let asked = request.asked;
        let differs = |name: &str, given: Option<&[u8]>, expected: &Match| {
            let given = match given {
                Some(_) if shown::is_secret(name.as_bytes()) => shown::REDACTED.to_owned(),
                Some(given) => format!("\"{}\"", shown::text(given)),
                None => "missing".to_owned(),
            };
            let expected = match expected.text() {
                Some(_) if shown::is_secret(name.as_bytes()) => shown::REDACTED.to_owned(),
                Some(text) => format!("\"{}\"", shown::text(text)),
                None => expected.to_string(),
            };
            vec![format!("{name}: {given}, expected {expected}")]
        };
        match self {
            Self::Face(face) => vec![format!("face: {}, expected {face}", asked.face)],
            Self::Operation(operation) => {
                let mut names: Vec<_> = request.recognised().iter().map(|(operation, _)| operation.name()).collect();
                names.dedup();
                let given = if names.is_empty() { "none that is known".to_owned() } else { names.join(" or ") };
                vec![format!("operation: {given}, expected {operation}", operation = operation.name())]
            }
            Self::Arg(operation, name, value) => {
                let given = request.arguments(*operation, name).next().flatten();
                let is_sexpr = operation.argument(name).is_some_and(|arg| arg.kind == ArgumentKind::Sexpr);
                let path = format!("args.{name}");
                if let (true, Some(given), Some(wanted)) = (is_sexpr, given, value.text())
                    && let (Ok(given), Ok(wanted)) = (sexpr::parse(given), sexpr::parse(wanted))
                {
                    let found = difference::sexpr(&path, given.first(), wanted.first());
                    if !found.is_empty() {
                        return found;
                    }
                }
                differs(&path, given, value)
            }
            Self::Method(method) => differs("method", Some(asked.method()), method),
            Self::Path(path) => differs("path", Some(&asked.path.comparable()), path),
            Self::Field(name, value) => match asked.field(name) {
                [first, _, ..] => {
                    let count = asked.field(name).len();
                    vec![format!("fields.{name}: given {count} times, first \"{}\", expected once", shown::text(first))]
                }
                given => differs(&format!("fields.{name}"), given.first().map(Vec::as_slice), value),
            },
            Self::Params(params) => {
                let mut found = Vec::new();
                if !matches!(asked.kind, RequestKind::Call(_)) {
                    return vec!["params: the request is no call".to_owned()];
                }
                for (at, param) in params.iter().enumerate() {
                    let given = asked.params().nth(at);
                    if shown::is_secret_param(asked.face, asked.method(), at) {
                        if !given.is_some_and(|given| param.is(given)) {
                            let given = given.map_or("missing", |_| shown::REDACTED);
                            found.push(format!("params[{at}]: {given}, expected {}", shown::REDACTED));
                        }
                        continue;
                    }
                    param.differences(&format!("params[{at}]"), given, &mut found);
                }
                let count = asked.params().count();
                if count > params.len() {
                    found.push(format!("params: {count} of them, expected {}", params.len()));
                }
                found
            }
            Self::Header(name, value) => differs(&format!("headers.{name}"), asked.headers.get(name), value),
            Self::Body(body) => differs("body", Some(asked.body), body),
            Self::Connection(number) => vec![format!("connection: {}, expected {number}", asked.connection)],
        }
    }
}

/// The criterion as a tick shows it: `args.domain: vm1`.
impl fmt::Display for Criterion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |f: &mut fmt::Formatter<'_>, kind: &str, name: &str, value: &Match| {
            let value = if shown::is_secret(name.as_bytes()) { shown::REDACTED.to_owned() } else { value.to_string() };
            write!(f, "{kind}.{}: {value}", shown::text(name.as_bytes()))
        };
        match self {
            Self::Face(face) => write!(f, "face: {face}"),
            Self::Operation(operation) => write!(f, "operation: {}", operation.name()),
            Self::Arg(_, name, value) => named(f, "args", name, value),
            Self::Method(method) => write!(f, "method: {method}"),
            Self::Path(path) => write!(f, "path: {path}"),
            Self::Field(name, value) => named(f, "fields", name, value),
            Self::Params(params) => write!(f, "params: {} of them", params.len()),
            Self::Header(name, value) => named(f, "headers", name, value),
            Self::Body(body) => write!(f, "body: {body}"),
            Self::Connection(number) => write!(f, "connection: {number}"),
        }
    }
}
