//! Edits that break a reply, so that no success may be told.

use mock_xend::{Fault, Place};

use super::super::choices::Choices;
use super::super::reading::Reading;
use super::framed::{Body, Chunks, Field, Framed};
use crate::case::{Level, Outcome};

/// A reply that is about to be broken.
#[derive(Debug)]
pub(super) struct Edited<'c, 'g> {
    pub(super) choices: &'c mut Choices<'g>,
    pub(super) framed: Framed,
    /// How many bytes of the document there are up to the end of its root element.
    pub(super) root: usize,
    /// How the connection breaks, if that is the edit.
    pub(super) fault: Option<Fault>,
}

/// What was done to a reply.
#[derive(Debug)]
pub(super) struct Broken {
    /// What is expected, as a phrase.
    pub(super) title: String,
    /// The rule that is broken.
    pub(super) rule: &'static str,
    /// Whether a caller may learn the fault that the document still tells.
    pub(super) may_be_fault: bool,
}

type Edit = fn(&mut Edited<'_, '_>) -> Option<Broken>;

/// All edits, with the often ones several times; the first is possible in every reply.
const EDITS: &[Edit] = &[
    |it| it.ended(),
    |it| it.ended(),
    |it| it.ended(),
    |it| it.stalled(),
    |it| it.status(),
    |it| it.status(),
    |it| it.status_line(),
    |it| it.garbage(),
    |it| it.length_more(),
    |it| it.length_less(),
    |it| it.length_malformed(),
    |it| it.length_malformed(),
    |it| it.length_twice(),
    |it| it.size_malformed(),
    |it| it.size_malformed(),
    |it| it.size_wrong(),
    |it| it.chunk_without_end(),
    |it| it.no_last_chunk(),
    |it| it.framed_otherwise(),
];

/// Statuses under which no document is a success.
const STATUSES: &[&str] = &[
    "500 Internal Server Error",
    "404 Not Found",
    "503 Service Unavailable",
    "400 Bad Request",
    "500 OK",
    "401 Unauthorized",
    "403 Forbidden",
    "405 Method Not Allowed",
    "408 Request Timeout",
    "413 Content Too Large",
    "429 Too Many Requests",
    "501 Not Implemented",
    "502 Bad Gateway",
    "504 Gateway Timeout",
    "599 200 OK",
    "300 Multiple Choices",
    "302 Found",
    "204 No Content",
    "205 Reset Content",
    "304 Not Modified",
];

/// Lines that are no status line of HTTP/1.
const STATUS_LINES: &[&str] = &[
    "HTTP/1.1 20 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 OK",
    "HTTP/1.1 -200 OK",
    "HTTP/1.1 2OO OK",
    "HTTP/1.1 200OK",
    "HTTP/x.y 200 OK",
    "HTTP 200 OK",
    "ICY 200 OK",
    "SSH-2.0-OpenSSH_9.6",
    "220 mail.example.org ESMTP",
    "200 OK",
];

const GARBAGE: &[&str] =
    &["\u{7f}\u{1}\u{2}garbage\n", "South Dakota\r\n", "\0", "0\r\n\r\n", "<?xml version=\"1.0\"?>"];

/// Bodies that are no response of XML-RPC, each with the rule that it breaks.
const NO_RESPONSES: &[(&[u8], &str)] = &[
    (b"", "http/document"),
    (b"South Dakota", "http/document"),
    (b" \r\n \n", "http/document"),
    (b"<html><head><title>Error</title></head><body><h1>Error</h1></body></html>\n", "http/document"),
    (b"{\"jsonrpc\":\"2.0\",\"result\":\"South Dakota\",\"id\":1}", "http/document"),
    (b"<methodCall><methodName>m</methodName><params><param><value>a</value></param></params></methodCall>", "http/document"),
    (b"<reply><params><param><value>a</value></param></params></reply>", "http/document"),
    (b"<methodResponse></methodResponse>", "http/document"),
    (b"<methodResponse><params></params></methodResponse>", "http/document"),
    (
        b"<methodResponse><params><param><value>a</value></param><param><value>b</value></param></params></methodResponse>",
        "http/document",
    ),
    (b"<value>a</value>", "http/document"),
    (
        b"Notice: <b>x</b><methodResponse><params><param><value>a</value></param></params></methodResponse>",
        "http/document",
    ),
    (b"<methodResponse><params><param><value>\xff\xfe</value></param></params></methodResponse>", "xml/encoding-utf8"),
    (b"<methodResponse><params><param><value>Gr\xfc\xdfe</value></param></params></methodResponse>", "xml/encoding-utf8"),
    (
        b"<methodResponse><params><param><value>\xed\xa0\x80</value></param></params></methodResponse>",
        "xml/encoding-utf8",
    ),
    (b"<methodResponse><params><param><value>\xc0\xaf</value></param></params></methodResponse>", "xml/encoding-utf8"),
];

/// A body that is no response, whatever its framing says.
pub(super) fn no_response(edit: &mut Choices<'_>) -> Reading {
    let (body, rule) = edit.pick(NO_RESPONSES);
    Reading {
        title: "A body that is no response is an error".to_owned(),
        rule,
        input: body.to_vec(),
        level: Level::Must,
        needs: Vec::new(),
        ordered: false,
        outcome: Outcome::Refused,
    }
}

impl Edited<'_, '_> {
    /// Breaks the reply.
    pub(super) fn broken(&mut self) -> Broken {
        let first = self.choices.index(EDITS.len());
        let tried = (0..EDITS.len()).find_map(|more| EDITS[(first + more) % EDITS.len()](self));
        tried.expect("every reply can end early")
    }

    fn broken_as(title: impl Into<String>, rule: &'static str) -> Option<Broken> {
        Some(Broken { title: title.into(), rule, may_be_fault: false })
    }

    /// Returns how many bytes of the reply do not make a success: all but the last, all before the last chunk, or all
    /// before the end of the root element.
    fn incomplete(&self) -> usize {
        let head = self.framed.head().len();
        match &self.framed.body {
            Body::Chunks(body) => head + body.data(&self.framed.document).len(),
            Body::Plain if self.framed.field("Content-Length").is_some() => head + self.framed.document.len() - 1,
            Body::Plain => head + self.root - 1,
        }
    }

    /// Chooses a place before which a reply is not complete, and says what rule tells so.
    fn place(&mut self) -> (usize, &'static str) {
        let (most, head) = (self.incomplete(), self.framed.head().len());
        let at = match self.choices.below(5) {
            0 => most,
            1 => head.min(most),
            2 => self.framed.interims.concat().len(),
            // Behind the data of the last chunk that has some, without its line end.
            3 => most.saturating_sub(2),
            _ => self.choices.index(most + 1),
        };
        let is_close = matches!(self.framed.body, Body::Plain) && self.framed.field("Content-Length").is_none();
        (at, if is_close && at >= head { "xml/complete" } else { "http/incomplete" })
    }

    fn ended(&mut self) -> Option<Broken> {
        let (at, rule) = self.place();
        let (fault, how) = match self.choices.below(3) {
            0 => (Fault::Close(Place::Byte(at)), "closed"),
            1 => (Fault::Reset(Place::Byte(at)), "reset"),
            _ => (Fault::HalfClose(Place::Byte(at)), "closed for sending"),
        };
        self.fault = Some(fault);
        Self::broken_as(format!("A reply whose connection is {how} after {at} bytes is an error"), rule)
    }

    fn stalled(&mut self) -> Option<Broken> {
        let (at, _) = self.place();
        self.fault = Some(Fault::Stall(Place::Byte(at)));
        Self::broken_as(format!("A reply of which only {at} bytes come is an error in time"), "http/deadline")
    }

    fn status(&mut self) -> Option<Broken> {
        let status = self.choices.pick(STATUSES);
        let (version, _) = self.framed.status_line.split_once(' ')?;
        self.framed.status_line = format!("{version} {status}");
        let rule = match &status[..1] {
            "3" => "http/redirect",
            _ if status.starts_with("401") => "http/authentication",
            _ => "http/status",
        };
        // Some servers send their faults with such a status.
        Some(Broken { title: format!("A value under {status} is no success"), rule, may_be_fault: true })
    }

    fn status_line(&mut self) -> Option<Broken> {
        let line = self.choices.pick(STATUS_LINES);
        self.framed.status_line = line.to_owned();
        Self::broken_as(format!("A reply that begins with `{line}` is an error"), "http/status-line")
    }

    fn garbage(&mut self) -> Option<Broken> {
        let garbage = self.choices.pick(GARBAGE);
        self.framed.garbage = garbage.to_owned();
        Self::broken_as("A reply with something before its status line is an error", "http/not-http")
    }

    /// Returns the field `Content-Length` and its value.
    fn length(&mut self) -> Option<(&mut Field, usize)> {
        let at = self.framed.field("Content-Length")?;
        let length = self.framed.document.len();
        Some((&mut self.framed.fields[at], length))
    }

    fn length_more(&mut self) -> Option<Broken> {
        let more = 1 + self.choices.index(200);
        let (field, length) = self.length()?;
        field.value = (length + more).to_string();
        Self::broken_as(format!("A body that has {more} bytes less than its length is an error"), "http/incomplete")
    }

    fn length_less(&mut self) -> Option<Broken> {
        let (root, more) = (self.root, self.choices.index(self.root));
        let (field, _) = self.length()?;
        field.value = (root - 1 - more).to_string();
        Self::broken_as("A length that cuts the document is an error", "http/length")
    }

    fn length_malformed(&mut self) -> Option<Broken> {
        let which = self.choices.below(13);
        let (field, n) = self.length()?;
        field.value = match which {
            0 => "abc".to_owned(),
            1 => "-1".to_owned(),
            2 => format!("-{n}"),
            3 => format!("0x{n:x}"),
            4 => format!("{n}.5"),
            5 => String::new(),
            6 => format!("{n} {n}"),
            7 => "99999999999999999999".to_owned(),
            8 => format!("{n}x"),
            9 => format!("{n}e0"),
            10 => format!("{n}, {}", n + 1),
            11 => format!("{n};"),
            _ => format!("\"{n}\""),
        };
        let title = format!("A reply with the length `{}` is an error", field.value);
        Self::broken_as(title, "http/length")
    }

    fn length_twice(&mut self) -> Option<Broken> {
        let other = self.choices.below(3);
        let is_before = self.choices.below(2) == 1;
        let at = self.framed.field("Content-Length")?;
        let (field, length) = self.length()?;
        let value = match other {
            0 => length + 1,
            1 => length.checked_sub(1)?,
            _ => 0,
        };
        let field = Field { value: value.to_string(), ..field.clone() };
        self.framed.fields.insert(if is_before { at } else { at + 1 }, field);
        Self::broken_as("A reply with two lengths is an error", "http/length")
    }

    /// Chooses a chunk that has data.
    fn chunk(&mut self) -> Option<usize> {
        let count = self.framed.chunks()?.chunks.len();
        (count > 0).then(|| self.choices.index(count))
    }

    fn size_malformed(&mut self) -> Option<Broken> {
        let (at, which) = (self.chunk()?, self.choices.below(10));
        let chunk = &mut self.framed.chunks()?.chunks[at];
        let size = &chunk.size;
        chunk.size = match which {
            0 => "zz".to_owned(),
            1 => String::new(),
            2 => format!("-{size}"),
            3 => format!("0x{size}"),
            4 => format!("{size}h"),
            5 => format!("{size}.0"),
            6 => "fffffffffffffffff".to_owned(),
            7 => format!("{size}g"),
            8 => format!("\"{size}\""),
            _ => format!("${size}"),
        };
        let title = format!("A chunk whose size is `{}` is an error", chunk.size);
        Self::broken_as(title, "http/chunked")
    }

    /// A size that is larger or smaller than the data, so that no line end follows where one must.
    fn size_wrong(&mut self) -> Option<Broken> {
        let (at, is_less, by) = (self.chunk()?, self.choices.below(2) == 1, self.choices.index(20) + 1);
        let document = self.framed.document.clone();
        let body = self.framed.chunks()?;
        let data = body.chunks[at].data.clone();
        let (size, after) = if is_less {
            let size = data.len().checked_sub(by).filter(|&it| it > 0)?;
            (size, document[data.start + size..].to_vec())
        } else {
            let behind = Chunks { chunks: body.chunks[at + 1..].to_vec(), ..body.clone() };
            let rest = [b"\r\n", &*behind.data(&document), &*behind.end()].concat();
            (data.len() + by, rest.get(by..)?.to_vec())
        };
        // A line end there would be that of the chunk.
        if after.starts_with(b"\r\n") {
            return None;
        }
        body.chunks[at].size = format!("{size:x}");
        let how = if is_less { "less" } else { "more" };
        Self::broken_as(format!("A chunk whose size is {how} by {by} is an error"), "http/chunked")
    }

    fn chunk_without_end(&mut self) -> Option<Broken> {
        let at = self.chunk()?;
        self.framed.chunks()?.chunks[at].end = "";
        Self::broken_as("A chunk without the line end behind its data is an error", "http/chunked")
    }

    fn no_last_chunk(&mut self) -> Option<Broken> {
        self.framed.chunks()?;
        self.fault = Some(Fault::Close(Place::Byte(self.incomplete())));
        Self::broken_as("Chunks without a last one are an error", "http/incomplete")
    }

    /// Chunks that no field tells, or a field that tells of chunks where none are.
    fn framed_otherwise(&mut self) -> Option<Broken> {
        // HTTP/1.0 has no chunks, so that its callers may read over the field.
        if self.framed.status_line.starts_with("HTTP/1.0") {
            return None;
        }
        let length = self.framed.bytes().len() - self.framed.head().len();
        let (old, new, value, rule) = match &self.framed.body {
            Body::Chunks(_) => ("Transfer-Encoding", "Content-Length", length.to_string(), "http/document"),
            Body::Plain => ("Content-Length", "Transfer-Encoding", "chunked".to_owned(), "http/chunked"),
        };
        let at = self.framed.field(old)?;
        let field = &mut self.framed.fields[at];
        (field.name, field.value) = (new.to_owned(), value);
        Self::broken_as(format!("A reply with {new} in the place of {old} is an error"), rule)
    }
}
