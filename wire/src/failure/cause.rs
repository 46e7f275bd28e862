//! The four ways in which a failure arrives.

use super::status::{Meaning, is_of_xend};
use super::{ErrorCode, Evidence, Failure};
use crate::http::Reply;
use crate::operation::{Effect, Face, Operation};
use crate::sexpr::{self, Sexpr};
use crate::xenapi::ErrorDescription;
use crate::xmlrpc::FaultDocument;
use crate::{Release, visible};

/// What was asked, and of whom.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// The operation.
    pub operation: Operation,
    /// The face by which it was asked.
    pub face: Face,
    /// The daemon's release.
    pub release: Release,
    /// What the request does to the daemon's state. One of several requests may only read, though the operation changes
    /// something.
    pub effect: Effect,
}

impl Asked {
    /// A request that has the effect of its operation.
    pub fn new(operation: Operation, face: Face, release: Release) -> Self {
        Self { operation, face, release, effect: operation.effect() }
    }
}

impl Failure {
    /// From the status and the body of a reply: a status that is no success on the face, or on the S-expression face an
    /// `(xend.err "...")` under one that is. `None` for a reply that carries neither.
    ///
    /// Up to 3.0.2, and for what a worker thread does in every release, a failure comes under 200 or 202 (protocol
    /// reference §3.4, §3.5).
    ///
    /// A status that leaves open what was done, as a gateway's 502 does, has the code of a reply that can't be understood,
    /// whatever its body says.
    pub fn from_reply(asked: Asked, reply: &Reply) -> Option<Self> {
        match Meaning::of(asked.face, reply.status) {
            Meaning::Answered if asked.face == Face::Sxp => {
                let error = xend_err(&reply.body)?;
                Some(asked.failure(reply, None, &error))
            }
            Meaning::Answered => None,
            Meaning::Refused => {
                let text = xend_err(&reply.body).unwrap_or_else(|| text_of_error(reply));
                let mut failure = asked.failure(reply, None, &text);
                if !is_of_xend(asked.face, reply.status) {
                    failure.message = with_status(reply, &text);
                }
                Some(failure)
            }
            Meaning::Moved => {
                let location = reply.header("location").map(|location| visible(location.trim_ascii()));
                let to =
                    location.map_or_else(|| ", without a `Location`".to_owned(), |location| format!(", to {location}"));
                let message = with_status(reply, "") + &to;
                Some(Self { code: ErrorCode::Unknown, message, mark: None, reply: Some(Box::new(reply.clone())) })
            }
            Meaning::Unclear => Some(Self::unreadable(asked, with_status(reply, &text_of_error(reply)), reply)),
        }
    }

    /// From an XML-RPC fault. The code may be of any type, as Python takes it.
    pub fn from_fault(asked: Asked, fault: &FaultDocument<'_>, reply: &Reply) -> Self {
        let code = fault.code().text().unwrap_or_default();
        asked.failure(reply, Some(&code), &fault.string().text().unwrap_or_default())
    }

    /// From the `ErrorDescription` of a Xen-API envelope. The message is all its words.
    pub fn from_description(asked: Asked, description: &ErrorDescription, reply: &Reply) -> Self {
        let text = description.to_string();
        // A method of the legacy dialect is done on a Xen-API listener, which keeps its result for itself (§5.7).
        if asked.face == Face::XmlRpc && text.starts_with("INTERNAL_ERROR Invalid result ") {
            return Self::unreadable(asked, text, reply);
        }
        asked.failure(reply, Some(description.code()), &text)
    }

    /// From a reply that can't be understood.
    pub fn unreadable(asked: Asked, message: impl Into<String>, reply: &Reply) -> Self {
        Self {
            code: asked.unknown_outcome(),
            message: message.into(),
            mark: None,
            reply: Some(Box::new(reply.clone())),
        }
    }
}

impl Asked {
    fn failure(self, reply: &Reply, mark: Option<&str>, text: &str) -> Failure {
        let evidence = Evidence {
            operation: self.operation.name(),
            face: self.face,
            release: self.release,
            status: reply.status,
            mark,
            text: text.trim_end(),
        };
        // `OK` is no reason for a failure.
        let message = if text.is_empty() && reply.status != 200 { &reply.reason } else { text };
        Failure {
            code: evidence.code(),
            message: message.to_owned(),
            mark: mark.map(str::to_owned),
            reply: Some(Box::new(reply.clone())),
        }
    }

    /// The daemon was asked, and what came of it can't be told.
    fn unknown_outcome(self) -> ErrorCode {
        match self.effect {
            Effect::Changes => ErrorCode::UnableToVerifyState,
            Effect::Reads => ErrorCode::CommunicationNotEstablished,
        }
    }
}

/// The message of an `(xend.err "...")`, if that is what the body begins with.
fn xend_err(body: &[u8]) -> Option<String> {
    // Most bodies are long and no errors: they are not read twice.
    memchr::memmem::find(body, b"xend.err")?;
    let body = sexpr::parse(body).ok()?;
    let error = body.first().filter(|value| value.name() == Some(b"xend.err"))?;
    let message = error.value().and_then(Sexpr::as_atom).unwrap_or_default();
    Some(String::from_utf8_lossy(message).into_owned())
}

/// The status line, and what the body has to say beside it.
fn with_status(reply: &Reply, text: &str) -> String {
    /// Of a text, in characters.
    const SHOWN: usize = 200;
    let mut message = format!("HTTP {}", reply.status);
    if !reply.reason.is_empty() {
        message = format!("{message} {}", reply.reason);
    }
    if !text.is_empty() && text != reply.reason {
        message += ": ";
        message.extend(text.chars().take(SHOWN));
    }
    message
}

/// The body is what the daemon has to say; where it is empty, the reason phrase is all there is.
fn text_of_error(reply: &Reply) -> String {
    if reply.compression().is_some() {
        return String::new();
    }
    let body = String::from_utf8_lossy(&reply.body);
    // From 4.1 an empty string is printed behind some bodies (protocol reference §2.4).
    let body = without_page(body.strip_suffix("''").unwrap_or(&body)).trim();
    match (reply.status, body) {
        // An empty 500 says nothing in its phrase either; `Internal server error` is no text of an exception.
        (500, "") if reply.reason.eq_ignore_ascii_case("internal server error") => String::new(),
        (status, "") if is_of_xend(Face::Sxp, status) => reply.reason.clone(),
        _ => body.to_owned(),
    }
}

/// What an HTML page has to say: the text before it, or its paragraph (capture `post-mem-bad-html@3.0.3`). A body that
/// is no page is all text.
fn without_page(body: &str) -> &str {
    let Some(start) = ["<html", "<head", "<!DOCTYPE"].iter().filter_map(|mark| body.find(mark)).min() else {
        return body;
    };
    let (text, page) = body.split_at(start);
    if !text.trim().is_empty() {
        return text;
    }
    let paragraph = page.split_once("<p>").map_or("", |(_, rest)| rest);
    paragraph.split_once("</p>").map_or("", |(text, _)| text)
}
