//! Sending an answer, with its faults, and what happens to the connection afterwards.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;
use xend_wire::operation::Face;

use super::answer::{Answer, Listener, Then};
use super::input::Input;
use crate::fault::{End, Faults, Plan, SendStep};
use crate::journal::AnsweredBy;
use crate::line::Line;

/// How long a closed connection is still read. Otherwise the kernel might reset it, and the client would lose the
/// reply.
const LINGER: Duration = Duration::from_millis(500);

/// How a stream is closed in the ways that depend on its kind.
pub(crate) struct Closing<S> {
    /// Closes the stream so that its peer sees a reset.
    pub(crate) reset: fn(S),
    /// Keeps the stream from telling its peer that it is closed, as TLS does.
    pub(crate) silence: fn(&mut S),
}

impl<S> Closing<S> {
    /// Returns how a stream without TLS is closed.
    pub(crate) fn plain(reset: fn(S)) -> Self {
        Self { reset, silence: |_| {} }
    }
}

/// What serves the connections of listeners.
pub(crate) trait Serves: Send + Sync + 'static {
    /// Serves one connection until it is closed.
    fn serve<S>(self: Arc<Self>, stream: S, listener: Listener, closing: Closing<S>) -> impl Future<Output = ()> + Send
    where
        S: AsyncRead + AsyncWrite + Send + Unpin;

    /// Notes a connection on which no request can be read, and why. `sent` is what the client sent.
    fn unserved(&self, listener: &Listener, why: String, sent: &[u8]);

    /// Returns the line between the server and its clients.
    fn line(&self) -> &Line;

    /// Returns whether a connection may be reset.
    fn resets(&self) -> bool;

    /// Returns whether a listener of a face serves one connection after the other.
    fn serves_one(&self, _face: Face) -> bool {
        false
    }
}

/// Sends an answer, and returns what happens to the connection. Before the first byte is sent, `record` is given what made
/// the reply, its faults, the request, and the bytes that are sent, in two pieces.
pub(crate) async fn deliver<S>(
    line: &Line,
    listener: &Listener,
    input: &mut Input<S>,
    answer: Answer,
    record: impl FnOnce(AnsweredBy, Faults, &[u8], [&[u8]; 2]),
) -> io::Result<Then>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Answer { reply, faults, then, answered_by } = answer;
    let Some((faults, seed)) = line.faults(&faults, listener.handshake.is_some(), reply.len()) else {
        record(answered_by, listener.with_handshake(Faults::none()), input.taken(), reply.pieces());
        let [head, body] = reply.pieces();
        let stream = input.stream();
        match body {
            [] => stream.write_all(head).await?,
            body => stream.write_all_buf(&mut head.chain(body)).await?,
        }
        stream.flush().await?;
        return Ok(then);
    };
    let plan = Plan::new(&reply.joined(), &faults, seed);
    if let Some(refusal) = plan.refusal {
        line.refuse(listener.face, refusal).await;
    }
    let mut steps = plan.steps().peekable();
    while let Some(&SendStep::Wait(time)) = steps.peek() {
        tokio::time::sleep(time).await;
        steps.next();
    }
    record(answered_by, listener.with_handshake(plan.applied.clone()), input.taken(), [&plan.bytes, &[]]);
    let stream = input.stream();
    // What a timer is late is taken from the next wait, so that many short ones keep to their rate.
    let mut due = Instant::now();
    for step in steps {
        match step {
            SendStep::Wait(time) => {
                due = (due + time).max(Instant::now());
                tokio::time::sleep_until(due).await;
            }
            SendStep::Send(piece) => {
                stream.write_all(&plan.bytes[piece]).await?;
                stream.flush().await?;
            }
        }
    }
    Ok(match plan.end {
        None => then,
        Some(End::Close) => Then::Close,
        Some(End::CloseSilently) => Then::CloseSilently,
        Some(End::Stall) => Then::Hang,
        Some(End::Reset) => Then::Reset,
        Some(End::HalfClose) => Then::HalfClose,
        Some(End::CloseUnderNextRequest) => Then::CloseUnderNextRequest,
    })
}

/// Ends a connection.
pub(crate) async fn finish<S>(mut input: Input<S>, then: Then, closing: Closing<S>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match then {
        Then::Continue | Then::Close => {}
        Then::CloseSilently => (closing.silence)(input.stream()),
        Then::Hang => return input.drain().await,
        Then::Reset => return (closing.reset)(input.into_stream()),
        Then::HalfClose => {
            if input.stream().shutdown().await.is_ok() {
                input.drain().await;
            }
            return;
        }
        Then::CloseUnderNextRequest => {
            input.begin();
            input.wait().await;
        }
    }
    if input.stream().shutdown().await.is_ok() {
        // It does not matter whether the client closes its side in time.
        let _ = tokio::time::timeout(LINGER, input.drain()).await;
    }
}
