//! The four ways in which a failure arrives.

use super::{ErrorCode, Evidence, Failure};
use crate::Release;
use crate::http::Reply;
use crate::operation::{Effect, Face, Operation};
use crate::sexpr::{self, Document, Sexpr};
use crate::xenapi::ErrorDescription;
use crate::xmlrpc::FaultDocument;

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
    /// From a status line and a body: an `(xend.err "...")` under any status, or else any status that is no success.
    /// `None` for a reply that carries neither.
    ///
    /// Up to 3.0.2, and for what a worker thread does in every release, a failure comes under 200 or 202 (protocol
    /// reference §3.4, §3.5).
    pub fn from_reply(asked: Asked, reply: &Reply) -> Option<Self> {
        let body = sexpr::parse(&reply.body);
        let first = body.as_ref().ok().and_then(Document::first);
        if let Some(error) = first.filter(|value| value.name() == Some(b"xend.err")) {
            let message = error.value().and_then(Sexpr::as_atom).unwrap_or_default();
            return Some(asked.failure(reply, None, &String::from_utf8_lossy(message)));
        }
        if (200..300).contains(&reply.status) {
            return None;
        }
        Some(asked.failure(reply, None, &text_of_error(reply)))
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
        Self { code: asked.unknown_outcome(), message: message.into(), mark: None, reply: Some(reply.clone()) }
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
            reply: Some(reply.clone()),
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

/// The errors among the statuses that Xend sends (protocol reference §1.4). Only their phrases are the daemon's own.
const STATUSES: [u16; 6] = [400, 404, 406, 413, 500, 501];

/// The body is what the daemon has to say; where it is empty, the reason phrase is all there is.
fn text_of_error(reply: &Reply) -> String {
    let body = String::from_utf8_lossy(&reply.body);
    // From 4.1 an empty string is printed behind some bodies (protocol reference §2.4).
    let body = without_page(body.strip_suffix("''").unwrap_or(&body)).trim();
    match (reply.status, body) {
        // An empty 500 says nothing in its phrase either; `Internal server error` is no text of an exception.
        (500, "") if reply.reason.eq_ignore_ascii_case("internal server error") => String::new(),
        (status, "") if STATUSES.contains(&status) => reply.reason.clone(),
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
