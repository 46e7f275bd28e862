//! Requests and replies as they pass: their bytes, and where they end.

use tokio::io::AsyncRead;

use crate::fault::header;
use crate::http::Input;
pub(super) use crate::http::TooLong;

/// The longest request or reply that is passed on, in bytes.
const LONGEST: usize = 64 << 20;
/// The longest head, in bytes.
const LONGEST_HEAD: usize = 256 << 10;

/// A request or a reply that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The stream ended before its first byte.
    Nothing,
    /// All of it, by its head.
    Whole,
    /// The bytes up to the end of the stream.
    ToTheEnd,
}

/// Reads a request. Its bytes are then what the input has taken.
pub(super) async fn request<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Result<Read, TooLong> {
    if !head(input).await? {
        return Ok(ended(input));
    }
    body(input, Some(0)).await
}

/// Reads a reply. Its bytes are then what the input has taken. A reply to HEAD has no body.
pub(super) async fn reply<R: AsyncRead + Unpin>(input: &mut Input<R>, is_to_head: bool) -> Result<Read, TooLong> {
    loop {
        let start = input.taken().len();
        if !head(input).await? {
            return Ok(ended(input));
        }
        let status = status(&input.taken()[start..]);
        match status {
            // Another head follows one of these.
            Some(100..=199) => {}
            Some(204 | 304) => return Ok(Read::Whole),
            Some(_) if is_to_head => return Ok(Read::Whole),
            Some(_) => return body_from(input, start, None).await,
            None => {
                to_the_end(input).await?;
                return Ok(Read::ToTheEnd);
            }
        }
    }
}

/// Returns the status of a reply, if its first line has one.
pub(super) fn status(reply: &[u8]) -> Option<u16> {
    let line = reply.strip_prefix(b"HTTP/")?.split(|&byte| byte == b'\n').next()?;
    let word = line.split(|&byte| byte == b' ').nth(1)?;
    str::from_utf8(word.trim_ascii()).ok()?.parse().ok()
}

fn ended<R: AsyncRead + Unpin>(input: &Input<R>) -> Read {
    if input.taken().is_empty() { Read::Nothing } else { Read::ToTheEnd }
}

/// Reads a head with the empty line behind it. Returns false if the stream ends before.
async fn head<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Result<bool, TooLong> {
    let start = input.taken().len();
    let mut is_first = true;
    loop {
        let left = LONGEST_HEAD.saturating_sub(input.taken().len() - start);
        let line = input.line(left).await?;
        if !line.ends_with(b"\n") {
            return Ok(false);
        }
        // What does not begin as HTTP does has no head.
        if std::mem::take(&mut is_first) && memchr::memmem::find(line, b"HTTP/").is_none() {
            return Ok(true);
        }
        if line.trim_ascii_end().is_empty() {
            return Ok(true);
        }
    }
}

async fn body<R: AsyncRead + Unpin>(input: &mut Input<R>, without: Option<usize>) -> Result<Read, TooLong> {
    body_from(input, 0, without).await
}

/// Reads a body as the head that begins at `start` says. `without` is its length if the head does not say; `None` for
/// all bytes up to the end.
async fn body_from<R: AsyncRead + Unpin>(
    input: &mut Input<R>,
    start: usize,
    without: Option<usize>,
) -> Result<Read, TooLong> {
    let head = &input.taken()[start..];
    let value = |name: &[u8]| header(head, name).map(|line| head[line].to_ascii_lowercase());
    let is_chunked = value(b"transfer-encoding").is_some_and(|line| line.ends_with(b"chunked"));
    let length = value(b"content-length").and_then(|line| {
        let (_, value) = line.split_at(line.iter().position(|&byte| byte == b':')? + 1);
        str::from_utf8(value.trim_ascii()).ok()?.parse::<usize>().ok()
    });
    if is_chunked {
        return chunks(input).await;
    }
    match length.or(without) {
        Some(length) if length > LONGEST => Err(TooLong),
        Some(length) => {
            let is_whole = input.bytes(length).await.len() == length;
            Ok(if is_whole { Read::Whole } else { Read::ToTheEnd })
        }
        None => {
            to_the_end(input).await?;
            Ok(Read::ToTheEnd)
        }
    }
}

async fn chunks<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Result<Read, TooLong> {
    loop {
        let line = input.line(LONGEST_HEAD).await?;
        let digits = line.split(|byte| matches!(byte, b';' | b'\r' | b'\n')).next().unwrap_or_default();
        let size = str::from_utf8(digits.trim_ascii()).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        // Behind chunks that can't be read, the end of the stream is that of the message.
        let Some(size) = size else {
            to_the_end(input).await?;
            return Ok(Read::ToTheEnd);
        };
        if size == 0 {
            return Ok(if head_end(input).await? { Read::Whole } else { Read::ToTheEnd });
        }
        if input.taken().len().saturating_add(size) > LONGEST {
            return Err(TooLong);
        }
        if input.bytes(size).await.len() < size || !input.line(LONGEST_HEAD).await?.ends_with(b"\n") {
            return Ok(Read::ToTheEnd);
        }
    }
}

/// Reads the lines up to an empty one. Returns false if the stream ends before.
async fn head_end<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Result<bool, TooLong> {
    loop {
        let line = input.line(LONGEST_HEAD).await?;
        if !line.ends_with(b"\n") {
            return Ok(false);
        }
        if line.trim_ascii_end().is_empty() {
            return Ok(true);
        }
    }
}

async fn to_the_end<R: AsyncRead + Unpin>(input: &mut Input<R>) -> Result<(), TooLong> {
    if input.bytes(LONGEST).await.len() == LONGEST { Err(TooLong) } else { Ok(()) }
}
