//! Faults: how the bytes of a reply break on their way, whoever made the reply.
//!
//! A [`Fault`] is data: scenarios, builders and the options of the program give the same values. From the bytes of a
//! reply and its faults, `plan` makes the steps that send it; it does no I/O and knows no clock. The steps are taken
//! where connections are served.

mod chaos;
mod duration;
mod edit;
mod kind;
mod list;
mod mistake;
mod place;
mod plan;

pub use chaos::{Chaos, InvalidChaos};
pub(crate) use duration::parse as duration;
pub(crate) use edit::{header, set_length};
pub use kind::{BrokenChunk, ContentLength, Fault, InvalidFault, Refusal};
pub use list::Faults;
pub(crate) use list::{Certificate, LONGEST_HEAD, Sent};
pub(crate) use mistake::reworded;
pub(crate) use place::Parts;
pub use place::{Node, Place};
pub use plan::{End, Plan, SendStep, SendSteps};
