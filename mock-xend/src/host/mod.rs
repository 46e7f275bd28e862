//! A running mock: with listeners of its own, or on streams that a test provides.

mod daemon;
mod listener;
mod mock;

pub use daemon::Daemon;
pub use mock::{Builder, MockXend};
