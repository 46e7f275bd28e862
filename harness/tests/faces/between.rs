//! Something between a client and a mock that lets a request fail.

use std::sync::{Arc, Mutex};

use mock_xend::Daemon;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use xend_client::{Client, Face, Release, Uri};
use xend_wire::http::Request;
use xend_wire::xmlrpc::{Value, ValueRef};
use xend_wire::{Limits, xenapi, xmlrpc};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is done.
    Pass,
    /// The daemon refuses it.
    Refuse,
    /// The daemon has forgotten the session.
    Forget,
    /// The connection closes, and nothing was done.
    Lose,
    /// It is done, and the connection closes without a reply.
    LoseReply,
    /// It is done, and the reply is cut off.
    CutReply,
    /// The reply is none, and nothing was done.
    Garble,
    /// Nothing comes.
    Hang,
    /// Nothing is done, and the method gives this.
    Give(&'static str),
}

impl Fate {
    /// All that need no more to be said.
    pub(crate) const FAILURES: [Self; 7] =
        [Self::Refuse, Self::Forget, Self::Lose, Self::LoseReply, Self::CutReply, Self::Garble, Self::Hang];
}

/// The methods that a client sent, each with whether the daemon says that it did it.
pub(crate) type Sent = Arc<Mutex<Vec<(String, bool)>>>;

/// A client of one face, whose requests have the fates that are told by their number and method.
pub(crate) fn client(
    daemon: &Daemon,
    face: Face,
    fate: impl Fn(usize, &str) -> Fate + Send + Sync + 'static,
) -> (Client, Sent) {
    let (sent, fate) = (Sent::default(), Arc::new(fate));
    let (served, noted) = (daemon.clone(), Arc::clone(&sent));
    let connect = move || {
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let (daemon, sent, fate) = (served.clone(), Arc::clone(&noted), Arc::clone(&fate));
        tokio::spawn(async move {
            let request = read(&mut far).await;
            let method = method(&request, daemon.release());
            let number = sent.lock().unwrap().len();
            sent.lock().unwrap().push((method.clone(), false));
            let done = || async {
                let reply = serve(&daemon, face, &request).await;
                sent.lock().unwrap()[number].1 = is_success(&reply);
                reply
            };
            let reply = match fate(number, &method) {
                Fate::Pass => done().await,
                Fate::Refuse => http(&xenapi::failure(["INTERNAL_ERROR", "it can't"]).response(daemon.release())),
                Fate::Forget => {
                    serve(&daemon, face, &logout(&request, daemon.release())).await;
                    done().await
                }
                Fate::Lose => Vec::new(),
                Fate::LoseReply => {
                    done().await;
                    Vec::new()
                }
                Fate::CutReply => {
                    let reply = done().await;
                    reply[..reply.len() - 20].to_vec()
                }
                Fate::Garble => http(b"<html>"),
                Fate::Hang => std::future::pending().await,
                Fate::Give(value) => http(envelope(value).as_bytes()),
            };
            let _ = far.write_all(&reply).await;
        });
        async { Ok(near) }
    };
    let client = Client::new(Uri::tcp(face, "mock.example", 8000)).release(daemon.release()).connect_with(connect);
    (client.credentials("root", ""), sent)
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return request;
            }
        }
        if stream.read_buf(&mut request).await.unwrap() == 0 {
            return request;
        }
    }
}

async fn serve(daemon: &Daemon, face: Face, request: &[u8]) -> Vec<u8> {
    let (mut near, far) = tokio::io::duplex(1 << 16);
    tokio::spawn(daemon.serve(far, face));
    near.write_all(request).await.unwrap();
    let mut reply = Vec::new();
    near.read_to_end(&mut reply).await.unwrap();
    reply
}

fn call(request: &[u8], release: Release) -> Option<xmlrpc::Call<'static>> {
    let at = request.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let call = xmlrpc::decode_call(&request[at..], xmlrpc::Rules::xend(release), &Limits::default());
    call.ok().map(xmlrpc::Call::into_owned)
}

/// The name of the method, or the operation of a form.
fn method(request: &[u8], release: Release) -> String {
    let form = String::from_utf8_lossy(request);
    let operation = || form.rsplit_once("op=").map_or("GET", |(_, rest)| rest.split('&').next().unwrap()).to_owned();
    call(request, release).map_or_else(operation, |call| call.method().to_owned())
}

fn logout(request: &[u8], release: Release) -> Vec<u8> {
    let call = call(request, release).expect("a call of the Xen-API");
    let session = call.params().next().and_then(ValueRef::text).expect("a session").into_owned();
    let body = Request::call("session.logout", [Value::from(session)]).expect("a request").body;
    [format!("POST /RPC2 HTTP/1.0\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
}

fn is_success(reply: &[u8]) -> bool {
    let says = |text: &[u8]| reply.windows(text.len()).any(|window| window == text);
    says(b" 20") && !says(b"Failure") && !says(b"faultCode") && !says(b"xend.err")
}

fn envelope(value: &str) -> String {
    format!(
        "<methodResponse><params><param><value><struct><member><name>Status</name><value>Success</value></member>\
         <member><name>Value</name><value>{value}</value></member></struct></value></param></params></methodResponse>"
    )
}

fn http(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-type: text/xml\r\nContent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
