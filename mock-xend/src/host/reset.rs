//! Closing a stream so that its peer sees `ECONNRESET`.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// Closes a TCP connection with a RST.
pub(super) fn tcp(stream: TcpStream) {
    // If it fails, the connection is gone already.
    let _ = stream.set_zero_linger();
}

/// A Unix socket that leaves the last byte of its input in the kernel, although it hands it out.
///
/// The peer of a Unix socket sees `ECONNRESET` only if the socket is closed with unread input, but a reply comes after
/// its request was read. So a connection that a fault may reset holds a byte back. Each read costs two system calls.
#[derive(Debug)]
pub(super) struct HoldingBack {
    stream: UnixStream,
    /// Whether the first byte in the kernel was handed out already.
    holds: bool,
}

/// The most that is read at once, in bytes.
const LONGEST: usize = 16 << 10;

impl HoldingBack {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self { stream, holds: false }
    }

    /// Hands out what has come. Fails with `WouldBlock` if nothing has.
    fn take(&mut self, buffer: &mut ReadBuf<'_>) -> io::Result<()> {
        let stream = &self.stream;
        let held = usize::from(self.holds);
        let mut bytes = vec![0; held + buffer.remaining().min(LONGEST)];
        let taken = stream.try_io(Interest::READABLE, || {
            // Whether the peer has closed its side is asked first: what it sent before is then seen below.
            let mut asked = [PollFd::new(stream, PollFlags::RDHUP)];
            poll(&mut asked, Some(&Timespec::default()))?;
            let is_last = asked[0].revents().intersects(PollFlags::RDHUP | PollFlags::HUP);
            let (_, count) = recv(stream, &mut bytes[..], RecvFlags::PEEK | RecvFlags::DONTWAIT)?;
            if count == held && !is_last && count > 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            // At the end of the input the byte is still held back.
            let used = if count == held { 0 } else { count - 1 };
            if used > 0 {
                let mut used = vec![0; used];
                recv(stream, &mut used[..], RecvFlags::DONTWAIT)?;
            }
            Ok(count)
        })?;
        buffer.put_slice(&bytes[held..taken]);
        self.holds = taken > 0;
        Ok(())
    }
}

impl AsyncRead for HoldingBack {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            ready!(this.stream.poll_read_ready(context))?;
            match this.take(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                taken => return Poll::Ready(taken),
            }
        }
    }
}

impl AsyncWrite for HoldingBack {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
