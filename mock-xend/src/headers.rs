//! Header lines, as Python 2's `rfc822.Message` reads them.

use std::ops::Range;

/// The headers of a request.
#[derive(Clone, Debug)]
pub(crate) struct Headers {
    /// The names and values, concatenated.
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

/// Where the name and the value of a header are in the bytes.
#[derive(Clone, Debug)]
struct Line {
    name: Range<usize>,
    value: Range<usize>,
}

/// Whether a line ended the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadersEnd {
    /// Further headers may follow.
    NotYet,
    /// The line ended the headers.
    Here,
}

impl Default for Headers {
    /// Creates an empty set of headers, with room for those of most requests.
    fn default() -> Self {
        Self { bytes: Vec::with_capacity(256), lines: Vec::with_capacity(8) }
    }
}

impl Headers {
    /// Adds a line. A line that is not a header ends the headers without an error (capture `mal-nocolon`).
    pub(crate) fn push(&mut self, line: &[u8]) -> HeadersEnd {
        if let ([b' ' | b'\t', ..], Some(last)) = (line, self.lines.last_mut()) {
            // The continued value is the last one in the bytes.
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

    /// Returns the value of a header. Names are compared without regard to case, and the last of several values counts.
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
