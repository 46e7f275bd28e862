//! Exchanges: requests to the real daemon with its replies, to compare a server with.
//!
//! A [`Sequence`] is a file of exchanges that were made one after the other with one daemon, so that each request met
//! the state that the ones before it had left. [`compare`] repeats them with a [`Server`] and reports where its replies
//! differ. Replies are compared byte for byte, except for values that no two runs share, which are [`masked`]. A call
//! of the Xen-API is different: its request is built anew from its parameters and the references that the server gave,
//! and the reply is compared by its value.

mod call;
mod compare;
mod difference;
mod judge;
mod mask;
mod mock;
mod sequence;
mod server;

pub use call::Call;
pub use compare::{CompareOptions, Comparison, compare};
pub use difference::{Same, differences};
pub use judge::{check, judge};
use mask::filled;
pub use mask::masked;
pub use sequence::{End, Exchange, Sequence};
pub use server::{Server, Servers};
