//! The framings of a reply that RFC 9112 allows, and the ways in which its bytes may come.

use std::num::NonZeroUsize;
use std::time::Duration;

use mock_xend::{Fault, Faults, Place};

use super::super::choices::Choices;
use super::super::xmlrpc::Document;
use super::framed::{Body, Chunk, Chunks, Field, Framed};

/// The time that a caller is told to allow if the connection stays open behind the reply.
const LONG: Duration = Duration::from_secs(1);
/// The time that a caller is told to allow for a reply whose end never comes.
pub(super) const SHORT: Duration = Duration::from_millis(50);
/// How long a reply stops.
const STOP: Duration = Duration::from_millis(5);
/// Into how many pieces a reply is cut at most, which come a millisecond apart.
const PIECES: usize = 24;

/// What a framing has, beside what it must have. It is chosen before the document, so that it stays while that gets
/// smaller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Has {
    length: Length,
    interims: bool,
    /// Whether the version is another one than HTTP/1.1.
    version: bool,
    reason: bool,
    /// Whether names of fields and the space around their values are spelt in other ways.
    spellings: bool,
    fields: bool,
    delivery: bool,
    pub(super) is_long: bool,
}

/// By what the end of the body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Told,
    Chunked,
    /// By the end of the connection.
    Close,
}

/// Fields that say nothing about the body, each with whether every caller must read it.
const FIELDS: &[(&str, &str, bool)] = &[
    ("Server", "a/b (c) d", true),
    ("X-Empty", "", true),
    ("Date", "Fri, 17 Jul 1998 19:55:02 GMT", true),
    ("Date", "yesterday", true),
    ("!#$%&'*+-.^_`|~", "x", true),
    ("X-Note", "Content-Length: 5", true),
    ("X-Note", "<methodResponse/>", true),
    ("X-Content-Length", "5", true),
    ("X-Transfer-Encoding", "chunked", true),
    ("Content-Length-Hint", "5", true),
    ("ETag", "\"HTTP/1.1 500 No\"", true),
    ("Cache-Control", "no-store", true),
    ("Keep-Alive", "timeout=5", true),
    ("X-Long", "a\r\n  b\r\n\tc", true),
    ("X-Long", "a\r\n Content-Length: 5", true),
    ("X-Long", "a\r\n\tTransfer-Encoding: chunked", true),
    ("Set-Cookie", "a=b; Path=/; HttpOnly", true),
    ("Set-Cookie", "=; Expires=never", true),
    ("X-Name", "Gr\u{fc}\u{df}e", false),
];

const INTERIMS: &[&str] = &[
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
    "HTTP/1.1 100 \r\nX-Note: Content-Length: 5\r\n\r\n",
];

const REASONS: &[&str] = &["", "Fine", "Everything went well: 404 Not Found, 500", "500 Internal Server Error", "O K"];

const EXTENSIONS: &[&str] = &[";a", ";a=b", ";a=b;c=\"d;e\"", ";a=\"0\"", ";5=5"];

impl Has {
    pub(super) fn chosen(choices: &mut Choices<'_>) -> Self {
        Self {
            length: match choices.weighted(&[5, 5, 2]) {
                0 => Length::Told,
                1 => Length::Chunked,
                _ => Length::Close,
            },
            interims: choices.once_in(8),
            version: choices.once_in(8),
            reason: choices.once_in(6),
            spellings: choices.once_in(3),
            fields: choices.once_in(3),
            delivery: choices.once_in(4),
            is_long: choices.once_in(16),
        }
    }
}

/// Frames a document.
pub(super) fn framed(choices: &mut Choices<'_>, has: Has, document: &Document) -> Framed {
    let mut framed = Framed {
        garbage: String::new(),
        interims: Vec::new(),
        status_line: String::new(),
        fields: Vec::new(),
        body: Body::Plain,
        document: document.bytes.clone(),
        rules: Vec::new(),
        oddities: 0,
        is_should: false,
    };
    if has.interims {
        framed.interims = choices.list("interim", 3, (1, 2), |choices| choices.pick(INTERIMS).to_owned());
        framed.note("http/interim", !framed.interims.is_empty());
    }
    let version = match has.version {
        // Nobody sends chunks in HTTP/1.0.
        true if has.length != Length::Chunked => choices.pick(&["1.1", "1.0", "1.2"]),
        true => choices.pick(&["1.1", "1.2"]),
        false => "1.1",
    };
    framed.note("http/reply-version", version != "1.1");
    framed.is_should |= version == "1.2";
    let reason = if has.reason { choices.pick(REASONS) } else { "OK" };
    framed.note("http/reply-head", reason != "OK");
    framed.status_line = format!("HTTP/{version} 200 {reason}");
    content_type(choices, has, document, &mut framed);
    match has.length {
        Length::Told => {
            let length = document.bytes.len().to_string();
            framed.own(choices, has, "Content-Length", &length);
        }
        Length::Chunked => {
            let coding = if has.spellings { choices.pick(&["chunked", "CHUNKED", "Chunked"]) } else { "chunked" };
            framed.own(choices, has, "Transfer-Encoding", coding);
            framed.note("http/chunked", true);
            framed.body = Body::Chunks(chunks(choices, has, &document.bytes));
        }
        Length::Close => framed.note("http/length", true),
    }
    if has.length == Length::Close || choices.below(3) != 1 {
        framed.own(choices, has, "Connection", "close");
    } else {
        framed.oddities += 1;
    }
    if has.fields {
        others(choices, &mut framed);
    }
    framed
}

fn content_type(choices: &mut Choices<'_>, has: Has, document: &Document, framed: &mut Framed) {
    let mut value = "text/xml";
    if has.spellings {
        let charsets = ["text/xml;charset=utf-8", "text/xml; charset=\"UTF-8\"", "text/xml;\r\n charset=utf-8"];
        value = match choices.below(6) {
            1 => "TEXT/XML",
            2 => "Text/Xml",
            it @ 3.. if document.is_utf_8 => charsets[usize::try_from(it).unwrap_or(0) % charsets.len()],
            _ => value,
        };
    }
    framed.note("http/reply-content-type", value != "text/xml");
    // A folded field counts as one, but not every caller reads this one.
    framed.is_should |= value.contains('\n');
    framed.own(choices, has, "Content-Type", value);
}

/// Puts fields that say nothing about the body before, between and behind those that do.
fn others(choices: &mut Choices<'_>, framed: &mut Framed) {
    let added = choices.list("field", 5, (3, 4), |choices| (choices.pick(FIELDS), choices.below(6)));
    for ((name, value, is_must), place) in added {
        framed.note(if name == "Set-Cookie" { "http/cookies" } else { "http/reply-head" }, true);
        framed.is_should |= !is_must;
        let at = usize::try_from(place).unwrap_or(0).min(framed.fields.len());
        framed.fields.insert(at, Field { name: name.to_owned(), before: " ", value: value.to_owned(), after: "" });
    }
    let many = if choices.once_in(6) { choices.index(70) } else { 0 };
    framed.note("http/reply-head", many > 0);
    framed.is_should |= many > 0;
    for number in 0..many {
        let (name, value) = (format!("X-{number}"), number.to_string());
        framed.fields.push(Field { name, before: " ", value, after: "" });
    }
    let long = if choices.once_in(6) { choices.index(3_000) } else { 0 };
    if long > 0 {
        framed.note("http/reply-head", true);
        framed.is_should = true;
        framed.fields.push(Field { name: "X-Long".to_owned(), before: " ", value: "a".repeat(long), after: "" });
    }
}

fn chunks(choices: &mut Choices<'_>, has: Has, document: &[u8]) -> Chunks {
    let mut cuts = choices.list("chunk", 8, (2, 3), |choices| match choices.below(4) {
        0 => 1 + choices.index(document.len().max(2) - 1),
        // Within a character, if there is one of several bytes.
        1 => {
            let within: Vec<_> = (1..document.len()).filter(|&at| document[at] & 0xc0 == 0x80).collect();
            if within.is_empty() { 1 } else { choices.pick(&within) }
        }
        _ => 1 + choices.index(document.len().clamp(2, 24) - 1),
    });
    cuts.extend([0, document.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    let line = |choices: &mut Choices<'_>, size: usize| {
        if !has.spellings {
            return (format!("{size:x}"), String::new());
        }
        let zeros = choices.pick(&["", "", "0", "000"]);
        let size = if choices.below(3) == 1 { format!("{zeros}{size:X}") } else { format!("{zeros}{size:x}") };
        let extension = if choices.once_in(4) { choices.pick(EXTENSIONS) } else { "" };
        (size, extension.to_owned())
    };
    let mut chunks = Vec::new();
    for ends in cuts.windows(2).filter(|ends| ends[1] <= document.len()) {
        let (size, extension) = line(choices, ends[1] - ends[0]);
        chunks.push(Chunk { size, extension, data: ends[0]..ends[1], end: "\r\n" });
    }
    let (size, extension) = line(choices, 0);
    let mut trailer = Vec::new();
    if has.fields {
        let fields = ["X-Checksum: 1", "X-Empty:", "X-Note: 5"];
        trailer = choices.list("trailer", 2, (1, 2), |choices| choices.pick(&fields).to_owned());
    }
    Chunks { chunks, last: size + &extension, trailer }
}

/// Chooses in which pieces the reply comes, and whether the connection stays open behind it. Returns the time that the
/// caller must be told to allow.
pub(super) fn delivery(
    choices: &mut Choices<'_>,
    has: Has,
    framed: &Framed,
    reply: &[u8],
) -> (Faults, Option<Duration>) {
    if !has.delivery {
        return (Faults::none(), None);
    }
    let size = |bytes: usize| NonZeroUsize::new(bytes).unwrap_or(NonZeroUsize::MIN);
    let place = |at: usize| Place::Byte(at);
    let is_told = matches!(framed.body, Body::Chunks(_)) || framed.field("Content-Length").is_some();
    match choices.below(5) {
        1 => {
            let mut sizes = choices.list("piece", 6, (3, 4), |choices| size(1 + choices.index(200)));
            // The rest comes at once.
            sizes.push(size(reply.len()));
            (Fault::Split(sizes).into(), None)
        }
        2 => {
            let bytes = size((reply.len() / PIECES).max(1 + choices.index(40)));
            (Fault::Drip { bytes, every: Duration::from_millis(1) }.into(), None)
        }
        3 => (Fault::Pause { at: place(choices.index(reply.len())), time: STOP }.into(), None),
        4 if is_told => (Fault::Stall(Place::End).into(), Some(LONG)),
        _ => (Fault::Delay(STOP).into(), None),
    }
}

impl Framed {
    pub(super) fn note(&mut self, rule: &'static str, is_so: bool) {
        self.oddities += usize::from(is_so);
        if is_so && !self.rules.contains(&rule) {
            self.rules.push(rule);
        }
    }

    /// Adds a field that says something about the body or the connection.
    fn own(&mut self, choices: &mut Choices<'_>, has: Has, name: &str, value: &str) {
        let mut field = Field { name: name.to_owned(), before: " ", value: value.to_owned(), after: "" };
        if has.spellings {
            field.name = match choices.below(4) {
                1 => name.to_lowercase(),
                2 => name.to_uppercase(),
                3 => name.to_uppercase().replacen('O', "o", 2),
                _ => field.name,
            };
            field.before = choices.pick(&[" ", "", "\t", "  ", " \t "]);
            field.after = choices.pick(&["", " ", "\t "]);
            self.note("http/reply-head", field.name != name);
            self.note("http/reply-head", field.before != " ");
            self.note("http/reply-head", !field.after.is_empty());
        }
        self.fields.push(field);
    }
}
