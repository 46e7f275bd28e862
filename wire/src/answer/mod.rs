//! Reads the answer, or the failure, out of the reply to an operation.

mod escaped;
mod shape;
#[cfg(test)]
mod tests;

use crate::failure::{Failure, RequestContext};
use crate::http::Reply;
use crate::operation::{Answer, Effect, Face, Operation};
use crate::sexpr::{Builder, Document, Sexpr};
use crate::xenapi::{self, Outcome};
use crate::xmlrpc::{self, Response, ValueRef};
use crate::{Limits, Release, sexpr, tuples, visible};

use escaped::unescape;
use shape::{
    are_empty_strings, confirms_sxp, confirms_xenapi, confirms_xmlrpc, expectation, has_shape, has_type,
    has_xenapi_type,
};

/// The result of a method of the Xen-API, without its envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct MethodResult(xmlrpc::Document<'static>);

impl MethodResult {
    /// The value that the method returned. A method without a result returns an empty string.
    pub fn value(&self) -> ValueRef<'_> {
        self.0.value().get("Value").expect("the envelope was opened before")
    }
}

impl RequestContext {
    /// Reads the reply to the request, as [`Operation::read`] does for one that has the effect of its operation.
    ///
    /// # Errors
    /// As [`Operation::read`].
    pub fn read(self, reply: &Reply) -> Result<Document<'static>, Failure> {
        match self.face {
            Face::Sxp => self.operation.read_sxp(self, reply),
            Face::XmlRpc | Face::XenApi => self.operation.read_xmlrpc(self, reply),
        }
    }
}

impl Operation {
    /// Reads the reply to this operation. The answer is S-expressions on every face, as [`Answer`] describes them.
    ///
    /// # Errors
    /// The failure that the reply reports, or a failure of its own if the reply can't be understood. An HTTP status of
    /// success does not imply success: up to 3.0.2, and in every release for work that a thread of the daemon does
    /// later, a failure comes as `(xend.err "...")` with status 200 or 202 (protocol reference §3.4, §3.5).
    pub fn read(self, face: Face, release: Release, reply: &Reply) -> Result<Document<'static>, Failure> {
        RequestContext::new(self, face, release).read(reply)
    }

    /// Reads the reply to a method of the Xen-API that was called as one step of this operation, and returns the value
    /// in the envelope unchanged.
    ///
    /// # Errors
    /// As [`Operation::read`].
    pub fn read_method(self, release: Release, method: &str, reply: &Reply) -> Result<MethodResult, Failure> {
        let context = RequestContext::new(self, Face::XenApi, release);
        let context =
            if xenapi::is_getter(method) { RequestContext { effect: Effect::Reads, ..context } } else { context };
        let document = decode(context, xmlrpc::Rules::xend(release), reply)?;
        value_in(context, &document, reply)?;
        Ok(MethodResult(document.into_owned()))
    }

    fn read_sxp(self, context: RequestContext, reply: &Reply) -> Result<Document<'static>, Failure> {
        let unreadable = |message: String| Failure::unreadable(context, message, reply);
        let is_text = self.answer() == Answer::Text;
        // A text, such as the daemon's log, may contain `xend.err` without being a failure. Only a body that begins with
        // it is one.
        let is_plain_text = is_text && reply.status == 200 && !begins_with_error(&reply.body);
        if !is_plain_text && let Some(failure) = Failure::from_reply(context, reply) {
            return Err(failure);
        }
        check_body(context, reply)?;
        if reply.body.trim_ascii().is_empty() && !reply.is_delimited() {
            return Err(unreadable(
                "the reply has neither a length nor a body, so it may have been cut off".to_owned(),
            ));
        }
        if is_text {
            return if is_page(reply) { Err(unexpected_value(context, reply)) } else { Ok(atom(&reply.body)) };
        }
        let body = sexpr::parse(&reply.body);
        if self.answer() == Answer::Nothing {
            let is_done = |body: Document<'_>| confirms_sxp(&body, self.acknowledgements());
            return if reply.body.is_empty() || body.is_ok_and(is_done) {
                Ok(Document::default())
            } else {
                let said = visible(&reply.body[..reply.body.len().min(200)]);
                Err(unreadable(format!("the reply does not confirm the operation, but says `{said}`")))
            };
        }
        let body = body.map_err(|error| unreadable(format!("the reply is not an S-expression: {error}")))?;
        let mut values = body.values();
        let first = values.next().ok_or_else(|| unexpected_value(context, reply))?;
        if !are_empty_strings(values) {
            return Err(unexpected_value(context, reply));
        }
        match self.answer() {
            // The daemon prints a Python dict as a string: `"{'cap': 0, 'weight': 256}"` (protocol reference §3.3).
            Answer::Record(head @ ("credit" | "sedf")) if !first.is_list() => {
                first.as_str().and_then(|text| dict(head, text)).ok_or_else(|| unexpected_value(context, reply))
            }
            answer if has_shape(first, answer) => Ok(first.to_document()),
            _ => Err(unexpected_value(context, reply)),
        }
    }

    fn read_xmlrpc(self, context: RequestContext, reply: &Reply) -> Result<Document<'static>, Failure> {
        let (answer, release) = (self.answer(), context.release);
        // The rules of the release accept doubles as Python writes them, which the specification does not.
        let document = decode(context, xmlrpc::Rules::xend(release), reply)?;
        // Python's reader takes much for a value that is no response. Such a reply does not say that it was done.
        if answer == Answer::Nothing {
            decode(context, xmlrpc::Rules::extended(), reply)?;
        }
        let value = value_in(context, &document, reply)?;
        let answered = match context.face {
            _ if answer == Answer::Nothing => {
                let is_done = if context.face == Face::XenApi { confirms_xenapi } else { confirms_xmlrpc };
                return if is_done(value, self.acknowledgements()) {
                    Ok(Document::default())
                } else {
                    Err(unexpected_value(context, reply))
                };
            }
            Face::XenApi => has_xenapi_type(value, answer).then(|| self.xenapi_answer(value, release)).flatten(),
            Face::XmlRpc | Face::Sxp => has_type(value, answer).then(|| self.xmlrpc_answer(value, release)).flatten(),
        };
        let answered = answered.filter(|answered| answered.first().is_some_and(|first| has_shape(first, answer)));
        answered.ok_or_else(|| unexpected_value(context, reply))
    }

    fn xmlrpc_answer(self, value: ValueRef<'_>, release: Release) -> Option<Document<'static>> {
        Some(match self.answer() {
            // From 3.0.3 on, a string that is the whole result is escaped.
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
            Answer::References => tuples::to_sexpr(value, release),
            Answer::Record(head) => xenapi::record(head, value, release),
            Answer::Records(head) => xenapi::records(head, value, power_state, release),
            Answer::Text => atom(value.text()?.as_bytes()),
            Answer::Nothing | Answer::Device | Answer::Devices => tuples::to_sexpr(value, release),
        })
    }
}

fn decode<'r>(
    context: RequestContext,
    rules: xmlrpc::Rules,
    reply: &'r Reply,
) -> Result<xmlrpc::Document<'r>, Failure> {
    if let Some(failure) = Failure::from_reply(context, reply) {
        return Err(failure);
    }
    check_body(context, reply)?;
    let decoded = xmlrpc::decode_reply(&reply.body, rules, &Limits::default());
    let response = decoded.map_err(|error| {
        Failure::unreadable(context, format!("the reply is not an XML-RPC response: {error}"), reply)
    })?;
    match response {
        Response::Success(document) => Ok(document),
        Response::Fault(fault) => Err(Failure::from_fault(context, &fault, reply)),
    }
}

/// Checks that the body is not compressed. HTTP lets a server compress a body only if the client allows it.
fn check_body(context: RequestContext, reply: &Reply) -> Result<(), Failure> {
    match reply.compression() {
        Some(coding) => Err(Failure::unreadable(
            context,
            format!("the reply is compressed ({coding}), although the client did not ask for compression"),
            reply,
        )),
        None => Ok(()),
    }
}

/// Whether the body is an HTML page. A client asks for none, so a page in place of a text is not the daemon's answer.
fn is_page(reply: &Reply) -> bool {
    let starts_with = |text: &[u8], start: &str| {
        text.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start.as_bytes()))
    };
    let body = without_mark(&reply.body).trim_ascii_start();
    let content_type = reply.header("content-type").unwrap_or_default();
    let types = ["text/html", "application/xhtml+xml"];
    types.iter().any(|kind| starts_with(content_type, kind))
        || ["<html", "<head", "<!doctype html", "<?xml"].iter().any(|start| starts_with(body, start))
}

/// Whether a text begins as the S-expression of a failure does.
fn begins_with_error(body: &[u8]) -> bool {
    let rest = without_mark(body).trim_ascii_start().strip_prefix(b"(xend.err");
    rest.and_then(<[u8]>::first).is_some_and(u8::is_ascii_whitespace)
}

/// A text without the byte order mark of UTF-8.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

/// The value of a response, out of its Xen-API envelope if it has one.
fn value_in<'d>(
    context: RequestContext,
    document: &'d xmlrpc::Document<'_>,
    reply: &Reply,
) -> Result<ValueRef<'d>, Failure> {
    let value = document.value();
    if context.face != Face::XenApi && !xenapi::is_envelope(value) {
        return Ok(value);
    }
    match xenapi::open_envelope(value) {
        Ok(Outcome::Success(inside)) => Ok(inside),
        Ok(Outcome::Failure(description)) => Err(Failure::from_description(context, &description, reply)),
        Err(error) => Err(Failure::unreadable(context, error.to_string(), reply)),
    }
}

/// The failure of a reply whose value is not what the operation returns.
fn unexpected_value(context: RequestContext, reply: &Reply) -> Failure {
    /// How many bytes of the body the message shows.
    const SHOWN: usize = 60;
    let expected = expectation(context.operation.answer());
    let body = &reply.body;
    let found = match visible(&body[..body.len().min(SHOWN)]) {
        shown if shown.is_empty() => "nothing".to_owned(),
        shown if body.len() > SHOWN => format!("`{shown}`..."),
        shown => format!("`{shown}`"),
    };
    Failure::unreadable(context, format!("expected {expected} in the reply, found {found}"), reply)
}

fn atom(text: &[u8]) -> Document<'static> {
    let mut builder = Builder::new();
    builder.atom(text);
    builder.finish()
}

/// Reads a dict that Python printed, whose keys are words and whose values are numbers: `{'cap': 0, 'weight': 256}`. An
/// empty one tells nothing.
fn dict(head: &str, text: &str) -> Option<Document<'static>> {
    let mut builder = Builder::new();
    builder.open().atom(head);
    let pairs = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    let mut is_empty = true;
    for pair in pairs.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once(':')?;
        let name = name.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        // Python prints an `L` after a long.
        let number = value.trim().trim_end_matches('L');
        number.parse::<i64>().ok()?;
        builder.open().atom(name).atom(number).close();
        is_empty = false;
    }
    builder.close();
    (!is_empty).then(|| builder.finish())
}

/// A list of the head and the items of a list that came without it.
fn with_head(head: &str, document: &Document<'_>) -> Document<'static> {
    let mut builder = Builder::new();
    builder.open().atom(head);
    for value in document.values().flat_map(Sexpr::items) {
        builder.value(value);
    }
    builder.close();
    builder.finish()
}
