//! Bodies: whole ones, and the lines of the journal as they come.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body, Bytes, Frame};
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::following::Following;
use crate::host::Daemon;
use crate::log_line::{self, LogLines};

/// The body of an answer.
pub(super) type AnswerBody = UnsyncBoxBody<Bytes, Infallible>;

/// How many lines wait for the client.
const WAITING: usize = 16;

struct Lines(Receiver<Bytes>);

impl Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.get_mut().0.poll_recv(context).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}

/// Returns a body that is known.
pub(super) fn whole(bytes: impl Into<Bytes>) -> AnswerBody {
    Full::new(bytes.into()).boxed_unsync()
}

/// Returns a body with the entries that the journal keeps, and with those that come if it is followed.
pub(super) fn journal(daemon: &Daemon, follows: bool, keeps_secrets: bool) -> AnswerBody {
    let mut lines = LogLines::new(keeps_secrets);
    let (sender, receiver) = mpsc::channel(WAITING);
    // Followed before it is copied, so that no entry is missing between them.
    let following = follows.then(|| daemon.follow());
    let journal = daemon.journal();
    tokio::spawn(async move {
        let mut last = journal.total();
        for exchange in journal.exchanges() {
            if !send(&sender, &lines.exchange(exchange)).await {
                return;
            }
        }
        drop(journal);
        let Some(mut following) = following else { return };
        while let Some(line) = next(&mut following, &sender, &mut lines, &mut last).await {
            if !send(&sender, &line).await {
                return;
            }
        }
    });
    Lines(receiver).boxed_unsync()
}

/// Returns the next line; `None` when the mock has stopped or the client is gone. `last` is the number of the latest
/// entry.
async fn next(
    following: &mut Following,
    sender: &Sender<Bytes>,
    lines: &mut LogLines,
    last: &mut u64,
) -> Option<Value> {
    loop {
        let lost = following.lost();
        if lost > 0 {
            return Some(log_line::lost(lost));
        }
        let exchange = tokio::select! {
            exchange = following.recv() => exchange?,
            () = sender.closed() => return None,
        };
        if exchange.number > *last {
            *last = exchange.number;
            return Some(lines.exchange(&exchange));
        }
    }
}

/// Sends a line. Returns false if the client is gone.
async fn send(sender: &Sender<Bytes>, line: &Value) -> bool {
    sender.send(format!("{line}\n").into()).await.is_ok()
}
