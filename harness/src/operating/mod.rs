//! The suite `operating`: a subject that operates a Xend, or an engine of its own, is tried by laws and by failures.
//!
//! Each [`Failure`] is one operation with what becomes of its reply and what the subject must learn of that. They are a
//! matrix, made of the tables in `fixtures/failures`. The mocks of this module answer.

mod failure;
mod file;
mod judgement;
mod mocks;
mod statuses;

pub use failure::{Failure, Learns};
pub(crate) use judgement::{OperateJudgement, got};
pub(crate) use mocks::{Mocks, Target};

use crate::law::Law;

/// A question of the suite.
#[derive(Clone, Debug)]
pub(crate) enum Operating<'c> {
    /// A law; an engine has no target.
    Law { law: &'c Law, number: usize, target: Option<Target> },
    /// A failure.
    Failure { failure: &'c Failure, target: Target },
}
