//! A reply of HTTP, taken apart so that it can be edited.

use std::ops::Range;

/// A reply. Its texts have a character for each byte.
#[derive(Clone, Debug)]
pub(super) struct Framed {
    /// What comes before the first reply of the 100s.
    pub(super) garbage: String,
    /// The heads of replies of the 100s, whole.
    pub(super) interims: Vec<String>,
    pub(super) status_line: String,
    pub(super) fields: Vec<Field>,
    pub(super) body: Body,
    pub(super) document: Vec<u8>,
    /// The rules that the framing is about.
    pub(super) rules: Vec<&'static str>,
    /// How many things in it are other than in the simplest reply.
    pub(super) oddities: usize,
    /// Whether anything in it is only recommended.
    pub(super) is_should: bool,
}

/// A line of a head.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    /// What stands between the colon and the value.
    pub(super) before: &'static str,
    pub(super) value: String,
    pub(super) after: &'static str,
}

/// How the document is sent.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// As it is.
    Plain,
    Chunks(Chunks),
}

/// A body in chunks.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    pub(super) chunks: Vec<Chunk>,
    /// The line of the last chunk, which has no data.
    pub(super) last: String,
    /// The fields behind the last chunk.
    pub(super) trailer: Vec<String>,
}

/// A chunk that has data.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) size: String,
    /// What follows the size on its line.
    pub(super) extension: String,
    /// Which bytes of the document it has.
    pub(super) data: Range<usize>,
    /// What stands behind the data: a line end.
    pub(super) end: &'static str,
}

impl Framed {
    /// Returns the bytes of the reply.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut reply = self.head();
        match &self.body {
            Body::Plain => reply.extend_from_slice(&self.document),
            Body::Chunks(body) => {
                reply.extend(body.data(&self.document));
                reply.extend(body.end());
            }
        }
        reply
    }

    /// Returns all bytes before the body.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut head = format!("{}{}{}\r\n", self.garbage, self.interims.concat(), self.status_line);
        for Field { name, before, value, after } in &self.fields {
            head += &format!("{name}:{before}{value}{after}\r\n");
        }
        bytes(&(head + "\r\n"))
    }

    /// Returns the place of a field among the others.
    pub(super) fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|it| it.name.eq_ignore_ascii_case(name))
    }

    pub(super) fn chunks(&mut self) -> Option<&mut Chunks> {
        match &mut self.body {
            Body::Chunks(body) => Some(body),
            Body::Plain => None,
        }
    }
}

impl Chunks {
    /// Returns the bytes before the last chunk.
    pub(super) fn data(&self, document: &[u8]) -> Vec<u8> {
        let chunk = |Chunk { size, extension, data, end }: &Chunk| {
            [format!("{size}{extension}\r\n").as_bytes(), &document[data.clone()], end.as_bytes()].concat()
        };
        self.chunks.iter().flat_map(chunk).collect()
    }

    /// Returns the bytes of the last chunk and of what follows it.
    pub(super) fn end(&self) -> Vec<u8> {
        let trailer: String = self.trailer.iter().map(|field| format!("{field}\r\n")).collect();
        bytes(&format!("{}\r\n{trailer}\r\n", self.last))
    }
}

/// The bytes of a text that has a character for each.
fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|it| u8::try_from(u32::from(it)).unwrap_or(b'?')).collect()
}
