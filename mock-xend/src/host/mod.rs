//! A running mock: with listeners of its own, or on streams that a test provides.

mod daemon;
#[cfg(test)]
mod growth;
mod listener;
mod mock;
mod relay;
mod reset;
mod running;

pub use daemon::Daemon;
#[cfg(feature = "program")]
pub(crate) use listener::{Accepted, Accepting, PAUSE, bind_socket};
pub use mock::{Builder, MockXend};
pub use relay::{Relay, RelayBuilder};
