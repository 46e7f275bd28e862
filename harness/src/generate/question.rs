//! What is generated: families of questions.

use std::borrow::Cow;
use std::fmt;

use super::calling::{self, Replying};
use super::choices::{Choices, mixed};
use super::reading::Reading;
use super::writing::Writing;
use super::{sexpr, xmlrpc};
use crate::calling::{CallCase, Reply};
use crate::case::{Case, CaseAbout, Expect, Permitted, WritingCase, WritingExpect};
use crate::run::Cases;
use crate::suite::Suite;
use crate::{Codec, Rules};

/// A kind of questions that are generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// What a command is asked.
    Asked(Kind),
    /// Programs of operations, for a server.
    Program,
}

xend_wire::named_enum! {
    /// A kind of documents to read, of values to write, or of replies to calls.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Kind {
        /// Documents of XML-RPC that mean the value that they are made of.
        XmlrpcValue = "xmlrpc/value",
        /// Documents of XML-RPC that one edit has broken.
        XmlrpcBroken = "xmlrpc/broken",
        /// Values of XML-RPC to write.
        XmlrpcWrite = "xmlrpc/write",
        /// S-expressions that mean the value that they are made of.
        SexprValue = "sexpr/value",
        /// S-expressions that one edit has broken.
        SexprBroken = "sexpr/broken",
        /// S-expressions to write.
        SexprWrite = "sexpr/write",
        /// Replies to a call that mean the value or the fault that they are made of.
        CallsReply = "calls/reply",
        /// Replies to a call that one edit has broken.
        CallsBroken = "calls/broken",
    }
    /// All kinds.
    ALL: 8;
    /// Returns the name, as in ids: `xmlrpc/value`.
    fn name;
}

/// One question for a command.
#[derive(Debug)]
pub(super) enum Question {
    Read(Case),
    Write(WritingCase),
    /// A call, and how far its reply is from the simplest one.
    Call(CallCase, usize),
}

/// How many bytes more one that is odd in a reply counts for.
const ODD: usize = 100;

impl Kind {
    /// The codec of the documents.
    pub(super) fn codec(self) -> Codec {
        match self {
            Self::XmlrpcValue | Self::XmlrpcBroken | Self::XmlrpcWrite => Codec::Xmlrpc,
            Self::CallsReply | Self::CallsBroken => Codec::Xmlrpc,
            Self::SexprValue | Self::SexprBroken | Self::SexprWrite => Codec::Sexpr,
        }
    }

    /// The suite that asks it.
    pub(super) fn suite(self) -> Suite {
        match self {
            Self::XmlrpcWrite | Self::SexprWrite => Suite::Writing,
            Self::CallsReply | Self::CallsBroken => Suite::Calling,
            _ => Suite::Reading,
        }
    }

    /// Whether all that it asks must be refused.
    pub(super) fn is_broken(self) -> bool {
        matches!(self, Self::XmlrpcBroken | Self::SexprBroken | Self::CallsBroken)
    }

    /// The rules that settle what is right. Those of Xend and of libvirt read some documents in ways of their own.
    pub(super) fn rules(self) -> Vec<Rules> {
        let names: &[&str] = match self.codec() {
            // Calls are judged by the specification.
            _ if self.suite() == Suite::Calling => &["spec"],
            Codec::Xmlrpc => &["spec", "extended"],
            Codec::Sexpr => &["strict"],
        };
        self.codec().rules().into_iter().filter(|rules| names.contains(&&*rules.to_string())).collect()
    }

    /// Makes the question of these choices.
    pub(super) fn question(self, id: &str, choices: &mut Choices<'_>) -> Question {
        match self {
            Self::XmlrpcValue => self.read(id, xmlrpc::sound(choices)),
            Self::XmlrpcBroken => self.read(id, xmlrpc::broken(choices)),
            Self::XmlrpcWrite => self.write(id, xmlrpc::written(choices)),
            Self::SexprValue => self.read(id, sexpr::sound(choices)),
            Self::SexprBroken => self.read(id, sexpr::broken(choices)),
            Self::SexprWrite => self.write(id, sexpr::written(choices)),
            Self::CallsReply => Self::call(id, calling::reply(choices)),
            Self::CallsBroken => Self::call(id, calling::broken(choices)),
        }
    }

    fn about(title: impl Into<String>, rule: &str) -> CaseAbout {
        CaseAbout { title: title.into(), rule: Some(rule.to_owned()), source: "right by construction".to_owned() }
    }

    fn read(self, id: &str, made: Reading) -> Question {
        let Reading { title, rule, input, level, needs, ordered, outcome } = made;
        let permitted = vec![Permitted { outcome, by: Vec::new() }];
        let expect = Expect { rules: self.rules(), level, needs, ordered, permitted };
        Question::Read(Case::new(self.codec(), id.to_owned(), Self::about(title, rule), input, vec![expect]))
    }

    fn write(self, id: &str, made: Writing) -> Question {
        let Writing { title, rule, json, level, needs, outcome } = made;
        let expect = WritingExpect { rules: self.rules(), level, needs, outcome, documents: Vec::new() };
        Question::Write(WritingCase::new(self.codec(), id.to_owned(), Self::about(title, rule), json, expect))
    }

    fn call(id: &str, made: Replying) -> Question {
        let Replying { title, rule, reply, faults, deadline, level, needs, learns, oddities } = made;
        let case = CallCase::replied(id, Self::about(title, rule), Reply::of(&reply), learns);
        let case = case.expect("the call is the example of the specification");
        let deadline = deadline.unwrap_or(case.deadline);
        Question::Call(CallCase { faults, deadline, level, needs, ..case }, oddities)
    }
}

impl Question {
    /// What the subject is given, all of it.
    pub(super) fn input(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Read(case) => (&*case.input).into(),
            Self::Write(case) => case.json.as_bytes().into(),
            Self::Call(case, _) => [case.reply_bytes(), case.faults.to_string().into_bytes()].concat().into(),
        }
    }

    /// How large the question is for whoever reads it. A common word is smaller than an odd one with fewer letters.
    pub(super) fn size(&self) -> usize {
        let oddities = if let Self::Call(_, oddities) = self { *oddities } else { 0 };
        self.input().len() + oddities * ODD
    }

    /// The question as a case file with a name, if it has the form of one.
    pub(super) fn to_file(&self, name: &str) -> Option<String> {
        match self {
            Self::Read(case) => Some(case.to_file(&format!("{}/{name}", case.codec()))),
            Self::Call(case, _) => case.to_file(&format!("calls/{name}")).ok(),
            Self::Write(_) => None,
        }
    }

    pub(super) fn rule(&self) -> Option<&str> {
        match self {
            Self::Read(case) => case.rule.as_deref(),
            Self::Write(case) => Some(&case.rule),
            Self::Call(case, _) => Some(&case.rule),
        }
    }

    pub(super) fn cases(&self) -> Cases<'_> {
        match self {
            Self::Read(case) => Cases { reading: std::slice::from_ref(case), ..Cases::default() },
            Self::Write(case) => Cases { writing: std::slice::from_ref(case), ..Cases::default() },
            Self::Call(case, _) => Cases { calling: std::slice::from_ref(case), ..Cases::default() },
        }
    }
}

impl Family {
    /// All families.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Kind::ALL.iter().map(|kind| Self::Asked(*kind)).chain([Self::Program])
    }

    /// The name, as in ids.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Asked(kind) => kind.name(),
            Self::Program => "program",
        }
    }

    /// The seed of the choices for one question.
    pub(super) fn seed(self, seed: u64, index: u64) -> u64 {
        let name = self.name().bytes().fold(0, |hash, byte| mixed(hash ^ u64::from(byte)));
        mixed(mixed(seed ^ name) ^ index)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
