//! The exchanges of a mock as they happen, for those who follow it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};

use crate::journal::{Exchange, Recognise};

/// The bytes that wait for a follower at most. What comes then is lost to the follower, so that one that does not keep
/// up costs neither memory nor time.
const BUDGET: usize = 64 << 20;

/// The exchanges of a mock as they happen. The iterator waits for the next one, and ends when the mock has stopped.
///
/// At most 64 MiB wait for a reader that does not keep up; what comes then is [lost](Self::lost).
pub struct Following {
    receiver: Receiver<Exchange>,
    waiting: Arc<Waiting>,
    recognise: Recognise,
}

/// The end of the mock.
pub(crate) struct Followed {
    sender: Sender<Exchange>,
    waiting: Arc<Waiting>,
}

#[derive(Default)]
struct Waiting {
    bytes: AtomicUsize,
    lost: AtomicU64,
}

/// Returns both ends. `recognise` tells what a request asks for.
pub(crate) fn following(recognise: Recognise) -> (Followed, Following) {
    let (sender, receiver) = mpsc::channel();
    let waiting = Arc::new(Waiting::default());
    (Followed { sender, waiting: Arc::clone(&waiting) }, Following { receiver, waiting, recognise })
}

impl Followed {
    /// Tells the follower of an exchange. Returns false if the follower has gone.
    pub(crate) fn tell(&self, exchange: Exchange) -> bool {
        let cost = exchange.cost();
        if self.waiting.bytes.load(Ordering::Relaxed) + cost > BUDGET {
            self.waiting.lost.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        self.waiting.bytes.fetch_add(cost, Ordering::Relaxed);
        self.sender.send(exchange).is_ok()
    }
}

impl Following {
    /// Returns the number of exchanges that were lost since it was last asked.
    pub fn lost(&self) -> u64 {
        self.waiting.lost.swap(0, Ordering::Relaxed)
    }
}

impl Iterator for Following {
    type Item = Exchange;

    fn next(&mut self) -> Option<Exchange> {
        let mut exchange = self.receiver.recv().ok()?;
        self.waiting.bytes.fetch_sub(exchange.cost(), Ordering::Relaxed);
        exchange.recognise(self.recognise);
        Some(exchange)
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use xend_wire::Release;
    use xend_wire::operation::Face;

    use super::*;
    use crate::fault::Faults;
    use crate::journal::{AnsweredBy, Told};

    #[test]
    fn who_does_not_keep_up_is_told_how_much_was_lost() {
        let (followed, mut following) = following(|_, _, _| None);
        for number in 1..=10 {
            let told = Told {
                face: Face::Sxp,
                connection: 1,
                release: Release::V4_1,
                at: Duration::ZERO,
                answered_by: AnsweredBy::Face,
                faults: Faults::none(),
            };
            assert!(followed.tell(Exchange::new(number, told, vec![b'x'; BUDGET / 4], Vec::new())));
        }
        assert_eq!(following.next().map(|exchange| exchange.number), Some(1));
        assert_eq!((following.lost(), following.lost()), (7, 0));
        drop(followed);
        let left: Vec<_> = following.map(|exchange| exchange.number).collect();
        assert_eq!(left, [2, 3]);
    }
}
