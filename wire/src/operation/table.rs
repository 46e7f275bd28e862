//! The table itself.

use crate::Release;
use crate::operation::Face;

/// One thing that a client can ask.
#[derive(Debug)]
pub struct Operation {
    /// `domain.pause`.
    pub name: &'static str,
    /// What it does, as a fragment.
    pub summary: &'static str,
    /// What it needs; all are mandatory.
    pub arguments: &'static [Argument],
    /// Whether the host is another afterwards.
    pub effect: Effect,
    /// What comes back.
    pub answer: Answer,
    pub(super) sxp: &'static [SxpForm],
    pub(super) xmlrpc: &'static [XmlRpcForm],
}

/// An argument of an operation.
#[derive(Debug)]
pub struct Argument {
    /// The name by which it is given.
    pub name: &'static str,
    /// What may be given.
    pub kind: ArgumentKind,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// The name or id of a domain; from 3.1 on also its uuid.
    Domain,
    /// A word from the daemon's list, or any text.
    Text,
    /// An S-expression: a configuration `(vm (name ...) ...)`.
    Sexpr,
}

/// Whether an operation may be tried again without a thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It only reads.
    Reads,
    /// It changes the state of the host.
    Changes,
}

/// What a successful operation gives, as S-expressions on every face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// No value.
    Nothing,
    /// One list of names: `(Domain-0 vm1)`.
    Names,
    /// One record: a list that begins with this name.
    Record(&'static str),
}

/// An operation on the S-expression face, from some release on.
#[derive(Debug)]
pub(super) struct SxpForm {
    pub(super) since: Release,
    pub(super) method: &'static str,
    /// Path in which `{domain}` stands for the argument.
    pub(super) path: &'static str,
    /// Form fields of a POST, in the order in which they are sent.
    pub(super) fields: &'static [(&'static str, Source)],
}

/// An operation on the XML-RPC face, from some release on.
#[derive(Debug)]
pub(super) struct XmlRpcForm {
    pub(super) since: Release,
    pub(super) method: &'static str,
    pub(super) params: &'static [Source],
}

/// Where a field or parameter comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Argument(&'static str),
    Text(&'static str),
    Int(i32),
}

use Source::{Argument as Arg, Int, Text};

const DOMAIN: &[Argument] = &[Argument { name: "domain", kind: ArgumentKind::Domain }];

const fn get(path: &'static str) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "GET", path, fields: &[] }
}

const fn post(path: &'static str, fields: &'static [(&'static str, Source)]) -> SxpForm {
    SxpForm { since: Release::V3_0_2, method: "POST", path, fields }
}

const fn call(method: &'static str, params: &'static [Source]) -> XmlRpcForm {
    XmlRpcForm { since: Release::V3_0_2, method, params }
}

/// All operations.
///
/// Sources: protocol reference §3.1 and §3.3 (`server/SrvNode.py`, `server/SrvDomainDir.py`, `server/SrvDomain.py`) for
/// the S-expression face, §4.2 (`server/XMLRPCServer.py`) for XML-RPC.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "node.info",
        summary: "describe the host",
        arguments: &[],
        effect: Effect::Reads,
        answer: Answer::Record("node"),
        sxp: &[get("/xend/node/")],
        xmlrpc: &[call("xend.node.info", &[])],
    },
    Operation {
        name: "domain.list",
        summary: "list the names of the domains; from 3.1 on only of those that run",
        arguments: &[],
        effect: Effect::Reads,
        answer: Answer::Names,
        sxp: &[get("/xend/domain")],
        xmlrpc: &[call("xend.domains", &[Int(0)])],
    },
    Operation {
        name: "domain.info",
        summary: "describe one domain",
        arguments: DOMAIN,
        effect: Effect::Reads,
        answer: Answer::Record("domain"),
        sxp: &[get("/xend/domain/{domain}")],
        // From 3.1 on devices are shown only if asked for.
        xmlrpc: &[
            call("xend.domain", &[Arg("domain")]),
            XmlRpcForm { since: Release::V3_1, method: "xend.domain", params: &[Arg("domain"), Int(1)] },
        ],
    },
    Operation {
        name: "domain.create",
        summary: "make a domain from a configuration and leave it paused",
        arguments: &[Argument { name: "config", kind: ArgumentKind::Sexpr }],
        effect: Effect::Changes,
        answer: Answer::Record("domain"),
        sxp: &[post("/xend/domain", &[("op", Text("create")), ("config", Arg("config"))])],
        xmlrpc: &[call("xend.domain.create", &[Arg("config")])],
    },
    Operation {
        name: "domain.pause",
        summary: "stop a domain where it is",
        arguments: DOMAIN,
        effect: Effect::Changes,
        answer: Answer::Nothing,
        sxp: &[post("/xend/domain/{domain}", &[("op", Text("pause"))])],
        xmlrpc: &[call("xend.domain.pause", &[Arg("domain")])],
    },
    Operation {
        name: "domain.unpause",
        summary: "let a paused domain go on",
        arguments: DOMAIN,
        effect: Effect::Changes,
        answer: Answer::Nothing,
        sxp: &[post("/xend/domain/{domain}", &[("op", Text("unpause"))])],
        xmlrpc: &[call("xend.domain.unpause", &[Arg("domain")])],
    },
    Operation {
        name: "domain.reboot",
        summary: "ask a domain's system to reboot",
        arguments: DOMAIN,
        effect: Effect::Changes,
        answer: Answer::Nothing,
        sxp: &[post("/xend/domain/{domain}", &[("op", Text("shutdown")), ("reason", Text("reboot"))])],
        xmlrpc: &[call("xend.domain.shutdown", &[Arg("domain"), Text("reboot")])],
    },
    Operation {
        name: "domain.shutdown",
        summary: "ask a domain's system to shut down, for a reason: poweroff, halt, suspend or crash",
        arguments: &[
            Argument { name: "domain", kind: ArgumentKind::Domain },
            Argument { name: "reason", kind: ArgumentKind::Text },
        ],
        effect: Effect::Changes,
        answer: Answer::Nothing,
        sxp: &[post("/xend/domain/{domain}", &[("op", Text("shutdown")), ("reason", Arg("reason"))])],
        xmlrpc: &[call("xend.domain.shutdown", &[Arg("domain"), Arg("reason")])],
    },
    Operation {
        name: "domain.destroy",
        summary: "end a domain at once",
        arguments: DOMAIN,
        effect: Effect::Changes,
        answer: Answer::Nothing,
        sxp: &[post("/xend/domain/{domain}", &[("op", Text("destroy"))])],
        xmlrpc: &[call("xend.domain.destroy", &[Arg("domain")])],
    },
];

/// The operation of a name.
pub fn find(name: &str) -> Option<&'static Operation> {
    OPERATIONS.iter().find(|operation| operation.name == name)
}

impl Operation {
    /// Whether a face of a release has the operation.
    pub fn is_supported(&self, face: Face, release: Release) -> bool {
        match face {
            Face::Sxp => self.sxp_form(release).is_some(),
            Face::XmlRpc => self.xmlrpc_form(release).is_some(),
            Face::XenApi => false,
        }
    }

    /// The newest form that the release knows.
    pub(super) fn sxp_form(&self, release: Release) -> Option<&'static SxpForm> {
        self.sxp.iter().rfind(|form| form.since <= release)
    }

    pub(super) fn xmlrpc_form(&self, release: Release) -> Option<&'static XmlRpcForm> {
        self.xmlrpc.iter().rfind(|form| form.since <= release)
    }
}
