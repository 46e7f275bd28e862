//! What a law is.

use std::time::Duration;

use xend_wire::failure::ErrorCode;
use xend_wire::operation::{CREATE, DEFINE, Effect, Face, Operation};
use xend_wire::{Release, xenapi};

use crate::shorten::shortened;

/// The length to which arguments are shortened in a report, in characters.
const LONGEST: usize = 300;

/// A rule about the life of domains, as a list of steps that can be tried on a server.
#[derive(Clone, Debug)]
pub struct Law {
    /// The path of its file below the folder of fixtures, without the suffix: `laws/pause-is-idempotent`.
    pub id: String,
    /// What the law says, as a sentence for people.
    pub title: String,
    /// The source of the law, such as a section of the protocol reference or a capture.
    pub source: String,
    /// The releases of Xend for which the law holds.
    pub releases: Vec<Release>,
    /// The faces on which the law holds.
    pub faces: Vec<Face>,
    /// Whether the law has nothing of Xend's own, so that it holds any engine.
    pub is_common: bool,
    /// The steps, in the order in which they are done.
    pub steps: Vec<Step>,
}

/// One step of a law: an operation and its expected result.
#[derive(Clone, Debug)]
pub struct Step {
    /// The operation that the client is asked to do.
    pub operation: Operation,
    /// The method of the Xen-API that is called in place of the operation's own request.
    pub method: Option<Method>,
    /// The names and values of the operation's arguments.
    ///
    /// Placeholders in values are replaced when the law is tried: `{domain}` and `{other}` by names that no domain has
    /// before, `{config}` and `{other_config}` by configurations of domains with these names, `{uuid}` and
    /// `{other_uuid}` by their uuids, `{kernel}` by the path of a kernel, and `{same_name}` by the configuration of
    /// another domain that has the name `{domain}`, too. Names that earlier steps keep are placeholders as well. In a
    /// common law a domain is made by the arguments `name`, `memory` (in MiB) and `vcpus`, of which Xend gets a
    /// configuration.
    pub arguments: Vec<(String, String)>,
    /// Whether the step only prepares the following ones. If the tested address lacks its operation, it is done over
    /// another address.
    pub is_setup: bool,
    /// Whether the step may only be done over an address whose face does the operation in one request. A face that
    /// needs several requests, such as one that defines a domain in order to create it, may change more than the
    /// operation says.
    pub takes_one_request: bool,
    /// The expected result.
    pub expected: Expected,
    /// By face, what the daemon itself says of a failure: the HTTP status, the `faultCode`, or the first word of the
    /// `ErrorDescription`.
    pub marks: Vec<(Face, String)>,
    /// The domain whose record is meant, among the records of several.
    pub of: Option<String>,
    /// The placeholders that later steps need, each with the field of the answer that it stands for.
    pub kept: Vec<(String, String)>,
    /// How long to wait before the step, for what the server does only some time after something else.
    pub after: Duration,
    /// How long the server may take until the expected result holds. The step is repeated until then.
    pub within: Duration,
}

/// The expected result of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The operation succeeds.
    Done,
    /// The operation is done or refused: the domain may be in the wanted state already.
    Tried,
    /// The operation fails with one of these codes; any will do if there is none.
    Error(Vec<ErrorCode>),
    /// The operation returns a record in which this holds for these fields.
    Fields(Vec<Check>),
    /// The operation returns a list of names.
    Names {
        /// Names that must be in the list, each once.
        has: Vec<String>,
        /// Names that must not be in the list.
        lacks: Vec<String>,
    },
}

/// A call of a method of the Xen-API.
#[derive(Clone, Debug)]
pub struct Method {
    /// The name, such as `VM.get_power_state`.
    pub name: String,
    /// The session, if it is not that of the client.
    pub session: Option<String>,
    /// The parameters behind the session.
    pub params: Vec<toml::Value>,
}

/// What holds for one field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The field. `power_state` is the state that [`Domain::power_state`](xend_client::Domain::power_state) derives
    /// from several fields.
    pub field: String,
    /// How the field and the value stand to each other.
    pub relation: Relation,
    /// The value. `*` stands for any.
    pub value: String,
}

/// How a field and a value stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The field has the value.
    Equal,
    /// The field is there and has another value.
    Different,
    /// The field is a number above the value.
    Above,
}

impl Check {
    /// Returns whether the field has a value of which the check holds.
    pub(crate) fn holds(&self, got: &str, wanted: &str) -> bool {
        let number = |text: &str| text.parse::<f64>().ok();
        match self.relation {
            _ if self.value == "*" => true,
            Relation::Equal => got == wanted,
            Relation::Different => got != wanted,
            Relation::Above => number(got).zip(number(wanted)).is_some_and(|(got, wanted)| got > wanted),
        }
    }

    /// Says what is expected of the field.
    pub(crate) fn text(&self, wanted: &str) -> String {
        let relation = match self.relation {
            Relation::Equal => "",
            Relation::Different => "other than ",
            Relation::Above => "above ",
        };
        format!("{} {relation}{wanted}", self.field)
    }
}

impl Step {
    /// Returns whether the step changes something on the host.
    pub fn effect(&self) -> Effect {
        match &self.method {
            Some(method) if xenapi::is_getter(&method.name) => Effect::Reads,
            Some(_) => Effect::Changes,
            None => self.operation.effect(),
        }
    }

    /// Returns what the step asks for: the name of the operation or of the method.
    pub fn name(&self) -> &str {
        self.method.as_ref().map_or(self.operation.name(), |method| &method.name)
    }

    /// Returns whether whoever operates a Xend can do the step and tell what it looks at: an operation, and fields of
    /// the record that it returns.
    pub(crate) fn is_told_by_operators(&self) -> bool {
        let is_plain = |check: &Check| !check.field.contains('/') && !["text", "count"].contains(&&*check.field);
        let is_about_a_record = match &self.expected {
            Expected::Fields(checks) => checks.iter().all(is_plain),
            _ => true,
        };
        self.method.is_none() && self.kept.is_empty() && self.of.is_none() && self.after.is_zero() && is_about_a_record
    }

    /// Returns whether the step makes a domain of a name, memory and processors, as any engine can.
    pub(crate) fn makes_a_domain(&self) -> bool {
        [CREATE, DEFINE].contains(&self.operation) && self.arguments.iter().any(|(name, _)| name == "name")
    }

    /// Formats the step for a report, in the notation of the command `call`, with the address and these arguments.
    pub(crate) fn text(&self, over: &str, arguments: &[(String, String)]) -> String {
        let arguments: String = arguments.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        format!("{} over {over}{}", self.name(), shortened(&arguments, LONGEST))
    }
}

impl Law {
    /// Returns whether the law has an operation that changes something on the host.
    pub fn is_destructive(&self) -> bool {
        self.steps.iter().any(|step| step.effect() == Effect::Changes)
    }
}
