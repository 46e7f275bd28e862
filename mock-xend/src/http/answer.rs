//! The answer of a face to a request, and the end of the connection after it.

use std::time::Duration;

use xend_wire::operation::Face;

use crate::scenario::{Ending, Scripted};

/// The listener that accepted a connection.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    /// The face that it serves.
    pub(crate) face: Face,
    /// The port that the daemon writes into its links. On a Unix socket it is 8080, the default of the daemon's class
    /// (protocol reference §3.3).
    pub(crate) port: u16,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The bytes of the whole reply. Empty if the daemon's thread dies over the request.
    pub(crate) bytes: Vec<u8>,
    /// How long the reply is delayed.
    pub(crate) delay: Duration,
    /// What happens to the connection after the reply.
    pub(crate) then: Then,
}

/// What happens to a connection after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The next request is read.
    Continue,
    /// The connection is closed.
    Close,
    /// The connection stays open, and nothing more is sent.
    Hang,
}

impl Answer {
    /// Creates an answer that is sent at once.
    pub(crate) fn new(bytes: Vec<u8>, then: Then) -> Self {
        Self { bytes, delay: Duration::ZERO, then }
    }

    /// Creates an answer that closes the connection without a reply.
    pub(crate) fn closed() -> Self {
        Self::new(Vec::new(), Then::Close)
    }

    /// Creates an answer that leaves the connection open without a reply.
    pub(crate) fn hung() -> Self {
        Self::new(Vec::new(), Then::Hang)
    }

    /// Applies the delay, the cut and the ending of a scripted reply.
    pub(crate) fn with_script(mut self, scripted: &Scripted) -> Self {
        self.delay = scripted.delay;
        match scripted.ending {
            Some(Ending::Close) => self.then = Then::Close,
            Some(Ending::KeepOpen) => self.then = Then::Hang,
            None => {}
        }
        if let Some(cut) = scripted.cut.filter(|&cut| cut < self.bytes.len()) {
            self.bytes.truncate(cut);
            // No further reply can follow one that is cut.
            if self.then == Then::Continue {
                self.then = Then::Close;
            }
        }
        self
    }
}
