//! Peers in memory that send given replies.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use xend_client::{Arguments, Client, Error, Face, Operation, Uri};
use xend_wire::operation::{Argument, ArgumentKind};

/// What the peer does after it has read the request.
pub(crate) enum Then {
    /// Sends these pieces and closes.
    Close(Vec<Vec<u8>>),
    /// Sends these pieces and keeps the connection open.
    Hold(Vec<Vec<u8>>),
}

/// Runs a future on virtual time, so that deadlines pass without waiting.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(future)
}

pub(crate) fn client(face: Face) -> Client {
    Client::new(Uri::tcp(face, "xen.example", 8000))
}

/// Returns all arguments of an operation, including the optional ones.
pub(crate) fn arguments(operation: Operation) -> Arguments {
    let value = |argument: &Argument| match (argument.name, argument.kind) {
        ("domain", _) => "vm1",
        ("reason", _) => "halt",
        ("config", _) => "(vm (name new) (memory 64))",
        (_, ArgumentKind::Integer(_)) => "12",
        (_, ArgumentKind::Flag) => "1",
        (_, ArgumentKind::Key) => "h",
        (_, ArgumentKind::Cpus) => "0,1",
        (_, ArgumentKind::Path) => "/srv/file",
        (name, _) => name,
    };
    operation.arguments().iter().map(|argument| (argument.name, value(argument))).collect()
}

/// Sends an operation, and returns the bytes of the request and the client's result.
pub(crate) async fn ask(client: &Client, operation: Operation, then: Then) -> (Vec<u8>, Result<String, Error>) {
    let (near, far) = duplex(64);
    let serving = tokio::spawn(serve(far, then));
    let once = Mutex::new(Some(near));
    let connect = move || {
        let near = once.lock().unwrap().take();
        async move { near.ok_or_else(|| io::Error::other("a second connection")) }
    };
    let answer = client.clone().connect_with(connect).call(operation, &arguments(operation)).await;
    let (request, far) = serving.await.expect("the peer does not panic");
    drop(far);
    (request, answer.map(|document| format!("{document:?}")))
}

async fn serve(mut stream: DuplexStream, then: Then) -> (Vec<u8>, Option<DuplexStream>) {
    let request = read_request(&mut stream).await;
    let (pieces, hold) = match then {
        Then::Close(pieces) => (pieces, false),
        Then::Hold(pieces) => (pieces, true),
    };
    for piece in pieces {
        // The client may have closed the connection already.
        if stream.write_all(&piece).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
    }
    (request, hold.then_some(stream))
}

/// The requests of a client, as text.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// Connects a client in memory to a peer that sends the replies one after the other, on as many connections as the
/// client opens. The peer keeps a connection open if the client asks for it, and closes it when no replies are left.
pub(crate) fn conversation(client: Client, replies: Vec<Vec<u8>>) -> (Client, Requests) {
    let (requests, replies) = (Requests::default(), Arc::new(Mutex::new(VecDeque::from(replies))));
    let noted = Arc::clone(&requests);
    let connect = move || {
        let (near, far) = duplex(1 << 16);
        tokio::spawn(converse(far, Arc::clone(&noted), Arc::clone(&replies)));
        async { Ok(near) }
    };
    (client.connect_with(connect), requests)
}

async fn converse(mut stream: DuplexStream, requests: Requests, replies: Arc<Mutex<VecDeque<Vec<u8>>>>) {
    loop {
        let request = read_request(&mut stream).await;
        if request.is_empty() {
            return;
        }
        let keeps = request.windows(10).any(|window| window == b"keep-alive");
        requests.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
        let reply = replies.lock().unwrap().pop_front();
        let Some(reply) = reply else { return };
        if stream.write_all(&reply).await.is_err() || !keeps {
            return;
        }
    }
}

pub(crate) fn reply(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(crate) async fn read_request(stream: &mut DuplexStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        let head = request.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
            let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if request.len() >= head + 4 + length.unwrap_or(0) {
                return request;
            }
        }
        let mut piece = [0; 512];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return request,
            Ok(length) => request.extend_from_slice(&piece[..length]),
        }
    }
}
