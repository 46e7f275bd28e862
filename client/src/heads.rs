//! Heads of replies, as hyper is to see them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream on which every reply of HTTP/1.x is one of HTTP/1.1.
///
/// hyper refuses any minor version but 0 and 1. A higher one is to be read as the highest that is known (RFC 9110 §2.5).
///
/// It also gives way after some reads: a peer that always has more to send would otherwise keep hyper from the clock, and
/// the call from its deadline.
pub(crate) struct Heads<S> {
    stream: S,
    expects_head: HeadExpected,
    at: At,
    reads: u8,
}

/// Says that what comes next from the peer is the head of a reply.
#[derive(Clone, Default)]
pub(crate) struct HeadExpected(Arc<AtomicBool>);

impl HeadExpected {
    pub(crate) fn expect(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Where in a reply the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// In [`VERSION`], behind so many bytes of it.
    Version(usize),
    /// At the minor version.
    Minor,
    /// In the status, of which so many digits came, with this value.
    Status { digits: u8, status: u16 },
    /// In a line of the head.
    Line { status: u16, is_empty: bool },
    /// Behind the head, or in what is no reply at all.
    Rest,
}

const VERSION: &[u8] = b"HTTP/1.";

/// After so many reads in a row hyper has to wait for its next turn.
const READS: u8 = 16;

impl<S> Heads<S> {
    pub(crate) fn new(stream: S) -> (Self, HeadExpected) {
        let expected = HeadExpected::default();
        (Self { stream, expects_head: expected.clone(), at: At::Rest, reads: 0 }, expected)
    }
}

impl At {
    /// Where the byte after this one stands. The byte of a minor version above 1 becomes a 1.
    fn after(self, byte: &mut u8) -> Self {
        match self {
            // Empty lines may stand before a head (RFC 9112 §2.2).
            Self::Version(0) if matches!(byte, b'\r' | b'\n') => self,
            Self::Version(seen) if *byte != VERSION[seen] => Self::Rest,
            Self::Version(seen) if seen + 1 < VERSION.len() => Self::Version(seen + 1),
            Self::Version(_) => Self::Minor,
            Self::Minor => {
                if matches!(byte, b'2'..=b'9') {
                    *byte = b'1';
                }
                Self::Status { digits: 0, status: 0 }
            }
            Self::Status { digits: 0, .. } if *byte == b' ' => self,
            Self::Status { digits: digits @ 0..3, status } if byte.is_ascii_digit() => {
                Self::Status { digits: digits + 1, status: status * 10 + u16::from(*byte - b'0') }
            }
            Self::Status { status, .. } => Self::Line { status, is_empty: *byte == b'\n' },
            // An interim reply, behind which another head comes; 101 is the last in its connection.
            Self::Line { status: 100 | 102..200, is_empty: true } if *byte == b'\n' => Self::Version(0),
            Self::Line { is_empty: true, .. } if *byte == b'\n' => Self::Rest,
            Self::Line { status, is_empty } => {
                Self::Line { status, is_empty: *byte == b'\n' || is_empty && *byte == b'\r' }
            }
            Self::Rest => Self::Rest,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads == READS {
            self.reads = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.expects_head.0.swap(false, Ordering::Relaxed) {
            self.at = At::Version(0);
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.reads = if read.is_ready() { self.reads + 1 } else { 0 };
        for byte in &mut buffer.filled_mut()[before..] {
            if self.at == At::Rest {
                break;
            }
            self.at = self.at.after(byte);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heads<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(reply: &str) -> String {
        let mut bytes = reply.as_bytes().to_vec();
        bytes.iter_mut().fold(At::Version(0), At::after);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn only_minor_versions_of_heads_are_changed() {
        let check = |reply: &str, seen: &str| assert_eq!(rewritten(reply), seen);
        check("HTTP/1.2 200 OK\r\nA: b\r\n\r\nHTTP/1.2 200", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nHTTP/1.2 200");
        check("\r\nHTTP/1.9 200\n\nHTTP/1.2 200", "\r\nHTTP/1.1 200\n\nHTTP/1.2 200");
        check(
            "HTTP/1.2 100 Continue\r\n\r\nHTTP/1.3 103\r\nA: b\r\n\r\nHTTP/1.4 200 OK\r\n\r\nHTTP/1.5",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nHTTP/1.5",
        );
        check("HTTP/1.2 101 x\r\n\r\nHTTP/1.2 200", "HTTP/1.1 101 x\r\n\r\nHTTP/1.2 200");
        for same in
            ["HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/2.2 200 OK\r\n\r\n", "(a HTTP/1.2)", ""]
        {
            check(same, same);
        }
    }

    /// However much a peer sends, whoever reads gets to look at the clock.
    #[test]
    fn endless_replies_give_way() {
        let (mut heads, _) = Heads::new(tokio::io::repeat(b'x'));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut read = || {
            let mut bytes = [0; 8];
            Pin::new(&mut heads).poll_read(&mut context, &mut ReadBuf::new(&mut bytes)).is_ready()
        };
        let turns: Vec<bool> = (0..=2 * usize::from(READS)).map(|_| read()).collect();
        let pauses: Vec<usize> = turns.iter().enumerate().filter(|(_, ready)| !**ready).map(|(at, _)| at).collect();
        assert_eq!(pauses, [usize::from(READS)]);
    }
}
