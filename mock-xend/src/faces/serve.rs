//! Serving one connection: reading requests and sending replies, until either side closes it.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use xend_wire::operation::Face;

use super::operations::ROUTES;
use super::{sxp, xenapi, xmlrpc};
use crate::fault::Faults;
use crate::http::{Answer, Closing, Connection, Input, Listener, Serves, TLS_HANDSHAKE, Then, deliver, finish};
use crate::journal::{AnsweredBy, ExchangeInfo};
use crate::line::Line;
use crate::quirk::Quirk;
use crate::service::Service;

/// Why a client gets no answer that speaks TLS to a listener without it.
const SPEAKS_TLS: &str = "the client speaks TLS, and this listener speaks plain HTTP: use http:// in its URL";

impl Serves for Service {
    async fn serve<S>(self: Arc<Self>, stream: S, listener: Listener, closing: Closing<S>)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let mut input = Input::new(stream);
        if listener.handshake.is_none() && input.wait().await && input.coming()[0] == TLS_HANDSHAKE {
            self.unserved(&listener, SPEAKS_TLS.to_owned(), input.coming());
            return finish(input, Then::Close, closing).await;
        }
        let face = listener.face;
        let connection = Connection { number: self.connect(), port: listener.port };
        let mut then = Then::Close;
        while let Some(answer) = next_answer(&self, face, connection, &mut input).await {
            let record = |answered_by: AnsweredBy, faults: Faults, request: &[u8], reply: [&[u8]; 2]| {
                let (connection, release, at) = (connection.number, self.release(), self.now());
                let generation = self.generation();
                let info = ExchangeInfo { face, connection, release, generation, at, answered_by, faults };
                self.record(info, request, reply);
            };
            match deliver(self.line(), &listener, &mut input, answer, record).await {
                Ok(Then::Continue) => {}
                Ok(end) => {
                    then = end;
                    break;
                }
                Err(_) => return,
            }
        }
        finish(input, then, closing).await;
    }

    fn unserved(&self, listener: &Listener, why: String, sent: &[u8]) {
        let (connection, release, generation, at) = (self.connect(), self.release(), self.generation(), self.now());
        let answered_by = AnsweredBy::Nothing { why: why.into() };
        let faults = listener.with_handshake(Faults::none());
        self.record(
            ExchangeInfo { face: listener.face, connection, release, generation, at, answered_by, faults },
            sent,
            [b"", b""],
        );
    }

    fn line(&self) -> &Line {
        Service::line(self)
    }

    fn resets(&self) -> bool {
        Service::resets(self)
    }

    fn serves_one(&self, face: Face) -> bool {
        face == Face::Sxp && self.has(Quirk::OneConnection)
    }
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
