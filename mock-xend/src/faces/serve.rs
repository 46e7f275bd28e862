//! One connection: requests in, replies out, until either side has had enough.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use xend_wire::operation::Face;

use super::{sxp, xenapi, xmlrpc};
use crate::http::{Answer, Input, Listener, Then};
use crate::service::Service;

/// How long a connection that was closed is read on, so that the kernel does not reset it and lose the reply.
const LINGER: Duration = Duration::from_millis(500);

/// Serves one connection to its end.
pub(crate) async fn serve<S>(stream: S, service: Arc<Service>, listener: Listener)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (read, mut write) = tokio::io::split(stream);
    let mut input = Input::new(read);
    loop {
        input.begin();
        let answer = match listener.face {
            Face::Sxp => Some(sxp::answer(&service, &listener, sxp::read(&mut input).await)),
            Face::XmlRpc => {
                xmlrpc::read(&mut input, service.release()).await.map(|incoming| xmlrpc::answer(&service, incoming))
            }
            Face::XenApi => match xmlrpc::read(&mut input, service.release()).await {
                Some(incoming) => Some(xenapi::answer(&service, incoming).await),
                None => None,
            },
        };
        let Some(Answer { bytes, delay, then }) = answer else { break };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        service.record(listener.face, input.taken(), &bytes);
        let sent = async {
            write.write_all(&bytes).await?;
            write.flush().await
        };
        let sent = sent.await;
        match then {
            _ if sent.is_err() => return,
            Then::Continue => {}
            Then::Close => break,
            Then::Hang => {
                input.drain().await;
                return;
            }
        }
    }
    if write.shutdown().await.is_ok() {
        // Whether the other side ends in time does not matter.
        let _ = tokio::time::timeout(LINGER, input.drain()).await;
    }
}
