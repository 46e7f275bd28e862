//! Cases of the suite `calling`.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64;
use mock_xend::Faults;
use serde_json::json;

use super::reply::{Reply, Sent};
use crate::case::{CaseAbout, Level, WritingOutcome};
use crate::feature::Feature;
use crate::shorten::{lines, shortened};
use crate::tagged::Tagged;
use crate::version::Version;
use crate::{Codec, Error, Rules};

/// The call of a case that names none: the example of the specification.
pub(super) const METHOD: &str = "examples.getStateName";
pub(super) const PARAMS: &str = r#"[{"int":"41"}]"#;
pub(super) const PATH: &str = "/RPC2";

/// A call that a subject is asked to make, with the reply that it gets and what it may make of it.
#[derive(Clone, Debug)]
pub struct CallCase {
    /// The id, `calls/NAME`.
    pub id: String,
    /// What is tested, in a phrase.
    pub title: String,
    /// The [`Rule`](crate::case::Rule) that is tested, by its id.
    pub rule: String,
    /// Where the expectation comes from.
    pub source: String,
    /// The version of the suite that the case came with.
    pub since: Version,
    /// The path and the query of the address.
    pub path: String,
    /// The name of the method.
    pub method: String,
    /// The parameters: a JSON array of values, as it is sent to the subject.
    pub params: String,
    /// The whole call, as the server must receive it; `None` if no document can have it.
    pub call: Option<Tagged>,
    /// The rules by which the call is read.
    pub rules: Rules,
    /// Whether the call must be sent or refused.
    pub outcome: WritingOutcome,
    /// How often the subject is asked to make the call, one after the other at the same address.
    pub calls: usize,
    /// Whether the server replies as soon as the connection is there, before it reads the request.
    pub is_early: bool,
    pub(crate) reply: Reply,
    /// How the bytes of the reply break.
    pub faults: Faults,
    /// What is checked about the requests.
    pub wire: Vec<WireCheck>,
    /// The most requests that may arrive.
    pub requests: usize,
    /// The features that a subject must declare, or it is not asked.
    pub needs: Vec<Feature>,
    /// The time that the subject is told to allow for the call.
    pub deadline: Duration,
    /// How binding the expectation is.
    pub level: Level,
    /// What the subject may learn from the reply.
    pub learns: Vec<CallOutcome>,
}

impl CallCase {
    /// The time that a subject is told to allow for a call, if the case does not say another one.
    pub const DEADLINE: Duration = Duration::from_secs(4);

    /// Makes a case in which a call gets a reply, which is all that is special about it.
    ///
    /// # Errors
    /// Returns a message if the call can't be read, which is a mistake of this project.
    pub(crate) fn replied(id: &str, about: CaseAbout, reply: Reply, learns: Vec<CallOutcome>) -> Result<Self, String> {
        Ok(Self {
            id: id.to_owned(),
            title: about.title,
            rule: about.rule.unwrap_or_default(),
            source: about.source,
            since: Version::current(),
            path: PATH.to_owned(),
            method: METHOD.to_owned(),
            params: PARAMS.to_owned(),
            call: Some(Self::whole(METHOD, PARAMS)?),
            rules: Codec::Xmlrpc.default_rules(),
            outcome: WritingOutcome::Written,
            calls: 1,
            is_early: false,
            reply,
            faults: Faults::none(),
            wire: Vec::new(),
            requests: 1,
            needs: Vec::new(),
            deadline: Self::DEADLINE,
            level: Level::Must,
            learns,
        })
    }

    /// Returns a call, given its parameters as a JSON array.
    pub(super) fn whole(method: &str, params: &str) -> Result<Tagged, String> {
        let call = format!(r#"[{{"call":{{"method":{},"params":{params}}}}}]"#, json!(method));
        Tagged::from_json(call.as_bytes(), Codec::Xmlrpc).map_err(|error| error.to_string())
    }

    /// Returns the case as JSON, for runners that are not this one.
    ///
    /// # Errors
    /// Returns an error if the reply can't be made, which is found when the case is read.
    pub(crate) fn to_json(&self) -> Result<String, Error> {
        let (bytes, then) = match self.reply.sent().map_err(Error::Harness)? {
            Sent::Kept(bytes) => (bytes, "keep"),
            Sent::Closed(bytes) => (bytes, "close"),
            Sent::Close => (Vec::new(), "close"),
            Sent::Hang => (Vec::new(), "hang"),
        };
        let names = |checks: &[WireCheck]| checks.iter().map(|check| check.name()).collect::<Vec<_>>();
        let head = json!({
            "id": self.id,
            "title": self.title,
            "rule": self.rule,
            "source": self.source,
            "level": self.level.name(),
            "needs": self.needs.iter().map(|feature| feature.name()).collect::<Vec<_>>(),
            "path": self.path,
            "method": self.method,
            "rules": self.rules.to_string(),
            "outcome": self.outcome.name(),
            "calls": self.calls,
            "early": self.is_early,
            "reply": { "bytes": BASE64.encode(&bytes), "then": then, "faults": self.faults.to_string() },
            "wire": names(&self.wire),
            "requests": self.requests,
            "deadline_ms": u64::try_from(self.deadline.as_millis()).ok(),
        });
        let learns = self.learns.iter().map(|learned| match learned {
            CallOutcome::Answer(values) => format!("{{\"values\":{}}}", values.to_json()),
            CallOutcome::Error => "{\"error\":true}".to_owned(),
            CallOutcome::IfAsked(values) => format!("{{\"values_if_asked\":{}}}", values.to_json()),
        });
        let learns = learns.collect::<Vec<_>>().join(",");
        // Parameters and values are JSON already, and may be nested more deeply than serde_json can read.
        let head = head.to_string();
        let head = head.strip_suffix('}').unwrap_or(&head);
        Ok(format!("{head},\"params\":{},\"learns\":[{learns}]}}", self.params))
    }

    /// Returns the bytes of the reply, without its faults.
    pub(crate) fn reply_bytes(&self) -> Vec<u8> {
        match self.reply.sent() {
            Ok(Sent::Kept(bytes) | Sent::Closed(bytes)) => bytes,
            Ok(Sent::Close | Sent::Hang) | Err(_) => Vec::new(),
        }
    }

    /// Describes the reply, as lines.
    pub(crate) fn described_reply(&self) -> String {
        let bytes = match self.reply.sent() {
            Ok(Sent::Kept(bytes) | Sent::Closed(bytes)) => bytes,
            Ok(Sent::Close) => return "reply: none, and the connection is closed\n".to_owned(),
            Ok(Sent::Hang) | Err(_) => return "reply: none, and the connection stays open\n".to_owned(),
        };
        let faults = if self.faults.is_empty() { String::new() } else { format!("faults: {}\n", self.faults) };
        format!("reply, {} bytes:\n{}{faults}", bytes.len(), lines(&bytes, 40, 2_000))
    }
}

/// An outcome of a call that is right for its reply.
#[derive(Clone, Debug, PartialEq)]
pub enum CallOutcome {
    /// This value or fault.
    Answer(Tagged),
    /// An error, since the reply has no answer.
    Error,
    /// This value, if the request accepted the coding of the reply. If it did not, this value or an error.
    IfAsked(Tagged),
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(wanted) => f.write_str(&shortened(&wanted.to_json(), LONGEST)),
            Self::Error => f.write_str("an error"),
            Self::IfAsked(wanted) => {
                let wanted = shortened(&wanted.to_json(), LONGEST);
                write!(f, "{wanted} if the request asks for gzip, or else an error, too")
            }
        }
    }
}

/// The length to which a value is shortened, in characters.
const LONGEST: usize = 400;

xend_wire::named_enum! {
    /// A check of what a caller puts on the wire.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum WireCheck {
        /// The method is POST.
        Post = "post",
        /// The request goes to the path and the query of the address.
        Target = "target",
        /// The version is HTTP/1.0 or HTTP/1.1.
        Version = "version",
        /// There is one `Host`, with the port.
        Host = "host",
        /// There is a `User-Agent`.
        UserAgent = "user-agent",
        /// The `Content-Type` is `text/xml`.
        ContentType = "content-type",
        /// There is one `Content-Length`, and it is right.
        ContentLength = "content-length",
        /// The body is not sent in chunks.
        NotChunked = "not-chunked",
        /// The lines of the head are well-formed.
        Head = "head",
        /// Nothing follows the body.
        End = "end",
        /// The body is a well-formed call, with the method and the parameters that were asked for.
        Call = "call",
        /// The body begins with an XML declaration.
        Declaration = "declaration",
    }
    /// All checks.
    ALL: slice;
    /// Returns the name, as in a case.
    fn name;
    Err: Error = unknown;
}

fn unknown(name: &str) -> Error {
    let names: Vec<_> = WireCheck::ALL.iter().map(|check| check.name()).collect();
    Error::Usage(format!("unknown check `{name}`, expected one of {}", names.join(", ")))
}
