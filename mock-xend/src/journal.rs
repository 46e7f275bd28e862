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

    pub(crate) fn push(&mut self, exchange: Exchange) {
        self.total += 1;
        if self.capacity == 0 {
            return;
        }
        if self.exchanges.len() == self.capacity {
            self.exchanges.pop_front();
        }
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
        let exchange = |reply: &str| Exchange {
            face: Face::Sxp,
            at: Duration::ZERO,
            request: Vec::new(),
            reply: reply.as_bytes().to_vec(),
        };
        let mut journal = Journal::new(2);
        for reply in ["a", "b", "c"] {
            journal.push(exchange(reply));
        }
        assert_eq!(journal.exchanges().map(|exchange| exchange.reply.as_slice()).collect::<Vec<_>>(), [b"b", b"c"]);
        assert_eq!(journal.total(), 3);
    }
}
