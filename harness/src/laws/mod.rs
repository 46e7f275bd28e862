//! What holds of the life of domains, whichever face of whichever server is asked.
//!
//! A [`Law`] is a file: steps, each an operation with what must come of it. [`check`] tries all laws on a server, over
//! every address that is given; of several addresses, each sees what was done by way of another, for there must be one
//! state behind them. A law says nothing of how a server does it, so that any engine can be held against it.

mod check;
mod file;
mod host;
mod trial;
mod unmake;

use std::time::Duration;

pub use check::check;
pub use host::{Host, Options};
pub use unmake::{left_behind, unmake_left_behind};
use xend_wire::Release;
use xend_wire::failure::ErrorCode;
use xend_wire::operation::{Effect, Face, Operation};

/// One law.
#[derive(Clone, Debug)]
pub struct Law {
    /// The path of its file below the folder of fixtures, without the suffix: `laws/pause-is-idempotent`.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Where that is known from.
    pub source: String,
    /// The releases for which it holds.
    pub releases: Vec<Release>,
    /// The faces on which it holds.
    pub faces: Vec<Face>,
    /// What is done, in order.
    pub steps: Vec<Step>,
}

/// One operation, and what must come of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The operation.
    pub operation: Operation,
    /// Its arguments. `{domain}` and `{other}` stand for names that no domain has before the law is tried, `{config}` and
    /// `{other_config}` for configurations of such domains, `{same_name}` for one of another domain of the first name.
    pub arguments: Vec<(String, String)>,
    /// Whether it only prepares what follows, and may be done over another address if the one that is tried lacks it.
    pub is_setup: bool,
    /// Whether only one request will do, as that of a face which makes a domain without defining it.
    pub takes_one_request: bool,
    /// What must come of it.
    pub expected: Expected,
    /// How long it may take until that holds.
    pub within: Duration,
}

/// What must come of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It is done.
    Done,
    /// It fails with one of these codes.
    Error(Vec<ErrorCode>),
    /// It gives a record with these fields; `power_state` is what the client makes of several, and `*` is any value.
    Fields(Vec<(String, String)>),
    /// It gives a list that has these names, and lacks those.
    Names {
        /// In the list.
        has: Vec<String>,
        /// Not in the list.
        lacks: Vec<String>,
    },
}

impl Law {
    /// Whether trying it changes anything on the host.
    pub fn is_destructive(&self) -> bool {
        self.steps.iter().any(|step| step.operation.effect() == Effect::Changes)
    }
}
