//! Requests as `web/http.py` takes them (protocol reference §1.3).

use percent_encoding::percent_decode;
use tokio::io::AsyncRead;

use super::Reply;
use super::form;
use crate::fields::Fields;
use crate::http::{Headers, HeadersEnd, Input, TooLong};
use crate::python;

/// What came in.
pub(crate) enum Incoming {
    /// A request.
    Request(Request),
    /// Something that is answered at once; then the connection closes.
    Refused(Reply),
    /// The daemon's thread dies over it: the connection closes without a byte.
    Unanswerable,
}

/// A request for a resource.
pub(crate) struct Request {
    pub(crate) method: Vec<u8>,
    /// The elements of the path behind the first slash, decoded. Empty ones are kept.
    pub(crate) path: Vec<Vec<u8>>,
    /// Those of the query and of the form together.
    pub(crate) fields: Fields,
    pub(crate) headers: Headers,
    pub(crate) keep_alive: bool,
}

/// `MAX_HEADERS`: lines, the blank one included.
const MAX_HEADERS: usize = 500;
/// `MAX_CONTENT_LENGTH`.
const MAX_BODY: i64 = 10_000;
/// The daemon has no limit on the length of a line; the mock's memory has.
const MAX_LINE: usize = 1 << 20;

impl Request {
    pub(crate) async fn read<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Incoming {
        let bad = || Incoming::Refused(Reply::bad_request());
        let Ok(line) = input.line(MAX_LINE).await else { return bad() };
        let Some((method, target)) = request_line(line) else { return bad() };
        let Ok(headers) = read_headers(input).await else { return bad() };
        let body = match headers.get("content-length").and_then(|length| python::int(length).ok()) {
            Some(length) if length > MAX_BODY => return Incoming::Refused(Reply::too_large()),
            // A negative length reads to the end of the stream (capture `len-neg`).
            Some(length) => input.bytes(usize::try_from(length).unwrap_or(MAX_LINE)).await.to_vec(),
            None => Vec::new(),
        };
        let mut pieces = target.split(|&byte| byte == b'?');
        let path = pieces.next().unwrap_or_default();
        // A third piece is lost (capture `get-query-two-q`).
        let mut fields = pieces.next().map(|query| form::urlencoded(query, false)).unwrap_or_default();
        if method == b"POST" {
            match form::body(headers.get("content-type"), &body) {
                Ok(form) => fields.update(form),
                Err(form::Broken) => return Incoming::Unanswerable,
            }
        }
        // The first character is dropped, whatever it is (captures `mal-relpath`, `get-absolute-uri`).
        let path = path.get(1..).unwrap_or_default().split(|&byte| byte == b'/');
        let path = path.map(|element| percent_decode(element).collect()).collect();
        let keep_alive = headers.get("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"keep-alive"));
        Incoming::Request(Self { method, path, fields, headers, keep_alive })
    }

    /// The operation that a POST asks for, if it asks for exactly one.
    pub(crate) fn operation(&self) -> Option<&[u8]> {
        match self.fields.get("op") {
            Some([operation]) => Some(operation),
            _ => None,
        }
    }

    /// `useSxp` (protocol reference §1.5).
    pub(crate) fn wants_sxp(&self) -> bool {
        match (self.headers.get("user-agent"), self.headers.get("accept")) {
            (Some(_), Some(accept)) => {
                accept.windows(super::reply::SXP.len()).any(|part| part == super::reply::SXP.as_bytes())
            }
            _ => true,
        }
    }
}

/// Method and target, if there are such and the version is one.
fn request_line(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let words: Vec<_> =
        line.split(|byte| byte.is_ascii_whitespace() || *byte == 0x0b).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [method, target] => Some((method.to_vec(), target.to_vec())),
        [method, target, version] if is_version(version) => Some((method.to_vec(), target.to_vec())),
        _ => None,
    }
}

/// `HTTP/` and two numbers; which ones does not count (capture `mal-ver99`).
fn is_version(version: &[u8]) -> bool {
    let Some(numbers) = version.strip_prefix(b"HTTP/") else { return false };
    let numbers: Vec<_> = numbers.split(|&byte| byte == b'.').collect();
    numbers.len() == 2 && numbers.iter().all(|number| python::int(number).is_ok())
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
        // All lines are read before they are looked at, those behind a line that is no header included.
        if end == HeadersEnd::NotYet {
            end = headers.push(line);
        }
    }
    Err(TooLong)
}
