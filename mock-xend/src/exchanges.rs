//! The exchanges of a server: its journal, and those who follow them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
#[cfg(feature = "program")]
use tokio::sync::futures::Notified;

use crate::following::{Follower, Following, following};
use crate::journal::{Exchange, ExchangeInfo, Journal, Recognise};

/// The exchanges of a server, shared by its connections.
#[derive(Debug)]
pub(crate) struct Exchanges {
    journal: Mutex<Journal>,
    /// The senders to those who follow the journal.
    followers: Mutex<Vec<Follower>>,
    is_followed: AtomicBool,
    /// Notified of each exchange.
    changed: Notify,
}

impl Exchanges {
    pub(crate) fn new(journal: Journal) -> Self {
        Self {
            journal: Mutex::new(journal),
            followers: Mutex::default(),
            is_followed: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// Adds an exchange to the journal, and tells it those who follow. The reply comes in two pieces.
    pub(crate) fn record(&self, info: ExchangeInfo, request: &[u8], reply: [&[u8]; 2]) {
        let is_followed = self.is_followed.load(Ordering::Relaxed);
        let followed = is_followed.then(|| info.clone());
        let number = {
            let mut journal = self.lock();
            journal.record(info, request, reply);
            journal.total()
        };
        if let Some(info) = followed {
            let exchange = Exchange::new(number, info, request.to_vec(), reply.concat());
            let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
            followers.retain(|follower| follower.tell(exchange.clone()));
        }
        self.changed.notify_waiters();
    }

    /// Returns a future that completes at the next exchange.
    #[cfg(feature = "program")]
    pub(crate) fn next_change(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Returns the oldest exchange that the journal keeps of those after this number.
    #[cfg(feature = "program")]
    pub(crate) fn after(&self, number: u64) -> Option<Exchange> {
        self.lock().after(number).cloned()
    }

    /// Returns the exchanges from now on.
    pub(crate) fn follow(&self, recognise: Recognise) -> Following {
        let (followed, following) = following(recognise);
        let mut followers = self.followers.lock().unwrap_or_else(PoisonError::into_inner);
        // So that those who come and go while nothing is asked do not pile up.
        followers.retain(Follower::is_wanted);
        followers.push(followed);
        self.is_followed.store(true, Ordering::Relaxed);
        following
    }

    /// Returns a copy of the journal.
    pub(crate) fn journal(&self) -> Journal {
        self.lock().clone()
    }

    /// Returns how many exchanges there were, and how many the journal keeps.
    #[cfg(feature = "program")]
    pub(crate) fn size(&self) -> (u64, usize) {
        let journal = self.lock();
        (journal.total(), journal.exchanges().len())
    }

    /// Empties the journal. The exchanges still count.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
