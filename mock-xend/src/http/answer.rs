//! What a face gives for a request, and what becomes of the connection then.

use std::time::Duration;

use xend_wire::operation::Face;

use crate::scenario::{Ending, Scripted};

/// Where a connection came in.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    /// The face that is spoken there.
    pub(crate) face: Face,
    /// The port that the daemon writes into its links. On a Unix socket it is 8080, the default of the daemon's class
    /// (protocol reference §3.3).
    pub(crate) port: u16,
}

/// What goes out for a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// All bytes of the reply. None at all where the daemon's thread dies over the request.
    pub(crate) bytes: Vec<u8>,
    /// How long the reply is held back.
    pub(crate) delay: Duration,
    /// What becomes of the connection behind the reply.
    pub(crate) then: Then,
}

/// What becomes of a connection after a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// The next request is read.
    Continue,
    /// It is closed.
    Close,
    /// It stays open, and nothing more comes.
    Hang,
}

impl Answer {
    /// A reply that goes out at once.
    pub(crate) fn new(bytes: Vec<u8>, then: Then) -> Self {
        Self { bytes, delay: Duration::ZERO, then }
    }

    /// The connection closes without a byte.
    pub(crate) fn closed() -> Self {
        Self::new(Vec::new(), Then::Close)
    }

    /// The connection stays open without a byte.
    pub(crate) fn hung() -> Self {
        Self::new(Vec::new(), Then::Hang)
    }

    /// The same answer, with the delay, the cut and the ending that a scenario wants for it.
    pub(crate) fn broken_as(mut self, scripted: &Scripted) -> Self {
        self.delay = scripted.delay;
        match scripted.ending {
            Some(Ending::Close) => self.then = Then::Close,
            Some(Ending::KeepOpen) => self.then = Then::Hang,
            None => {}
        }
        if let Some(cut) = scripted.cut.filter(|&cut| cut < self.bytes.len()) {
            self.bytes.truncate(cut);
            // Nothing can follow a reply that is cut.
            if self.then == Then::Continue {
                self.then = Then::Close;
            }
        }
        self
    }
}
