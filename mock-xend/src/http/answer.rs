//! The answer of a face to a request, and the end of the connection after it.

use xend_wire::operation::Face;

use crate::fault::Faults;
use crate::journal::AnsweredBy;

/// A connection, as the faces know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    /// The number of the connection, counted from 1.
    pub(crate) number: u64,
    /// The port of the listener.
    pub(crate) port: u16,
}

/// The listener that accepted a connection.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    /// The face that it serves.
    pub(crate) face: Face,
    /// The port that the daemon writes into its links. On a Unix socket it is 8080, the default of the daemon's class
    /// (protocol reference §3.3).
    pub(crate) port: u16,
    /// The faults of the handshake of TLS; `None` on a connection without TLS.
    pub(crate) handshake: Option<Faults>,
}

/// The first byte of a connection with TLS, with which no request in plain text begins.
pub(crate) const TLS_HANDSHAKE: u8 = 0x16;

impl Listener {
    /// Returns the faults of an exchange, to which those of the handshake belong.
    pub(crate) fn with_handshake(&self, faults: Faults) -> Faults {
        match &self.handshake {
            Some(handshake) if !handshake.is_empty() => handshake.iter().chain(faults.iter()).cloned().collect(),
            _ => faults,
        }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The bytes of the whole reply. Empty if the daemon's thread dies over the request.
    pub(crate) reply: ReplyBytes,
    /// How the reply breaks on its way.
    pub(crate) faults: Faults,
    /// What happens to the connection after the reply.
    pub(crate) then: Then,
    /// What made the reply.
    pub(crate) answered_by: AnsweredBy,
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
    /// The connection is closed without the `close_notify` of TLS.
    CloseSilently,
    /// The connection is reset.
    Reset,
    /// The sending side is closed, and the other one is read on.
    HalfClose,
    /// The connection is closed when the next request begins to arrive.
    CloseUnderNextRequest,
}

impl Answer {
    /// Creates an answer that is sent without a fault.
    pub(crate) fn new(reply: impl Into<ReplyBytes>, then: Then) -> Self {
        Self { reply: reply.into(), faults: Faults::none(), then, answered_by: AnsweredBy::Face }
    }

    /// Creates an answer that closes the connection without a reply.
    pub(crate) fn closed() -> Self {
        Self::new(Vec::new(), Then::Close)
    }

    /// Creates an answer that leaves the connection open without a reply.
    pub(crate) fn hung() -> Self {
        Self::new(Vec::new(), Then::Hang)
    }

    /// Returns the answer with the faults of its reply.
    pub(crate) fn with_faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }
}

/// The bytes of a reply. They are in two pieces, so that a long body is not copied behind its head.
#[derive(Debug)]
pub(crate) struct ReplyBytes {
    head: Vec<u8>,
    body: Vec<u8>,
}

/// The longest body that is put behind its head, in bytes: one piece of that size is sent faster than two.
const LONGEST_JOINED: usize = 4096;

impl ReplyBytes {
    /// Creates the bytes of a reply with a head and a body.
    pub(crate) fn new(mut head: Vec<u8>, body: Vec<u8>) -> Self {
        if body.len() > LONGEST_JOINED {
            return Self { head, body };
        }
        head.extend_from_slice(&body);
        head.into()
    }

    /// Returns the number of bytes.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Returns the bytes in two pieces, the second of which may be empty.
    pub(crate) fn pieces(&self) -> [&[u8]; 2] {
        [&self.head, &self.body]
    }

    /// Returns the bytes in one piece.
    pub(crate) fn joined(self) -> Vec<u8> {
        let Self { mut head, body } = self;
        head.extend_from_slice(&body);
        head
    }
}

impl From<Vec<u8>> for ReplyBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self { head: bytes, body: Vec::new() }
    }
}
