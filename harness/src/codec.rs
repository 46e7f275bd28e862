//! The two formats that parsers are tested on, and the rules by which each can be read.

use std::fmt;

use xend_wire::{Release, sexpr, xmlrpc};

use crate::Error;

xend_wire::named_enum! {
    /// A format that a parser under test reads.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
    pub enum Codec {
        /// Xend's S-expressions.
        Sexpr = "sexpr",
        /// XML-RPC, as Xend or any other program uses it.
        Xmlrpc = "xmlrpc",
    }
    /// Both codecs.
    ALL: 2;
    /// Returns the name, `sexpr` or `xmlrpc`; the id of a case begins with it.
    fn name;
    Err: Error = |name: &str| Error::Usage(format!("unknown codec `{name}`, expected sexpr or xmlrpc"));
}

impl Codec {
    /// Returns every set of rules that the codec can be read by.
    pub fn rules(self) -> Vec<Rules> {
        match self {
            Self::Sexpr => sexpr::Rules::all().map(Rules::Sexpr).collect(),
            Self::Xmlrpc => xmlrpc::Rules::all().map(Rules::Xmlrpc).collect(),
        }
    }

    /// Returns the rules with the given name; the name `xend` stands for the rules of all releases of Xend.
    ///
    /// # Errors
    /// Returns [`Error::Usage`] if the codec has no rules of that name.
    pub fn named_rules(self, name: &str) -> Result<Vec<Rules>, Error> {
        let all = self.rules();
        let found: Vec<_> = all.iter().copied().filter(|rules| rules.is_named(name)).collect();
        if found.is_empty() {
            let names: Vec<_> = all.iter().map(Rules::to_string).collect();
            return Err(Error::Usage(format!(
                "unknown rules `{name}` for {self}, expected {} or xend",
                names.join(", ")
            )));
        }
        Ok(found)
    }

    /// Returns the one set of rules with the given name.
    ///
    /// # Errors
    /// Returns [`Error::Usage`] if the codec has no rules of that name, or if the name is `xend`, which stands for the
    /// rules of several releases.
    pub fn single_rules(self, name: &str) -> Result<Rules, Error> {
        match self.named_rules(name)?[..] {
            [rules] => Ok(rules),
            _ => Err(Error::Usage(format!("`{name}` names the rules of all releases, expected one, as in xend-4.1"))),
        }
    }

    /// Returns the rules that apply if the user names none: `strict` for S-expressions, and `spec`, the specification,
    /// for XML-RPC.
    pub fn default_rules(self) -> Rules {
        match self {
            Self::Sexpr => Rules::Sexpr(sexpr::Rules::strict()),
            Self::Xmlrpc => Rules::Xmlrpc(xmlrpc::Rules::spec()),
        }
    }
}

/// A set of rules by which a document is read, together with its codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rules {
    /// Rules for reading S-expressions.
    Sexpr(sexpr::Rules),
    /// Rules for reading XML-RPC.
    Xmlrpc(xmlrpc::Rules),
}

impl Rules {
    /// Returns the codec that the rules belong to.
    pub fn codec(self) -> Codec {
        match self {
            Self::Sexpr(_) => Codec::Sexpr,
            Self::Xmlrpc(_) => Codec::Xmlrpc,
        }
    }

    /// Returns whether `name` is the name of these rules, or `name` is `xend` and these are the rules of a release of
    /// Xend.
    pub fn is_named(self, name: &str) -> bool {
        let own = self.to_string();
        own == name || (name == "xend" && own.strip_prefix("xend-").is_some_and(|rest| rest.parse::<Release>().is_ok()))
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sexpr(rules) => rules.fmt(f),
            Self::Xmlrpc(rules) => rules.fmt(f),
        }
    }
}
