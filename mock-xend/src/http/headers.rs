//! Header lines as Python 2's `rfc822.Message` reads them.

/// The headers of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers {
    lines: Vec<(Vec<u8>, Vec<u8>)>,
}

/// What a line did to the headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadersEnd {
    /// More may follow.
    NotYet,
    /// It ended them.
    Here,
}

impl Headers {
    /// Takes the next line. Anything that is not a header ends them without a complaint (capture `mal-nocolon`).
    pub(crate) fn push(&mut self, line: &[u8]) -> HeadersEnd {
        if let ([b' ' | b'\t', ..], Some((_, value))) = (line, self.lines.last_mut()) {
            value.extend_from_slice(b"\n ");
            value.extend_from_slice(line.trim_ascii());
            return HeadersEnd::NotYet;
        }
        let colon = line.iter().position(|&byte| byte == b':');
        match colon {
            Some(at) => {
                self.lines.push((line[..at].to_ascii_lowercase(), line[at + 1..].trim_ascii().to_vec()));
                HeadersEnd::NotYet
            }
            None => HeadersEnd::Here,
        }
    }

    /// The value of a header, its name in lower case. Of one given twice the last counts.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.lines.iter().rfind(|(known, _)| known == name.as_bytes());
        found.map(|(_, value)| value.as_slice())
    }
}
