//! The codecs under test and the rules by which they read.

use std::fmt;
use std::str::FromStr;

use xend_wire::{Release, sexpr, xmlrpc};

use crate::Error;

/// What is read: S-expressions or XML-RPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Codec {
    /// Xend's S-expressions.
    Sexpr,
    /// XML-RPC, Xend's or anyone's.
    Xmlrpc,
}

impl Codec {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sexpr, Self::Xmlrpc];

    /// The name, as it stands before the slash of a case's id.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sexpr => "sexpr",
            Self::Xmlrpc => "xmlrpc",
        }
    }

    /// Every set of rules of the codec.
    pub fn rules(self) -> Vec<Rules> {
        match self {
            Self::Sexpr => sexpr::Rules::all().map(Rules::Sexpr).collect(),
            Self::Xmlrpc => xmlrpc::Rules::all().map(Rules::Xmlrpc).collect(),
        }
    }

    /// The rules of that name; `xend` names those of all releases.
    ///
    /// # Errors
    /// The codec has no rules of that name.
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

    /// The rules of that name, where only one will do.
    ///
    /// # Errors
    /// The codec has no rules of that name, or the name is `xend`, which is that of all releases.
    pub fn one_rules(self, name: &str) -> Result<Rules, Error> {
        match self.named_rules(name)?[..] {
            [rules] => Ok(rules),
            _ => Err(Error::Usage(format!("`{name}` names the rules of all releases, expected one, as in xend-4.1"))),
        }
    }

    /// What those take who say nothing of rules: what the protocol asks of everyone.
    pub fn default_rules(self) -> Rules {
        match self {
            Self::Sexpr => Rules::Sexpr(sexpr::Rules::strict()),
            Self::Xmlrpc => Rules::Xmlrpc(xmlrpc::Rules::spec()),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Codec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|codec| codec.name() == name)
            .ok_or_else(|| Error::Usage(format!("unknown codec `{name}`, expected sexpr or xmlrpc")))
    }
}

/// A codec with the rules by which it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rules {
    /// Rules for S-expressions.
    Sexpr(sexpr::Rules),
    /// Rules for XML-RPC.
    Xmlrpc(xmlrpc::Rules),
}

impl Rules {
    /// The codec.
    pub fn codec(self) -> Codec {
        match self {
            Self::Sexpr(_) => Codec::Sexpr,
            Self::Xmlrpc(_) => Codec::Xmlrpc,
        }
    }

    /// Whether that is their name, or `xend` and they are a release's.
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
