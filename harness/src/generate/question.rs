//! What is generated: families of questions.

use std::fmt;

use super::choices::{Choices, mixed};
use super::reading::Reading;
use super::writing::Writing;
use super::{sexpr, xmlrpc};
use crate::case::{Case, CaseAbout, Expect, Permitted, WritingCase, WritingExpect};
use crate::run::Cases;
use crate::suite::Suite;
use crate::{Codec, Rules};

/// A kind of questions that are generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Documents and values, for a command.
    Document(Documents),
    /// Programs of operations, for a server.
    Program,
}

xend_wire::named_enum! {
    /// A kind of documents to read, or of values to write.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Documents {
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
    }
    /// All kinds.
    ALL: 6;
    /// Returns the name, as in ids: `xmlrpc/value`.
    fn name;
}

/// One question for a command.
#[derive(Debug)]
pub(super) enum Question {
    Read(Case),
    Write(WritingCase),
}

impl Documents {
    /// The codec of the documents.
    pub(super) fn codec(self) -> Codec {
        match self {
            Self::XmlrpcValue | Self::XmlrpcBroken | Self::XmlrpcWrite => Codec::Xmlrpc,
            Self::SexprValue | Self::SexprBroken | Self::SexprWrite => Codec::Sexpr,
        }
    }

    /// The suite that asks it.
    pub(super) fn suite(self) -> Suite {
        match self {
            Self::XmlrpcWrite | Self::SexprWrite => Suite::Writing,
            _ => Suite::Reading,
        }
    }

    /// Whether all its documents must be refused.
    pub(super) fn is_broken(self) -> bool {
        matches!(self, Self::XmlrpcBroken | Self::SexprBroken)
    }

    /// The rules that settle what is right. Those of Xend and of libvirt read some documents in ways of their own.
    pub(super) fn rules(self) -> Vec<Rules> {
        let names: &[&str] = match self.codec() {
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
}

impl Question {
    /// What the subject is given.
    pub(super) fn input(&self) -> &[u8] {
        match self {
            Self::Read(case) => &case.input,
            Self::Write(case) => case.json.as_bytes(),
        }
    }

    pub(super) fn rule(&self) -> Option<&str> {
        match self {
            Self::Read(case) => case.rule.as_deref(),
            Self::Write(case) => Some(&case.rule),
        }
    }

    pub(super) fn cases(&self) -> Cases<'_> {
        match self {
            Self::Read(case) => Cases { reading: std::slice::from_ref(case), ..Cases::default() },
            Self::Write(case) => Cases { writing: std::slice::from_ref(case), ..Cases::default() },
        }
    }
}

impl Family {
    /// All families.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Documents::ALL.iter().map(|documents| Self::Document(*documents)).chain([Self::Program])
    }

    /// The name, as in ids.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Document(documents) => documents.name(),
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
