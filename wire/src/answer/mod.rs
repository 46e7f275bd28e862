//! From a reply to the answer or the failure that is in it.

mod escaped;
mod shape;
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
use shape::{are_empty, fits, has_type, has_xenapi_type, is_done, is_returned, is_void, wanted};

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
        let unreadable = |message: String| Failure::unreadable(asked, message, reply);
        let is_text = self.answer() == Answer::Text;
        // What the daemon's log or the console says is no word of its own, unless it is all there is.
        let is_spoken = is_text && reply.status == 200 && !reply.body.starts_with(b"(xend.err ");
        if !is_spoken && let Some(failure) = Failure::from_reply(asked, reply) {
            return Err(failure);
        }
        check_body(asked, reply)?;
        if reply.body.is_empty() && !reply.tells_its_end() {
            return Err(unreadable("the reply has neither a length nor a body: it may have been cut".to_owned()));
        }
        if is_text {
            return if is_page(reply) { Err(no_such_value(asked, reply)) } else { Ok(atom(&reply.body)) };
        }
        let body = sexpr::parse(&reply.body);
        if self.answer() == Answer::Nothing {
            return if body.is_ok_and(|body| is_done(&body, self.done())) {
                Ok(Document::default())
            } else {
                let said = visible(&reply.body[..reply.body.len().min(200)]);
                Err(unreadable(format!("the reply does not say that it was done, but `{said}`")))
            };
        }
        let body = body.map_err(|error| unreadable(format!("the reply is no S-expression: {error}")))?;
        let mut values = body.values();
        let first = values.next().ok_or_else(|| no_such_value(asked, reply))?;
        if !are_empty(values) {
            return Err(no_such_value(asked, reply));
        }
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
        let (answer, release) = (self.answer(), asked.release);
        let answered = match asked.face {
            _ if answer == Answer::Nothing => {
                let is_done = if asked.face == Face::XenApi { is_void } else { is_returned };
                return if is_done(value, self.done()) {
                    Ok(Document::default())
                } else {
                    Err(no_such_value(asked, reply))
                };
            }
            Face::XenApi => has_xenapi_type(value, answer).then(|| self.xenapi_answer(value, release)).flatten(),
            Face::XmlRpc | Face::Sxp => has_type(value, answer).then(|| self.xmlrpc_answer(value, release)).flatten(),
        };
        let answered = answered.filter(|answered| answered.first().is_some_and(|first| fits(first, answer)));
        answered.ok_or_else(|| no_such_value(asked, reply))
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
    if let Some(failure) = Failure::from_reply(asked, reply) {
        return Err(failure);
    }
    check_body(asked, reply)?;
    // By the rules of the daemon, for it writes doubles as Python does.
    let decoded = xmlrpc::decode_reply(&reply.body, xmlrpc::Rules::xend(asked.release), &Limits::default());
    let response = decoded
        .map_err(|error| Failure::unreadable(asked, format!("the reply is no XML-RPC response: {error}"), reply))?;
    match response {
        Response::Success(document) => Ok(document),
        Response::Fault(fault) => Err(Failure::from_fault(asked, &fault, reply)),
    }
}

/// That a body is not compressed. The client asks for no compression, which HTTP would let it be.
fn check_body(asked: Asked, reply: &Reply) -> Result<(), Failure> {
    match reply.compression() {
        Some(coding) => Err(Failure::unreadable(
            asked,
            format!("the reply is compressed ({coding}), which was not asked for"),
            reply,
        )),
        None => Ok(()),
    }
}

/// Whether a body that may be any text is a page for people. The request says that none is wanted.
fn is_page(reply: &Reply) -> bool {
    let starts_with = |text: &[u8], start: &str| {
        text.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start.as_bytes()))
    };
    let body = reply.body.trim_ascii_start();
    let content_type = reply.header("content-type").unwrap_or_default();
    starts_with(content_type, "text/html") || ["<html", "<!doctype html"].iter().any(|start| starts_with(body, start))
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
    let wanted = wanted(asked.operation.answer());
    let body = &reply.body;
    let found = match visible(&body[..body.len().min(SHOWN)]) {
        shown if shown.is_empty() => "nothing".to_owned(),
        shown if body.len() > SHOWN => format!("`{shown}`..."),
        shown => format!("`{shown}`"),
    };
    Failure::unreadable(asked, format!("the reply should hold {wanted}, and holds {found}"), reply)
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
