//! Requests and replies on connections.

use std::io;
use std::pin::Pin;
use std::sync::PoisonError;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::ext::ReasonPhrase;
use hyper::header;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::{Instant, timeout_at};
use xend_wire::http::{Reply, Request};
use xend_wire::operation::{Effect, Face};

use crate::client::Call;
use crate::{Address, Client, Error};

/// What a connection reads from and writes to.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection. While a call waits, it moves the connection's data itself; nothing runs in the background.
pub(crate) struct Kept {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// What became of a request.
enum Failed {
    /// The connection was closed before anything of it was sent, or kept waiting in vain for its reply.
    Unanswered(Error),
    /// Anything else.
    For(Error),
}

impl Call<'_> {
    /// Sends a request and reads all of the reply: on the connection that is kept, if there is one, or on a new one.
    pub(crate) async fn exchange(&self, request: Request) -> Result<Reply, Error> {
        let request = http_request(self.client, request);
        if let Some(connection) = self.client.take_kept() {
            match self.exchange_on(connection, request.clone()).await {
                Err(Failed::Unanswered(_)) => {}
                Err(Failed::For(error)) => return Err(error),
                Ok(reply) => return Ok(reply),
            }
        }
        let connection = self.connect().await?;
        self.exchange_on(connection, request).await.map_err(|(Failed::Unanswered(error) | Failed::For(error))| error)
    }

    async fn connect(&self) -> Result<Kept, Error> {
        let client = self.client;
        let limit = client.deadlines.connect;
        let until = self.until.min(Instant::now() + limit);
        let connected = timeout_at(until, connect(client)).await;
        let connected =
            connected.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, format!("not within {limit:?}"))));
        let stream = connected
            .map_err(|error| Error::not_sent(self.operation, format_args!("can't connect to {}", client.uri), error))?;
        let handshake = http1::Builder::new().title_case_headers(true).handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|error| self.broken(error))?;
        // Its error arrives with the request, too.
        let driver = Box::pin(async { drop(connection.await) });
        Ok(Kept { sender, driver })
    }

    /// The connection goes away with an exchange that fails, or that is cancelled.
    async fn exchange_on(&self, connection: Kept, request: hyper::Request<Full<Bytes>>) -> Result<Reply, Failed> {
        let Kept { mut sender, mut driver } = connection;
        let late = |what: &str, limit: Duration| Failed::For(self.no_reply(format!("{what} within {limit:?}"), None));
        let deadlines = self.client.deadlines;
        let exchange = async {
            // One that was kept may be closed by now.
            if let Err(error) = sender.ready().await {
                return Err(Failed::Unanswered(self.broken(error)));
            }
            let head = timeout_at(Instant::now() + deadlines.first_byte, sender.try_send_request(request)).await;
            let response = head.map_err(|_| late("no reply", deadlines.first_byte))?.map_err(|mut error| {
                let is_sent = error.take_message().is_none();
                let error = error.into_error();
                let may_repeat = !is_sent || error.is_incomplete_message() && self.effect == Effect::Reads;
                let error = self.broken(error);
                if may_repeat { Failed::Unanswered(error) } else { Failed::For(error) }
            })?;
            self.read(response).await.map_err(Failed::For)
        };
        let reply = {
            let driven = async {
                tokio::pin!(exchange);
                tokio::select! {
                    biased;
                    reply = &mut exchange => reply,
                    // The connection is done with; whatever of the reply it has read, or its error, still arrives.
                    () = &mut driver => exchange.await,
                }
            };
            timeout_at(self.until, driven).await.unwrap_or_else(|_| Err(late("no complete reply", deadlines.whole)))?
        };
        self.client.keep(Kept { sender, driver });
        Ok(reply)
    }

    async fn read(&self, response: hyper::Response<Incoming>) -> Result<Reply, Error> {
        let (head, body) = response.into_parts();
        let reason = match head.extensions.get::<ReasonPhrase>() {
            Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
            None => head.status.canonical_reason().unwrap_or_default().to_owned(),
        };
        let limit = self.client.reply_limit;
        let body = Limited::new(body, limit).collect().await.map_err(|error| {
            let message = if error.is::<LengthLimitError>() {
                format!("the reply is longer than {limit} bytes")
            } else {
                format!("the reply breaks off: {error}")
            };
            self.no_reply(message, Some(error))
        })?;
        Ok(Reply { status: head.status.as_u16(), reason, body: body.to_bytes().to_vec() })
    }

    fn broken(&self, error: hyper::Error) -> Error {
        let message = if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            "the connection was closed before the reply was complete".to_owned()
        } else {
            format!("the reply is not HTTP: {error}")
        };
        self.no_reply(message, Some(error.into()))
    }
}

impl Client {
    /// The connection that is kept, unless the daemon has closed it.
    fn take_kept(&self) -> Option<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, connection: Kept) {
        if self.keep_alive && !connection.sender.is_closed() {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        }
    }
}

/// Connects to the daemon.
async fn connect(client: &Client) -> io::Result<Box<dyn Stream>> {
    match (&client.connector, &client.uri.address) {
        (Some(connector), _) => connector().await,
        (None, Address::Tcp { host, port }) => connect_tcp(host, *port).await,
        (None, Address::Unix(path)) => UnixStream::connect(path).await.map(|stream| Box::new(stream) as _),
    }
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
        .header(header::CONNECTION, if client.keep_alive { "keep-alive" } else { "close" })
        .body(Full::new(request.body.into()))
        .expect("targets are escaped, and all else is constant")
}
