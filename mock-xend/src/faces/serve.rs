//! Serving one connection: reading requests and sending replies, until either side closes it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use xend_wire::operation::Face;

use super::operations::ROUTES;
use super::{sxp, xenapi, xmlrpc};
use crate::fault::{End, Faults, Plan, Step};
use crate::http::{Answer, Connection, Input, Listener, Then};
use crate::journal::Told;
use crate::service::Service;

/// How long a closed connection is still read. Otherwise the kernel might reset it, and the client would lose the
/// reply.
const LINGER: Duration = Duration::from_millis(500);

/// Serves one connection until it is closed. `reset` closes a stream so that its peer sees a reset.
pub(crate) async fn serve<S>(stream: S, service: Arc<Service>, listener: Listener, reset: fn(S))
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut input = Input::new(stream);
    let connection = Connection { number: service.connect(), port: listener.port };
    while let Some(answer) = next_answer(&service, listener.face, connection, &mut input).await {
        let Ok(then) = send(&service, listener.face, connection, &mut input, answer).await else { return };
        match then {
            Then::Continue => {}
            Then::Close => break,
            Then::Hang => return input.drain().await,
            Then::Reset => return reset(input.into_stream()),
            Then::HalfClose => {
                if input.stream().shutdown().await.is_ok() {
                    input.drain().await;
                }
                return;
            }
            Then::CloseUnderNextRequest => {
                input.begin();
                input.bytes(1).await;
                break;
            }
        }
    }
    if input.stream().shutdown().await.is_ok() {
        // It does not matter whether the client closes its side in time.
        let _ = tokio::time::timeout(LINGER, input.drain()).await;
    }
}

/// Sends an answer, and returns what happens to the connection. The exchange is in the journal before its first byte is
/// sent.
async fn send<S>(
    service: &Service,
    face: Face,
    connection: Connection,
    input: &mut Input<S>,
    answer: Answer,
) -> io::Result<Then>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Answer { bytes, faults, then, answered_by } = answer;
    let told = |faults| Told { face, connection: connection.number, at: service.now(), answered_by, faults };
    let Some((faults, seed)) = service.line().faults(&faults, bytes.len()) else {
        service.record(told(Faults::none()), input.taken(), &bytes);
        let stream = input.stream();
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        return Ok(then);
    };
    let plan = Plan::new(&bytes, &faults, seed);
    drop(bytes);
    if let Some(refusal) = plan.refusal {
        service.line().refuse(face, refusal).await;
    }
    let mut steps = plan.steps().peekable();
    while let Some(&Step::Wait(time)) = steps.peek() {
        tokio::time::sleep(time).await;
        steps.next();
    }
    service.record(told(plan.applied.clone()), input.taken(), &plan.bytes);
    let stream = input.stream();
    for step in steps {
        match step {
            Step::Wait(time) => tokio::time::sleep(time).await,
            Step::Send(piece) => {
                stream.write_all(&plan.bytes[piece]).await?;
                stream.flush().await?;
            }
        }
    }
    Ok(match plan.end {
        None => then,
        Some(End::Close) => Then::Close,
        Some(End::Stall) => Then::Hang,
        Some(End::Reset) => Then::Reset,
        Some(End::HalfClose) => Then::HalfClose,
        Some(End::CloseUnderNextRequest) => Then::CloseUnderNextRequest,
    })
}

/// Reads the next request and answers it. Returns `None` if there is none.
async fn next_answer<S>(
    service: &Arc<Service>,
    face: Face,
    connection: Connection,
    input: &mut Input<S>,
) -> Option<Answer>
where
    S: AsyncRead + Unpin,
{
    input.begin();
    Some(match face {
        Face::Sxp => {
            let incoming = sxp::Incoming::read(input).await;
            sxp::answer(service, connection, &ROUTES.sxp, incoming).await
        }
        Face::XmlRpc => {
            let incoming = xmlrpc::Incoming::read(input, service.release()).await?;
            xmlrpc::answer(service, connection, &ROUTES.xmlrpc, incoming).await
        }
        Face::XenApi => {
            let incoming = xmlrpc::Incoming::read(input, service.release()).await?;
            xenapi::answer(service, connection, &ROUTES.xenapi, &ROUTES.xmlrpc, incoming).await
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use xend_wire::Release;
    use xend_wire::operation::Face;

    use crate::faces::work::{GATE, LONG_REQUEST, MANY_RECORDS};
    use crate::host::{Daemon, MockXend};
    use crate::world::World;

    /// Sends a request on a connection of its own, closes the sending side, and returns the reply.
    async fn ask(daemon: &Daemon, face: Face, request: Vec<u8>) -> String {
        let (mut near, far) = duplex(1 << 20);
        let ask = async {
            near.write_all(&request).await.expect("the mock reads it");
            near.shutdown().await.expect("the mock is there");
            let mut reply = Vec::new();
            near.read_to_end(&mut reply).await.expect("the mock answers");
            String::from_utf8_lossy(&reply).into_owned()
        };
        tokio::join!(ask, daemon.serve(far, face)).0
    }

    fn call(method: &str, padding: usize) -> Vec<u8> {
        let body = format!("<methodCall>{}<methodName>{method}</methodName></methodCall>", " ".repeat(padding));
        format!("POST /RPC2 HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
    }

    #[tokio::test]
    async fn a_long_request_or_reply_keeps_no_other_connection_from_being_answered() {
        let domains = (0..=MANY_RECORDS).map(|number| format!("[[domain]]\nname = \"vm{number}\"\nmemory = 64\n"));
        let world =
            World::parse("many domains", &domains.collect::<String>(), Some(Release::V3_0_3), Default::default());
        let daemon = MockXend::builder().world(world.expect("a world")).build().expect("a daemon");
        let last = format!("vm{MANY_RECORDS}");
        let form = format!("op=nonsense{}", "&a=b".repeat(LONG_REQUEST / 4));
        let post = "POST /xend/domain HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: -1\r\n\r\n";
        let long = [
            (Face::Sxp, b"GET /xend/domain?detail=1 HTTP/1.1\r\n\r\n".to_vec(), last.as_str()),
            (Face::XmlRpc, call("xend.domains", 0), &last),
            (Face::Sxp, [post, &form].concat().into(), "Operation not implemented: nonsense"),
            (Face::XmlRpc, call("xend.nonsense", LONG_REQUEST), "xend.nonsense"),
        ];
        for (face, request, expected) in long {
            let (open, gate) = mpsc::channel();
            *GATE.lock().expect("no test panics with it") = Some(gate);
            let doing = daemon.clone();
            let doing = tokio::spawn(async move { ask(&doing, face, request).await });
            while GATE.lock().expect("no test panics with it").is_some() {
                tokio::task::yield_now().await;
            }
            let other = ask(&daemon, Face::Sxp, b"GET /xend/domain/vm1 HTTP/1.1\r\n\r\n".to_vec()).await;
            assert!(other.contains("(name vm1)"), "{other}");
            assert!(!doing.is_finished(), "{expected}");
            open.send(()).expect("the work waits");
            let reply = doing.await.expect("no panic");
            assert!(reply.contains(expected), "{expected}: {reply}");
        }
    }
}
