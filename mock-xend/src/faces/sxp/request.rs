//! Requests of the S-expression face, as `web/http.py` reads them (protocol reference §1.3).

use tokio::io::AsyncRead;

use super::form;
use super::reply::{Reply, SXP};
use crate::fields::Fields;
use crate::headers::{Headers, HeadersEnd};
use crate::http::{Answer, Input, Then, TooLong};
use crate::path::UrlPath;
use crate::python;

/// The result of reading a request.
pub(crate) enum Incoming {
    /// A request whose fields are not parsed yet.
    Unparsed(Unparsed),
    /// An error that is answered at once, after which the connection is closed.
    Refused(Reply),
}

/// The head and the body of a request, before the fields are parsed.
pub(crate) struct Unparsed {
    method: Vec<u8>,
    target: Vec<u8>,
    headers: Headers,
    body: Option<Vec<u8>>,
}

/// A request for a resource.
pub(crate) struct Request {
    pub(crate) method: Vec<u8>,
    /// The path, without its first slash.
    pub(crate) path: UrlPath,
    /// The fields of the query and of the form together.
    pub(crate) fields: Fields,
    pub(crate) headers: Headers,
    /// The body; empty if the request has none, or one whose length is not given.
    pub(crate) body: Vec<u8>,
    pub(crate) keep_alive: bool,
}

/// The most header lines, the blank one included (`MAX_HEADERS`).
const MAX_HEADERS: usize = 500;
/// The longest body (`MAX_CONTENT_LENGTH`).
const MAX_BODY: i64 = 10_000;
/// The longest line, in bytes. The daemon has no limit.
const MAX_LINE: usize = 1 << 20;

/// The daemon's thread dies over the request, so it gets no reply.
pub(crate) struct ThreadDied;

impl Incoming {
    /// Returns the number of bytes that still have to be parsed.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Unparsed(unparsed) => unparsed.target.len() + unparsed.body.as_ref().map_or(0, Vec::len),
            Self::Refused(_) => 0,
        }
    }

    /// Reads a request. There is always something to answer: even a connection without a request gets a 400 (capture
    /// `mal-eof`).
    pub(crate) async fn read<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Self {
        let bad = || Self::Refused(Reply::bad_request());
        let Ok(line) = input.line(MAX_LINE).await else { return bad() };
        let Some((method, target)) = request_line(line) else { return bad() };
        let Ok(headers) = read_headers(input).await else { return bad() };
        let length = headers.get("content-length").and_then(|length| python::int(length).ok());
        let body = match length {
            Some(length) if length > MAX_BODY => return Self::Refused(Reply::too_large()),
            // With a negative length, the daemon reads to the end of the stream (capture `len-neg`).
            Some(length) => Some(input.bytes(usize::try_from(length).unwrap_or(MAX_LINE)).await.to_vec()),
            // Without a length, or with one that is not a number, the daemon reads no body.
            None => None,
        };
        Self::Unparsed(Unparsed { method, target, headers, body })
    }
}

impl Unparsed {
    #[cfg(test)]
    pub(super) fn new(method: &str, target: &str, headers: Headers, body: Vec<u8>) -> Self {
        let (method, target) = (method.as_bytes().to_vec(), target.as_bytes().to_vec());
        Self { method, target, headers, body: Some(body) }
    }

    /// Parses the path, the query and the form.
    pub(crate) fn parse(self) -> Result<Request, ThreadDied> {
        let Self { method, target, headers, body } = self;
        let mut pieces = target.split(|&byte| byte == b'?');
        let path = pieces.next().unwrap_or_default();
        // Anything after a second `?` is lost (capture `get-query-two-q`).
        let mut fields = pieces.next().map(|query| form::urlencoded(query, false)).unwrap_or_default();
        if let (b"POST", Some(body)) = (method.as_slice(), &body) {
            fields.update(form::body(headers.get("content-type"), body).map_err(|form::MalformedForm| ThreadDied)?);
        }
        // The daemon drops the first character, whatever it is (captures `mal-relpath`, `get-absolute-uri`).
        let path = UrlPath::parse(path.get(1..).unwrap_or_default());
        let keep_alive = headers.get("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"keep-alive"));
        Ok(Request { method, path, fields, headers, body: body.unwrap_or_default(), keep_alive })
    }
}

impl Request {
    /// Creates a GET request for a path, without fields and headers.
    #[cfg(test)]
    pub(super) fn get(path: &[u8]) -> Self {
        let (fields, headers) = (Fields::default(), Headers::default());
        Self {
            method: b"GET".to_vec(),
            path: UrlPath::parse(path),
            fields,
            headers,
            body: Vec::new(),
            keep_alive: false,
        }
    }

    /// Returns the answer that sends a reply to this request.
    pub(super) fn answered(&self, reply: Reply) -> Answer {
        let then = if self.keep_alive { Then::Continue } else { Then::Close };
        Answer::new(reply.encode(self.method == b"HEAD", self.keep_alive), then)
    }

    /// Returns the requested operation, if there is exactly one.
    pub(crate) fn operation(&self) -> Option<&[u8]> {
        match self.fields.get("op") {
            Some([operation]) => Some(operation),
            _ => None,
        }
    }

    /// Returns whether the reply is S-expressions rather than HTML (`useSxp`, protocol reference §1.5).
    pub(crate) fn wants_sxp(&self) -> bool {
        // An empty header counts as missing.
        let given = |name| self.headers.get(name).filter(|value| !value.is_empty());
        match (given("user-agent"), given("accept")) {
            (Some(_), Some(accept)) => accept.windows(SXP.len()).any(|part| part == SXP.as_bytes()),
            _ => true,
        }
    }
}

/// Returns the method and the target of a request line, if it has both and a valid version.
fn request_line(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut words = line.split(|byte| byte.is_ascii_whitespace() || *byte == 0x0b).filter(|word| !word.is_empty());
    let (method, target) = (words.next()?, words.next()?);
    let is_whole = words.next().is_none_or(is_version) && words.next().is_none();
    is_whole.then(|| (method.to_vec(), target.to_vec()))
}

/// Returns whether a text is `HTTP/` and two numbers; any numbers will do (capture `mal-ver99`).
fn is_version(version: &[u8]) -> bool {
    let Some(numbers) = version.strip_prefix(b"HTTP/") else { return false };
    let mut numbers = numbers.split(|&byte| byte == b'.').map(|number| python::int(number).is_ok());
    (numbers.next(), numbers.next(), numbers.next()) == (Some(true), Some(true), None)
}

async fn read_headers<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Result<Headers, TooLong> {
    let mut headers = Headers::default();
    let mut end = HeadersEnd::NotYet;
    let mut size = 0;
    for _ in 0..MAX_HEADERS {
        let line = input.line(MAX_LINE - size).await?;
        size += line.len();
        if matches!(line, b"\r\n" | b"\n" | b"") {
            return Ok(headers);
        }
        // The daemon reads all lines before it parses them, including those after a line that is not a header.
        if end == HeadersEnd::NotYet {
            end = headers.push(line);
        }
    }
    Err(TooLong)
}
