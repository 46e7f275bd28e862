//! One connection: requests in, replies out, until either side has had enough.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use xend_wire::operation::Face;

use super::operations::ROUTES;
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
    let mut input = Input::new(stream);
    while let Some(Answer { bytes, delay, then }) = next_answer(&service, &listener, &mut input).await {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        service.record(listener.face, input.taken(), &bytes);
        let stream = input.stream();
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        match then {
            Then::Continue => {}
            Then::Close => break,
            Then::Hang => {
                input.drain().await;
                return;
            }
        }
    }
    if input.stream().shutdown().await.is_ok() {
        // Whether the other side ends in time does not matter.
        let _ = tokio::time::timeout(LINGER, input.drain()).await;
    }
}

/// Reads the next request and answers it. `None` if there is no more to answer.
async fn next_answer<S>(service: &Arc<Service>, listener: &Listener, input: &mut Input<S>) -> Option<Answer>
where
    S: AsyncRead + Unpin,
{
    input.begin();
    Some(match listener.face {
        Face::Sxp => {
            let incoming = sxp::Incoming::read(input).await;
            sxp::answer(service, listener.port, &ROUTES.sxp, incoming).await
        }
        Face::XmlRpc => {
            let incoming = xmlrpc::Incoming::read(input, service.release()).await?;
            xmlrpc::answer(service, &ROUTES.xmlrpc, incoming).await
        }
        Face::XenApi => {
            let incoming = xmlrpc::Incoming::read(input, service.release()).await?;
            xenapi::answer(service, &ROUTES.xenapi, &ROUTES.xmlrpc, incoming).await
        }
    })
}
