//! Runs: a subject is asked what was chosen, and every answer gets its verdict.
//!
//! A suite makes a [`Plan`]: one [`Item`] for each question, with what selections look at. [`Selection`] says which of
//! them are asked. An [`Examiner`] asks one item after the other; several examiners share a plan, each with a subject
//! of its own. The verdicts go into a [`Book`], which holds them against the baseline and makes a [`Run`] of them. The
//! order of the verdicts is that of the plan, whichever examiner came first, so the same run gives the same report.

mod book;
mod calling;
mod conduct;
mod examiner;
mod item;
mod operating;
mod options;
mod outcome;
mod plan;
mod reading;
mod selection;
mod watch;

pub use book::Book;
pub(crate) use calling::Calls;
pub use conduct::{Examined, Examiner, conduct};
pub use item::{Item, Unasked};
pub use options::Options;
pub use outcome::{Run, Stale};
pub use plan::{Plan, Scope};
pub(crate) use reading::ask_one;
pub use reading::{Cases, judge, judge_with};
pub use selection::{Selection, Shard};
pub use watch::Watch;
