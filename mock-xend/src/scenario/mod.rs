//! Scenarios: replies that are scripted in a file and tried before the simulated host answers. `docs/scenarios.md`
//! describes the format.

mod contents;
mod expectation;
mod file;
mod reply;
mod request;
mod script;
mod shown;
mod value;

pub use contents::Scenario;
pub(crate) use reply::{Decision, Reply, Scripted, Status, WrongFace};
pub(crate) use request::MatchableRequest;
pub use script::Report;
pub(crate) use script::Script;
