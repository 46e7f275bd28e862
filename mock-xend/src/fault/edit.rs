//! Changes to the bytes of a reply: its head, and the framing of its body.

use std::num::NonZeroUsize;
use std::ops::Range;

use super::kind::{BrokenChunk, ContentLength};

/// Returns where the value of the `Content-Length` is in a head.
pub(super) fn content_length(head: &[u8]) -> Option<Range<usize>> {
    let line = header(head, b"content-length")?;
    let value = line.start + memchr::memchr(b':', &head[line.clone()])? + 1;
    let text = &head[value..line.end];
    let start = value + text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    Some(start.min(line.end)..start.max(value + text.trim_ascii_end().len()))
}

/// Returns where the line of a header is in a head, its line end excluded. `name` is in lower case.
pub(crate) fn header(head: &[u8], name: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.trim_ascii_end().len();
        if line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name) {
            return Some(start..end);
        }
        start += line.len();
    }
    None
}

/// Returns the range of a line of a head with its line end.
fn with_line_end(head: &[u8], line: &Range<usize>) -> Range<usize> {
    let end = memchr::memchr(b'\n', &head[line.end..]).map_or(head.len(), |at| line.end + at + 1);
    line.start..end
}

/// Changes the `Content-Length` of a head. Returns whether the head has one.
pub(super) fn set_content_length(head: &mut Vec<u8>, change: &ContentLength) -> bool {
    let (Some(value), Some(line)) = (content_length(head), header(head, b"content-length")) else { return false };
    let whole = with_line_end(head, &line);
    let number = str::from_utf8(&head[value.clone()]).ok().and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let set = |head: &mut Vec<u8>, text: &str| drop(head.splice(value.clone(), text.bytes()));
    match change {
        ContentLength::Missing => drop(head.drain(whole)),
        ContentLength::Repeated => {
            let again = head[whole.clone()].to_vec();
            head.splice(whole.end..whole.end, again);
        }
        ContentLength::Conflicting => {
            let again = head[whole.clone()].to_vec();
            set(head, &(number + 1).to_string());
            head.splice(whole.start..whole.start, again);
        }
        ContentLength::More(more) => set(head, &number.saturating_add(more.get()).to_string()),
        ContentLength::Less(less) => set(head, &number.saturating_sub(less.get()).to_string()),
        ContentLength::Text(text) => set(head, text),
    }
    true
}

/// Sets the `Content-Length` of a head if it is the length that the body had.
pub(crate) fn set_length(head: &mut Vec<u8>, had: usize, has: usize) {
    if had != has
        && let Some(value) = content_length(head)
        && head[value.clone()] == *had.to_string().as_bytes()
    {
        head.splice(value, has.to_string().into_bytes());
    }
}

/// Replaces the `Content-Length` of a head by `Transfer-Encoding: chunked`.
pub(super) fn set_chunked(head: &mut Vec<u8>) {
    const CHUNKED: &[u8] = b"Transfer-Encoding: chunked\r\n";
    match header(head, b"content-length") {
        Some(line) => {
            let whole = with_line_end(head, &line);
            head.splice(whole, CHUNKED.iter().copied());
        }
        None => {
            let end = head.len() - if head.ends_with(b"\r\n") { 2 } else { 1.min(head.len()) };
            head.splice(end..end, CHUNKED.iter().copied());
        }
    }
}

/// Ends each line with a line feed alone.
pub(super) fn set_bare_line_feeds(head: &mut Vec<u8>) {
    let mut bare = Vec::with_capacity(head.len());
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(line) => bare.extend_from_slice(&[line, b"\n"].concat()),
            None => bare.extend_from_slice(line),
        }
    }
    *head = bare;
}

/// The chunks of a body.
pub(super) struct Chunks {
    /// The body with its framing.
    pub(super) bytes: Vec<u8>,
    size: usize,
    /// How many bytes stand before the first byte of each chunk besides the chunks' own bytes.
    overheads: Vec<usize>,
}

impl Chunks {
    pub(super) fn of(body: &[u8], size: NonZeroUsize, broken: Option<BrokenChunk>) -> Self {
        let mut bytes = Vec::with_capacity(body.len() + body.len() / size * 8 + 16);
        let mut overheads = Vec::new();
        let mut overhead = 0;
        let last: &[u8] = b"";
        let is_last_sent = broken != Some(BrokenChunk::NoLastChunk);
        for (at, chunk) in body.chunks(size.get()).chain(is_last_sent.then_some(last)).enumerate() {
            let size = match broken {
                Some(BrokenChunk::SizeNotHex) if at == 0 => "zz\r\n".to_owned(),
                // One more is the carriage return behind the chunk, which curl does not miss.
                Some(BrokenChunk::SizeTooLarge) if at == 0 => format!("{:x}\r\n", chunk.len() + 2),
                _ => format!("{:x}\r\n", chunk.len()),
            };
            bytes.extend_from_slice(size.as_bytes());
            overhead += size.len();
            overheads.push(overhead);
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
            overhead += 2;
        }
        Self { bytes, size: size.get(), overheads }
    }

    /// Returns where a place of the body is among the chunks.
    pub(super) fn position(&self, at: usize, body: usize) -> usize {
        if at == 0 {
            0
        } else if at == body {
            self.bytes.len()
        } else {
            at + self.overheads[at / self.size]
        }
    }
}
