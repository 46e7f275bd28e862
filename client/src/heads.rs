//! A stream that makes the heads of replies readable for hyper.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream that changes the version of each reply of HTTP/1.x to HTTP/1.1 as it is read.
///
/// hyper refuses minor versions above 1, although such a reply is to be read as one of the highest known version (RFC
/// 9110 §2.5).
///
/// The stream also yields to the runtime after several reads in a row. Otherwise a peer that always has more data to
/// send would keep hyper reading, and the call would never look at its deadline.
pub(crate) struct HeadFilter<S> {
    stream: S,
    expects_head: HeadExpected,
    position: Position,
    reads: u8,
}

/// A handle that tells the stream when the head of a reply is expected.
#[derive(Clone, Default)]
pub(crate) struct HeadExpected(Arc<AtomicBool>);

impl HeadExpected {
    pub(crate) fn expect(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The position of the next byte in a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// The next byte belongs to [`VERSION`], after this number of its bytes.
    Version(usize),
    /// The next byte is the minor version.
    Minor,
    /// The next byte belongs to the status, of which `digits` digits were read; they have the value `status`.
    Status { digits: u8, status: u16 },
    /// The next byte belongs to a line of the head.
    Line { status: u16, is_empty: bool },
    /// The next byte comes after the head, or the bytes are not a reply.
    Rest,
}

const VERSION: &[u8] = b"HTTP/1.";

/// The number of reads in a row after which the stream yields to the runtime.
const MAX_READS_IN_A_ROW: u8 = 16;

impl<S> HeadFilter<S> {
    pub(crate) fn new(stream: S) -> (Self, HeadExpected) {
        let expected = HeadExpected::default();
        (Self { stream, expects_head: expected.clone(), position: Position::Rest, reads: 0 }, expected)
    }
}

impl Position {
    /// Returns the position after this byte. Changes the byte to `1` if it is a minor version above 1.
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
            // An interim reply (1xx) is followed by another head, except for 101, after which the connection is no
            // longer HTTP.
            Self::Line { status: 100 | 102..200, is_empty: true } if *byte == b'\n' => Self::Version(0),
            Self::Line { is_empty: true, .. } if *byte == b'\n' => Self::Rest,
            Self::Line { status, is_empty } => {
                Self::Line { status, is_empty: *byte == b'\n' || is_empty && *byte == b'\r' }
            }
            Self::Rest => Self::Rest,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadFilter<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.reads == MAX_READS_IN_A_ROW {
            self.reads = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.expects_head.0.swap(false, Ordering::Relaxed) {
            self.position = Position::Version(0);
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.reads = if read.is_ready() { self.reads + 1 } else { 0 };
        for byte in &mut buffer.filled_mut()[before..] {
            if self.position == Position::Rest {
                break;
            }
            self.position = self.position.after(byte);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadFilter<S> {
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
        bytes.iter_mut().fold(Position::Version(0), Position::after);
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

    /// A deadline is noticed even if a peer never stops sending.
    #[test]
    fn endless_replies_give_way() {
        let (mut heads, _) = HeadFilter::new(tokio::io::repeat(b'x'));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut read = || {
            let mut bytes = [0; 8];
            Pin::new(&mut heads).poll_read(&mut context, &mut ReadBuf::new(&mut bytes)).is_ready()
        };
        let turns: Vec<bool> = (0..=2 * usize::from(MAX_READS_IN_A_ROW)).map(|_| read()).collect();
        let pauses: Vec<usize> = turns.iter().enumerate().filter(|(_, ready)| !**ready).map(|(at, _)| at).collect();
        assert_eq!(pauses, [usize::from(MAX_READS_IN_A_ROW)]);
    }
}
