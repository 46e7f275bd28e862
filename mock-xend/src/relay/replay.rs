//! Answers from a recording.

use xend_wire::operation::Face;
use xend_wire::visible;

use super::recording::{End, Recording};
use super::same::is_same;
use super::told;
use crate::http::{Answer, Then};
use crate::journal::AnsweredBy;
use crate::scenario::{Finding, FindingKind, Report};

/// In which order a recording is replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Each exchange once, in the order in which they were recorded.
    Strict,
    /// Any exchange that has the request; one that was not used yet comes first.
    Loose,
}

/// A recording that is replayed.
#[derive(Debug)]
pub(crate) struct Replay {
    recording: Recording,
    order: Order,
    used: Vec<bool>,
    /// The requests that were not expected.
    unexpected: Report,
}

impl Replay {
    pub(crate) fn new(recording: Recording, order: Order) -> Self {
        let used = vec![false; recording.exchanges.len()];
        Self { recording, order, used, unexpected: Report::default() }
    }

    pub(super) fn face(&self) -> Face {
        self.recording.face
    }

    /// Forgets all requests so far.
    #[cfg(feature = "program")]
    pub(super) fn start_over(&mut self) {
        self.used.fill(false);
        self.unexpected = Report::default();
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, request: &[u8]) -> Answer {
        let has = |at: &usize| is_same(self.recording.face, &self.recording.exchanges[*at].request, request);
        let next = self.used.iter().position(|used| !used);
        let found = match self.order {
            Order::Strict => next.filter(has),
            Order::Loose => {
                let all = 0..self.used.len();
                let unused = all.clone().filter(|at| !self.used[*at]).find(has);
                unused.or_else(|| all.rev().find(has))
            }
        };
        let Some(at) = found else {
            let expected = match (self.order, next) {
                (Order::Strict, Some(next)) => format!("expected {}", self.recording.exchanges[next].case),
                (Order::Strict, None) => "the recording is at its end".to_owned(),
                (Order::Loose, _) => "no exchange of the recording has it".to_owned(),
            };
            let nearest = match self.order {
                Order::Strict => next,
                Order::Loose => told::nearest(&self.recording, request),
            };
            let what = format!("{}: {expected}", told::request(self.recording.face, request));
            let why = nearest.map(|at| told::why(self.recording.face, &self.recording.exchanges[at], request));
            let why = why.unwrap_or_default();
            self.unexpected.note(FindingKind::Unexpected, what.clone(), why.clone());
            let body = format!("not in the recording: {what}\n{why}");
            let head = format!(
                "HTTP/1.1 501 Not in the recording\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            return Answer::new((head + &body).into_bytes(), Then::Close);
        };
        self.used[at] = true;
        let exchange = &self.recording.exchanges[at];
        let then = match exchange.end {
            End::Closed => Then::Close,
            End::Open | End::Late => Then::Continue,
            End::Silent => Then::Hang,
            End::Reset => Then::Reset,
        };
        let answered_by = AnsweredBy::Recording { case: exchange.case.as_str().into() };
        Answer { answered_by, ..Answer::new(exchange.response.clone().unwrap_or_default(), then) }
    }

    /// Returns what differs so far between the requests and the recording.
    pub(super) fn report(&self) -> Report {
        let mut report = self.unexpected.clone();
        for (_, exchange) in self.used.iter().zip(&self.recording.exchanges).filter(|(used, _)| !**used) {
            let what = visible(exchange.case.as_bytes());
            report.push(Finding { kind: FindingKind::Unused, what, why: String::new() });
        }
        report
    }
}
