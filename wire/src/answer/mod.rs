//! From a reply to the answer or the failure that is in it.

mod escaped;
#[cfg(test)]
mod tests;

use crate::failure::{Asked, Failure};
use crate::http::Reply;
use crate::operation::{Answer, Effect, Face, Operation};
use crate::sexpr::{Builder, Document, Sexpr};
use crate::xenapi::{self, Outcome};
use crate::xmlrpc::{self, Response, ValueRef};
use crate::{Limits, Release, sexpr, tuples, visible};

use escaped::unescape;

/// What a method of the Xen-API gave, out of its envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Returned(xmlrpc::Document<'static>);

impl Returned {
    /// The value. A method that gives nothing gives an empty string.
    pub fn value(&self) -> ValueRef<'_> {
        self.0.value().get("Value").expect("the envelope was opened before")
    }
}

impl Operation {
    /// What a reply to this operation means: S-expressions as [`Answer`] describes them, or why there are none.
    ///
    /// A status of success does not make a success: up to 3.0.2, and for what a worker thread does in every release, a
    /// failure comes as `(xend.err "...")` under 200 or 202 (protocol reference §3.4, §3.5).
    pub fn read(self, face: Face, release: Release, reply: &Reply) -> Result<Document<'static>, Failure> {
        let asked = Asked::new(self, face, release);
        match face {
            Face::Sxp => self.read_sxp(asked, reply),
            Face::XmlRpc | Face::XenApi => self.read_xmlrpc(asked, reply),
        }
    }

    /// What a method of the Xen-API gave that was called as one of the steps of this operation: the value in the envelope,
    /// as it is.
    pub fn read_method(self, release: Release, method: &str, reply: &Reply) -> Result<Returned, Failure> {
        let asked = Asked::new(self, Face::XenApi, release);
        let asked = if xenapi::is_getter(method) { Asked { effect: Effect::Reads, ..asked } } else { asked };
        let document = decode(asked, reply)?;
        value_in(asked, &document, reply)?;
        Ok(Returned(document.into_owned()))
    }

    fn read_sxp(self, asked: Asked, reply: &Reply) -> Result<Document<'static>, Failure> {
        let is_success = (200..300).contains(&reply.status);
        // What the daemon's log or the console says is no word of its own, unless it is all there is.
        if self.answer() == Answer::Text && is_success && !reply.body.starts_with(b"(xend.err ") {
            return Ok(atom(&reply.body));
        }
        // Only what may be a failure is looked through for one.
        let may_fail = !is_success || memchr::memmem::find(&reply.body, b"xend.err").is_some();
        if may_fail && let Some(failure) = Failure::from_reply(asked, reply) {
            return Err(failure);
        }
        let body = sexpr::parse(&reply.body);
        if self.answer() == Answer::Nothing {
            return if body.is_ok_and(|body| is_nothing(&body)) {
                Ok(Document::default())
            } else {
                let said = visible(&reply.body[..reply.body.len().min(200)]);
                let message = format!("the reply does not say that it was done, but `{said}`");
                Err(Failure::unreadable(asked, message, reply))
            };
        }
        let body =
            body.map_err(|error| Failure::unreadable(asked, format!("the reply is no S-expression: {error}"), reply))?;
        let first = body.first().ok_or_else(|| no_such_value(asked, reply))?;
        match self.answer() {
            // A dict is printed as a string: `"{'cap': 0, 'weight': 256}"` (protocol reference §3.3).
            Answer::Record(head) if !first.is_list() => {
                first.as_str().and_then(|text| dict(head, text)).ok_or_else(|| no_such_value(asked, reply))
            }
            answer if fits(first, answer) => Ok(first.to_document()),
            _ => Err(no_such_value(asked, reply)),
        }
    }

    fn read_xmlrpc(self, asked: Asked, reply: &Reply) -> Result<Document<'static>, Failure> {
        let document = decode(asked, reply)?;
        let value = value_in(asked, &document, reply)?;
        if self.answer() == Answer::Nothing {
            return Ok(Document::default());
        }
        let answered = match asked.face {
            Face::XenApi => self.xenapi_answer(value, asked.release),
            Face::XmlRpc | Face::Sxp => self.xmlrpc_answer(value, asked.release),
        };
        match answered.as_ref().and_then(Document::first) {
            Some(first) if fits(first, self.answer()) => Ok(answered.unwrap_or_default()),
            _ => Err(no_such_value(asked, reply)),
        }
    }

    fn xmlrpc_answer(self, value: ValueRef<'_>, release: Release) -> Option<Document<'static>> {
        Some(match self.answer() {
            // Top-level strings are escaped from 3.0.3 on.
            Answer::Text if release < Release::V3_0_3 => atom(value.text()?.as_bytes()),
            Answer::Text => atom(&unescape(&value.text()?)),
            Answer::Record(head) if self.is_headless(release) => with_head(head, &tuples::to_sexpr(value, release)),
            _ => tuples::to_sexpr(value, release),
        })
    }

    fn xenapi_answer(self, value: ValueRef<'_>, release: Release) -> Option<Document<'static>> {
        let power_state = self.power_state(release);
        Some(match self.answer() {
            Answer::Names => xenapi::names(value, power_state),
            Answer::Record(head) => xenapi::record(head, value, release),
            Answer::Records(head) => xenapi::records(head, value, power_state, release),
            Answer::Text => atom(value.text()?.as_bytes()),
            Answer::Nothing | Answer::Device | Answer::Devices => tuples::to_sexpr(value, release),
        })
    }
}

fn decode<'r>(asked: Asked, reply: &'r Reply) -> Result<xmlrpc::Document<'r>, Failure> {
    let decoded = xmlrpc::decode_response(&reply.body, xmlrpc::Rules::xend(asked.release), &Limits::default());
    let response = decoded.map_err(|error| {
        // An HTTP error has no XML-RPC in it.
        let unreadable = || Failure::unreadable(asked, format!("the reply is no XML-RPC response: {error}"), reply);
        Failure::from_reply(asked, reply).unwrap_or_else(unreadable)
    })?;
    match response {
        Response::Success(document) => Ok(document),
        Response::Fault(fault) => Err(Failure::from_fault(asked, &fault, reply)),
    }
}

/// The value, which may be in an envelope.
fn value_in<'d>(asked: Asked, document: &'d xmlrpc::Document<'_>, reply: &Reply) -> Result<ValueRef<'d>, Failure> {
    let value = document.value();
    if asked.face != Face::XenApi && !xenapi::is_envelope(value) {
        return Ok(value);
    }
    match xenapi::open(value) {
        Ok(Outcome::Success(inside)) => Ok(inside),
        Ok(Outcome::Failure(description)) => Err(Failure::from_description(asked, &description, reply)),
        Err(error) => Err(Failure::unreadable(asked, error.to_string(), reply)),
    }
}

fn no_such_value(asked: Asked, reply: &Reply) -> Failure {
    /// Of the body, in bytes.
    const SHOWN: usize = 60;
    let wanted = match asked.operation.answer() {
        Answer::Nothing => "no value".to_owned(),
        Answer::Names => "a list of names".to_owned(),
        Answer::Record(head) => format!("`({head} ...)`"),
        Answer::Records(head) => format!("a list of `({head} ...)`"),
        Answer::Devices => "a list of devices".to_owned(),
        Answer::Device => "a device".to_owned(),
        Answer::Text => "a text".to_owned(),
    };
    let body = &reply.body;
    let found = match visible(&body[..body.len().min(SHOWN)]) {
        shown if shown.is_empty() => "nothing".to_owned(),
        shown if body.len() > SHOWN => format!("`{shown}`..."),
        shown => format!("`{shown}`"),
    };
    Failure::unreadable(asked, format!("the reply should hold {wanted}, and holds {found}"), reply)
}

/// What stands in the reply of an operation that gives nothing: no value, one that Python printed for a number or flag,
/// or from 4.1 on an empty string. A word of explanation, or HTML, may well be a failure.
fn is_nothing(body: &Document<'_>) -> bool {
    let is_plain = |value: Sexpr<'_>| match value.as_atom() {
        Some(atom) => matches!(atom, b"" | b"True" | b"False" | b"None") || atom.iter().all(u8::is_ascii_digit),
        None => value.items().next().is_none(),
    };
    body.values().all(is_plain)
}

fn fits(value: Sexpr<'_>, answer: Answer) -> bool {
    match answer {
        Answer::Nothing => true,
        Answer::Text => !value.is_list(),
        Answer::Names => value.is_list() && value.items().all(|name| name.as_atom().is_some()),
        Answer::Record(head) => value.name() == Some(head.as_bytes()),
        Answer::Records(head) => value.is_list() && value.items().all(|record| record.name() == Some(head.as_bytes())),
        Answer::Devices => value.is_list() && value.items().all(|device| device.name().is_some()),
        // Where only the definition of a domain changes there is no device yet, and the daemon says `True`.
        Answer::Device => match value.as_atom() {
            Some(atom) => atom == b"True",
            None => value.name().is_some() && value.value().is_some_and(Sexpr::is_list),
        },
    }
}

fn atom(text: &[u8]) -> Document<'static> {
    let mut builder = Builder::new();
    builder.atom(text);
    builder.finish()
}

/// The pairs of a dict that Python printed, whose keys are words and whose values are numbers: `{'cap': 0, 'weight': 256}`.
fn dict(head: &str, text: &str) -> Option<Document<'static>> {
    let mut builder = Builder::new();
    builder.open().atom(head);
    let pairs = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    for pair in pairs.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once(':')?;
        let name = name.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        // A long has an `L` behind it.
        builder.open().atom(name).atom(value.trim().trim_end_matches('L')).close();
    }
    builder.close();
    Some(builder.finish())
}

fn with_head(head: &str, document: &Document<'_>) -> Document<'static> {
    let mut builder = Builder::new();
    builder.open().atom(head);
    for value in document.values().flat_map(Sexpr::items) {
        builder.value(value);
    }
    builder.close();
    builder.finish()
}
