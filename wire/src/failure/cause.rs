//! Makes a [`Failure`] from each of the four forms in which one arrives: an HTTP status, an `(xend.err "...")`, a fault,
//! and an `ErrorDescription`.

use super::status::{Meaning, is_of_xend};
use super::{ErrorCode, Evidence, Failure};
use crate::http::Reply;
use crate::operation::{Effect, Face, Operation};
use crate::sexpr::{self, Sexpr};
use crate::xenapi::ErrorDescription;
use crate::xmlrpc::FaultDocument;
use crate::{Release, visible};

/// How many characters a message shows of a text that may not be the daemon's.
const SHOWN: usize = 200;
/// How many characters a message has of the daemon's own text, which may be a whole stack trace. The reply has all of it.
const LONGEST: usize = 20_000;

/// Which request a reply belongs to: what was asked, on which face, and of which release.
///
/// The same reply means different failures for different operations, faces and releases.
#[derive(Clone, Copy, Debug)]
pub struct RequestContext {
    /// The operation.
    pub operation: Operation,
    /// The face on which the request was sent.
    pub face: Face,
    /// The daemon's release.
    pub release: Release,
    /// What the request does to the daemon's state. If the operation takes several requests, some of them may only read
    /// although the operation as a whole changes something.
    pub effect: Effect,
}

impl RequestContext {
    /// The context of a request that has the effect of its operation.
    pub fn new(operation: Operation, face: Face, release: Release) -> Self {
        Self { operation, face, release, effect: operation.effect() }
    }
}

impl Failure {
    /// The failure that the status or the body of a reply reports, or `None` if they report none.
    ///
    /// A failure is a status that does not mean success on the face, or an `(xend.err "...")` in a body on the
    /// S-expression face, even with status 200 or 202. The daemon sends it so up to 3.0.2, and in every release for work
    /// that one of its threads does later (protocol reference §3.4, §3.5).
    ///
    /// A status such as a gateway's 502 does not tell whether the request was carried out. Such a failure has the code
    /// of a reply that can't be understood, whatever its body says.
    pub fn from_reply(context: RequestContext, reply: &Reply) -> Option<Self> {
        match Meaning::of(context.face, reply.status) {
            Meaning::Answered if context.face == Face::Sxp => {
                let error = xend_err(&reply.body)?;
                Some(context.failure(reply, None, &error))
            }
            Meaning::Answered => None,
            Meaning::Refused => {
                let text = xend_err(&reply.body).unwrap_or_else(|| text_of_error(reply));
                let mut failure = context.failure(reply, None, &text);
                if let Some(coding) = reply.compression() {
                    let why = format!("the body is compressed ({coding}), although the client did not ask for it");
                    failure.message = with_status(reply, &why);
                } else if !is_of_xend(context.face, reply.status) {
                    failure.message = with_status(reply, &text);
                }
                Some(failure)
            }
            Meaning::Moved => {
                let location = reply.header("location").map(<[u8]>::trim_ascii);
                let location = location.filter(|location| !location.is_empty()).map(visible);
                let to = location.map_or_else(
                    || ", without a `Location`".to_owned(),
                    |location| format!(", to {}", cut(&location, SHOWN)),
                );
                let message = with_status(reply, "") + &to;
                Some(Self {
                    code: ErrorCode::Unknown,
                    message,
                    daemon_code: None,
                    reply: Some(Box::new(reply.clone())),
                })
            }
            Meaning::Unclear => Some(Self::unreadable(context, with_status(reply, &text_of_error(reply)), reply)),
        }
    }

    /// The failure that an XML-RPC fault reports. The `faultCode` may have any type, as it may in Python.
    pub fn from_fault(context: RequestContext, fault: &FaultDocument<'_>, reply: &Reply) -> Self {
        let code = fault.code().text().unwrap_or_default();
        context.failure(reply, Some(&code), &fault.string().text().unwrap_or_default())
    }

    /// The failure that the `ErrorDescription` of a Xen-API envelope reports. The message has all words of the
    /// description.
    pub fn from_description(context: RequestContext, description: &ErrorDescription, reply: &Reply) -> Self {
        // A Xen-API listener carries out a method of the legacy dialect, but sends this error instead of the result
        // (§5.7).
        let reason = description.arguments().first().map_or("", String::as_str);
        let is_result = description.code() == "INTERNAL_ERROR" && reason.starts_with("Invalid result ");
        if context.face == Face::XmlRpc && is_result {
            return Self::unreadable(context, description.to_string(), reply);
        }
        context.failure(reply, Some(description.code()), &description.to_string())
    }

    /// The failure of a reply that can't be understood. Its code says whether the request may have changed something.
    pub fn unreadable(context: RequestContext, message: impl Into<String>, reply: &Reply) -> Self {
        Self {
            code: context.unknown_outcome(),
            message: message.into(),
            daemon_code: None,
            reply: Some(Box::new(reply.clone())),
        }
    }
}

impl RequestContext {
    fn failure(self, reply: &Reply, daemon_code: Option<&str>, text: &str) -> Failure {
        let evidence = Evidence {
            operation: self.operation.name(),
            face: self.face,
            release: self.release,
            status: reply.status,
            daemon_code,
            text: text.trim_end(),
        };
        // The reason phrase of status 200, `OK`, says nothing about a failure.
        let message = if text.is_empty() && reply.status != 200 { &reply.reason } else { text };
        Failure {
            code: evidence.code(),
            message: cut(message, LONGEST),
            daemon_code: daemon_code.map(str::to_owned),
            reply: Some(Box::new(reply.clone())),
        }
    }

    /// The code of a request that was sent, but whose outcome is unknown.
    fn unknown_outcome(self) -> ErrorCode {
        match self.effect {
            Effect::Changes => ErrorCode::UnableToVerifyState,
            Effect::Reads => ErrorCode::CommunicationNotEstablished,
        }
    }
}

/// The message of the `(xend.err "...")` that the body begins with, if it does.
fn xend_err(body: &[u8]) -> Option<String> {
    // Most bodies are long and no errors. The search saves parsing them twice.
    memchr::memmem::find(body, b"xend.err")?;
    let body = sexpr::parse(body).ok()?;
    let error = body.first().filter(|value| value.name() == Some(b"xend.err"))?;
    let message = error.value().and_then(Sexpr::as_atom).unwrap_or_default();
    Some(String::from_utf8_lossy(message).into_owned())
}

/// A message of the status line, followed by the beginning of `text`.
fn with_status(reply: &Reply, text: &str) -> String {
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

/// The beginning of a text, of at most so many characters, with a note of how many are left out.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} ... ({} characters more)", &text[..end], text[end..].chars().count()),
    }
}

/// The text of an error reply: the body, or the reason phrase if the body is empty.
fn text_of_error(reply: &Reply) -> String {
    if reply.compression().is_some() {
        return String::new();
    }
    let body = String::from_utf8_lossy(&reply.body);
    // From 4.1 on, the daemon prints an empty string after some bodies (protocol reference §2.4).
    let body = without_page(body.strip_suffix("''").unwrap_or(&body)).trim();
    match (reply.status, body) {
        // `Internal server error` is the standard phrase of a 500, not the text of an exception.
        (500, "") if reply.reason.eq_ignore_ascii_case("internal server error") => String::new(),
        (status, "") if is_of_xend(Face::Sxp, status) => reply.reason.clone(),
        _ => body.to_owned(),
    }
}

/// The text of a body that may contain an HTML page: what stands before the page, or else its first paragraph (capture
/// `post-mem-bad-html@3.0.3`). A body without a page is returned whole.
fn without_page(body: &str) -> &str {
    let Some(start) = ["<html", "<head", "<!DOCTYPE"].iter().filter_map(|daemon_code| body.find(daemon_code)).min()
    else {
        return body;
    };
    let (text, page) = body.split_at(start);
    if !text.trim().is_empty() {
        return text;
    }
    let paragraph = page.split_once("<p>").map_or("", |(_, rest)| rest);
    paragraph.split_once("</p>").map_or("", |(text, _)| text)
}
