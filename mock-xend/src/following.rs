//! The exchanges of a mock as they happen, for those who follow it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};

use tokio::sync::Notify;

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

/// The end of the channel that the mock sends exchanges to.
#[derive(Debug)]
pub(crate) struct Follower {
    /// `None` only while the value is dropped.
    sender: Option<Sender<Exchange>>,
    waiting: Arc<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    lost: AtomicU64,
    /// Notified of each exchange, and of the end.
    changed: Notify,
}

/// Returns both ends of a channel for exchanges. `recognise` tells what a request asks for.
pub(crate) fn following(recognise: Recognise) -> (Follower, Following) {
    let (sender, receiver) = mpsc::channel();
    let waiting = Arc::new(Waiting::default());
    (Follower { sender: Some(sender), waiting: Arc::clone(&waiting) }, Following { receiver, waiting, recognise })
}

impl Follower {
    /// Tells the follower of an exchange. Returns false if the follower has gone.
    pub(crate) fn tell(&self, exchange: Exchange) -> bool {
        let cost = exchange.cost();
        if self.waiting.bytes.load(Ordering::Relaxed) + cost > BUDGET {
            self.waiting.lost.fetch_add(1, Ordering::Relaxed);
            return true;
        }
        self.waiting.bytes.fetch_add(cost, Ordering::Relaxed);
        let is_following = self.sender.as_ref().is_some_and(|sender| sender.send(exchange).is_ok());
        self.waiting.changed.notify_one();
        is_following
    }

    /// Returns whether the follower is still there.
    pub(crate) fn is_wanted(&self) -> bool {
        Arc::strong_count(&self.waiting) > 1
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // The follower is woken when the channel is closed already, so that it sees the end.
        self.sender = None;
        self.waiting.changed.notify_one();
    }
}

impl Following {
    /// Returns the number of exchanges that were lost since it was last asked.
    pub fn lost(&self) -> u64 {
        self.waiting.lost.swap(0, Ordering::Relaxed)
    }

    /// Waits for the next exchange without blocking the thread, for asynchronous code. `None` when the mock has stopped.
    pub async fn recv(&mut self) -> Option<Exchange> {
        loop {
            match self.receiver.try_recv() {
                Ok(exchange) => return Some(self.taken(exchange)),
                Err(TryRecvError::Disconnected) => return None,
                // An exchange that came meanwhile has left its notification.
                Err(TryRecvError::Empty) => self.waiting.changed.notified().await,
            }
        }
    }

    fn taken(&self, mut exchange: Exchange) -> Exchange {
        self.waiting.bytes.fetch_sub(exchange.cost(), Ordering::Relaxed);
        exchange.recognise(self.recognise);
        exchange
    }
}

impl Iterator for Following {
    type Item = Exchange;

    fn next(&mut self) -> Option<Exchange> {
        let exchange = self.receiver.recv().ok()?;
        Some(self.taken(exchange))
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
    use crate::journal::{AnsweredBy, ExchangeInfo};

    fn exchange(number: u64, length: usize) -> Exchange {
        let info = ExchangeInfo {
            face: Face::Sxp,
            connection: 1,
            release: Release::V4_1,
            generation: 1,
            at: Duration::ZERO,
            answered_by: AnsweredBy::Face,
            faults: Faults::none(),
        };
        Exchange::new(number, info, vec![b'x'; length], Vec::new())
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_an_exchange_and_by_the_end() {
        let (followed, mut following) = following(|_, _, _| None);
        let mut waiting = tokio::spawn(async move {
            let first = following.recv().await.map(|exchange| exchange.number);
            (first, following.recv().await.is_none())
        });
        tokio::task::yield_now().await;
        assert!(followed.tell(exchange(1, 10)));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(followed);
        assert_eq!((&mut waiting).await.expect("no panic"), (Some(1), true));
    }

    #[test]
    fn who_has_gone_is_known_before_the_next_exchange() {
        let (followed, following) = following(|_, _, _| None);
        assert!(followed.is_wanted());
        drop(following);
        assert!(!followed.is_wanted() && !followed.tell(exchange(1, 10)));
    }

    #[test]
    fn who_does_not_keep_up_is_told_how_much_was_lost() {
        let (followed, mut following) = following(|_, _, _| None);
        for number in 1..=10 {
            assert!(followed.tell(exchange(number, BUDGET / 4)));
        }
        assert_eq!(following.next().map(|exchange| exchange.number), Some(1));
        assert_eq!((following.lost(), following.lost()), (7, 0));
        drop(followed);
        let left: Vec<_> = following.map(|exchange| exchange.number).collect();
        assert_eq!(left, [2, 3]);
    }
}
