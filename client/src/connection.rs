//! HTTP connections to the daemon.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::ext::ReasonPhrase;
use hyper::header::{self, HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout_at;
use xend_wire::http::{Reply, Request};
use xend_wire::operation::Face;
use xend_wire::visible;

#[cfg(not(feature = "tls"))]
use crate::error::TlsFailure;
use crate::error::{Awaited, ConnectError, Kind};
use crate::heads::{HeadExpected, HeadFilter};
use crate::settings::{Deadline, Settings, Stream};
#[cfg(feature = "tls")]
use crate::tls;
use crate::uri::Address;

/// A connection to the daemon. Its data is moved by the call that waits for a reply; nothing runs in the background.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<dyn Future<Output = ()> + Send>>,
    head: HeadExpected,
}

/// The idle connection that is kept open for the next request, if there is one.
#[derive(Default)]
pub(crate) struct IdleConnection(Mutex<Option<Connection>>);

/// The reason why a request got no reply.
pub(crate) enum Unanswered {
    /// The connection was closed before any part of the request was sent.
    Unsent(Kind),
    /// The connection was closed before any part of the reply was received.
    Closed(Kind),
    /// Any other failure.
    Other(Kind),
}

impl Unanswered {
    pub(crate) fn into_kind(self) -> Kind {
        match self {
            Self::Unsent(kind) | Self::Closed(kind) | Self::Other(kind) => kind,
        }
    }
}

impl IdleConnection {
    /// Takes the idle connection, if there is one.
    pub(crate) fn take(&self) -> Option<Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a connection open for the next request, unless the daemon has closed it.
    pub(crate) fn keep(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        }
    }
}

impl Connection {
    /// Connects to the daemon.
    pub(crate) async fn open(settings: &Settings, deadline: Deadline) -> Result<Self, Kind> {
        let deadline = Deadline::after(settings.deadlines.connect).earlier(deadline);
        let connected = timeout_at(deadline.at, connect(settings)).await;
        let connected = connected.unwrap_or(Err(ConnectError::Timeout(deadline.limit)));
        connected.map_err(|source| Kind::Unreachable { uri: settings.uri.clone(), source })
    }

    /// Sends a request and reads the whole reply. If that fails or is cancelled, the connection is closed.
    pub(crate) async fn exchange(
        self,
        settings: &Settings,
        request: hyper::Request<Full<Bytes>>,
        deadline: Deadline,
    ) -> Result<(Reply, Self), Unanswered> {
        let Self { mut sender, mut driver, head } = self;
        head.expect();
        let head_deadline = Deadline::after(settings.deadlines.first_byte).earlier(deadline);
        let late = |awaited, deadline: Deadline| Unanswered::Other(Kind::Timeout { awaited, limit: deadline.limit });
        let exchange = async {
            // The daemon may have closed a connection that was idle.
            if let Err(error) = sender.ready().await {
                return Err(Unanswered::Unsent(broken(error)));
            }
            let response = timeout_at(head_deadline.at, sender.try_send_request(request)).await;
            let response = response.map_err(|_| late(Awaited::Reply, head_deadline))?.map_err(|mut error| {
                let is_sent = error.take_message().is_none();
                let error = error.into_error();
                if let Some(source) = refused(&error) {
                    return Unanswered::Other(Kind::Unreachable { uri: settings.uri.clone(), source });
                }
                let is_closed = error.is_incomplete_message();
                match (is_sent, is_closed) {
                    (false, _) => Unanswered::Unsent(broken(error)),
                    (true, true) => Unanswered::Closed(broken(error)),
                    (true, false) => Unanswered::Other(broken(error)),
                }
            })?;
            read(response, settings.reply_limit).await.map_err(Unanswered::Other)
        };
        let reply = {
            let driven = async {
                tokio::pin!(exchange);
                tokio::select! {
                    biased;
                    reply = &mut exchange => reply,
                    // The connection has ended, but the reply or the error that it has read still has to be delivered.
                    () = &mut driver => exchange.await,
                }
            };
            timeout_at(deadline.at, driven).await.unwrap_or_else(|_| Err(late(Awaited::WholeReply, deadline)))?
        };
        Ok((reply, Self { sender, driver, head }))
    }
}

async fn read(response: hyper::Response<Incoming>, limit: usize) -> Result<Reply, Kind> {
    let (head, body) = response.into_parts();
    let reason = match head.extensions.get::<ReasonPhrase>() {
        Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()).into_owned(),
        None => head.status.canonical_reason().unwrap_or_default().to_owned(),
    };
    let body = Limited::new(body, limit).collect().await.map_err(|error| match error {
        error if error.is::<LengthLimitError>() => Kind::TooLong(limit),
        error if is_end_untold(&*error) => Kind::EndUntold(error),
        error => match io_error(&*error) {
            Some(why) if matches!(why.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                Kind::WronglyFramed(io::Error::new(why.kind(), why.to_string()))
            }
            _ => Kind::Truncated(error),
        },
    })?;
    let header = |(name, value): (&header::HeaderName, &HeaderValue)| (name.to_string(), value.as_bytes().to_vec());
    let headers = head.headers.iter().map(header).collect();
    Ok(Reply { status: head.status.as_u16(), reason, headers, body: body.to_bytes().into() })
}

/// Returns the error of the connection that is behind an error of HTTP.
fn io_error<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e io::Error> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
}

fn broken(error: hyper::Error) -> Kind {
    if io_error(&error).is_some()
        || error.is_incomplete_message()
        || error.is_canceled()
        || error.is_closed()
        || is_end_untold(&error)
    {
        Kind::Closed(error)
    } else {
        Kind::NotHttp(error)
    }
}

#[cfg(feature = "tls")]
use tls::{is_end_untold, refused};

#[cfg(not(feature = "tls"))]
fn refused(_: &hyper::Error) -> Option<ConnectError> {
    None
}

#[cfg(not(feature = "tls"))]
fn is_end_untold(_: &(dyn std::error::Error + 'static)) -> bool {
    false
}

async fn connect(settings: &Settings) -> Result<Connection, ConnectError> {
    let stream = match (&settings.connector, &settings.uri.address) {
        (Some(connector), _) => connector().await.map_err(ConnectError::Io)?,
        (None, Address::Tcp { host, port }) => connect_tcp(host, *port).await?,
        #[cfg(feature = "tls")]
        (None, Address::Tls { host, port }) => {
            Box::new(tls::handshake(connect_tcp(host, *port).await?, host, settings.tls.as_ref()).await?)
        }
        #[cfg(not(feature = "tls"))]
        (None, Address::Tls { .. }) => {
            let why = "this client is built without TLS, the feature `tls`";
            return Err(ConnectError::Tls(TlsFailure::Other, why.to_owned()));
        }
        (None, Address::Unix(path)) => match UnixStream::connect(path).await {
            Ok(stream) => Box::new(stream),
            // The standard library returns these kinds for a path that does not fit into `sun_path`.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename) => {
                return Err(ConnectError::InvalidPath(error));
            }
            Err(error) => return Err(ConnectError::Io(error)),
        },
    };
    let (stream, head) = HeadFilter::new(stream);
    let mut builder = http1::Builder::new();
    builder.title_case_headers(true).allow_obsolete_multiline_headers_in_responses(true).max_buf_size(LONGEST_READ);
    let handshake = builder.handshake(TokioIo::new(stream)).await;
    let (sender, connection) = handshake.map_err(ConnectError::Http)?;
    // An error of the connection is also reported by the request, so that it can be dropped here.
    let driver = Box::pin(async { drop(connection.await) });
    Ok(Connection { sender, driver, head })
}

/// The maximal number of bytes that are read at once, and the maximal length of a reply's head.
const LONGEST_READ: usize = 64 << 10;

async fn connect_tcp(host: &str, port: u16) -> Result<Box<dyn Stream>, ConnectError> {
    let mut last = ConnectError::NoAddress;
    for address in lookup_host((host, port)).await.map_err(ConnectError::UnknownHost)? {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(ConnectError::Io)?;
                return Ok(Box::new(stream));
            }
            Err(error) => last = ConnectError::Io(error),
        }
    }
    Err(last)
}

/// Builds the HTTP request, and adds the headers that depend on the connection.
///
/// # Errors
/// [`Kind::Unsendable`] for a host or a path that can't be written into an HTTP request.
pub(crate) fn http_request(settings: &Settings, request: Request) -> Result<hyper::Request<Full<Bytes>>, Kind> {
    let host = settings.uri.host();
    let host = HeaderValue::try_from(&host).map_err(|_| {
        Kind::Unsendable(format!("the host `{}` can't be written into the Host header", visible(host.as_bytes())))
    })?;
    let length = request.target.len();
    let target = hyper::Uri::try_from(request.target)
        .map_err(|error| Kind::Unsendable(format!("its path of {length} bytes is refused: {error}")))?;
    let mut builder = hyper::Request::builder()
        .method(request.method)
        .uri(target)
        .header(header::HOST, host)
        .header(header::USER_AGENT, concat!("xend-client/", env!("CARGO_PKG_VERSION")));
    if settings.uri.face == Face::Sxp {
        // With a User-Agent and no such Accept the daemon answers in HTML (`httpserver.py useSxp`).
        builder = builder.header(header::ACCEPT, "application/sxp");
    }
    if let Some(content_type) = request.content_type {
        builder = builder.header(header::CONTENT_TYPE, content_type).header(header::CONTENT_LENGTH, request.body.len());
    }
    builder
        .header(header::CONNECTION, if settings.keep_alive { "keep-alive" } else { "close" })
        .body(Full::new(request.body.into()))
        .map_err(|error| Kind::Unsendable(error.to_string()))
}
