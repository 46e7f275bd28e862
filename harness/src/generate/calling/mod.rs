//! Replies to a call: what they mean is chosen first, then the document, and then the HTTP around it.

mod edits;
mod framed;
mod framing;

use std::time::Duration;

use mock_xend::{Fault, Faults};

use super::choices::Choices;
use super::xmlrpc::{self, Document};
use crate::calling::CallOutcome;
use crate::case::Level;
use crate::case::pieces::FILLER;
use crate::feature::Feature;
use edits::{Broken, Edited};
use framing::{delivery, framed};

/// The most choices of one edit.
const EDIT: usize = 8;

/// One reply to a call, and what a caller may learn from it.
#[derive(Debug)]
pub(super) struct Replying {
    pub(super) title: String,
    pub(super) rule: &'static str,
    /// All bytes of the reply, after which the connection is closed unless a fault says otherwise.
    pub(super) reply: Vec<u8>,
    pub(super) faults: Faults,
    /// The time that the caller is told to allow, if it matters.
    pub(super) deadline: Option<Duration>,
    pub(super) level: Level,
    pub(super) needs: Vec<Feature>,
    pub(super) learns: Vec<CallOutcome>,
    /// How many things in the reply are other than in the simplest one.
    pub(super) oddities: usize,
}

/// A reply from which a caller must learn just the value or the fault that it is made of.
pub(super) fn reply(choices: &mut Choices<'_>) -> Replying {
    let framing = framing::Has::chosen(choices);
    let document = match framing.is_long {
        true => {
            let times = 1 + choices.index(20_000);
            xmlrpc::long_reply(choices, FILLER, times)
        }
        false => xmlrpc::reply(choices),
    };
    let framed = framed(choices, framing, &document);
    let reply = framed.bytes();
    let (faults, deadline) = delivery(choices, framing, &framed, &reply);
    let is_slow = !faults.is_empty() && deadline.is_none();
    Replying {
        title: "A caller learns from a reply what it was made of".to_owned(),
        rule: framed.rules.first().copied().or(is_slow.then_some("http/slow")).unwrap_or(document.rule),
        reply,
        faults,
        deadline,
        level: if framed.is_should || document.is_should { Level::Should } else { Level::Must },
        learns: vec![CallOutcome::Answer(document.means)],
        needs: document.needs,
        oddities: framed.oddities,
    }
}

/// A reply that was broken by one edit, so that no caller may tell of a success.
pub(super) fn broken(choices: &mut Choices<'_>) -> Replying {
    // The edit comes first, so that it stays while the rest gets smaller.
    let edit = choices.ahead(EDIT);
    let mut edit = Choices::spread(&edit);
    let framing = framing::Has::chosen(choices);
    let of_document = match edit.weighted(&[12, 4, 1]) {
        1 => Some(xmlrpc::broken_reply(choices)),
        2 => Some(edits::no_response(&mut edit)),
        _ => None,
    };
    if let Some(it) = of_document {
        let root = it.input.len();
        let document = Document { bytes: it.input, root, is_utf_8: false, ..xmlrpc::reply(&mut Choices::given(&[])) };
        let framed = framed(choices, framing, &document);
        return Replying {
            title: it.title,
            rule: it.rule,
            reply: framed.bytes(),
            faults: Faults::none(),
            deadline: None,
            level: it.level,
            needs: it.needs,
            learns: vec![CallOutcome::Error],
            oddities: framed.oddities,
        };
    }
    let document = xmlrpc::reply(choices);
    let framed = framed(choices, framing, &document);
    let mut edited = Edited { choices: &mut edit, framed, root: document.root, fault: None };
    let Broken { title, rule, may_be_fault } = edited.broken();
    let mut learns = vec![CallOutcome::Error];
    if may_be_fault && document.means.is_fault() {
        learns.insert(0, CallOutcome::Answer(document.means));
    }
    Replying {
        title,
        rule,
        reply: edited.framed.bytes(),
        deadline: matches!(edited.fault, Some(Fault::Stall(_))).then_some(framing::SHORT),
        faults: edited.fault.into_iter().collect(),
        // A caller that can't read what is only recommended has an error, too.
        level: Level::Must,
        needs: document.needs,
        learns,
        oddities: edited.framed.oddities,
    }
}
