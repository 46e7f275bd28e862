//! Laws as data: rules about the life of domains, each a list of operations with what must come of them.
//!
//! Whoever does the operations is judged by the same words ([`judge`]): a server of Xend, a client of Xend, or another
//! engine behind an adapter.

mod definition;
mod file;
mod judge;
mod names;
mod step;

pub use definition::{Check, Expected, Law, Method, Relation, Step};
pub(crate) use judge::{Broken, Came, judge, wanted};
pub(crate) use names::{Names, PREFIX};
