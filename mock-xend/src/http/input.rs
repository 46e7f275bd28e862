//! A stream that is read as Python's `makefile('rb')` reads it: by lines or by bytes, up to the end of the stream.

use std::io;

use memchr::memchr;
use tokio::io::{AsyncRead, AsyncReadExt};

/// A buffered reader that remembers the bytes that were read since the exchange began.
pub(crate) struct Input<R> {
    stream: R,
    buffer: Vec<u8>,
    /// The number of bytes in the buffer that belong to the current exchange.
    taken: usize,
    ended: bool,
    is_reset: bool,
}

/// The largest buffer that a connection keeps between two exchanges, in bytes.
const KEPT: usize = 16 << 10;

/// The error for a line that is longer than permitted.
#[derive(Debug)]
pub(crate) struct TooLong;

impl<R: AsyncRead + Unpin> Input<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self { stream, buffer: Vec::new(), taken: 0, ended: false, is_reset: false }
    }

    /// Returns the stream itself, for writing.
    pub(crate) fn stream(&mut self) -> &mut R {
        &mut self.stream
    }

    /// Returns the stream itself, and forgets what was read of it.
    pub(crate) fn into_stream(self) -> R {
        self.stream
    }

    /// Begins the next exchange. The memory of a long request is freed.
    pub(crate) fn begin(&mut self) {
        self.buffer.drain(..self.taken);
        self.buffer.shrink_to(KEPT);
        self.taken = 0;
    }

    /// Reads the current exchange again from its first byte.
    pub(crate) fn again(&mut self) {
        self.taken = 0;
    }

    /// Returns the bytes that were read since the exchange began.
    pub(crate) fn taken(&self) -> &[u8] {
        &self.buffer[..self.taken]
    }

    /// Returns the next line, with its line feed. At the end of the stream the remaining bytes are returned, which may
    /// be none.
    pub(crate) async fn line(&mut self, longest: usize) -> Result<&[u8], TooLong> {
        let start = self.taken;
        let mut searched = start;
        let end = loop {
            if let Some(at) = memchr(b'\n', &self.buffer[searched..]) {
                break searched + at + 1;
            }
            searched = self.buffer.len();
            if searched - start > longest {
                return Err(TooLong);
            }
            if !self.fill().await {
                break self.buffer.len();
            }
        };
        if end - start > longest {
            return Err(TooLong);
        }
        self.taken = end;
        Ok(&self.buffer[start..end])
    }

    /// Returns the next `count` bytes, or fewer if the stream ends before.
    pub(crate) async fn bytes(&mut self, count: usize) -> &[u8] {
        let start = self.taken;
        while self.buffer.len() - start < count && self.fill().await {}
        self.taken = self.buffer.len().min(start.saturating_add(count));
        &self.buffer[start..self.taken]
    }

    /// Waits until bytes of the next exchange have come. Returns false if the stream ends before.
    pub(crate) async fn wait(&mut self) -> bool {
        self.buffer.len() > self.taken || self.fill().await
    }

    /// Returns the bytes that have come of the next exchange.
    pub(crate) fn coming(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    /// Returns whether the peer has reset the stream.
    pub(crate) fn is_reset(&self) -> bool {
        self.is_reset
    }

    /// Reads and discards bytes until the stream ends.
    pub(crate) async fn drain(&mut self) {
        self.buffer.clear();
        self.buffer.shrink_to(KEPT);
        self.taken = 0;
        while self.fill().await {
            self.buffer.clear();
        }
    }

    /// Waits for more bytes. Returns false at the end of the stream; an error of the stream counts as its end.
    async fn fill(&mut self) -> bool {
        if !self.ended {
            let read: io::Result<usize> = self.stream.read_buf(&mut self.buffer).await;
            self.is_reset = matches!(&read, Err(error) if error.kind() == io::ErrorKind::ConnectionReset);
            self.ended = !matches!(read, Ok(count) if count > 0);
        }
        !self.ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_keeps_no_memory_of_a_long_exchange() {
        let long = vec![b'x'; 1 << 20];
        let mut input = Input::new(&long[..]);
        assert_eq!(input.bytes(long.len()).await.len(), long.len());
        input.begin();
        assert!(input.buffer.capacity() <= KEPT);
    }
}
