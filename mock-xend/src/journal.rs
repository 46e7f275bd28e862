//! What went over the connections of a mock.

use std::collections::VecDeque;
use std::time::Duration;

use xend_wire::operation::Face;

/// One request with its reply, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The face that was spoken.
    pub face: Face,
    /// The time of the world, since the Unix epoch.
    pub at: Duration,
    /// What came in, or its beginning. Bytes that the daemon leaves unread are not in it.
    pub request: Vec<u8>,
    /// How many bytes came in. If there are more than in `request`, the others are left out.
    pub request_length: usize,
    /// What went out, or its beginning. Empty where the daemon closes without a word.
    pub reply: Vec<u8>,
    /// How many bytes went out. If there are more than in `reply`, the others are left out.
    pub reply_length: usize,
}

impl Exchange {
    /// Whether nothing of it is left out.
    pub fn is_whole(&self) -> bool {
        self.request.len() == self.request_length && self.reply.len() == self.reply_length
    }

    /// How many bytes it takes to keep it.
    fn cost(&self) -> usize {
        size_of::<Self>() + self.request.capacity() + self.reply.capacity()
    }
}

/// The last exchanges of a mock, oldest first, and how many there were in all.
///
/// It keeps so many exchanges and so many bytes, whichever comes first: beyond that the oldest exchanges are dropped. Of
/// a request or a reply no more than an eighth of the bytes is kept, so that one that is long does not cost all others.
#[derive(Clone, Debug)]
pub struct Journal {
    exchanges: VecDeque<Exchange>,
    capacity: usize,
    budget: usize,
    /// What the exchanges cost.
    held: usize,
    total: u64,
}

/// Buffers up to this are filled again, as most exchanges are short; longer ones are given back.
const REUSED: usize = 4096;

impl Journal {
    /// How many exchanges a journal keeps if nothing is said.
    pub const DEFAULT_CAPACITY: usize = 1000;
    /// How many bytes a journal keeps if nothing is said: 64 MiB.
    pub const DEFAULT_BUDGET: usize = 64 << 20;

    pub(crate) fn new(capacity: usize, budget: usize) -> Self {
        Self { exchanges: VecDeque::new(), capacity, budget, held: 0, total: 0 }
    }

    /// Notes an exchange. The oldest ones make room for it.
    pub(crate) fn record(&mut self, face: Face, at: Duration, request: &[u8], reply: &[u8]) {
        self.total += 1;
        if self.capacity == 0 {
            return;
        }
        let is_full = self.exchanges.len() == self.capacity;
        let oldest = is_full.then(|| self.drop_oldest()).flatten();
        let (mut kept_request, mut kept_reply) =
            oldest.map(|oldest| (oldest.request, oldest.reply)).unwrap_or_default();
        let keep = |kept: &mut Vec<u8>, given: &[u8]| {
            kept.clear();
            kept.shrink_to(REUSED);
            let given = &given[..given.len().min(self.budget / 8)];
            kept.reserve_exact(given.len());
            kept.extend_from_slice(given);
        };
        keep(&mut kept_request, request);
        keep(&mut kept_reply, reply);
        let (request_length, reply_length) = (request.len(), reply.len());
        let exchange = Exchange { face, at, request: kept_request, request_length, reply: kept_reply, reply_length };
        self.held += exchange.cost();
        self.exchanges.push_back(exchange);
        while self.held > self.budget {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) -> Option<Exchange> {
        let oldest = self.exchanges.pop_front()?;
        self.held -= oldest.cost();
        Some(oldest)
    }

    /// The exchanges that were kept, oldest first.
    pub fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    /// How many exchanges there were, those that were not kept included.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many exchanges were not kept.
    pub fn dropped(&self) -> u64 {
        self.total - self.exchanges.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_exchange_makes_room() {
        let mut journal = Journal::new(2, Journal::DEFAULT_BUDGET);
        for reply in ["a", "bb", "c"] {
            journal.record(Face::Sxp, Duration::ZERO, b"GET / HTTP/1.1\r\n\r\n", reply.as_bytes());
        }
        assert_eq!(
            journal.exchanges().map(|exchange| exchange.reply.as_slice()).collect::<Vec<_>>(),
            [b"bb".as_slice(), b"c"]
        );
        assert_eq!((journal.total(), journal.dropped()), (3, 1));
    }

    #[test]
    fn what_is_long_is_cut_and_what_is_too_much_is_dropped() {
        const BUDGET: usize = 1 << 16;
        let mut journal = Journal::new(Journal::DEFAULT_CAPACITY, BUDGET);
        for length in (0..2 * BUDGET).step_by(1000) {
            journal.record(Face::XmlRpc, Duration::ZERO, &vec![b'x'; length], b"reply");
            let costs: usize = journal.exchanges().map(Exchange::cost).sum();
            assert_eq!(journal.held, costs);
            assert!(costs <= BUDGET, "{costs}");
        }
        assert_eq!(journal.dropped(), journal.total() - journal.exchanges().count() as u64);
        let last = journal.exchanges().next_back().expect("it keeps the last one");
        assert_eq!((last.request.len(), last.request_length, last.reply_length), (BUDGET / 8, 131_000, 5));
        assert!(!last.is_whole() && journal.exchanges().count() > 6);
        // What the long ones had is given back, and the journal fills with short ones.
        for _ in 0..1000 {
            journal.record(Face::Sxp, Duration::ZERO, b"GET", b"reply");
        }
        let kept = journal.exchanges().count();
        assert!(kept * (size_of::<Exchange>() + 8) > BUDGET * 9 / 10, "{kept}");
        assert!(journal.exchanges().all(Exchange::is_whole));
    }
}
