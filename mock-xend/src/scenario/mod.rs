//! Scenarios: what a mock answers before its world does. `docs/scenarios.md` says how one is written.

mod contents;
mod expectation;
mod file;
mod question;
mod reply;
mod script;
mod shown;
mod value;

pub use contents::Scenario;
pub(crate) use question::Question;
pub(crate) use reply::{Decision, Ending, Reply, Scripted, Status, WrongFace};
pub use script::Report;
pub(crate) use script::Script;
