//! Laws: rules about the life of domains that hold on every face of every server.
//!
//! A [`Law`] is read from a file. It is a list of steps, and each step is an operation with the expected result.
//! [`check`] tries all laws on a server, over every address that is given. If there are several addresses, changes made
//! over one of them must show over the others, because all faces of a server share one state. A law does not say how a
//! server does something, so any engine can be tested by it, whether it is a Xend or not.

mod check;
mod cleanup;
mod file;
mod host;
mod trial;

use std::time::Duration;

pub use check::{check, check_selection};
pub use cleanup::{leftover_domains, remove_leftover_domains};
pub use host::{Host, Options};
use xend_wire::Release;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{Effect, Face, Operation};

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
    /// configuration of another domain that has the name `{domain}`, too.
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

impl Law {
    /// Returns whether the law has an operation that changes something on the host.
    pub fn is_destructive(&self) -> bool {
        self.steps.iter().any(|step| step.operation.effect() == Effect::Changes)
    }
}
