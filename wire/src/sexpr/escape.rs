//! Escapes in strings (`sxp.py state_escape`, `state_octal`, `state_hex`).

use std::ops::Range;

use super::Rules;
use super::rules::Dialect;
use crate::{Error, ErrorKind, Release};

/// Decodes the text between the quotes of a string and appends it to `out`.
///
/// `start` is the place of `body` in the document. If the string is not `closed`, an escape that is cut off at the end is
/// no error, because the daemon would still wait for the rest of it.
pub(super) fn decode(body: &[u8], start: usize, closed: bool, rules: Rules, out: &mut Vec<u8>) -> Result<(), Error> {
    let mut rest = body;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let offset = place(start, body, rest, at);
        let escape = &rest[at + 1..];
        let Some(&first) = escape.first() else { return Ok(()) };
        let taken = match first {
            b'a' => simple(out, 0x07),
            b'b' => simple(out, 0x08),
            b't' => simple(out, b'\t'),
            b'n' => simple(out, b'\n'),
            b'v' => simple(out, 0x0B),
            b'f' => simple(out, 0x0C),
            b'r' => simple(out, b'\r'),
            b'\\' | b'\'' | b'"' => simple(out, first),
            b'0'..=b'7' => octal(escape, 0, offset, closed, rules, out)?,
            b'x' => hexadecimal(escape, offset, closed, rules, out)?,
            _ => unknown(escape, offset, closed, rules, out)?,
        };
        rest = &escape[taken..];
    }
    out.extend_from_slice(rest);
    Ok(())
}

/// Where the byte `at` of `rest`, the end of `body`, stands in the document that `body` begins at `start` of.
fn place(start: usize, body: &[u8], rest: &[u8], at: usize) -> usize {
    start + body.len() - rest.len() + at
}

/// The span of an escape whose backslash stands at `offset`, with as many bytes behind it.
fn span(offset: usize, behind: usize) -> Range<usize> {
    offset..offset + 1 + behind
}

fn simple(out: &mut Vec<u8>, byte: u8) -> usize {
    out.push(byte);
    1
}

/// Reads up to three octal digits after the first `skipped` bytes of an escape.
fn octal(
    escape: &[u8],
    skipped: usize,
    offset: usize,
    closed: bool,
    rules: Rules,
    out: &mut Vec<u8>,
) -> Result<usize, Error> {
    let digits = escape[skipped..].iter().take(3).take_while(|b| is_octal(b)).count();
    let end = skipped + digits;
    let value = escape[skipped..end].iter().fold(0u32, |value, b| value * 8 + u32::from(b - b'0'));
    if digits < 3 {
        if end == escape.len() && !closed {
            return Ok(end);
        }
        // 3.0.2 crashes on fewer than three digits. Commit 9f60fd73a8 of August 2006 fixed that.
        if rules.0 == Dialect::Xend(Release::V3_0_2) {
            return Err(Error::new(ErrorKind::DaemonAttributeError, span(offset, end)).expected("three octal digits"));
        }
    }
    let byte = u8::try_from(value).map_err(|_| {
        Error::new(ErrorKind::OctalOutOfRange, span(offset, end))
            .found(format!("`\\{value:o}`"))
            .expected("at most `\\377`")
    })?;
    out.push(byte);
    Ok(end)
}

fn is_octal(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'7')
}

fn hexadecimal(escape: &[u8], offset: usize, closed: bool, rules: Rules, out: &mut Vec<u8>) -> Result<usize, Error> {
    let digits = &escape[1..escape.len().min(3)];
    let valid = digits.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    if valid < 2 {
        if valid == digits.len() && !closed {
            return Ok(escape.len());
        }
        let kind = match rules.0 {
            Dialect::Xend(_) => ErrorKind::DaemonNameError,
            _ => ErrorKind::InvalidHexEscape,
        };
        return Err(Error::new(kind, span(offset, 1 + valid)).expected("two hexadecimal digits"));
    }
    let digit = |b: u8| match (b, rules.0) {
        (b'0'..=b'9', _) => b - b'0',
        // In every release the daemon forgets to add 10 to a letter (`sxp.py state_hex`, capture `hex-ff`).
        (_, Dialect::Xend(_)) => b.to_ascii_uppercase() - b'A',
        _ => b.to_ascii_uppercase() - b'A' + 10,
    };
    out.push(digit(digits[0]) * 16 + digit(digits[1]));
    Ok(3)
}

fn unknown(escape: &[u8], offset: usize, closed: bool, rules: Rules, out: &mut Vec<u8>) -> Result<usize, Error> {
    match rules.0 {
        Dialect::Xend(Release::V3_0_2) => Err(Error::new(ErrorKind::DaemonAttributeError, span(offset, 1))),
        // 3.0.3 skips everything up to the next octal digit, and reads an octal escape there (protocol reference §2.2).
        Dialect::Xend(Release::V3_0_3) => match escape.iter().position(is_octal) {
            Some(skipped) => octal(escape, skipped, offset, closed, rules, out),
            None => Ok(escape.len()),
        },
        // From 3.0.4 on, the daemon keeps the backslash and drops the character (capture `esc-unknown-space@3.1`).
        Dialect::Xend(_) => {
            out.push(b'\\');
            Ok(1)
        }
        Dialect::Strict | Dialect::Libvirt => Err(Error::new(ErrorKind::UnknownEscape, span(offset, 1))
            .found(format!("`\\{}`", escape[0].escape_ascii()))
            .expected(r#"one of \a \b \t \n \v \f \r \\ \' \" \ooo \xHH"#)),
    }
}

/// The smallest length of the escape at the start of `escape`, including its backslash; `None` if it is cut off.
///
/// A quote within this length belongs to the escape and does not end the string.
pub(super) fn min_length(escape: &[u8], rules: Rules) -> Option<usize> {
    let first = *escape.get(1)?;
    let known = matches!(first, b'a' | b'b' | b't' | b'n' | b'v' | b'f' | b'r' | b'x' | b'\\' | b'\'' | b'"');
    if rules.0 == Dialect::Xend(Release::V3_0_3) && !known {
        return escape.iter().position(is_octal).map(|digit| digit + 1);
    }
    Some(2)
}
