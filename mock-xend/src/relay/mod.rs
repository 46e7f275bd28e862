//! Servers without a simulated host: a proxy that passes requests on to a real server, and a replay that answers from
//! what such a proxy recorded. Both have faults and a journal as a mock has.

mod convert;
mod message;
mod passing;
mod recorder;
mod recording;
mod replay;
mod same;
mod server;
mod told;
mod upstream;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use recorder::Recorder;
pub use recording::Recording;
pub(crate) use replay::{Order, Replay};
pub(crate) use server::{Server, Source};
pub use upstream::{InvalidUpstream, Upstream};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
