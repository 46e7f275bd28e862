//! Bodies: whole ones, and the lines of the journal as they come.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body, Bytes, Frame};
use serde_json::Value;
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::host::Behind;
use crate::log_line::{self, LogLines};

/// The body of an answer.
pub(super) type AnswerBody = UnsyncBoxBody<Bytes, Infallible>;

/// How many lines wait for the client. A line can be long, so that many would take much memory.
const WAITING: usize = 1;

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

/// Returns a body with the entries that the journal keeps, and with those that come if it is followed. Each entry is taken
/// from the journal when the client has taken the one before, so that a client that does not read costs no memory.
pub(super) fn journal(behind: &Behind, follows: bool, keeps_secrets: bool) -> AnswerBody {
    let mut lines = LogLines::new(keeps_secrets);
    let (sender, receiver) = mpsc::channel(WAITING);
    let behind = behind.clone();
    tokio::spawn(async move {
        // The number of the latest entry.
        let mut last = 0;
        loop {
            let mut change = pin!(behind.next_change());
            // From here on no entry is missed.
            change.as_mut().enable();
            if let Some(exchange) = behind.after(last) {
                let lost = exchange.number - last - 1;
                if last > 0 && lost > 0 && !send(&sender, &log_line::lost(lost)).await {
                    return;
                }
                last = exchange.number;
                if !send(&sender, &lines.exchange(&exchange)).await {
                    return;
                }
            } else if follows {
                tokio::select! {
                    () = change => {}
                    () = sender.closed() => return,
                }
            } else {
                return;
            }
        }
    });
    Lines(receiver).boxed_unsync()
}

/// Sends a line. Returns false if the client is gone.
async fn send(sender: &Sender<Bytes>, line: &Value) -> bool {
    sender.send(format!("{line}\n").into()).await.is_ok()
}
