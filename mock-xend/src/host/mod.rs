//! A running mock: with listeners of its own, or on streams that a test provides.

mod daemon;
#[cfg(test)]
mod growth;
mod listener;
mod mock;
#[cfg(not(feature = "tls"))]
mod no_tls;
mod relay;
mod reset;
mod running;
#[cfg(feature = "program")]
mod served;
#[cfg(feature = "tls")]
mod tls;

pub use daemon::Daemon;
#[cfg(feature = "program")]
pub(crate) use listener::{Accepted, Accepting, PAUSE, bind_socket};
pub use mock::{Builder, MockXend};
#[cfg(not(feature = "tls"))]
use no_tls::Security;
pub use relay::{Relay, RelayBuilder};
#[cfg(feature = "program")]
pub(crate) use served::{Behind, Served};
#[cfg(feature = "tls")]
use tls::Security;
#[cfg(feature = "tls")]
pub use tls::Tls;
