//! Exchanges: requests to the real daemon with its replies, and a server held against them.
//!
//! A [`Sequence`] is a file of exchanges that were made one after the other with one daemon; state carries over from one to
//! the next. [`compare`] makes them again with a [`Server`], and finds where its replies differ: byte for byte, but for
//! values that no two runs share, which are masked. A call of the Xen-API is made anew from its parameters, with the
//! references that the server gave, and compared by the value that is answered.

mod call;
mod compare;
mod difference;
mod mask;
mod sequence;
mod server;

pub use call::Call;
pub use compare::{Comparison, compare};
pub use difference::differences;
pub use mask::masked;
pub use sequence::{End, Exchange, Sequence};
pub use server::{Server, Servers};
