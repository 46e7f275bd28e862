//! The record of the requests and replies of a mock.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use xend_wire::Release;
use xend_wire::failure::Failure;
use xend_wire::http::Reply;
use xend_wire::operation::{Arguments, Face, Operation};
use xend_wire::sexpr::Document;

use crate::fault::{Faults, Parts};

/// A request with its reply: what was asked, what answered, and both as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The number of the exchange, counted from 1.
    pub number: u64,
    /// The face of the connection.
    pub face: Face,
    /// The number of the connection, counted from 1 over all listeners.
    pub connection: u64,
    /// The release that answered.
    pub release: Release,
    /// The operation that was asked for. `None` if the request is none, or if it is not kept completely. A request that
    /// stands for several operations is the first of them in `xend_wire`'s table.
    pub operation: Option<Operation>,
    /// The arguments of the operation.
    pub arguments: Arguments,
    /// The generation of the scenario and the world that was in force when the reply was sent, counted from 1: it grows
    /// whenever either is replaced.
    pub generation: u64,
    /// What answered the request.
    pub answered_by: AnsweredBy,
    /// The time of the simulated host at the reply, since the Unix epoch.
    pub at: Duration,
    /// The bytes of the request, or the first of them if it is long. Bytes that the daemon leaves unread are not
    /// included.
    pub request: Vec<u8>,
    /// The length of the whole request, in bytes. It is more than the length of `request` if only the first bytes are
    /// kept.
    pub request_length: usize,
    /// The bytes of the reply, or the first of them if it is long. Empty if the connection was closed without a reply.
    pub reply: Vec<u8>,
    /// The length of the whole reply, in bytes. It is more than the length of `reply` if only the first bytes are kept.
    pub reply_length: usize,
    /// The faults that the reply was sent with. `reply` is what they left of it.
    pub faults: Faults,
}

/// What answered a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnsweredBy {
    /// The face itself, because the request can't be read.
    Face,
    /// Nothing: the connection never came to a request, because TLS met plain HTTP or its handshake failed.
    Nothing {
        /// Why, on one line.
        why: Arc<str>,
    },
    /// An expectation of the scenario.
    Expectation {
        /// Where it is written: `line 12`, or `FILE:LINE` in Rust.
        place: Arc<str>,
    },
    /// The simulated host.
    World {
        /// Why no expectation answered, in several lines; `None` without a scenario.
        why_not: Option<Arc<str>>,
    },
    /// The server behind a proxy.
    Server,
    /// An exchange of a recording.
    Recording {
        /// The name of the exchange.
        case: Arc<str>,
    },
    /// A refusal, because no expectation matches and the scenario says `unexpected = "refuse"`.
    Refusal {
        /// Why no expectation answered, in several lines; `None` if no expectation is close.
        why_not: Option<Arc<str>>,
    },
}

/// Tells the operation that a request stands for, with its arguments.
pub(crate) type Recognise = fn(Face, Release, &[u8]) -> Option<(Operation, Arguments)>;

/// The facts about an exchange that are not in its bytes.
#[derive(Clone)]
pub(crate) struct ExchangeInfo {
    pub(crate) face: Face,
    pub(crate) connection: u64,
    pub(crate) release: Release,
    pub(crate) generation: u64,
    pub(crate) at: Duration,
    pub(crate) answered_by: AnsweredBy,
    pub(crate) faults: Faults,
}

impl AnsweredBy {
    /// Returns the place of the expectation, if one answered.
    pub fn expectation(&self) -> Option<&str> {
        match self {
            Self::Expectation { place } => Some(place),
            Self::Face
            | Self::Nothing { .. }
            | Self::Server
            | Self::Recording { .. }
            | Self::World { .. }
            | Self::Refusal { .. } => None,
        }
    }

    /// Returns why no expectation answered, in several lines, if the mock has a scenario; or why nothing answered at all.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::World { why_not } | Self::Refusal { why_not } => why_not.as_deref(),
            Self::Nothing { why } => Some(why),
            Self::Face | Self::Server | Self::Recording { .. } | Self::Expectation { .. } => None,
        }
    }
}

impl Exchange {
    pub(crate) fn new(number: u64, info: ExchangeInfo, request: Vec<u8>, reply: Vec<u8>) -> Self {
        let ExchangeInfo { face, connection, release, generation, at, answered_by, faults } = info;
        let (request_length, reply_length) = (request.len(), reply.len());
        let (operation, arguments) = (None, Arguments::new());
        Self {
            number,
            face,
            connection,
            release,
            generation,
            operation,
            arguments,
            answered_by,
            at,
            request,
            request_length,
            reply,
            reply_length,
            faults,
        }
    }

    /// Fills in what the request asks for, if it is kept completely.
    pub(crate) fn recognise(&mut self, recognise: Recognise) {
        if self.request.len() == self.request_length
            && let Some((operation, arguments)) = recognise(self.face, self.release, &self.request)
        {
            self.operation = Some(operation);
            self.arguments = arguments;
        }
    }

    /// Returns the status of the reply; `None` if there is none, as for HTTP/0.9 and for a connection that was closed.
    pub fn status(&self) -> Option<u16> {
        let line = Parts::without_interim(&self.reply).strip_prefix(b"HTTP/1.")?;
        let status = line.split(|byte| *byte == b' ').nth(1)?;
        str::from_utf8(status.get(..3)?).ok()?.parse().ok()
    }

    /// Returns what the reply gives to a client that asked for the operation: its value as S-expressions, whatever the
    /// face, or why there is none. `None` if the request is not an operation, or if there is no whole reply.
    pub fn value(&self) -> Option<Result<Document<'static>, Failure>> {
        let operation = self.operation?;
        let status = self.status().filter(|_| self.is_whole())?;
        let reply = Parts::without_interim(&self.reply);
        let end = reply.windows(4).position(|end| end == b"\r\n\r\n")?;
        let (head, body) = (&reply[..end], &reply[end + 4..]);
        let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let reason = lines.next()?.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default();
        let mut reply = Reply::new(status, String::from_utf8_lossy(reason), body);
        reply.headers = lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
                Some((String::from_utf8_lossy(name).into_owned(), value.to_vec()))
            })
            .collect();
        Some(operation.read(self.face, self.release, &reply))
    }

    /// Returns whether the request and the reply are kept completely.
    pub fn is_whole(&self) -> bool {
        self.request.len() == self.request_length && self.reply.len() == self.reply_length
    }

    /// Returns the memory that the exchange takes, in bytes.
    pub(crate) fn cost(&self) -> usize {
        let why = self.answered_by.why_not().map_or(0, str::len);
        size_of::<Self>() + self.request.capacity() + self.reply.capacity() + why
    }
}

/// The latest exchanges of a mock, oldest first, and the number of exchanges in all.
///
/// A journal is limited both in the number of exchanges and in bytes. When either limit is reached, the oldest
/// exchanges are dropped. At most an eighth of the bytes is kept of a single request or reply, so that a long one does
/// not push out all others.
#[derive(Clone, Debug)]
pub struct Journal {
    exchanges: VecDeque<Exchange>,
    capacity: usize,
    budget: usize,
    /// The memory that the exchanges take, in bytes.
    held: usize,
    total: u64,
}

/// The largest buffer that is reused, in bytes. Most exchanges are short; longer buffers are freed.
const REUSED: usize = 4096;

impl Journal {
    /// The number of exchanges that a journal keeps by default.
    pub const DEFAULT_CAPACITY: usize = 1000;
    /// The number of bytes that a journal keeps by default: 64 MiB.
    pub const DEFAULT_BUDGET: usize = 64 << 20;

    pub(crate) fn new(capacity: usize, budget: usize) -> Self {
        Self { exchanges: VecDeque::new(), capacity, budget, held: 0, total: 0 }
    }

    /// Adds an exchange, whose reply comes in two pieces, and drops the oldest ones if there is no room for it.
    pub(crate) fn record(&mut self, info: ExchangeInfo, request: &[u8], reply: [&[u8]; 2]) {
        self.total += 1;
        if self.capacity == 0 {
            return;
        }
        let is_full = self.exchanges.len() == self.capacity;
        let oldest = is_full.then(|| self.drop_oldest()).flatten();
        let (mut kept_request, mut kept_reply) =
            oldest.map(|oldest| (oldest.request, oldest.reply)).unwrap_or_default();
        let keep = |kept: &mut Vec<u8>, pieces: &[&[u8]]| {
            let given = pieces.iter().map(|piece| piece.len()).sum();
            let most = usize::min(given, self.budget / 8);
            kept.clear();
            kept.shrink_to(REUSED);
            kept.reserve_exact(most);
            for piece in pieces {
                kept.extend_from_slice(&piece[..piece.len().min(most - kept.len())]);
            }
            given
        };
        let request_length = keep(&mut kept_request, &[request]);
        let reply_length = keep(&mut kept_reply, &reply);
        let exchange = Exchange::new(self.total, info, kept_request, kept_reply);
        let exchange = Exchange { request_length, reply_length, ..exchange };
        self.held += exchange.cost();
        self.exchanges.push_back(exchange);
        while self.held > self.budget {
            self.drop_oldest();
        }
    }

    /// Drops all exchanges, which still count.
    pub(crate) fn clear(&mut self) {
        self.exchanges.clear();
        self.held = 0;
    }

    fn drop_oldest(&mut self) -> Option<Exchange> {
        let oldest = self.exchanges.pop_front()?;
        self.held -= oldest.cost();
        Some(oldest)
    }

    /// Fills in what the requests ask for, as `recognise` tells it of those that are kept completely.
    pub(crate) fn recognised(mut self, recognise: Recognise) -> Self {
        self.exchanges.iter_mut().for_each(|exchange| exchange.recognise(recognise));
        self
    }

    /// Returns the exchanges that are kept, oldest first.
    pub fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Exchange> + ExactSizeIterator {
        self.exchanges.iter()
    }

    /// Returns the oldest exchange after this number.
    #[cfg(feature = "program")]
    pub(crate) fn after(&self, number: u64) -> Option<&Exchange> {
        self.exchanges.get(self.exchanges.partition_point(|exchange| exchange.number <= number))
    }

    /// Returns the number of all exchanges, including those that the journal has dropped.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Returns the number of exchanges that were dropped.
    pub fn dropped(&self) -> u64 {
        self.total - self.exchanges.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(face: Face) -> ExchangeInfo {
        ExchangeInfo {
            face,
            connection: 1,
            release: Release::V4_1,
            generation: 1,
            at: Duration::ZERO,
            answered_by: AnsweredBy::Face,
            faults: Faults::none(),
        }
    }

    #[test]
    fn the_oldest_exchange_makes_room() {
        let mut journal = Journal::new(2, Journal::DEFAULT_BUDGET);
        for reply in ["a", "bb", "c"] {
            journal.record(info(Face::Sxp), b"GET / HTTP/1.1\r\n\r\n", [reply.as_bytes(), b""]);
        }
        assert_eq!(
            journal.exchanges().map(|exchange| exchange.reply.as_slice()).collect::<Vec<_>>(),
            [b"bb".as_slice(), b"c"]
        );
        assert_eq!((journal.total(), journal.dropped()), (3, 1));
    }

    #[test]
    fn the_status_is_not_that_of_an_interim_reply() {
        let status = |reply: &str| Exchange::new(1, info(Face::Sxp), Vec::new(), reply.into()).status();
        assert_eq!(status("HTTP/1.1 200 OK\r\n\r\n"), Some(200));
        assert_eq!(status("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 501 Not Implemented\r\n\r\n"), Some(501));
        assert_eq!(status("HTTP/1.1 100 Continue\r\n\r\n"), Some(100));
        assert_eq!(status("HTTP/1.1 abc"), None);
    }

    #[test]
    fn what_is_long_is_cut_and_what_is_too_much_is_dropped() {
        const BUDGET: usize = 1 << 16;
        let mut journal = Journal::new(Journal::DEFAULT_CAPACITY, BUDGET);
        for length in (0..2 * BUDGET).step_by(1000) {
            journal.record(info(Face::XmlRpc), &vec![b'x'; length], [b"re", b"ply"]);
            let costs: usize = journal.exchanges().map(Exchange::cost).sum();
            assert_eq!(journal.held, costs);
            assert!(costs <= BUDGET, "{costs}");
        }
        assert_eq!(journal.dropped(), journal.total() - journal.exchanges().count() as u64);
        let last = journal.exchanges().next_back().expect("it keeps the last one");
        assert_eq!((last.request.len(), last.request_length, last.reply_length), (BUDGET / 8, 131_000, 5));
        assert!(!last.is_whole() && journal.exchanges().count() > 6);
        // The memory of the long exchanges is freed, and the journal fills with short ones.
        for _ in 0..1000 {
            journal.record(info(Face::Sxp), b"GET", [b"reply", b""]);
        }
        let kept = journal.exchanges().count();
        assert!(kept * (size_of::<Exchange>() + 8) > BUDGET * 9 / 10, "{kept}");
        assert!(journal.exchanges().all(Exchange::is_whole));
    }
}
