//! A mock where it runs: with listeners of its own, or on streams that are given to it.

mod daemon;
mod listener;
mod mock;

pub use daemon::Daemon;
pub use mock::{Builder, MockXend};
