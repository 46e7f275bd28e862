//! Cases of a server of plain XML-RPC.

use crate::Error;
use crate::case::Level;
use crate::tagged::Tagged;
use crate::version::Version;

/// A request to a server, with what the server may answer.
#[derive(Clone, Debug)]
pub struct ServingCase {
    /// The id, `serving/NAME`.
    pub id: String,
    /// What is tested, in a phrase.
    pub title: String,
    /// The [`Rule`](crate::case::Rule) that is tested, by its id.
    pub rule: String,
    /// Where the expectation comes from.
    pub source: String,
    /// The version of the suite that the case came with.
    pub since: Version,
    /// How binding the expectation is.
    pub level: Level,
    /// What the server must have, or it is not asked.
    pub needs: Option<Need>,
    /// The request line, in which `{path}` stands for the path of the address.
    pub(crate) line: String,
    /// The lines of the head, in which `{host}` and `{length}` stand for those of the request.
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// Whether the body is sent in chunks.
    pub(crate) is_chunked: bool,
    /// In how many pieces the request is sent, with a wait between them.
    pub(crate) pieces: usize,
    /// How often the request is sent over one connection.
    pub(crate) times: usize,
    /// Whether all requests are sent before the first reply is read.
    pub(crate) is_pipelined: bool,
    /// What is checked about the head of a reply that has a document.
    pub wire: Vec<HeadCheck>,
    /// What may come back.
    pub answers: Vec<Answer>,
}

/// What a server may answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// 200 with this value; of a struct of strings, numbers and lists the members may come in any order.
    Value(Tagged),
    /// 200 with any value.
    AnyValue,
    /// 200 with a fault.
    Fault,
    /// A status of this hundred, such as 4 for 404.
    Hundred(u16),
    /// This status.
    Status(u16),
    /// The end of the connection without a reply.
    Closed,
}

xend_wire::named_enum! {
    /// A check of the head of a reply (XML-RPC specification, "Response format"). Only the cases that are about a head have one, so that one wrong head fails few.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum HeadCheck {
        /// The `Content-Type` is `text/xml`.
        ContentType = "content-type",
        /// There is a `Content-Length`.
        ContentLength = "content-length",
    }
    /// All of them.
    ALL: 2;
    /// Returns the word.
    fn name;
    Err: Error = |word: &str| {
        Error::Usage(format!("unknown check `{word}`, expected one of content-type, content-length"))
    };
}

xend_wire::named_enum! {
    /// What not every server has. One that answers `system.listMethods` has introspection, and what it lists.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Need {
        /// `system.listMethods`.
        Introspection = "introspection",
        /// `system.multicall`.
        Multicall = "multicall",
    }
    /// All of them.
    ALL: 2;
    /// Returns the word.
    fn name;
    Err: Error = |word: &str| Error::Usage(format!("`{word}` is no need, expected introspection or multicall"));
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => f.write_str(&crate::shorten::shortened(&value.to_json(), 400)),
            Self::AnyValue => f.write_str("a value"),
            Self::Fault => f.write_str("a fault"),
            Self::Hundred(hundred) => write!(f, "a status {hundred}xx"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Closed => f.write_str("the end of the connection"),
        }
    }
}

impl ServingCase {
    /// Returns the bytes of the request to a host, `HOST:PORT`, and a path.
    pub(crate) fn request(&self, host: &str, path: &str) -> Vec<u8> {
        let body = if self.is_chunked { chunked(&self.body) } else { self.body.clone() };
        let mut head = format!("{}\r\n", self.line.replace("{path}", path));
        for line in &self.headers {
            head += &line.replace("{host}", host).replace("{length}", &body.len().to_string());
            head += "\r\n";
        }
        [head.as_bytes(), b"\r\n", &body].concat()
    }
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for chunk in body.chunks(50) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}
