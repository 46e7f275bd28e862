//! An expectation: the requests that it answers, how often, and how.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;

use xend_wire::operation::{Face, Operation};

use super::change::Change;
use super::matching::Match;
use super::param::Param;
use super::shown;
use super::step::Step;
use super::times::Times;
use crate::fault::Fault;
use crate::path::UrlPath;

/// A description of requests, with what answers them. [`expect`], [`expect_http`] and [`expect_call`] begin one; each
/// method adds a criterion or a detail of the answer.
///
/// Without a reply, the simulated host answers, and the expectation only counts the requests. Without
/// [`times`](Self::times), it answers one request; with several replies, one request for each.
///
/// ```
/// use mock_xend::{Face, Match, MockXend, Reply, Scenario, expect, expect_http};
/// use xend_wire::operation::{INFO, PAUSE};
///
/// let scenario = Scenario::from_iter([
///     expect(PAUSE).arg("domain", "vm1").reply(Reply::NotImplemented("pause".into())).on(Face::Sxp).times(2),
///     expect(INFO).arg("domain", Match::regex("vm[0-9]+")).times(1..=3),
///     expect_http("GET", "/xend/node/").header("user-agent", Match::any()).reply(Reply::InternalError),
/// ]);
/// let mock = MockXend::builder().scenario(scenario).start()?;
/// # let _ = mock.stop();
/// # Ok::<(), mock_xend::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Expectation {
    pub(super) origin: Origin,
    pub(super) face: Option<Face>,
    pub(super) operation: Option<Operation>,
    pub(super) args: Vec<(String, Match)>,
    /// The HTTP method on `sxp`, and the name of the XML-RPC method elsewhere.
    pub(super) method: Option<Match>,
    pub(super) path: Option<Match>,
    pub(super) fields: Vec<(String, Match)>,
    pub(super) params: Option<Vec<Param>>,
    pub(super) headers: Vec<(String, Match)>,
    pub(super) body: Option<Match>,
    pub(super) connection: Option<Match>,
    pub(super) state: Vec<(String, String)>,
    /// `None` for as many as there are replies.
    pub(super) times: Option<Times>,
    pub(super) is_in_order: bool,
    /// Only every so many-th request that matches is answered.
    pub(super) every: Option<u64>,
    /// The probability that a request that matches is answered.
    pub(super) probability: Option<f64>,
    pub(super) steps: Vec<Step>,
    pub(super) is_loop: bool,
}

/// Where an expectation is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a scenario file, counted from 1.
    Line(usize),
    /// A line of Rust code, as `FILE:LINE`.
    Code(Arc<str>),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Code(place) => f.write_str(place),
        }
    }
}

/// Begins an expectation of an operation, on any face.
#[track_caller]
pub fn expect(operation: Operation) -> Expectation {
    Expectation { operation: Some(operation), ..Expectation::new(Origin::here()) }
}

/// Begins an expectation of an HTTP request on the face `sxp`.
#[track_caller]
pub fn expect_http(method: impl Into<Match>, path: impl Into<Match>) -> Expectation {
    let face = Some(Face::Sxp);
    Expectation { face, method: Some(method.into()), ..Expectation::new(Origin::here()) }.path(path)
}

/// Begins an expectation of a call of an XML-RPC method on the face `xmlrpc` or `xenapi`.
#[track_caller]
pub fn expect_call(face: Face, method: impl Into<Match>) -> Expectation {
    Expectation { face: Some(face), method: Some(method.into()), ..Expectation::new(Origin::here()) }
}

impl Origin {
    #[track_caller]
    fn here() -> Self {
        let location = Location::caller();
        Self::Code(format!("{}:{}", location.file(), location.line()).into())
    }
}

impl Expectation {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            face: None,
            operation: None,
            args: Vec::new(),
            method: None,
            path: None,
            fields: Vec::new(),
            params: None,
            headers: Vec::new(),
            body: None,
            connection: None,
            state: Vec::new(),
            times: None,
            is_in_order: false,
            every: None,
            probability: None,
            steps: Vec::new(),
            is_loop: false,
        }
    }

    /// Expects the request on this face only.
    #[must_use]
    pub fn on(mut self, face: Face) -> Self {
        self.face = Some(face);
        self
    }

    /// Expects an argument of the operation. On `xenapi`, a domain is given by its reference.
    #[must_use]
    pub fn arg(mut self, name: impl Into<String>, value: impl Into<Match>) -> Self {
        self.args.push((name.into(), value.into()));
        self
    }

    /// Expects this path of the URL, without its query: `/xend/domain/vm1`. In a text, percent-encoding is decoded; empty
    /// elements are ignored.
    #[must_use]
    pub fn path(mut self, path: impl Into<Match>) -> Self {
        self.path = Some(path.into().map_texts(&|text| UrlPath::parse(text).comparable().into_owned()));
        self
    }

    /// Expects a field of the query or the form, which comes exactly once.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Match>) -> Self {
        self.fields.push((name.into(), value.into()));
        self
    }

    /// Expects these parameters, and no others.
    #[must_use]
    pub fn params<P: Into<Param>>(mut self, params: impl IntoIterator<Item = P>) -> Self {
        self.params = Some(params.into_iter().map(Into::into).collect());
        self
    }

    /// Expects a header. Its name is compared without regard to case.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<Match>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Expects this body, byte for byte.
    #[must_use]
    pub fn body(mut self, body: impl Into<Match>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Expects the request on this connection: connections are counted from 1 over all listeners of the mock.
    #[must_use]
    pub fn connection(mut self, number: impl Into<Match>) -> Self {
        self.connection = Some(number.into());
        self
    }

    /// Expects the request while a state holds: the value that [`Scenario::state`](crate::Scenario::state) or an
    /// earlier [`next_state`](Self::next_state) gave to this name.
    #[must_use]
    pub fn state(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.state.push((name.into(), value.into()));
        self
    }

    /// Sets how many requests are answered: `2`, `1..=3`, `2..`, [`Times::ANY`], or `0` if none may come.
    #[must_use]
    pub fn times(mut self, times: impl Into<Times>) -> Self {
        self.times = Some(times.into());
        self
    }

    /// Expects the request only after all earlier expectations with `in_order` have answered all of their requests.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.is_in_order = true;
        self
    }

    /// Answers only every so many-th request that matches: with 3, the third, the sixth and so on. The others go to
    /// later expectations or to the simulated host.
    #[must_use]
    pub fn every(mut self, number: u64) -> Self {
        self.every = Some(number);
        self
    }

    /// Answers a request that matches with this probability, from 0 to 1. The others go to later expectations or to the
    /// simulated host. The seed of the scenario decides which.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Adds a reply: the first request gets the first reply, the next one the second, and those after the last reply get
    /// the last one again.
    #[must_use]
    pub fn reply(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// Adds the reply of the simulated host.
    #[must_use]
    pub fn simulate(self) -> Self {
        self.reply(Step::simulate())
    }

    /// Begins with the first reply again after the last one.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.is_loop = true;
        self
    }

    /// Breaks the last reply that was added on its way.
    #[must_use]
    pub fn faults(self, faults: impl IntoIterator<Item = Fault>) -> Self {
        self.with_last(|step| step.faults(faults))
    }

    /// Changes the simulated host when the last reply that was added is given.
    #[must_use]
    pub fn change(self, change: Change) -> Self {
        self.with_last(|step| step.change(change))
    }

    /// Lets a state hold as soon as the last reply that was added is given.
    #[must_use]
    pub fn next_state(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.with_last(|step| step.next_state(name, value))
    }

    fn with_last(mut self, change: impl FnOnce(Step) -> Step) -> Self {
        let last = self.steps.pop().unwrap_or_default();
        self.steps.push(change(last));
        self
    }

    /// Returns how many requests are answered.
    pub(super) fn how_often(&self) -> Times {
        match self.times {
            Some(times) => times,
            None if self.is_loop || self.every.is_some() || self.probability.is_some() => Times::ANY,
            None => (self.steps.len().max(1) as u64).into(),
        }
    }

    /// Returns what happens when the expectation answers a request after this many others.
    pub(super) fn step(&self, used: u64) -> Option<&Step> {
        let count = self.steps.len();
        let at = usize::try_from(used).unwrap_or(usize::MAX);
        match count {
            0 => None,
            _ if self.is_loop => self.steps.get(at % count),
            _ => self.steps.get(at.min(count - 1)),
        }
    }
}

/// The requests in the form that reports show: `sxp domain.pause domain=vm1`.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pair = |f: &mut fmt::Formatter<'_>, name: &str, value: &Match| match value.text() {
            Some(text) => f.write_str(&shown::field(name.as_bytes(), text)),
            None if shown::is_secret(name.as_bytes()) => f.write_str(&shown::field(name.as_bytes(), b"")),
            None => write!(f, " {}={{{value}}}", shown::text(name.as_bytes())),
        };
        let mut words = Vec::new();
        words.extend(self.face.map(|face| face.to_string()));
        match (self.operation, self.face) {
            (Some(operation), _) => words.push(operation.name().to_owned()),
            (None, Some(_)) => {
                words.push(self.method.as_ref().map_or("*".to_owned(), ToString::to_string));
                if self.face == Some(Face::Sxp) {
                    words.push(self.path.as_ref().map_or("*".to_owned(), ToString::to_string));
                }
            }
            (None, None) => words.push("any request".to_owned()),
        }
        f.write_str(&words.join(" "))?;
        self.args.iter().chain(&self.fields).try_for_each(|(name, value)| pair(f, name, value))?;
        if let Some(params) = &self.params {
            let parameters = if params.len() == 1 { "parameter" } else { "parameters" };
            write!(f, " with {} {parameters}", params.len())?;
        }
        self.headers.iter().try_for_each(|(name, value)| pair(f, name, value))?;
        if let Some(number) = &self.connection {
            write!(f, " on connection {number}")?;
        }
        self.state.iter().try_for_each(|(name, value)| write!(f, " while {name} is {value}"))
    }
}
