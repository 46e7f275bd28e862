//! What a caller put on the wire, taken apart as far as it can be, and checked.

use std::ops::Range;

use xend_wire::visible;

use super::case::{CallCase, WireCheck};
use crate::shorten::shortened;
use crate::tagged::Equality;
use crate::verdict::Status;
use crate::writing::Flaw;

/// A request as it arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Request {
    /// All bytes of it.
    pub(crate) bytes: Vec<u8>,
    /// Where the head ends, its empty line included.
    pub(crate) head: usize,
    /// The body, without the framing of chunks.
    pub(crate) body: Vec<u8>,
    /// The bytes that followed the body and that are no other request.
    pub(crate) extra: Vec<u8>,
}

/// Where the body of a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// After this number of bytes.
    Length(usize),
    /// With the last chunk.
    Chunked,
    /// Nothing tells where.
    Unknown,
}

impl Request {
    /// Returns where the head ends in these bytes, if it is complete.
    pub(crate) fn head_end(bytes: &[u8]) -> Option<usize> {
        let crlf = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4);
        let lf = memchr::memmem::find(bytes, b"\n\n").map(|at| at + 2);
        crlf.into_iter().chain(lf).min()
    }

    /// Returns how the body is framed, by the head.
    pub(crate) fn framing(&self) -> Framing {
        if self.is_chunked() {
            return Framing::Chunked;
        }
        match self.header("content-length").next().and_then(|value| value.trim().parse().ok()) {
            Some(length) => Framing::Length(length),
            None => Framing::Unknown,
        }
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").any(|value| value.to_ascii_lowercase().contains("chunked"))
    }

    /// Returns whether the caller waits for 100 Continue before it sends the body.
    pub(crate) fn expects_continue(&self) -> bool {
        self.header("expect").any(|value| value.trim().eq_ignore_ascii_case("100-continue"))
    }

    /// Returns whether the connection is to be kept after the reply.
    pub(crate) fn keeps_connection(&self) -> bool {
        let mut says = self.header("connection").map(|value| value.to_ascii_lowercase());
        match self.request_line().rsplit(' ').next() {
            Some("HTTP/1.0") => says.any(|value| value.contains("keep-alive")),
            _ => !says.any(|value| value.contains("close")),
        }
    }

    /// Returns whether the caller says that it can read a body in gzip.
    pub(crate) fn asks_for_gzip(&self) -> bool {
        self.header("accept-encoding").any(|value| value.to_ascii_lowercase().contains("gzip"))
    }

    fn lines(&self) -> Vec<String> {
        let head = &self.bytes[..self.head];
        head.split_inclusive(|&byte| byte == b'\n').map(|line| line.iter().copied().map(char::from).collect()).collect()
    }

    fn request_line(&self) -> String {
        self.lines().first().map(|line| line.trim_end().to_owned()).unwrap_or_default()
    }

    /// Returns the values of all headers of a name, whatever its case.
    fn header(&self, name: &str) -> impl Iterator<Item = String> {
        let lines = self.lines().into_iter().skip(1);
        let values = lines.filter_map(move |line| {
            let (found, value) = line.split_once(':')?;
            found.trim_end().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        });
        values.collect::<Vec<_>>().into_iter()
    }

    /// Returns what is wrong with the call in the body.
    pub(crate) fn flaw(&self, case: &CallCase, equality: Equality) -> Option<Flaw> {
        Flaw::of(&self.body, case.rules, case.outcome, case.call.as_ref(), equality)
    }

    /// Checks one thing. `host` is what `Host` must be, if it may not be anything.
    ///
    /// # Errors
    /// Returns the verdict, and what is wrong as a phrase.
    pub(crate) fn check(
        &self,
        check: WireCheck,
        case: &CallCase,
        host: Option<&str>,
        equality: Equality,
    ) -> Result<(), (Status, String)> {
        match check {
            WireCheck::Call => self.flaw(case, equality).map_or(Ok(()), |flaw| Err(flaw.status())),
            _ => self.check_head_or_body(check, case, host).map_err(|why| (Status::Fail, why)),
        }
    }

    fn check_head_or_body(&self, check: WireCheck, case: &CallCase, host: Option<&str>) -> Result<(), String> {
        let line = self.request_line();
        let parts: Vec<_> = line.split(' ').collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or_default();
        let shown = |text: &str| shortened(&visible(text.as_bytes()), 200);
        let one = |name: &str| -> Result<String, String> {
            let values: Vec<_> = self.header(name).collect();
            match &values[..] {
                [value] => Ok(value.clone()),
                [] => Err(format!("the request has no `{name}`")),
                _ => Err(format!("the request has `{name}` {} times", values.len())),
            }
        };
        match check {
            WireCheck::Post if part(0) != "POST" => Err(format!("the method is `{}`, expected `POST`", shown(part(0)))),
            WireCheck::Target if part(1) != case.path => {
                Err(format!("the request goes to `{}`, expected `{}`", shown(part(1)), case.path))
            }
            WireCheck::Version if !matches!(parts[..], [_, _, "HTTP/1.0" | "HTTP/1.1"]) => {
                Err(format!("the request line `{}` does not end with HTTP/1.0 or HTTP/1.1", shown(&line)))
            }
            WireCheck::Host => {
                let value = one("Host")?;
                match host.filter(|host| !value.eq_ignore_ascii_case(host)) {
                    Some(host) => Err(format!("`Host` is `{}`, expected `{host}`", shown(&value))),
                    None => Ok(()),
                }
            }
            WireCheck::UserAgent => match one("User-Agent")?.as_str() {
                "" => Err("`User-Agent` is empty".to_owned()),
                _ => Ok(()),
            },
            WireCheck::ContentType => {
                let value = one("Content-Type")?;
                let media = value.split(';').next().unwrap_or_default().trim();
                let is_xml = media.eq_ignore_ascii_case("text/xml");
                if is_xml { Ok(()) } else { Err(format!("`Content-Type` is `{}`, expected `text/xml`", shown(&value))) }
            }
            WireCheck::ContentLength => self.check_length(&one("Content-Length")?),
            WireCheck::NotChunked if self.is_chunked() => {
                Err("the body is sent in chunks; the specification wants a Content-Length".to_owned())
            }
            WireCheck::Head => self.check_head(),
            WireCheck::End if !self.extra.is_empty() => {
                Err(format!("{} bytes follow the body: {}", self.extra.len(), shortened(&visible(&self.extra), 100)))
            }
            WireCheck::Declaration => {
                let is_declared = ["<?xml version=\"1.0\"", "<?xml version='1.0'"];
                match is_declared.iter().any(|start| self.body.starts_with(start.as_bytes())) {
                    true => Ok(()),
                    false => Err("the body does not begin with `<?xml version=\"1.0\"`".to_owned()),
                }
            }
            _ => Ok(()),
        }
    }

    fn check_length(&self, value: &str) -> Result<(), String> {
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!(
                "`Content-Length` is `{}`, which is no number",
                shortened(&visible(value.as_bytes()), 100)
            ));
        }
        let body = self.bytes.len() - self.head + self.extra.len();
        match value.parse::<usize>() {
            Ok(length) if length == body => Ok(()),
            _ => Err(format!("`Content-Length` is {value}, and the body has {body} bytes")),
        }
    }

    fn check_head(&self) -> Result<(), String> {
        for (at, line) in self.lines().iter().enumerate() {
            let shown = shortened(&visible(line.trim_end().as_bytes()), 200);
            let Some(line) = line.strip_suffix("\r\n") else {
                return Err(format!("the line `{shown}` of the head does not end with CR LF"));
            };
            let is_token = |name: &str| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
            };
            if at == 0 && line.split(' ').count() != 3 {
                return Err(format!("the request line `{shown}` has not the form `POST PATH VERSION`"));
            }
            if at > 0 && !line.is_empty() && !line.split_once(':').is_some_and(|(name, _)| is_token(name)) {
                return Err(format!("the line `{shown}` of the head has not the form `NAME: VALUE`"));
            }
        }
        Ok(())
    }
}

/// Takes chunks apart. Returns the body, and the range of bytes that the chunks take, if the last one is there.
pub(crate) fn dechunked(bytes: &[u8]) -> Option<(Vec<u8>, Range<usize>)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line = memchr::memmem::find(&bytes[at..], b"\r\n")?;
        let size = str::from_utf8(&bytes[at..at + line]).ok()?.split(';').next()?.trim().to_owned();
        let size = usize::from_str_radix(&size, 16).ok()?;
        at += line + 2;
        if size == 0 {
            return bytes[at..].starts_with(b"\r\n").then_some((body, 0..at + 2));
        }
        body.extend_from_slice(bytes.get(at..at.checked_add(size)?)?);
        at += size + 2;
        if at > bytes.len() {
            return None;
        }
    }
}
