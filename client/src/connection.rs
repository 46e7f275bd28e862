//! One request and its reply on one connection.

use std::future::Future;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper::header;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use xend_wire::operation::{Face, Operation, Reply, Request};

use crate::{Address, Client, Error};

/// What a connection reads from and writes to.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Connects to the daemon.
pub(crate) async fn connect(client: &Client, operation: &'static Operation) -> Result<Box<dyn Stream>, Error> {
    let late = || io::Error::new(io::ErrorKind::TimedOut, format!("not within {:?}", client.deadlines.connect));
    let result = within(client.deadlines.connect, async {
        match &client.uri.address {
            Address::Tcp { host, port } => connect_tcp(host, *port).await,
            Address::Unix(path) => UnixStream::connect(path).await.map(|stream| Box::new(stream) as _),
        }
    });
    let unreachable = |error| Error::not_sent(operation, format_args!("can't connect to {}", client.uri), error);
    result.await.unwrap_or_else(|| Err(late())).map_err(unreachable)
}

async fn connect_tcp(host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
    // A kind of its own: the resolver's errors have none that tells them from those of a connection.
    let unknown = |error: io::Error| io::Error::new(io::ErrorKind::NotConnected, format!("unknown host: {error}"));
    let mut last = unknown(io::Error::other("no address"));
    for address in lookup_host((host, port)).await.map_err(unknown)? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(Box::new(stream));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Sends the request and reads all of the reply.
pub(crate) async fn exchange(
    client: &Client,
    operation: &'static Operation,
    stream: impl Stream + 'static,
    request: Request,
) -> Result<Reply, Error> {
    let broken = |error: hyper::Error| {
        let message = if error.is_incomplete_message() {
            "the connection was closed before the reply was complete".to_owned()
        } else {
            format!("the reply is not HTTP: {error}")
        };
        Error::no_reply(operation, message, Some(error.into()))
    };
    let late = |what: &str, limit: Duration| Error::no_reply(operation, format!("{what} within {limit:?}"), None);

    let (mut sender, connection) =
        http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let exchange = async {
        let head = within(client.deadlines.first_byte, sender.send_request(http_request(client, request)));
        let response = head.await.ok_or_else(|| late("no reply", client.deadlines.first_byte))?.map_err(broken)?;
        let (head, body) = response.into_parts();
        let reason = match head.extensions.get::<ReasonPhrase>() {
            Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
            None => head.status.canonical_reason().unwrap_or_default().to_owned(),
        };
        let body = Limited::new(body, client.reply_limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Error::no_reply(
                    operation,
                    format!("the reply is longer than {} bytes", client.reply_limit),
                    Some(error),
                )
            } else {
                Error::no_reply(operation, format!("the reply breaks off: {error}"), Some(error))
            }
        })?;
        Ok(Reply { status: head.status.as_u16(), reason, body: body.to_bytes().to_vec() })
    };
    let driven = async {
        tokio::pin!(connection, exchange);
        tokio::select! {
            biased;
            reply = &mut exchange => reply,
            // The connection is done with; whatever of the reply it has read, or its error, still arrives.
            _ = &mut connection => exchange.await,
        }
    };
    within(client.deadlines.whole, driven)
        .await
        .unwrap_or_else(|| Err(late("no complete reply", client.deadlines.whole)))
}

/// `None` if it takes longer.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

fn http_request(client: &Client, request: Request) -> hyper::Request<Full<Bytes>> {
    let mut builder = hyper::Request::builder()
        .method(request.method)
        .uri(request.target)
        .header(header::HOST, client.uri.host())
        .header(header::USER_AGENT, concat!("xend-client/", env!("CARGO_PKG_VERSION")));
    if client.uri.face == Face::Sxp {
        // With a User-Agent and no such Accept the daemon answers in HTML (`httpserver.py useSxp`).
        builder = builder.header(header::ACCEPT, "application/sxp");
    }
    if let Some(content_type) = request.content_type {
        builder = builder.header(header::CONTENT_TYPE, content_type).header(header::CONTENT_LENGTH, request.body.len());
    }
    builder
        .header(header::CONNECTION, "close")
        .body(Full::new(request.body.into()))
        .expect("targets are escaped, and all else is constant")
}
