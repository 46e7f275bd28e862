//! What a subject declares that it can do.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use xend_wire::Release;
use xend_wire::operation::{self, Face, Operation};

use super::Fault;
use crate::feature::Feature;
use crate::shorten::shortened;
use crate::suite::Suite;
use crate::{Codec, Error, Rules};

/// What a subject declares that it can do, in its answer to the hello.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declaration {
    /// The subject's name and version, for reports.
    pub name: String,
    /// The rules by which the subject can read.
    pub decodes: Vec<Rules>,
    /// The rules by which the subject can write.
    pub encodes: Vec<Rules>,
    /// The transports over which the subject can call a server: `tcp`, `unix`, `tls`.
    pub calls_over: Vec<String>,
    /// What the subject can do with a Xend at an address.
    pub operates: Option<Operator>,
    /// What the subject can do with an engine of its own.
    pub engine: Option<Engine>,
    /// The optional features that the subject has.
    pub features: Vec<Feature>,
}

/// What a subject can do with a Xend at an address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Operator {
    /// The schemes of the addresses that the subject takes, such as `sxp+tcp`.
    pub schemes: Vec<String>,
    /// The releases of Xend that the subject can operate.
    pub releases: Vec<Release>,
    /// The operations that the subject has.
    pub operations: Vec<Operation>,
    /// Whether the subject tells the codes of errors, such as `ERR_VM_NOT_FOUND`.
    pub codes: bool,
}

/// What a subject can do with an engine of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Engine {
    /// The operations that the subject has.
    pub operations: Vec<Operation>,
    /// Whether the subject tells the codes of errors, such as `ERR_VM_NOT_FOUND`.
    pub codes: bool,
}

/// The protocol that is spoken with subjects: what the hello says, and what its answer may say.
pub(super) const PROTOCOL: u64 = 1;

#[derive(Deserialize)]
struct HelloLine {
    hello: Hello,
}

#[derive(Deserialize)]
struct Hello {
    protocol: Option<serde_json::Value>,
    name: String,
    version: Option<String>,
    #[serde(default)]
    decodes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    encodes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    calls_over: Vec<String>,
    operates: Option<Operates>,
    engine: Option<EngineOf>,
    #[serde(default)]
    features: Vec<String>,
}

#[derive(Deserialize)]
struct Operates {
    schemes: Vec<String>,
    releases: Vec<String>,
    operations: Vec<String>,
    #[serde(default)]
    codes: bool,
}

#[derive(Deserialize)]
struct EngineOf {
    operations: Vec<String>,
    #[serde(default)]
    codes: bool,
}

impl Declaration {
    /// Parses a subject's answer to the hello, given without its line break. Keys that are not known are ignored.
    ///
    /// # Errors
    /// Returns [`Fault::InvalidAnswer`] if the line is not a valid hello, is of another protocol, names an unknown codec,
    /// rule, feature, transport, scheme, release or operation, or declares nothing that the subject can do.
    pub fn from_hello(line: &[u8]) -> Result<Self, Fault> {
        let invalid = |why: String| Fault::invalid(line, &why);
        let HelloLine { hello } = serde_json::from_slice(line)
            .map_err(|error| invalid(format!("the answer to hello can't be read: {error}")))?;
        if let Some(other) = hello.protocol.as_ref().filter(|protocol| **protocol != PROTOCOL) {
            let other = shortened(&other.to_string(), 40);
            return Err(invalid(format!("the hello is of protocol {other}, and protocol {PROTOCOL} is understood")));
        }
        Self::from_parsed(hello).map_err(|error| invalid(error.to_string()))
    }

    fn from_parsed(hello: Hello) -> Result<Self, Error> {
        let name = [hello.name].into_iter().chain(hello.version).collect::<Vec<_>>().join(" ");
        let declaration = Self {
            name: shortened(&xend_wire::visible(name.as_bytes()), 200),
            decodes: rules(&hello.decodes)?,
            encodes: rules(&hello.encodes)?,
            calls_over: known("transport", &["tcp", "unix", "tls"], hello.calls_over)?,
            operates: hello.operates.map(Operator::from_parsed).transpose()?,
            engine: hello.engine.map(Engine::from_parsed).transpose()?,
            features: hello.features.iter().map(|name| name.parse()).collect::<Result<_, _>>()?,
        };
        if Suite::ALL.iter().all(|suite| !declaration.has(*suite)) {
            let keys = "decodes, encodes, calls_over, operates and engine";
            return Err(Error::Usage(format!("the hello declares nothing to test, expected at least one of {keys}")));
        }
        Ok(declaration)
    }

    /// Returns whether the subject declares what makes it be asked a suite.
    pub fn has(&self, suite: Suite) -> bool {
        match suite {
            Suite::Reading => !self.decodes.is_empty(),
            Suite::Writing => !self.encodes.is_empty(),
            Suite::Calling => !self.calls_over.is_empty(),
            Suite::Operating => self.operates.is_some() || self.engine.is_some(),
            // A server is told by its address and not by a hello.
            Suite::Serving => false,
        }
    }
}

impl Operator {
    /// Everything that `xend-client` can do.
    pub(crate) fn everything() -> Self {
        Self {
            schemes: schemes().collect(),
            releases: Release::ALL.to_vec(),
            operations: operation::ALL.to_vec(),
            codes: true,
        }
    }

    pub(super) fn to_json(&self) -> serde_json::Value {
        let releases: Vec<_> = self.releases.iter().map(|release| release.as_str()).collect();
        let operations: Vec<_> = self.operations.iter().map(|operation| operation.name()).collect();
        json!({ "schemes": self.schemes, "releases": releases, "operations": operations, "codes": self.codes })
    }

    fn from_parsed(parsed: Operates) -> Result<Self, Error> {
        let schemes: Vec<_> = schemes().collect();
        let schemes: Vec<_> = schemes.iter().map(String::as_str).collect();
        let releases = parsed.releases.iter().map(|name| {
            let names = || Release::ALL.iter().map(Release::to_string).collect::<Vec<_>>().join(", ");
            name.parse::<Release>()
                .map_err(|_| Error::Usage(format!("unknown release `{name}`, expected one of {}", names())))
        });
        Ok(Self {
            releases: releases.collect::<Result<_, _>>()?,
            schemes: known("scheme", &schemes, parsed.schemes)?,
            operations: operations(&parsed.operations)?,
            codes: parsed.codes,
        })
    }
}

/// The schemes of addresses of a Xend.
fn schemes() -> impl Iterator<Item = String> {
    Face::ALL.iter().flat_map(|face| ["tcp", "unix"].map(|over| format!("{face}+{over}")))
}

impl Engine {
    fn from_parsed(parsed: EngineOf) -> Result<Self, Error> {
        Ok(Self { operations: operations(&parsed.operations)?, codes: parsed.codes })
    }
}

fn rules(named: &BTreeMap<String, Vec<String>>) -> Result<Vec<Rules>, Error> {
    let mut rules: Vec<Rules> = Vec::new();
    for (codec, names) in named {
        let codec = codec.parse::<Codec>()?;
        for name in names {
            let more: Vec<_> = codec.named_rules(name)?.into_iter().filter(|it| !rules.contains(it)).collect();
            rules.extend(more);
        }
    }
    Ok(rules)
}

fn operations(names: &[String]) -> Result<Vec<Operation>, Error> {
    let find = |name: &String| {
        operation::find(name).ok_or_else(|| {
            Error::Usage(format!("unknown operation `{name}`; `xend-harness call --help` lists the operations"))
        })
    };
    names.iter().map(find).collect()
}

fn known(what: &str, known: &[&str], names: Vec<String>) -> Result<Vec<String>, Error> {
    match names.iter().find(|name| !known.contains(&&***name)) {
        Some(name) => Err(Error::Usage(format!("unknown {what} `{name}`, expected one of {}", known.join(", ")))),
        None => Ok(names),
    }
}
