//! Header lines as Python 2's `rfc822.Message` reads them.

use std::ops::Range;

/// The headers of a request.
#[derive(Clone, Debug)]
pub(crate) struct Headers {
    /// Names and values, one behind the other.
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

/// Where the name and the value of a header are.
#[derive(Clone, Debug)]
struct Line {
    name: Range<usize>,
    value: Range<usize>,
}

/// What a line did to the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadersEnd {
    /// More may follow.
    NotYet,
    /// It ended them.
    Here,
}

impl Default for Headers {
    /// None, with room for those of most requests.
    fn default() -> Self {
        Self { bytes: Vec::with_capacity(256), lines: Vec::with_capacity(8) }
    }
}

impl Headers {
    /// Takes the next line. Anything that is not a header ends them without a complaint (capture `mal-nocolon`).
    pub(crate) fn push(&mut self, line: &[u8]) -> HeadersEnd {
        if let ([b' ' | b'\t', ..], Some(last)) = (line, self.lines.last_mut()) {
            // The value that goes on is the last thing in the bytes.
            self.bytes.extend_from_slice(b"\n ");
            self.bytes.extend_from_slice(line.trim_ascii());
            last.value.end = self.bytes.len();
            return HeadersEnd::NotYet;
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else { return HeadersEnd::Here };
        let name = self.add(&line[..colon]);
        let value = self.add(line[colon + 1..].trim_ascii());
        self.lines.push(Line { name, value });
        HeadersEnd::NotYet
    }

    /// The value of a header, whatever the case of its name. Of one given twice the last counts.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let is_it = |line: &&Line| self.bytes[line.name.clone()].eq_ignore_ascii_case(name.as_bytes());
        self.lines.iter().rfind(is_it).map(|line| &self.bytes[line.value.clone()])
    }

    fn add(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }
}
