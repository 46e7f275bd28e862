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
    /// What came in. Bytes that the daemon leaves unread are not in it.
    pub request: Vec<u8>,
    /// What went out. Empty where the daemon closes without a word.
    pub reply: Vec<u8>,
}

/// The last exchanges of a mock, oldest first, and how many there were in all.
#[derive(Clone, Debug)]
pub struct Journal {
    exchanges: VecDeque<Exchange>,
    capacity: usize,
    total: u64,
}

impl Journal {
    /// How many exchanges a journal keeps if nothing is said.
    pub const DEFAULT_CAPACITY: usize = 1000;

    pub(crate) fn new(capacity: usize) -> Self {
        Self { exchanges: VecDeque::new(), capacity, total: 0 }
    }

    /// Notes an exchange. The oldest one makes room for it, and gives it its memory.
    pub(crate) fn record(&mut self, face: Face, at: Duration, request: &[u8], reply: &[u8]) {
        self.total += 1;
        if self.capacity == 0 {
            return;
        }
        let is_full = self.exchanges.len() == self.capacity;
        let exchange = match is_full.then(|| self.exchanges.pop_front()).flatten() {
            Some(mut oldest) => {
                oldest.request.clear();
                oldest.request.extend_from_slice(request);
                oldest.reply.clear();
                oldest.reply.extend_from_slice(reply);
                Exchange { face, at, ..oldest }
            }
            None => Exchange { face, at, request: request.to_vec(), reply: reply.to_vec() },
        };
        self.exchanges.push_back(exchange);
    }

    /// The exchanges that were kept, oldest first.
    pub fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    /// How many exchanges there were, those that were not kept included.
    pub fn total(&self) -> u64 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_exchange_makes_room() {
        let mut journal = Journal::new(2);
        for reply in ["a", "bb", "c"] {
            journal.record(Face::Sxp, Duration::ZERO, b"GET / HTTP/1.1\r\n\r\n", reply.as_bytes());
        }
        assert_eq!(
            journal.exchanges().map(|exchange| exchange.reply.as_slice()).collect::<Vec<_>>(),
            [b"bb".as_slice(), b"c"]
        );
        assert_eq!(journal.total(), 3);
    }
}
