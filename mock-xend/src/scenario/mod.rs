//! Scenarios: replies that are scripted, in a file or in Rust, and tried before the simulated host answers.
//! `docs/scenarios.md` describes the format.
//!
//! A scenario is a list of expectations (`expectation`), each with criteria (`matching`, `param`, `criteria`), a number
//! of requests (`times`) and replies (`step`, `reply`, `template`, `change`). Files (`file`) and Rust give the same
//! structure, which `check` holds against what a release has. `script` plays it; `near` and `difference` tell why a
//! request did not match, and `report` what was not as expected.

mod change;
mod check;
mod contents;
mod criteria;
mod difference;
mod expectation;
mod file;
mod matching;
mod near;
mod param;
mod reply;
mod report;
mod request;
mod schema;
mod script;
pub(crate) mod shown;
mod step;
mod template;
mod times;
pub(crate) mod words;

pub use change::Change;
pub use contents::Scenario;
pub use expectation::{Expectation, Origin, expect, expect_call, expect_http};
pub use matching::Match;
pub(crate) use matching::no_pattern;
pub use param::Param;
pub use reply::{Reply, Status};
pub(crate) use reply::{ResolvedReply, WrongFace};
pub use report::{Finding, FindingKind, Progress, Report};
pub(crate) use request::{Asked, RequestKind};
pub use schema::schema;
#[cfg(test)]
pub(crate) use script::LOOKED_AT as EXPECTATIONS_LOOKED_AT;
pub(crate) use script::{Decided, Script};
pub use step::Step;
pub(crate) use step::{Decision, Scripted};
pub(crate) use template::copied;
pub use template::{Echo, Template, Text};
pub use times::Times;
