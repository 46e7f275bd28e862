//! What a law is.

use std::time::Duration;

use xend_wire::Release;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{CREATE, DEFINE, Effect, Face, Operation};

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
    /// The names and values of the operation's arguments.
    ///
    /// Placeholders in values are replaced when the law is tried: `{domain}` and `{other}` by names that no domain has
    /// before, `{config}` and `{other_config}` by configurations of domains with these names, and `{same_name}` by the
    /// configuration of another domain that has the name `{domain}`, too. In a common law a domain is made by the
    /// arguments `name`, `memory` (in MiB) and `vcpus`, of which Xend gets a configuration.
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
    /// The operation fails with one of these codes.
    Error(Vec<ErrorCode>),
    /// The operation returns a record in which these fields have these values.
    ///
    /// The value `*` stands for any value. The field `power_state` is the state that
    /// [`Domain::power_state`](xend_client::Domain::power_state) derives from several fields.
    Fields(Vec<(String, String)>),
    /// The operation returns a list of names.
    Names {
        /// Names that must be in the list.
        has: Vec<String>,
        /// Names that must not be in the list.
        lacks: Vec<String>,
    },
}

impl Step {
    /// Returns whether the step makes a domain of a name, memory and processors, as any engine can.
    pub(crate) fn makes_a_domain(&self) -> bool {
        [CREATE, DEFINE].contains(&self.operation) && self.arguments.iter().any(|(name, _)| name == "name")
    }

    /// Formats the step for a report, in the notation of the command `call`, with the address and these arguments.
    pub(crate) fn text(&self, over: &str, arguments: &[(String, String)]) -> String {
        let arguments: String = arguments.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        format!("{} over {over}{}", self.operation.name(), shortened(&arguments, LONGEST))
    }
}

impl Law {
    /// Returns whether the law has an operation that changes something on the host.
    pub fn is_destructive(&self) -> bool {
        self.steps.iter().any(|step| step.operation.effect() == Effect::Changes)
    }
}
