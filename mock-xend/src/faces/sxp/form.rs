//! The fields of queries and forms, as Python 2's `cgi` reads them.

use percent_encoding::percent_decode;

use crate::fields::Fields;
use crate::headers::{Headers, HeadersEnd};

/// The error for a form on which the daemon raises an exception.
#[derive(Debug)]
pub(crate) struct MalformedForm;

/// Returns the fields in the body of a POST. A body whose type is not that of a form has none.
pub(crate) fn body(content_type: Option<&[u8]>, body: &[u8]) -> Result<Fields, MalformedForm> {
    let Some(content_type) = content_type else { return Ok(Fields::default()) };
    let (kind, parameters) = header_parameters(content_type);
    match kind.as_slice() {
        b"application/x-www-form-urlencoded" => Ok(urlencoded(body, true)),
        b"multipart/form-data" => multipart(body, parameter(&parameters, b"boundary").unwrap_or_default()),
        _ => Ok(Fields::default()),
    }
}

/// Parses pairs separated by `&` or `;`, as `cgi.parse_qs` does. Pairs without a value count only if `keep_blank` is
/// set, as it is for a body.
pub(crate) fn urlencoded(text: &[u8], keep_blank: bool) -> Fields {
    let mut fields = Fields::default();
    for pair in text.split(|byte| matches!(byte, b'&' | b';')).filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|&byte| byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, b"".as_slice()),
        };
        if keep_blank || !value.is_empty() {
            fields.add(unquote_plus(name), unquote_plus(value));
        }
    }
    fields
}

fn unquote_plus(text: &[u8]) -> Vec<u8> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).collect()
}

/// Parses a form of the type `multipart/form-data`, as `cgi.parse_multipart` does.
fn multipart(body: &[u8], boundary: &[u8]) -> Result<Fields, MalformedForm> {
    let printable = |byte: &u8| (b' '..=b'~').contains(byte);
    if boundary.is_empty() || boundary.len() > 201 || !boundary.iter().all(printable) || boundary.ends_with(b" ") {
        return Err(MalformedForm);
    }
    let next = [b"--", boundary].concat();
    let last = [b"--", boundary, b"--"].concat();
    let mut fields = Fields::default();
    let mut lines = body.split_inclusive(|&byte| byte == b'\n');
    let mut in_part = false;
    loop {
        let mut headers = Headers::default();
        if in_part {
            for line in lines.by_ref() {
                if matches!(line, b"\r\n" | b"\n") || headers.push(line) == HeadersEnd::Here {
                    break;
                }
            }
        }
        let mut data = Vec::new();
        let mut terminator = last.clone();
        for line in lines.by_ref() {
            let stripped = line.trim_ascii();
            if line.starts_with(b"--") && (stripped == next || stripped == last) {
                terminator = stripped.to_vec();
                break;
            }
            data.extend_from_slice(line);
        }
        if in_part {
            let disposition = headers.get("content-disposition").ok_or(MalformedForm)?;
            let (kind, parameters) = header_parameters(disposition);
            if let (b"form-data", Some(name)) = (kind.as_slice(), parameter(&parameters, b"name")) {
                let data = data.strip_suffix(b"\n").unwrap_or(&data);
                fields.add(name.to_vec(), data.strip_suffix(b"\r").unwrap_or(data).to_vec());
            }
        }
        if terminator == last {
            return Ok(fields);
        }
        in_part = true;
    }
}

type Parameters = Vec<(Vec<u8>, Vec<u8>)>;

/// Parses a header value with parameters, such as `form-data; name="op"`, as `cgi.parse_header` does.
fn header_parameters(value: &[u8]) -> (Vec<u8>, Parameters) {
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, &byte) in value.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                parts.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&value[start..]);
    let mut parts = parts.into_iter().map(<[u8]>::trim_ascii);
    let kind = parts.next().unwrap_or_default().to_vec();
    let parameters = parts.filter_map(|part| {
        let at = part.iter().position(|&byte| byte == b'=')?;
        let value = part[at + 1..].trim_ascii();
        let unquoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        Some((part[..at].trim_ascii().to_ascii_lowercase(), unquoted.to_vec()))
    });
    (kind, parameters.collect())
}

fn parameter<'p>(parameters: &'p Parameters, name: &[u8]) -> Option<&'p [u8]> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
}
