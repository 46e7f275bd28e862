//! From a reply to the answer or the failure that is in it.

use super::{Answer, Face, Operation};
use crate::failure::{Asked, Failure};
use crate::sexpr::{Builder, Document, Sexpr};
use crate::xenapi::{self, Outcome};
use crate::xmlrpc::{self, Response};
use crate::{Limits, Release, sexpr, tuples};

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
    pub fn read(&'static self, face: Face, release: Release, reply: &Reply) -> Result<Document<'static>, Failure> {
        let asked = Asked { operation: self, face, release };
        match face {
            Face::Sxp => self.read_sxp(asked, reply),
            Face::XmlRpc | Face::XenApi => self.read_xmlrpc(asked, reply),
        }
    }

    fn read_sxp(&self, asked: Asked, reply: &Reply) -> Result<Document<'static>, Failure> {
        if let Some(failure) = Failure::from_reply(asked, reply) {
            return Err(failure);
        }
        if self.answer == Answer::Nothing {
            return Ok(Document::default());
        }
        let body = sexpr::parse(&reply.body)
            .map_err(|error| Failure::unreadable(asked, format!("the reply is no S-expression: {error}"), reply))?;
        match body.first() {
            Some(value) if fits(value, self.answer) => Ok(value.to_document()),
            _ => Err(no_such_value(asked, reply)),
        }
    }

    fn read_xmlrpc(&self, asked: Asked, reply: &Reply) -> Result<Document<'static>, Failure> {
        let decoded = xmlrpc::decode_response(&reply.body, xmlrpc::Rules::xend(asked.release), &Limits::default());
        let response = decoded.map_err(|error| {
            // An HTTP error has no XML-RPC in it.
            let unreadable = || Failure::unreadable(asked, format!("the reply is no XML-RPC response: {error}"), reply);
            Failure::from_reply(asked, reply).unwrap_or_else(unreadable)
        })?;
        let mut value = match &response {
            Response::Fault(fault) => return Err(Failure::from_fault(asked, fault, reply)),
            Response::Success(document) => document.value(),
        };
        if asked.face == Face::XenApi || xenapi::is_envelope(value) {
            match xenapi::open(value) {
                Ok(Outcome::Success(inside)) => value = inside,
                Ok(Outcome::Failure(description)) => {
                    return Err(Failure::from_description(asked, &description, reply));
                }
                Err(error) => return Err(Failure::unreadable(asked, error.to_string(), reply)),
            }
        }
        if self.answer == Answer::Nothing {
            return Ok(Document::default());
        }
        let answered = tuples::to_sexpr(value, asked.release);
        // `xend.node.info` gives the pairs without the leading `node` of the other face.
        let answered = match self.answer {
            Answer::Record("node") => with_head("node", &answered),
            _ => answered,
        };
        match answered.first() {
            Some(value) if fits(value, self.answer) => Ok(answered),
            _ => Err(no_such_value(asked, reply)),
        }
    }
}

fn no_such_value(asked: Asked, reply: &Reply) -> Failure {
    Failure::unreadable(asked, "the reply holds no such value", reply)
}

fn fits(value: Sexpr<'_>, answer: Answer) -> bool {
    match answer {
        Answer::Nothing => true,
        Answer::Names => value.is_list() && value.items().all(|name| name.as_atom().is_some()),
        Answer::Record(head) => value.name() == Some(head.as_bytes()),
    }
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
