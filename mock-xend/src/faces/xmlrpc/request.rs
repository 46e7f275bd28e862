//! Requests of the XML-RPC faces, as Python 2's `BaseHTTPServer.BaseHTTPRequestHandler` reads them (`parse_request`,
//! captures `h-*`).

use tokio::io::AsyncRead;
use xend_wire::Release;
use xend_wire::operation::{Face, Operation};
use xend_wire::xmlrpc::Call;

use super::reply::Reply;
use crate::headers::{Headers, HeadersEnd};
use crate::http::{Answer, Connection, Input, Then};
use crate::path::UrlPath;
use crate::python;
use crate::scenario::{Asked, RequestKind};
use crate::service::Service;

/// The result of reading a request.
pub(crate) enum Incoming {
    /// A POST with its body.
    Request(Request),
    /// An error that is answered at once, after which the connection is closed.
    Refused(Reply),
    /// A request over which the daemon's thread dies: the connection is closed without a reply.
    Unanswerable,
}

/// A POST with its body.
pub(crate) struct Request {
    pub(crate) path: UrlPath,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
    /// Whether the reply has a status line and headers.
    pub(crate) has_head: bool,
}

/// The longest request line, in bytes (`rfile.readline(65537)`).
const LONGEST_FIRST_LINE: usize = 65_536;
/// The longest headers, in bytes. The daemon has no limit on headers and body.
const LONGEST_HEADERS: usize = 1 << 20;
const LONGEST_BODY: i64 = 64 << 20;

impl Incoming {
    /// Returns the number of bytes that still have to be parsed.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Request(request) => request.body.len(),
            Self::Refused(_) | Self::Unanswerable => 0,
        }
    }

    /// Returns the request, or the answer if reading it failed.
    pub(crate) fn request(self, service: &Service) -> Result<Request, Answer> {
        match self {
            Self::Request(request) => Ok(request),
            Self::Refused(reply) => Err(Answer::new(reply.encode(service.release(), service.now()), Then::Close)),
            Self::Unanswerable => Err(Answer::closed()),
        }
    }
}

impl Request {
    /// Returns the request as expectations are compared with it.
    pub(crate) fn asked<'r>(
        &'r self,
        face: Face,
        connection: Connection,
        decoded: &'r Result<Call<'_>, xend_wire::Error>,
        operations: &'r [Operation],
    ) -> Asked<'r> {
        let kind = match decoded {
            Ok(call) => RequestKind::Call(call),
            Err(error) => RequestKind::NoCall(error.to_string()),
        };
        let Self { path, headers, body, .. } = self;
        Asked { face, connection: connection.number, path, headers, body, kind, operations }
    }

    /// Returns what happens to the connection after the reply.
    pub(crate) fn then(&self) -> Then {
        if self.keep_alive { Then::Continue } else { Then::Close }
    }
}

impl Incoming {
    /// Reads a request. Returns `None` if there is none, which gets no answer.
    pub(crate) async fn read<R: AsyncRead + Unpin>(input: &mut Input<R>, release: Release) -> Option<Self> {
        let line = match input.line(LONGEST_FIRST_LINE).await {
            Ok([]) => return None,
            Ok(line) => line.to_vec(),
            Err(_) => return Some(Self::Refused(Reply::error(414, "Request-URI Too Long", false))),
        };
        let FirstLine { method, path, persists, has_head } = match FirstLine::parse(&line, release) {
            Ok(line) => line?,
            Err(refused) => return Some(Self::Refused(refused)),
        };
        let headers = read_headers(input).await?;
        let keep_alive = match headers.get("connection").map(<[u8]>::to_ascii_lowercase).as_deref() {
            Some(b"close") => false,
            Some(b"keep-alive") => release >= Release::V3_0_3,
            _ => persists,
        };
        if method != b"POST" {
            let message = [b"Unsupported method (".as_slice(), &python::repr(&method), b")"].concat();
            let reply = Reply::error(501, message, has_head);
            return Some(Self::Refused(if method == b"HEAD" { reply.without_body() } else { reply }));
        }
        if release == Release::V3_0_2 && path != b"/" && path != b"/RPC2" {
            return Some(Self::Refused(Reply::no_such_page().with_head(has_head)));
        }
        let unreadable = || match release {
            Release::V3_0_2 => Self::Refused(Reply::internal_error().with_head(has_head)),
            _ => Self::Unanswerable,
        };
        // A missing length, or one that is not a number, raises an exception: `int(None)`, `int('abc')`.
        let Some(length) = headers.get("content-length").and_then(|length| python::int(length).ok()) else {
            return Some(unreadable());
        };
        if length > LONGEST_BODY {
            return Some(unreadable());
        }
        // With a negative length, the daemon reads to the end of the stream.
        let count = usize::try_from(length).unwrap_or(LONGEST_BODY as usize);
        let body = input.bytes(count).await.to_vec();
        let path = path.split(|&byte| byte == b'?').next().unwrap_or_default();
        let path = UrlPath::parse(path.strip_prefix(b"/").unwrap_or(path));
        Some(Self::Request(Request { path, headers, body, keep_alive, has_head }))
    }
}

struct FirstLine {
    method: Vec<u8>,
    path: Vec<u8>,
    /// Whether the connection stays open unless a header says otherwise.
    persists: bool,
    /// Whether replies have a status line and headers. Replies to HTTP/0.9 have none (`BaseHTTPServer.send_response`).
    has_head: bool,
}

impl FirstLine {
    /// Parses a request line. Returns `None` for a blank line, which ends the connection. An error is answered as for
    /// HTTP/0.9, without a head, because Python notes the version only after all checks.
    fn parse(line: &[u8], release: Release) -> Result<Option<Self>, Reply> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
        let words: Vec<_> = line.split(is_space).filter(|word| !word.is_empty()).collect();
        let bad = |text: &str, what: &[u8]| {
            let message = [text.as_bytes(), b" (", &python::repr(what), b")"].concat();
            Reply::error(400, message, false)
        };
        match words.as_slice() {
            [method, path, version] => {
                let numbers = version.strip_prefix(b"HTTP/").and_then(version_numbers);
                let Some(numbers) = numbers else { return Err(bad("Bad request version", version)) };
                if numbers >= (2, 0) {
                    let message = [b"Invalid HTTP Version (".as_slice(), &version[5..], b")"].concat();
                    return Err(Reply::error(505, message, false));
                }
                let persists = numbers >= (1, 1) && release >= Release::V3_0_3;
                let has_head = *version != b"HTTP/0.9";
                Ok(Some(Self { method: method.to_vec(), path: path.to_vec(), persists, has_head }))
            }
            [b"GET", path] => {
                Ok(Some(Self { method: b"GET".to_vec(), path: path.to_vec(), persists: false, has_head: false }))
            }
            [method, _] => Err(bad("Bad HTTP/0.9 request type", method)),
            [] => Ok(None),
            _ => Err(bad("Bad request syntax", line)),
        }
    }
}

/// Parses a version such as `1.1` into two numbers.
fn version_numbers(text: &[u8]) -> Option<(i64, i64)> {
    let mut numbers = text.split(|&byte| byte == b'.').map(python::int);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor)), None) => Some((major, minor)),
        _ => None,
    }
}

/// Reads headers. Returns `None` if they are longer than the mock accepts.
async fn read_headers<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Option<Headers> {
    let mut headers = Headers::default();
    let mut left = LONGEST_HEADERS;
    loop {
        let line = input.line(left).await.ok()?;
        left -= line.len();
        if matches!(line, b"\r\n" | b"\n" | b"") || headers.push(line) == HeadersEnd::Here {
            return Some(headers);
        }
    }
}
