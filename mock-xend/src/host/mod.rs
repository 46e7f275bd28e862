//! A running mock: with listeners of its own, or on streams that a test provides.

mod daemon;
mod listener;
mod mock;
mod reset;

pub use daemon::Daemon;
pub use mock::{Builder, MockXend};
