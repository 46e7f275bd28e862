//! From a reply to the answer or the failure that is in it.

use super::escaped::unescape;
use super::{Answer, Effect, Face, Operation, xenapi};
use crate::failure::{ErrorCode, Evidence, Failure};
use crate::sexpr::{Builder, Document, Sexpr};
use crate::xmlrpc::{self, Response, ValueRef};
use crate::{Limits, Release, sexpr, tuples, visible};

/// A complete HTTP reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The reason phrase, in which Xend says more than the code does.
    pub reason: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Operation {
    /// What a reply to this operation means: S-expressions as [`Answer`] describes them, or why there are none.
    ///
    /// A status of success does not make a success: up to 3.0.2, and for what a worker thread does in every release, a
    /// failure comes as `(xend.err "...")` under 200 or 202 (protocol reference §3.4, §3.5).
    pub fn read(&self, face: Face, release: Release, reply: &Reply) -> Result<Document<'static>, Failure> {
        let reader = Reader { operation: self, face, release, reply };
        match face {
            Face::Sxp => reader.sxp(),
            Face::XmlRpc | Face::XenApi => reader.xmlrpc(),
        }
    }
}

struct Reader<'r> {
    operation: &'r Operation,
    face: Face,
    release: Release,
    reply: &'r Reply,
}

impl Reader<'_> {
    fn sxp(&self) -> Result<Document<'static>, Failure> {
        let body = sexpr::parse(&self.reply.body);
        let first = body.as_ref().ok().and_then(Document::first);
        let is_success = (200..300).contains(&self.reply.status);
        if is_success && self.operation.answer == Answer::Text {
            return Ok(atom(&self.reply.body));
        }
        if let Some(error) = first.filter(|value| value.name() == Some(b"xend.err")) {
            let message = error.value().and_then(Sexpr::as_atom).unwrap_or_default();
            return Err(self.failure(None, &String::from_utf8_lossy(message)));
        }
        if !is_success {
            return Err(self.failure(None, &self.text_of_error()));
        }
        match self.operation.answer {
            Answer::Nothing if body.as_ref().is_ok_and(is_nothing) => Ok(Document::default()),
            Answer::Nothing => {
                let said = visible(&self.reply.body[..self.reply.body.len().min(200)]);
                Err(self.unreadable(format!("the reply does not say that it was done, but `{said}`")))
            }
            // A dict is printed as a string: `"{'cap': 0, 'weight': 256}"` (protocol reference §3.3).
            Answer::Record(head) if first.is_some_and(|value| !value.is_list()) => {
                let dict = first.and_then(Sexpr::as_str).and_then(|text| dict(head, text));
                dict.ok_or_else(|| self.unreadable("the reply holds no such value".to_owned()))
            }
            answer => match first {
                Some(value) if fits(value, answer) => Ok(value.to_document()),
                _ => Err(self.unreadable(match &body {
                    Ok(_) => "the reply holds no such value".to_owned(),
                    Err(error) => format!("the reply is no S-expression: {error}"),
                })),
            },
        }
    }

    /// The body is what the daemon has to say; where it is empty, the reason phrase is all there is.
    fn text_of_error(&self) -> String {
        let body = String::from_utf8_lossy(&self.reply.body);
        // From 4.1 an empty string is printed behind some bodies (protocol reference §2.4).
        let body = body.strip_suffix("''").unwrap_or(&body).trim();
        // An empty 500 says nothing in its phrase either; `Internal server error` is no text of an exception.
        match (self.reply.status, body) {
            (500, "") if self.reply.reason.eq_ignore_ascii_case("internal server error") => String::new(),
            (_, "") => self.reply.reason.clone(),
            _ => body.to_owned(),
        }
    }

    fn xmlrpc(&self) -> Result<Document<'static>, Failure> {
        let decoded = xmlrpc::decode_response(&self.reply.body, xmlrpc::Rules::xend(self.release), &Limits::default());
        let response = match decoded {
            Ok(response) => response,
            Err(_) if self.reply.status != 200 => return Err(self.failure(None, &self.reply.reason)),
            Err(error) => return Err(self.unreadable(format!("the reply is no XML-RPC response: {error}"))),
        };
        let value = match &response {
            Response::Fault(fault) => {
                let mark = fault.code().text().unwrap_or_default();
                return Err(self.failure(Some(&mark), &fault.string().text().unwrap_or_default()));
            }
            Response::Success(document) => document.value(),
        };
        if let Some(description) = error_description(value) {
            let words: Vec<_> = description.items().filter_map(ValueRef::text).collect();
            return Err(self.failure(words.first().map(AsRef::as_ref), &words.join(" ")));
        }
        let no_such_value = || self.unreadable("the reply holds no such value".to_owned());
        let answered = match (self.face, self.operation.answer) {
            (_, Answer::Nothing) => return Ok(Document::default()),
            (Face::XenApi, answer) => self.xenapi(value.get("Value").ok_or_else(no_such_value)?, answer),
            // Top-level strings are escaped from 3.0.3 on.
            (_, Answer::Text) => {
                let text = value.text().ok_or_else(no_such_value)?;
                return Ok(if self.release < Release::V3_0_3 { atom(text.as_bytes()) } else { atom(&unescape(&text)) });
            }
            (_, answer) => {
                let answered = tuples::to_sexpr(value, self.release);
                match answer {
                    // These come without a head: the pairs of `xend.node.info`, and a struct.
                    Answer::Record(head @ ("node" | "credit")) => with_head(head, &answered),
                    _ => answered,
                }
            }
        };
        match answered.first() {
            Some(value) if fits(value, self.operation.answer) => Ok(answered),
            _ => Err(no_such_value()),
        }
    }

    fn xenapi(&self, value: ValueRef<'_>, answer: Answer) -> Document<'static> {
        let forms = self.operation.xenapi_forms(self.release);
        let power_state = forms.ok().and_then(|forms| forms[0].power_state);
        match answer {
            Answer::Names => xenapi::names(value, power_state),
            Answer::Record(head) => xenapi::record(head, value, self.release),
            Answer::Records(head) => xenapi::records(head, value, power_state, self.release),
            Answer::Text => atom(value.text().unwrap_or_default().as_bytes()),
            Answer::Nothing | Answer::Device | Answer::Devices => tuples::to_sexpr(value, self.release),
        }
    }

    fn failure(&self, mark: Option<&str>, text: &str) -> Failure {
        let evidence = Evidence {
            operation: self.operation.name,
            face: self.face,
            release: self.release,
            status: self.reply.status,
            mark,
            text,
        };
        // `OK` is no reason for a failure.
        let message = if text.is_empty() && self.reply.status != 200 { &self.reply.reason } else { text };
        Failure { code: evidence.code(), message: message.to_owned(), reply: Some(self.reply.clone()) }
    }

    /// The daemon was asked and has answered, but what it says can't be understood.
    fn unreadable(&self, message: String) -> Failure {
        let code = match self.operation.effect {
            Effect::Changes => ErrorCode::UnableToVerifyState,
            Effect::Reads => ErrorCode::CommunicationNotEstablished,
        };
        Failure { code, message, reply: Some(self.reply.clone()) }
    }
}

/// The `ErrorDescription` of a struct whose `Status` is anything but `Success` (protocol reference §5.1). Legacy
/// listeners send it too, for an unknown method from 3.1 on (§4.4).
fn error_description(value: ValueRef<'_>) -> Option<ValueRef<'_>> {
    let status = value.get("Status")?;
    if status.as_str() == Some("Success") { None } else { value.get("ErrorDescription") }
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
        Answer::Device => value.name().is_some() && value.value().is_some_and(Sexpr::is_list),
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
